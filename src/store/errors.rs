//! Errors of a run directory.

use std::path::{Path, PathBuf};

/// An error while choosing, writing or reading a run directory.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    /// The directory for a new sweep holds files already.
    #[error("{path} is not empty, and results are never mixed or overwritten; name another directory with --out, or remove this one")]
    NotEmpty { path: PathBuf },
    /// The directory for a new sweep holds a sweep already.
    #[error("{path} holds a sweep already; go on with it with --resume, or name another directory with --out")]
    HoldsSweep { path: PathBuf },
    /// Directories are not the shards of one sweep.
    #[error("{path} cannot be merged: {problem}")]
    Shard { path: PathBuf, problem: String },
    /// Another process holds the lock of the directory.
    #[error("another process writes to {path}; wait until it has ended, or name another directory with --out")]
    Locked { path: PathBuf },
    /// The sweep in the directory is another one than the sweep to be resumed.
    #[error(
        "the sweep in {path} cannot be resumed, because {key} is {stored} there and {given} here; undo the change, or start a new sweep in \
         another directory without --resume"
    )]
    OtherSweep { path: PathBuf, key: String, stored: String, given: String },
    /// The directory holds no manifest.
    #[error("{path} is not a run directory: it has no manifest.json; name a directory that `gradsweep run` has written")]
    NotARunDirectory { path: PathBuf },
    /// The directory was written by a version with another layout.
    #[error("{path} has format {found}, and this version reads format {known}; use the version that wrote it, or run the sweep again")]
    Format { path: PathBuf, found: u32, known: u32 },
    /// The file is not the one that the sweep wrote.
    #[error("{path} has changed since the sweep: its SHA-256 is not the one in manifest.json; restore the file, or run the sweep again")]
    Changed { path: PathBuf },
    /// An operation of the file system failed; `action` is its verb.
    #[error("cannot {action} {path}: {source}")]
    File { action: &'static str, path: PathBuf, source: std::io::Error },
    /// A Parquet file could not be written or read.
    #[error("{path}: {source}")]
    Parquet { path: PathBuf, source: parquet::errors::ParquetError },
    /// A file of the directory has other contents than this program writes.
    #[error("{path} is damaged: {problem}")]
    Damaged { path: PathBuf, problem: String },
}

impl Error {
    /// Whether the user named the wrong directory, as opposed to a failure at run time.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NotEmpty { .. } | Self::HoldsSweep { .. } | Self::OtherSweep { .. } | Self::NotARunDirectory { .. } | Self::Format { .. }
        )
    }
}

/// Adds the action and the path to an error of the file system.
pub(super) fn file<T>(action: &'static str, path: &Path, result: std::io::Result<T>) -> Result<T, Error> {
    result.map_err(|source| Error::File { action, path: path.to_path_buf(), source })
}
