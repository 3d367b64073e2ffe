//! The path of a run: weight and bias after its updates, and its metrics per epoch.

use super::Params;

/// One run, update by update. Built from a backend's outcome, from a stored history, or from a replay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// The number of updates before each point, ascending. The first is 0: the start.
    pub steps: Vec<u64>,
    /// Weight and bias at each point: two columns as long as `steps`.
    pub params: Params<Vec<f32>>,
    /// Metrics of each epoch that the run completed; empty where epochs were not recorded.
    pub epochs: Vec<EpochMetrics>,
    /// Updates in one epoch.
    pub batches_per_epoch: usize,
    /// The first batch, counted from 1, whose update left the valid range; `None` for a run that stayed inside.
    pub diverged_at: Option<u64>,
}

/// Running means of loss and MAE over the batches of one epoch, as Keras reports them, and both metrics on the test rows after the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EpochMetrics {
    /// Loss on the training rows.
    pub loss: f32,
    /// MAE on the training rows.
    pub mae: f32,
    /// `None` without test rows.
    pub val_loss: Option<f32>,
    /// MAE on the test rows, if there are any.
    pub val_mae: Option<f32>,
}

impl Path {
    /// Number of points.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether the path has no point.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Weight and bias at a point, in float64.
    pub fn at(&self, point: usize) -> Params<f64> {
        Params::new(self.params[0][point], self.params[1][point]).map(f64::from)
    }

    /// The number of updates before the last point.
    pub fn last_step(&self) -> u64 {
        self.steps.last().copied().unwrap_or(0)
    }

    /// How many epochs a run completes in `steps` updates.
    pub fn whole_epochs(steps: u64, batches_per_epoch: usize) -> usize {
        (steps / batches_per_epoch.max(1) as u64) as usize
    }
}
