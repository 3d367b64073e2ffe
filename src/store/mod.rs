//! The run directory: one schema for writer and reader. What is there is always readable.
//!
//! This room knows Parquet, NPY, JSON and file names. It does not know how results came about.

mod manifest;
mod schema;

pub use manifest::{Counts, Manifest, Status, Timings};
pub use schema::{Column, RunTable, Selected};
