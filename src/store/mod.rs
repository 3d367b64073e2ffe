//! The run directory: writing it chunk by chunk, and reading it, finished or not.
//!
//! This folder handles Parquet, NPY, JSON and file names. It does not depend on the training of runs.

mod directory;
mod encode;
mod errors;
mod files;
mod lock;
mod manifest;
mod merge;
mod parts;
mod paths;
mod problem_table;
mod resume;
mod shard;
mod surface;
mod table_file;
pub(crate) mod writer;

pub use directory::{Point, RunDirectory, create_directory, holds_sweep, latest_directory, require_free};
pub use errors::Error;
pub use files::{remove_temporaries, write_file};
pub use lock::DirectoryLock;
pub use manifest::{Counts, FORMAT, Manifest, Pictures, Status, Timings};
pub use merge::merge;
pub(crate) use resume::Expected;
pub use resume::{require_begun, require_same};
pub use shard::Shard;
pub use surface::{Surface, write_surface};
pub(crate) use writer::Writer;
