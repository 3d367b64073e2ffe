//! What can go wrong with a run directory.

use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path} is not empty: results are never mixed or overwritten; name another directory with --out, or remove it")]
    NotEmpty { path: PathBuf },
    #[error("{path} is no run directory: it has no manifest.json; name one that `gradsweep run` has written")]
    NotARunDirectory { path: PathBuf },
    #[error("{path} has format {found}; this version reads format {known}")]
    Format { path: PathBuf, found: u32, known: u32 },
    #[error("cannot {what} {path}: {source}")]
    File { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{path}: {source}")]
    Parquet { path: PathBuf, source: parquet::errors::ParquetError },
    #[error("{path} is damaged: {what}")]
    Damaged { path: PathBuf, what: String },
}

impl Error {
    /// Whether the caller named the wrong directory, rather than the work having failed.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::NotEmpty { .. } | Self::NotARunDirectory { .. } | Self::Format { .. })
    }
}

/// Adds what was done to which file.
pub fn file<T>(what: &'static str, path: &Path, result: std::io::Result<T>) -> Result<T, Error> {
    result.map_err(|source| Error::File { what, path: path.to_path_buf(), source })
}
