//! A CSV file becomes two columns. Missing, NaN or text values are refused, with column, first row and count.

use std::path::Path;

/// The two columns that a neuron is trained on, and the file that they came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    pub feature: String,
    pub target: String,
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    /// The file, byte for byte: a run directory keeps a copy.
    pub bytes: Vec<u8>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Why a file gives no data set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: std::io::Error },
}

impl Dataset {
    /// Reads `feature` and `target` of the CSV at `path`.
    pub fn read(path: &Path, feature: &str, target: &str) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Read { path: path.display().to_string(), source })?;
        Self::parse(bytes, feature, target)
    }

    /// The data set in the bytes of a CSV file.
    pub fn parse(_bytes: Vec<u8>, _feature: &str, _target: &str) -> Result<Self, Error> {
        unimplemented!()
    }
}
