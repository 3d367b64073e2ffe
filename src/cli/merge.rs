//! `gradsweep merge DIR.. --out DIR`: joins the shards of a sweep into one run directory.

use gradsweep::config::{self, ConfigSource, DataLocation};
use gradsweep::store::{self, RunDirectory, require_free};

use super::args;
use super::failure::Failure;
use super::output::note;
use super::run::run_experiment;

pub fn merge(arguments: &args::Merge) -> Result<(), Failure> {
    require_free(&arguments.out)?;
    let shards = arguments.directories.iter().map(|path| RunDirectory::open(path)).collect::<Result<Vec<_>, _>>()?;
    let merged = store::merge(&shards, &arguments.out)?;
    note(&format!("merged {} shards into {}", shards.len(), arguments.out.display()));
    let directory = RunDirectory::open(&arguments.out)?;
    let (path, text, data) = (arguments.out.join("sweep.toml"), directory.config()?, directory.data_path()?);
    let file = path.display().to_string();
    let source = ConfigSource { file: &file, name: &merged.name, data: DataLocation::File(&data) };
    let experiment = config::load_text(&text, &source, &merged.set)?;
    // All runs are stored. What is left: histories of selected runs, joined tables, pictures.
    let run = args::Run {
        config: path,
        backend: arguments.backend.clone(),
        out: Some(arguments.out.clone()),
        sets: merged.set,
        on_device_loss: args::OnDeviceLoss::default(),
        no_plots: arguments.no_plots,
        resume: true,
        shard: None,
        chunk: None,
        dry_run: false,
        json: arguments.json,
    };
    run_experiment(&run, &experiment)
}
