//! The run directory: one schema for writer and reader. What is there is always readable.
//!
//! This room knows Parquet, NPY, JSON and file names. It does not know how results came about.

mod columns;
mod directory;
mod errors;
mod histories;
mod manifest;
mod pages;
mod parquet;
mod rows;
mod surface;
mod writer;

pub use directory::{EpochTable, Point, RunDirectory, choose_directory};
pub use errors::Error;
pub use manifest::{Counts, FORMAT, Manifest, Status, Timings};
pub use surface::{Surface, write_surface};
pub use writer::Writer;
