//! The errors of drawing.

use std::path::PathBuf;

use crate::figure::Figure;

/// An error while drawing or writing a figure.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("cannot draw {name}: {reason}")]
    Drawing { name: String, reason: String },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
}

/// Converts an error of a drawing or encoding library.
pub fn drawing_error<E: std::fmt::Display>(figure: &Figure) -> impl Fn(E) -> Error + '_ {
    |error| Error::Drawing { name: figure.name.clone(), reason: error.to_string() }
}
