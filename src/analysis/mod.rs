//! Understanding: a sweep's results become a diagnosis in words, a comparison, and figures.
//!
//! The input is a value ([`Sweep`]), and so is every result: nothing is printed or drawn here, and this room knows no files. Paths
//! are asked for run by run ([`Paths`]): whoever has them reads or replays them. Everything is float64 and a function of the input
//! alone: no time, host, path or backend gets into a figure.

mod compare;
mod diagnosis;

pub use compare::{Comparison, Group, compare};
pub use diagnosis::{Best, Diagnosis, diagnosis};

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::config::Experiment;
use crate::figure::Figure;
use crate::model::{Parameter, Problem};
use crate::store::RunTable;

/// The results of a sweep, and where its paths come from.
#[derive(Clone, Copy)]
pub struct Sweep<'a> {
    pub experiment: &'a Experiment,
    /// By their number.
    pub problems: &'a [Problem],
    /// All runs, or those there are of an incomplete sweep.
    pub runs: &'a RunTable,
    pub paths: &'a dyn Paths,
}

/// One run, step by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// Before the first update and after each one that counts.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    /// One point an epoch, from 0; those from the epoch on that holds a diverging batch are left out.
    pub epochs: Vec<EpochPoint>,
    /// The loss of each update's batch at the parameters before the update.
    pub batch_loss: Vec<f64>,
    pub batches_per_epoch: usize,
}

/// Keras' running means over an epoch's batches, and the losses on the test rows after it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EpochPoint {
    pub loss: f64,
    pub mae: f64,
    pub val_loss: Option<f64>,
    pub val_mae: Option<f64>,
}

/// What went wrong where a path was asked for.
pub type PathError = Box<dyn std::error::Error + Send + Sync>;

/// Where paths come from.
pub trait Paths {
    /// The path of the run of that number.
    fn path(&self, run: u64) -> Result<Path, PathError>;
}

/// Why a sweep cannot be analysed as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the path of run {run} is not available")]
    Path { run: u64, source: PathError },
    #[error("there is no run to compare")]
    NoRuns,
    #[error("unknown key `{key}`{}; the keys are {known}", nearest.map(|key| format!(": did you mean `{key}`?")).unwrap_or_default())]
    UnknownKey { key: String, nearest: Option<&'static str>, known: String },
    #[error("no run has {filter}; {there}")]
    NoMatch {
        /// The filters, as given.
        filter: String,
        /// For each key, the values that there are.
        there: String,
    },
}

/// The figures that make sense for a sweep, in the order in which they explain it.
pub fn figures(sweep: &Sweep<'_>) -> Result<Vec<Figure>, Error> {
    Ok(Vec::new())
}
