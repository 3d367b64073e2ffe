//! `gradsweep compare DIR --by KEY`: a ranked table, and figures side by side.

use gradsweep::analysis;

use super::args;
use super::failure::Failure;
use super::opened::OpenedSweep;
use super::output::{print, print_json};
use super::plot::{analysed, draw, png_names, reader};

pub fn compare(arguments: &args::Compare) -> Result<(), Failure> {
    let opened = OpenedSweep::open(&arguments.directory)?;
    let runs = opened.directory.runs()?;
    let backend = opened.replay_backend()?;
    let paths = opened.paths(&runs, backend.as_ref());
    let read = reader(&paths);
    let comparison = analysis::compare(&analysed(&paths, &read), &arguments.by, &arguments.filters, arguments.style.as_deref())?;
    if arguments.json {
        print_json(&comparison)?;
    } else {
        print(&comparison.to_string())?;
    }
    if !arguments.no_plots {
        let folder = arguments.out.clone().unwrap_or_else(|| arguments.directory.join("plots"));
        let written = draw(&comparison.figures, &folder)?;
        if !arguments.json {
            print(&format!("\n{}\n", png_names(&written).join("\n")))?;
        }
    }
    Ok(())
}
