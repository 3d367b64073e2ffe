//! Sweeps of the bundled data, trained without a run directory.

use std::path::Path;

use gradsweep::backend::{Backend, Outcome, RecordOptions};
use gradsweep::config::{self, ConfigSource, DataLocation, Experiment};
use gradsweep::internals::{final_metrics, run_table};
use gradsweep::sweep::{Plan, Problems};
use gradsweep::table::RunTable;

/// Records every point and every epoch.
pub const RECORD: RecordOptions = RecordOptions { every: 1, epochs: true };

/// Loads a config with paths relative to `configs`.
pub fn load(text: &str) -> Experiment {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Folder(&folder) };
    config::load_text(text, &source, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// Loads a config with these bytes as its data.
pub fn load_with(text: &str, data: &[u8]) -> Experiment {
    let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Bytes(data) };
    config::load_text(text, &source, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// Loads a config of TV on sales; `rest` continues its table [data].
pub fn experiment(rest: &str) -> Experiment {
    load(&format!("[data]\npath = \"data/advertising.csv\"\nfeature = \"TV\"\ntarget = \"sales\"\n{rest}"))
}

/// The rows of runs.parquet for every run, trained in one chunk.
pub fn table(experiment: &Experiment, backend: &dyn Backend) -> RunTable {
    let problems = Problems::new(experiment).unwrap();
    let (plan, outcomes) = train(experiment, backend, RecordOptions { every: 0, epochs: false });
    let metrics = final_metrics(&plan, &problems, &outcomes, backend).unwrap();
    run_table(experiment, &problems, &plan, &outcomes, &metrics)
}

/// Trains every run in one chunk.
pub fn train(experiment: &Experiment, backend: &dyn Backend, record: RecordOptions) -> (Plan, Vec<Outcome>) {
    let problems = Problems::new(experiment).unwrap();
    let plan = Plan::new(experiment, &problems, 0..experiment.space.len()).unwrap();
    let mut outcomes = vec![Outcome::default(); plan.groups.len()];
    backend.train(&plan.groups(&problems, record), &mut outcomes).unwrap();
    (plan, outcomes)
}
