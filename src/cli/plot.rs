//! `gradsweep plot DIR`: draws the figures of a run directory.

use std::path::{Path, PathBuf};

use gradsweep::analysis::{self, PathError, Selection, Sweep};
use gradsweep::figure::Figure;
use gradsweep::model;
use gradsweep::plot::Output;
use gradsweep::sweep::StoredPaths;

use super::args;
use super::failure::Failure;
use super::opened::OpenedSweep;
use super::output::print;

pub fn plot(arguments: &args::Plot) -> Result<(), Failure> {
    let opened = OpenedSweep::open(&arguments.directory)?;
    let runs = opened.directory.runs()?;
    let backend = opened.replay_backend()?;
    let folder = arguments.out.clone().unwrap_or_else(|| arguments.directory.join("plots"));
    let paths = opened.paths(&runs, backend.as_ref());
    let read = reader(&paths);
    let selection = Selection { runs: arguments.runs.clone(), filters: arguments.filters.clone(), names: arguments.only.clone() };
    let mut figures = analysis::selected_figures(&analysed(&paths, &read), &selection)?;
    if let Some(title) = &arguments.title {
        for figure in &mut figures {
            figure.title.clone_from(title);
            if title.is_empty() {
                figure.caption.clear();
                figure.note.clear();
            }
        }
    }
    let mut output = Output { size: arguments.size, ..Output::default() };
    if !arguments.formats.is_empty() {
        output.formats.clone_from(&arguments.formats);
    }
    create(&folder)?;
    let written = gradsweep::plot::draw_all(&figures, &folder, &output)?;
    let mut names: Vec<String> = png_names(&written);
    if names.is_empty() {
        names = written.iter().map(|path| path.display().to_string()).collect();
    }
    print(&format!("{}\n", names.join("\n")))
}

/// Returns the function that analysis calls to read paths.
pub fn reader<'a>(paths: &'a StoredPaths<'_>) -> impl Fn(&[u64]) -> Result<Vec<model::Path>, PathError> + 'a {
    move |runs| Ok(paths.read(runs)?)
}

/// Builds the input of analysis from a stored sweep.
pub fn analysed<'a>(paths: &StoredPaths<'a>, read: &'a dyn Fn(&[u64]) -> Result<Vec<model::Path>, PathError>) -> Sweep<'a> {
    Sweep { experiment: paths.experiment, problems: &paths.problems.all, runs: paths.runs, paths: read }
}

/// Draws figures into a folder, in the default size and formats, and returns the written files.
pub fn draw(figures: &[Figure], folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    create(folder)?;
    Ok(gradsweep::plot::draw_all(figures, folder, &Output::default())?)
}

/// Creates a folder, unless it exists.
pub fn create(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::failed(format!("cannot create {}: {error}", folder.display())))
}

/// The names of the PNG files.
pub fn png_names(written: &[PathBuf]) -> Vec<String> {
    let is_png = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "png");
    written.iter().filter(is_png).map(|path| path.display().to_string()).collect()
}
