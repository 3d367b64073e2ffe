//! `gradsweep report DIR`: writes the HTML report of a run directory.

use std::path::Path;

use gradsweep::analysis;
use gradsweep::report::Report;
use gradsweep::store::write_file;

use super::args;
use super::backends;
use super::failure::Failure;
use super::opened::OpenedSweep;
use super::output::print;
use super::plot::{analysed, reader};

pub fn report(arguments: &args::Report) -> Result<(), Failure> {
    let opened = OpenedSweep::open(&arguments.directory)?;
    let runs = opened.directory.runs()?;
    let backend = opened.replay_backend()?;
    let paths = opened.paths(&runs, backend.as_ref());
    let figures = analysis::figures(&analysed(&paths, &reader(&paths)))?;
    let manifest = opened.directory.manifest();
    let counts = Some(manifest.counts.by_verdict());
    let diagnosis =
        analysis::diagnosis(&opened.experiment, &opened.problems.all, &runs, counts, &backends::cpu(&args::Backend::default())?);
    let contents = Report {
        manifest,
        experiment: &opened.experiment,
        problems: &opened.problems,
        runs: &runs,
        figures: &figures,
        diagnosis: &diagnosis,
    };
    let file = arguments.out.clone().unwrap_or_else(|| arguments.directory.join("report.html"));
    write(&contents, &file)?;
    print(&format!("{}\n", file.display()))
}

/// Writes a report. The file appears complete, by renaming.
pub fn write(contents: &Report<'_>, file: &Path) -> Result<(), Failure> {
    let html = contents.html().map_err(|error| Failure::failed(error.to_string()))?;
    Ok(write_file(file, html.as_bytes())?)
}
