//! The HTML report of a sweep: one file that needs no network. It contains the results, the figures, the config, the data, and the engine as
//! WebAssembly, which trains variations of the runs in the page.
//!
//! The file has four parts: the summary as HTML ([`page`]), readable without scripts; the results as compressed JSON (`content`); the engine; and
//! the scripts in `page/`, which draw the figures and call the engine. docs/report.md describes the panels.

mod content;
mod page;
mod rows;

use crate::analysis::Diagnosis;
use crate::config::Experiment;
use crate::figure::Figure;
use crate::model::Problem;
use crate::store::Manifest;
use crate::table::RunTable;

/// An error while a report is made.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("cannot encode the report: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot compress the report: {0}")]
    Compression(#[from] std::io::Error),
    #[error("cannot fill the page of the report: {0}")]
    Template(#[from] askama::Error),
}

/// The contents of a report.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The manifest of the run directory.
    pub manifest: &'a Manifest,
    /// The resolved config.
    pub experiment: &'a Experiment,
    /// The problems, by number.
    pub problems: &'a [Problem],
    /// All runs.
    pub runs: &'a RunTable,
    /// The figures that `plot` draws.
    pub figures: &'a [Figure],
    /// The diagnosis that `run` prints.
    pub diagnosis: &'a Diagnosis,
}

impl Report<'_> {
    /// The HTML file.
    ///
    /// # Errors
    ///
    /// If the contents cannot be encoded.
    pub fn html(&self) -> Result<String, Error> {
        page::html(self)
    }
}
