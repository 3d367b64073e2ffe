//! The contents of a report.

use crate::analysis::Diagnosis;
use crate::config::Experiment;
use crate::figure::Figure;
use crate::store::Manifest;
use crate::sweep::Problems;
use crate::table::RunTable;

/// The contents of a report.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The manifest of the run directory.
    pub manifest: &'a Manifest,
    /// The resolved config.
    pub experiment: &'a Experiment,
    /// The problems of the sweep.
    pub problems: &'a Problems,
    /// All runs; columns of hyperparameters are not needed.
    pub runs: &'a RunTable,
    /// The figures that `plot` draws.
    pub figures: &'a [Figure],
    /// The diagnosis that `run` prints.
    pub diagnosis: &'a Diagnosis,
}
