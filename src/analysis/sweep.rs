//! The input of analysis: a trained sweep.

use super::errors::PathError;
use super::runs::Runs;
use crate::config::Experiment;
use crate::model::{Path, Problem};
use crate::table::RunTable;

/// The results of a sweep, and a source of the paths of its runs.
#[derive(Clone, Copy)]
pub struct Sweep<'a> {
    /// The resolved config.
    pub experiment: &'a Experiment,
    /// Indexed by problem number.
    pub problems: &'a [Problem],
    /// All runs, or those of an incomplete sweep.
    pub runs: &'a RunTable,
    /// Returns the paths of the runs with these numbers, in the given order.
    pub paths: &'a dyn Fn(&[u64]) -> Result<Vec<Path>, PathError>,
}

impl<'a> Sweep<'a> {
    /// The run table with its experiment and problems.
    pub(super) fn table(&self) -> Runs<'a> {
        Runs { experiment: self.experiment, problems: self.problems, table: self.runs }
    }
}
