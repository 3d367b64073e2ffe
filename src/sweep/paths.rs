//! The paths of a sweep's runs, from its run directory or from a replay.

use std::collections::BTreeMap;

use super::errors::Error;
use super::plan::batch_order;
use super::problems::Problems;
use super::replay::replay;
use crate::backend::Backend;
use crate::config::Experiment;
use crate::model::path::EpochMetrics;
use crate::model::{Params, Path};
use crate::store::{Point, RunDirectory};
use crate::table::{EpochTable, RunTable};

/// Reads the paths of runs whose history is stored, and replays the others.
#[derive(Clone, Copy)]
pub struct StoredPaths<'a> {
    /// The resolved config.
    pub experiment: &'a Experiment,
    /// The problems of the experiment.
    pub problems: &'a Problems,
    /// The run directory with the stored histories.
    pub directory: &'a RunDirectory,
    /// Rows of runs.parquet: at least those of the runs whose paths are read.
    pub runs: &'a RunTable,
    /// Replays the runs without a stored history.
    pub backend: &'a dyn Backend,
}

impl StoredPaths<'_> {
    /// The paths of some runs, in the given order.
    ///
    /// # Errors
    ///
    /// If a file of the directory cannot be read, the sweep has no such run, or the backend fails.
    pub fn read(&self, runs: &[u64]) -> Result<Vec<Path>, Error> {
        let mut paths = self.stored(runs)?;
        let missing: Vec<u64> = runs.iter().copied().filter(|run| !paths.contains_key(run)).collect();
        if !missing.is_empty() {
            paths.extend(missing.iter().copied().zip(replay(self.experiment, self.problems, self.backend, &missing)?));
        }
        Ok(runs.iter().map(|run| paths.get(run).cloned().unwrap_or_default()).collect())
    }

    /// The paths of those of the runs whose history is stored, by run number.
    fn stored(&self, runs: &[u64]) -> Result<BTreeMap<u64, Path>, Error> {
        let histories = self.directory.histories(runs)?;
        let stored: Vec<u64> = histories.keys().copied().collect();
        let mut epochs = self.directory.epoch_tables(&stored)?;
        let mut paths = BTreeMap::new();
        for (run, points) in histories {
            let epochs = epochs.remove(&run).unwrap_or_default();
            if let Some(path) = self.path(run, &points, &epochs)? {
                paths.insert(run, path);
            }
        }
        Ok(paths)
    }

    /// Joins the rows of a run; `None` for a run outside the table.
    fn path(&self, run: u64, points: &[Point], epochs: &EpochTable) -> Result<Option<Path>, Error> {
        let row = self.runs.run.binary_search(&run);
        let (Ok(row), Some(settings)) = (row, self.experiment.space.run(run).map(|run| run.settings)) else { return Ok(None) };
        let problem = &self.problems.all[self.runs.problem[row] as usize];
        let batches = batch_order(self.experiment, problem, &settings)?.batches();
        let completed = Path::whole_epochs(self.runs.steps[row], batches).min(epochs.loss.len());
        let known = |value: f32| value.is_finite().then_some(value);
        let metrics = |epoch: usize| EpochMetrics {
            loss: epochs.loss[epoch],
            mae: epochs.mae[epoch],
            val_loss: known(epochs.val_loss[epoch]),
            val_mae: known(epochs.val_mae[epoch]),
        };
        Ok(Some(Path {
            steps: points.iter().map(|point| point.step).collect(),
            params: Params::new(points.iter().map(|point| point.weight).collect(), points.iter().map(|point| point.bias).collect()),
            epochs: (0..completed).map(metrics).collect(),
            batches_per_epoch: batches,
            diverged_at: self.runs.diverged_at[row],
        }))
    }
}
