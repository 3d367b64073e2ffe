//! Extraction of the path of one run from the outcome of its group.

use super::{EpochSeries, Outcome};
use crate::model::Params;
use crate::model::path::{EpochMetrics, Path};

impl Outcome {
    /// The recorded path of a run; `None` if the group recorded no history.
    pub fn path(&self, run: usize) -> Option<Path> {
        let history = self.history.as_ref()?;
        let (steps, batches) = (self.steps[run], self.batches as usize);
        let points = history.known_points(steps);
        let indices = || (0..points).map(|point| history.blocks.index(run, point));
        let column = |values: &[f32]| indices().map(|index| values[index]).collect::<Vec<f32>>();
        let epochs = Path::whole_epochs(steps, batches);
        Some(Path {
            steps: (0..points).map(|point| history.step(point)).collect(),
            params: Params::new(column(&history.weight), column(&history.bias)),
            epochs: self.epochs.as_ref().map_or_else(Vec::new, |series| (0..epochs).map(|epoch| series.metrics(run, epoch)).collect()),
            batches_per_epoch: batches,
            diverged_at: (steps < self.updates).then_some(steps + 1),
        })
    }
}

impl EpochSeries {
    /// The metrics of a run in an epoch.
    fn metrics(&self, run: usize, epoch: usize) -> EpochMetrics {
        let index = self.blocks.index(run, epoch);
        EpochMetrics {
            loss: self.loss[index],
            mae: self.mae[index],
            val_loss: self.val_loss.get(index).copied(),
            val_mae: self.val_mae.get(index).copied(),
        }
    }
}
