//! The run directory: writing it chunk by chunk, and reading it, finished or not.
//!
//! This folder handles Parquet, NPY, JSON and file names. It does not depend on the training of runs.

mod directory;
mod encode;
mod errors;
mod manifest;
mod paths;
mod problem_table;
mod surface;
mod table_file;
pub(crate) mod writer;

pub use directory::{Point, RunDirectory, create_directory, require_free};
pub use errors::Error;
pub use manifest::{Counts, FORMAT, Manifest, Status, Timings};
pub use surface::{Surface, write_surface};
pub(crate) use writer::Writer;
