//! The names of the tables that are written in parts.

use std::path::{Path, PathBuf};

/// The tables that are written in parts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PartTable {
    Runs,
    Epochs,
    History,
}

impl PartTable {
    pub fn folder(self) -> &'static str {
        ["runs", "epochs", "history"][self as usize]
    }

    /// The file of the whole table.
    pub fn file(self, directory: &Path) -> PathBuf {
        directory.join(self.folder()).with_extension("parquet")
    }

    /// The folder of the parts while they are being replaced by one file.
    pub fn hidden_folder(self, directory: &Path) -> PathBuf {
        directory.join(format!(".{}", self.folder()))
    }
}

/// The name of the table of problems.
pub const PROBLEMS: &str = "problems.parquet";

/// The name of a part in the folder of its table.
pub fn part_name(number: usize) -> String {
    format!("part-{number:05}.parquet")
}
