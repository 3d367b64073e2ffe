//! The size of a sweep, from the lengths of its axes.

use super::errors::Error;
use crate::config::Experiment;
use crate::kernel::MAX_ROW_POINTS;
use crate::text::grouped;

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

/// The largest number of bytes that one run may record. A run is recorded in memory before it is stored.
const MAX_RUN_BYTES: u128 = 2_000_000_000;
/// Bytes of a point while it is recorded and stored.
const POINT_MEMORY: u128 = 32;
/// Bytes of an epoch while it is recorded and stored.
const EPOCH_MEMORY: u128 = 48;

impl Estimate {
    /// Checks that the recorded points and epochs of the longest run fit into memory.
    ///
    /// # Errors
    /// If they take more than 2 GB.
    pub fn require_storable(&self) -> Result<(), Error> {
        let [points, epochs] = [self.points_per_run, self.epochs_per_run].map(u128::from);
        let bytes = points * POINT_MEMORY + epochs * EPOCH_MEMORY;
        if bytes <= MAX_RUN_BYTES {
            return Ok(());
        }
        // A million points are more than a picture shows.
        let every = self.longest.div_ceil(1_000_000).max(1);
        let [points, epochs] = [self.points_per_run, self.epochs_per_run].map(grouped);
        Err(Error::TooManyPoints { points, epochs, bytes, every })
    }
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
