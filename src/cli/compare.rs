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
    let sweep = analysed(&paths, &read);
    let mut comparison = analysis::compare(&sweep, &arguments.by, &arguments.filters)?;
    if let Some(count) = arguments.top {
        comparison.truncate(count as usize);
    }
    if arguments.json {
        print_json(&comparison)?;
    } else if arguments.csv {
        print(&comparison.csv())?;
    } else {
        print(&comparison.to_string())?;
    }
    if !arguments.no_plots {
        let figures = analysis::comparison_figures(&sweep, &arguments.by, &arguments.filters, arguments.style.as_deref())?;
        let folder = arguments.out.clone().unwrap_or_else(|| arguments.directory.join("plots").join(comparison.folder_name()));
        let written = draw(&figures, &folder)?;
        if !arguments.json && !arguments.csv {
            print(&format!("\n{}\n", png_names(&written).join("\n")))?;
        }
    }
    Ok(())
}
