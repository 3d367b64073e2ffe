//! `gradsweep compare DIR --by KEY`: a ranked table and pictures side by side.

use gradsweep::analysis::{self, Sweep};
use gradsweep::backend::cpu::Cpu;

use super::args;
use super::failure::Failure;
use super::opened::{Opened, Replayed};
use super::output::{print, print_json};
use super::plot::{draw, listed};

pub fn compare(arguments: &args::Compare) -> Result<(), Failure> {
    let opened = Opened::open(&arguments.directory)?;
    let runs = opened.directory.runs()?;
    let backend = Cpu::open(None, None).map_err(Failure::failed)?;
    let paths = Replayed { experiment: &opened.experiment, problems: &opened.problems, backend: &backend };
    let sweep = Sweep { experiment: &opened.experiment, problems: &opened.problems.all, runs: &runs, paths: &paths };
    let comparison = analysis::compare(&sweep, &arguments.by, &arguments.filters, arguments.style.as_deref())?;
    if arguments.json {
        print_json(&comparison)?;
    } else {
        print(&comparison.to_string())?;
    }
    if !arguments.no_plots {
        let folder = arguments.out.clone().unwrap_or_else(|| arguments.directory.join("plots"));
        let written = draw(&comparison.figures, &folder)?;
        if !arguments.json {
            print(&format!("\n{}\n", listed(&written).join("\n")))?;
        }
    }
    Ok(())
}
