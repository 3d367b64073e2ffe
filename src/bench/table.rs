//! The results of a benchmark. The field names are the keys of `gradsweep bench --json`.

use serde::Serialize;

use super::sizes::Sizes;
use crate::backend::{DeviceTimes, Limits};

/// The result of a benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// Name of the sweep.
    pub sweep: String,
    /// Runs that each contender trains, with histories up to 2¹⁸; the reference trains a sample.
    pub runs: u64,
    /// Measured limits of the machine, per contender.
    pub limits: Vec<Limit>,
    /// Runs whose results were compared with the reference.
    pub compared: usize,
    /// The compared runs whose result is insensitive to a rounding error at the start.
    pub insensitive: usize,
    /// Repetitions of each measurement.
    pub repeats: u32,
    /// The largest deviation that counts as agreement.
    pub tolerance: f64,
    /// One line per contender, without and with histories.
    pub lines: Vec<Line>,
    /// The cost of verdicts and epoch metrics, per contender.
    pub costs: Vec<Cost>,
    /// Contenders that could not be measured.
    pub missing: Vec<Missing>,
    /// Speeds by the number of runs, if requested.
    pub sizes: Option<Sizes>,
}

/// One contender, without or with histories.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Name of the contender.
    pub name: String,
    /// `reference`, `cpu` or `gpu`.
    pub backend: String,
    /// CPU model or adapter.
    pub device: String,
    /// SIMD level and threads, or driver.
    pub detail: String,
    /// Whether a GPU adapter computes on the CPU.
    pub software: bool,
    /// Whether histories were recorded.
    pub history: bool,
    /// Number of runs.
    pub runs: u64,
    /// Updates of all runs.
    pub steps: u64,
    /// The largest relative deviation from the reference over the insensitive runs.
    pub deviation: f64,
    /// Whether the deviation is within the tolerance.
    pub agrees: bool,
    /// Seconds from opening the backend to the end of the first training.
    pub cold_s: f64,
    /// Speed of the warm repetitions; `None` if the results differ.
    pub speed: Option<Speed>,
    /// Where the time of the warm repetitions went; `None` for a backend on the host.
    pub breakdown: Option<Breakdown>,
}

/// Shares of the time of warm trainings on a device, and its compilation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Breakdown {
    /// Waiting for dispatches.
    pub dispatches: f64,
    /// Waiting for results to be copied to the host.
    pub transfers: f64,
    /// The rest: plans, uploads and result columns on the host, as far as the device did not work meanwhile.
    pub host: f64,
    /// Seconds of the longest dispatch.
    pub longest_dispatch_s: f64,
    /// Pipelines that the first training compiled.
    pub pipelines: u32,
    /// Seconds of their compilation.
    pub compilation_s: f64,
}

impl Breakdown {
    /// The shares of `times` in `wall` seconds; `cold` are the times of the first training.
    pub fn new(times: &DeviceTimes, cold: &DeviceTimes, wall: f64) -> Self {
        let [dispatches, transfers] = [times.dispatches_s, times.readback_s].map(|seconds| seconds / wall);
        Self {
            dispatches,
            transfers,
            host: (1.0 - dispatches - transfers).max(0.0),
            longest_dispatch_s: times.longest_dispatch_s,
            pipelines: cold.pipelines,
            compilation_s: cold.compilation_s,
        }
    }
}

/// A median time with its range, and the speeds that follow from it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Speed {
    /// Median seconds of a training.
    pub median_s: f64,
    /// Shortest measurement.
    pub min_s: f64,
    /// Longest measurement.
    pub max_s: f64,
    /// Runs a second.
    pub runs_per_s: f64,
    /// Updates a second, over all runs.
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
    /// Name of the contender.
    pub name: String,
    /// The error.
    pub why: String,
}

/// The measured limits of the machine that a contender runs on.
#[derive(Clone, Debug, Serialize)]
pub struct Limit {
    /// Name of the contender.
    pub name: String,
    /// The limits.
    #[serde(flatten)]
    pub limits: Limits,
}

/// The time that verdicts and epoch metrics take, as shares of the training time for final weights alone.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// Name of the contender.
    pub name: String,
    /// Updates a second for final weights alone.
    pub final_weights_steps_per_s: f64,
    /// Bookkeeping for verdicts: J at the end of each epoch, and sums over the last updates.
    pub verdicts: f64,
    /// Loss and MAE of each epoch, computed from the rows, in addition to the bookkeeping for verdicts.
    pub epochs: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_a_breakdown_sum_to_the_whole_time() {
        let times = DeviceTimes { dispatches_s: 3.0, readback_s: 0.5, longest_dispatch_s: 0.06, ..DeviceTimes::default() };
        let cold = DeviceTimes { pipelines: 2, compilation_s: 0.1, ..DeviceTimes::default() };
        let Breakdown { dispatches, transfers, host, longest_dispatch_s, pipelines, compilation_s } = Breakdown::new(&times, &cold, 4.0);
        assert_eq!([dispatches, transfers, host], [0.75, 0.125, 0.125]);
        assert_eq!((longest_dispatch_s, pipelines, compilation_s), (0.06, 2, 0.1));
    }
}
