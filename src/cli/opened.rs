//! A run directory with its experiment, for `plot`, `compare` and `replay`.

use std::path::Path;

use gradsweep::backend::Backend;
use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::reference::Reference;
use gradsweep::config::{self, ConfigSource, DataLocation, Experiment};
use gradsweep::internals::text;
use gradsweep::store::{RunDirectory, Status};
use gradsweep::sweep::{Problems, StoredPaths};
use gradsweep::table::RunTable;

use super::failure::Failure;
use super::output::note;

/// A run directory, and the experiment that its config describes.
pub struct OpenedSweep {
    pub directory: RunDirectory,
    pub experiment: Experiment,
    pub problems: Problems,
}

impl OpenedSweep {
    /// Opens a directory and checks that its config and data are unchanged. A note says if the sweep is incomplete.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let directory = RunDirectory::open(path)?;
        let manifest = directory.manifest().clone();
        let file = path.join("sweep.toml").display().to_string();
        let config = directory.config()?;
        let data = directory.data_path()?;
        let source = ConfigSource { file: &file, name: &manifest.name, data: DataLocation::File(&data) };
        let experiment = config::load_text(&config, &source, &manifest.set)?;
        if manifest.status == Status::Incomplete {
            let [done, all] = [manifest.counts.runs_done, manifest.counts.runs].map(text::grouped);
            note(&format!("the sweep in {} is incomplete: it has {done} of {all} runs", path.display()));
        }
        let problems = Problems::with_optima(&experiment, &directory.optima()?)?;
        Ok(Self { directory, experiment, problems })
    }

    /// The backend for runs without a stored history: the CPU, or the reference if it trained the sweep.
    pub fn replay_backend(&self) -> Result<Box<dyn Backend>, Failure> {
        let manifest = self.directory.manifest();
        if manifest.backend == "reference" {
            return Ok(Box::new(Reference));
        }
        if manifest.backend == "gpu" && manifest.counts.histories < manifest.counts.runs_done {
            let [stored, all] = [manifest.counts.histories, manifest.counts.runs_done].map(text::grouped);
            note(&format!(
                "{stored} of {all} runs have a stored history; other runs are replayed on the CPU, although the GPU trained them"
            ));
        }
        Ok(Box::new(Cpu::open(None, None).map_err(Failure::failed)?))
    }

    /// The paths of runs: stored, or replayed on `backend`.
    pub fn paths<'a>(&'a self, runs: &'a RunTable, backend: &'a dyn Backend) -> StoredPaths<'a> {
        StoredPaths { experiment: &self.experiment, problems: &self.problems, directory: &self.directory, runs, backend }
    }
}
