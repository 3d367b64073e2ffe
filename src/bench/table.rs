//! The results of a benchmark. The field names are the keys of `gradsweep bench --json`.

use serde::Serialize;

use super::sizes::Sizes;
use crate::backend::Limits;

/// The whole result.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    pub sweep: String,
    /// Runs that each contender trains; the reference trains a sample.
    pub runs: u64,
    /// Measured limits of the machine, per contender.
    pub limits: Vec<Limit>,
    /// Runs whose results were compared with the reference.
    pub judged: usize,
    /// The compared runs whose result is insensitive to a rounding error at the start.
    pub insensitive: usize,
    pub repeats: u32,
    pub tolerance: f64,
    pub lines: Vec<Line>,
    /// The cost of figures other than weights and biases, per contender.
    pub costs: Vec<Cost>,
    pub missing: Vec<Missing>,
    /// Speeds by the number of runs, if requested.
    pub sizes: Option<Sizes>,
}

/// One contender, without or with histories.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub name: String,
    pub backend: String,
    pub device: String,
    pub detail: String,
    pub software: bool,
    pub history: bool,
    pub runs: u64,
    pub steps: u64,
    /// The largest relative deviation from the reference over the insensitive runs.
    pub deviation: f64,
    pub agrees: bool,
    /// Seconds from opening the backend to the end of the first training.
    pub cold_s: f64,
    /// Speed of the warm repetitions; `None` if the results differ.
    pub speed: Option<Speed>,
}

/// A median time with its range, and the speeds that follow from it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Speed {
    pub median_s: f64,
    pub min_s: f64,
    pub max_s: f64,
    pub runs_per_s: f64,
    pub steps_per_s: f64,
    /// CPU time of all threads over wall-clock time: close to the number of threads if no other program used the cores. `None` for a GPU,
    /// and where the system does not report CPU time.
    pub cpu_per_wall: Option<f64>,
    /// Speed as a share of the machine's limit (see `roofline`).
    pub share_of_limit: Option<f64>,
}

/// A contender that could not be measured.
#[derive(Clone, Debug, Serialize)]
pub struct Missing {
    pub name: String,
    pub why: String,
}

/// The measured limits of the machine that a contender runs on.
#[derive(Clone, Debug, Serialize)]
pub struct Limit {
    pub name: String,
    #[serde(flatten)]
    pub limits: Limits,
}

/// The cost of a contender's figures, as shares of the training time without any.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    pub name: String,
    /// Updates a second without any figures.
    pub bare_steps_per_s: f64,
    /// Bookkeeping for verdicts: J at the end of each epoch, and the steps of the last epoch that cross the minimum.
    pub verdicts: f64,
    /// Loss and MAE of each epoch, computed from the rows, in addition to the bookkeeping for verdicts.
    pub epochs: f64,
}
