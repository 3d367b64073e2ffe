//! A run directory, opened with everything that pictures and replays need of it.

use std::path::Path;

use gradsweep::analysis::{self, EpochPoint, Paths};
use gradsweep::backend::Backend;
use gradsweep::config::{self, ConfigSource, DataLocation, Experiment};
use gradsweep::store::RunDirectory;
use gradsweep::sweep::{Problems, trace};

use super::failure::Failure;

/// A run directory and its experiment, resolved again from what it holds.
pub struct Opened {
    pub directory: RunDirectory,
    pub experiment: Experiment,
    pub problems: Problems,
}

impl Opened {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let directory = RunDirectory::open(path)?;
        let manifest = directory.manifest().clone();
        let file = path.join("sweep.toml").display().to_string();
        let text = directory.config()?;
        let source = ConfigSource { file: &file, name: &manifest.name, data: DataLocation::File(&directory.data_path()) };
        let experiment = config::load_text(&text, &source, &manifest.set)?;
        if experiment.dataset.sha256 != manifest.data_sha256 {
            return Err(Failure::failed(format!(
                "{}: the data are not those that were trained on (their SHA-256 differs from manifest.json)",
                directory.data_path().display()
            )));
        }
        let problems = Problems::new(&experiment)?;
        Ok(Self { directory, experiment, problems })
    }
}

/// Paths of runs, trained again on a backend.
pub struct Replayed<'a> {
    pub experiment: &'a Experiment,
    pub problems: &'a Problems,
    pub backend: &'a dyn Backend,
}

impl Paths for Replayed<'_> {
    fn path(&self, run: u64) -> Result<analysis::Path, Box<dyn std::error::Error + Send + Sync>> {
        let trace = trace(self.experiment, self.problems, self.backend, run)?;
        let known = |column: &[f32], epoch: usize| column.get(epoch).map(|&value| f64::from(value));
        let epochs = (0..trace.loss.len()).map(|epoch| EpochPoint {
            loss: f64::from(trace.loss[epoch]),
            mae: f64::from(trace.mae[epoch]),
            val_loss: known(&trace.val_loss, epoch),
            val_mae: known(&trace.val_mae, epoch),
        });
        Ok(analysis::Path {
            epochs: epochs.collect(),
            weight: trace.weight,
            bias: trace.bias,
            batch_loss: trace.batch_loss,
            batches_per_epoch: trace.batches,
        })
    }
}
