//! The size of a sweep, from the lengths of its axes.

use crate::config::Experiment;
use crate::kernel::MAX_ROW_POINTS;

/// The amount of computation and storage of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Number of runs.
    pub runs: u64,
    /// Updates of all runs.
    pub steps: u128,
    /// Training rows that all runs evaluate, for gradients and verdicts; 0 where both follow from moments.
    pub rows_evaluated: u128,
    /// Updates of the longest run.
    pub longest: u64,
    /// Bytes of the tables before compression.
    pub bytes: u128,
    /// Recorded points of the longest run.
    pub points_per_run: u64,
    /// Recorded epochs of the longest run.
    pub epochs_per_run: u64,
}

/// Bytes of a row of runs.parquet.
const RUN_BYTES: u128 = 96;
/// Bytes of a recorded point: run, step, weight, bias.
const POINT_BYTES: u128 = 24;
/// Bytes of a row of epochs.parquet.
const EPOCH_BYTES: u128 = 32;

/// Estimates a sweep without planning its runs; the time is proportional to the number of axes.
pub fn estimate(experiment: &Experiment) -> Estimate {
    let runs = experiment.space.len();
    let [longest, epochs] = experiment.longest_run();
    let recorded = experiment.history.recording_plan(runs);
    let points_per_run = if recorded.every == 0 { 0 } else { longest.div_ceil(recorded.every) + 1 };
    let epochs_per_run = if recorded.epochs { epochs } else { 0 };
    // J over all rows at the points of the two windows of the verdict.
    let rows_evaluated = experiment.rows_evaluated(2 * MAX_ROW_POINTS);
    let points = u128::from(recorded.count(runs)) * u128::from(points_per_run);
    let bytes = u128::from(runs) * (RUN_BYTES + u128::from(epochs_per_run) * EPOCH_BYTES) + points * POINT_BYTES;
    Estimate { runs, steps: experiment.total_steps().count, rows_evaluated, longest, bytes, points_per_run, epochs_per_run }
}
