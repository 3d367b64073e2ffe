//! `gradsweep plot DIR`: the pictures of a run directory, drawn again.

use std::path::{Path, PathBuf};

use gradsweep::analysis::{self, Sweep};
use gradsweep::backend::cpu::Cpu;
use gradsweep::config::Experiment;
use gradsweep::figure::Figure;
use gradsweep::sweep::Problems;
use gradsweep::table::RunTable;

use super::args;
use super::failure::Failure;
use super::opened::{Opened, Replayed};
use super::output::print;

pub fn plot(arguments: &args::Plot) -> Result<(), Failure> {
    let opened = Opened::open(&arguments.directory)?;
    let runs = opened.directory.runs()?;
    let folder = arguments.out.clone().unwrap_or_else(|| arguments.directory.join("plots"));
    let written = draw_sweep(&opened.experiment, &opened.problems, &runs, &folder)?;
    print(&format!("{}\n", listed(&written).join("\n")))
}

/// Draws every picture that makes sense for a sweep. Paths are trained again on the CPU: the same bytes on every machine.
pub fn draw_sweep(experiment: &Experiment, problems: &Problems, runs: &RunTable, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let backend = Cpu::open(None, None).map_err(Failure::failed)?;
    let paths = Replayed { experiment, problems, backend: &backend };
    let figures = analysis::figures(&Sweep { experiment, problems: &problems.all, runs, paths: &paths })?;
    draw(&figures, folder)
}

/// Draws pictures into a folder.
pub fn draw(figures: &[Figure], folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::failed(format!("cannot create {}: {error}", folder.display())))?;
    Ok(gradsweep::plot::draw_all(figures, folder)?)
}

/// The PNGs among the files.
pub fn listed(written: &[PathBuf]) -> Vec<String> {
    let png = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "png");
    written.iter().filter(png).map(|path| path.display().to_string()).collect()
}
