//! `gradsweep run CONFIG`: trains a sweep, stores its results, draws pictures and prints the diagnosis.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use gradsweep::analysis::{self, Diagnosis};
use gradsweep::backend::Description;
use gradsweep::config::{self, Experiment};
use gradsweep::internals::text;
use gradsweep::report::Report;
use gradsweep::store::{self, DirectoryLock, Manifest, Pictures, RunDirectory, Status, remove_temporaries};
use gradsweep::sweep::{self, Inputs, Options, Problems, StoredPaths, estimate};
use gradsweep::table::RunTable;
use indicatif::HumanBytes;
use serde_json::json;

use super::args::{self, OnDeviceLoss};
use super::backends::{self, Chosen};
use super::config_file;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::output::{note, print, print_json, warn};
use super::plot::{analysed, draw, png_names, reader};
use super::progress::Progress;
use super::replay::with_sweep_backend;
use super::report;
use super::surfaces;
use super::target::{Target, resume_command};

/// The search for an optimum without a formula is announced from this number of rows on: it then takes a second or more.
const MANY_ROWS: usize = 50_000;

pub fn run(arguments: &args::Run) -> Result<(), Failure> {
    let experiment = config_file::load(&arguments.config, &arguments.sets)?;
    for warning in &experiment.warnings {
        warn(warning);
    }
    if arguments.dry_run {
        return dry_run(&experiment, arguments.json);
    }
    run_experiment(arguments, &experiment)
}

/// Trains the sweep of a loaded config; of a resumed one, what is left of it.
pub fn run_experiment(arguments: &args::Run, experiment: &Experiment) -> Result<(), Failure> {
    let sizes = estimate(experiment);
    sizes.require_storable()?;
    let interrupt = Interrupt::listen();
    let target = Target::find(arguments, experiment)?;
    let draws = target.shard.is_none() && (experiment.surface.requested || !arguments.no_plots);
    if let Some(stored) = target.stored.as_ref().filter(|_| target.is_finished(draws)) {
        return report_finished(arguments, stored);
    }
    let rows = experiment.train_rows();
    if target.stored.is_none() && sizes.rows_evaluated > 0 && rows >= MANY_ROWS {
        note(&format!("searching for the minimum of J over {} training rows", text::grouped(rows as u64)));
    }
    let problems = target.problems(experiment)?;
    let backend =
        target.stored.as_ref().map_or(arguments.backend.clone(), |stored| with_sweep_backend(&arguments.backend, stored.manifest()));
    let mut chosen = backends::choose(&backend, &sizes)?;
    if arguments.on_device_loss == OnDeviceLoss::Cpu {
        chosen.backend = backends::with_substitute(chosen.backend, &arguments.backend)?;
    }
    let description = chosen.backend.describe();
    note(&announcement(&description, &chosen));
    let directory = target.create(experiment)?;
    let command = resume_command(&directory);
    let kept = format!("{} keeps the stored runs; go on with `{command}`", directory.display());
    interrupt.train(&directory, format!("interrupted; {kept}"));
    let mut progress = Progress::new(target.runs(experiment), target.stored.is_some(), &interrupt);
    let mut manifest = manifest(experiment, &description, arguments);
    manifest.shard = target.shard;
    manifest.pictures = if draws { Pictures::Pending } else { Pictures::None };
    let options = Options { chunk: arguments.chunk, resume: arguments.resume };
    let inputs = Inputs { experiment, problems: &problems, backend: chosen.backend.as_ref() };
    let summary = sweep::run(inputs, &directory, manifest, options, &mut progress);
    progress.finish();
    let mut summary = summary.map_err(|error| {
        let is_refused = matches!(error, sweep::Error::Store(store::Error::Locked { .. }));
        let failure = Failure::from(error);
        if is_refused || !directory.exists() { failure } else { failure.with_remedy(&kept) }
    })?;
    if summary.manifest.is_complete_shard() {
        return report_shard(arguments, &directory, &summary.manifest);
    }
    if summary.manifest.status == Status::Incomplete {
        let counts = &summary.manifest.counts;
        let (done, all) = (text::grouped(counts.runs_done), text::grouped(target.runs(experiment)));
        note(&format!(
            "interrupted after {done} of {all} runs; {} holds them, and `plot`, `compare`, `replay` and `report` read them\ngo on with `{command}`",
            directory.display()
        ));
        return Err(Failure::Interrupted);
    }
    if draws {
        let path = directory.display();
        interrupt.draw(
            &directory,
            format!("interrupted before all pictures are drawn; {path} holds all runs; draw the pictures with `{command}`"),
        );
    }
    if summary.problems.is_some() {
        warn("a run was below the optimum that the search had found, so the sweep was trained again with a better optimum");
    }
    let problems = summary.problems.as_ref().unwrap_or(&problems);
    let inputs = Inputs { problems, ..inputs };
    let counts = Some(summary.manifest.counts.by_verdict());
    let diagnosis = analysis::diagnosis(experiment, &problems.all, &summary.runs, counts, &backends::cpu(&arguments.backend)?);
    let pictures =
        if arguments.no_plots { Ok(Vec::new()) } else { illustrate(inputs, &directory, &summary.manifest, &summary.runs, &diagnosis) };
    let surfaces = if draws { surfaces::write(experiment, problems, &summary.runs, chosen.backend.as_ref(), &directory) } else { Ok(0) };
    if let (true, true, Ok(saturated_cells)) = (draws, pictures.is_ok(), &surfaces) {
        summary.manifest.counts.saturated_cells = *saturated_cells;
        summary.manifest.pictures = Pictures::Drawn;
        summary.manifest.save(&directory)?;
    }
    // A failed picture does not suppress the results.
    let drawn = pictures.as_deref().unwrap_or_default();
    conclude(arguments, &directory, &summary.manifest, &diagnosis, drawn)?;
    pictures.map(drop).and(surfaces.map(drop))
}

/// Prints the directory of a complete shard.
fn report_shard(arguments: &args::Run, directory: &Path, manifest: &Manifest) -> Result<(), Failure> {
    let path = directory.display().to_string();
    if arguments.json {
        return print_json(&json!({ "directory": path, "shard": manifest.shard, "counts": manifest.counts, "timings": manifest.timings }));
    }
    let [done, all] = [manifest.counts.runs_done, manifest.counts.runs].map(text::grouped);
    print(&format!("results   {path}\nruns      {done} of {all}; `gradsweep merge` joins the directories of all shards\n"))
}

/// Says that a resumed sweep has nothing left to do.
fn report_finished(arguments: &args::Run, stored: &RunDirectory) -> Result<(), Failure> {
    // A process that is killed at its very end leaves its lock file. One that cannot be removed hinders nobody.
    if let Ok(_lock) = DirectoryLock::acquire(stored.path()) {
        remove_temporaries(stored.path());
    }
    let (manifest, path) = (stored.manifest(), stored.path().display());
    note(&format!(
        "the sweep in {path} is complete: it has all {}, and nothing is left to do",
        text::count(manifest.counts.runs_done as usize, "run")
    ));
    if arguments.json {
        return print_json(&json!({ "directory": path.to_string(), "counts": manifest.counts, "timings": manifest.timings }));
    }
    print(&format!("results   {path}\n"))
}

/// Draws the figures of a stored sweep, writes its report, and returns the written files, the report first.
fn illustrate(
    inputs: Inputs<'_>,
    directory: &Path,
    manifest: &Manifest,
    runs: &RunTable,
    diagnosis: &Diagnosis,
) -> Result<Vec<PathBuf>, Failure> {
    let Inputs { experiment, problems, backend } = inputs;
    let stored = RunDirectory::open(directory)?;
    let paths = StoredPaths { experiment, problems, directory: &stored, runs, backend };
    let figures = analysis::figures(&analysed(&paths, &reader(&paths)))?;
    let file = directory.join("report.html");
    let contents = Report { manifest, experiment, problems, runs, figures: &figures, diagnosis };
    let report = report::write(&contents, &file);
    let mut written = draw(&figures, &directory.join("plots"))?;
    report?;
    written.insert(0, file);
    Ok(written)
}

/// Prints the resolved config and the size of the sweep.
fn dry_run(experiment: &Experiment, as_json: bool) -> Result<(), Failure> {
    let sizes = estimate(experiment);
    sizes.require_storable()?;
    Problems::require_few(experiment)?;
    if as_json {
        let resolved = config::resolved(experiment);
        return print_json(
            &json!({ "config": resolved, "runs": sizes.runs, "steps": sizes.steps.to_string(), "bytes": sizes.bytes.to_string() }),
        );
    }
    let bytes = HumanBytes(u64::try_from(sizes.bytes).unwrap_or(u64::MAX));
    print(&format!("{}\noutput            up to {bytes}, before compression\n", config::describe(experiment)))
}

/// `backend: cpu (AMD EPYC, avx2, 2 threads); estimated time is 0.4 s, and a GPU is tried only from 2 s`.
fn announcement(description: &Description, chosen: &Chosen) -> String {
    let Description { backend, device, detail, software } = description;
    let software = if *software { ", software adapter" } else { "" };
    let reason = chosen.reason.as_ref().map_or_else(String::new, |reason| format!("; {reason}"));
    format!("backend: {backend} ({device}, {detail}{software}){reason}")
}

fn manifest(experiment: &Experiment, description: &Description, arguments: &args::Run) -> Manifest {
    let mut manifest = Manifest::new(&experiment.name, config::resolved(experiment));
    manifest.set.clone_from(&experiment.sets);
    description.backend.clone_into(&mut manifest.backend);
    manifest.device.clone_from(&description.device);
    manifest.detail.clone_from(&description.detail);
    if description.backend == "cpu"
        && let Ok(cpu) = backends::cpu(&arguments.backend)
    {
        manifest.simd = Some(cpu.simd().name().to_owned());
        manifest.threads = Some(cpu.threads());
    }
    manifest
}

/// Prints the diagnosis and the written files.
fn conclude(
    arguments: &args::Run,
    directory: &Path,
    manifest: &Manifest,
    diagnosis: &Diagnosis,
    pictures: &[PathBuf],
) -> Result<(), Failure> {
    if arguments.json {
        let files: Vec<String> = pictures.iter().map(|path| path.display().to_string()).collect();
        return print_json(&json!({ "directory": directory.display().to_string(), "counts": manifest.counts,
            "timings": manifest.timings, "diagnosis": diagnosis, "pictures": files }));
    }
    let mut summary = diagnosis.report(&arguments.config.display().to_string(), &directory.display().to_string()) + "\n";
    if let Some(report) = pictures.iter().find(|path| path.extension().is_some_and(|extension| extension == "html")) {
        let _ = writeln!(summary, "report    {}", report.display());
    }
    let _ = writeln!(summary, "results   {}", directory.display());
    for (index, line) in png_names(pictures).iter().enumerate() {
        let _ = writeln!(summary, "{:<9} {line}", if index == 0 { "pictures" } else { "" });
    }
    print(&summary)
}
