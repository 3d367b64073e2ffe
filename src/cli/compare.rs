//! `gradsweep compare DIR.. --by KEY`: a ranked table, and figures side by side; `--heatmap KEY,KEY`: a heatmap.

use std::path::Path;

use gradsweep::analysis::{self, Comparison};

use super::args;
use super::failure::Failure;
use super::opened::OpenedSweep;
use super::output::{print, print_json};
use super::plot::{analysed, draw, png_names, reader};

pub fn compare(arguments: &args::Compare) -> Result<(), Failure> {
    match arguments.directories.as_slice() {
        [only] => compare_one(arguments, only),
        _ if arguments.heatmap.is_some() => Err(Failure::usage("--heatmap draws one sweep: give one directory")),
        several => compare_several(arguments, several),
    }
}

/// Prints the table of one sweep, and draws its figures.
fn compare_one(arguments: &args::Compare, directory: &Path) -> Result<(), Failure> {
    let opened = OpenedSweep::open(directory)?;
    let runs = opened.directory.runs()?;
    let backend = opened.replay_backend()?;
    let paths = opened.paths(&runs, backend.as_ref());
    let read = reader(&paths);
    let sweep = analysed(&paths, &read);
    if let Some([x, y]) = &arguments.heatmap {
        let figure = analysis::heatmap(&sweep, [x, y], &arguments.filters)?;
        let folder = arguments.out.clone().unwrap_or_else(|| directory.join("plots"));
        let written = draw(std::slice::from_ref(&figure), &folder)?;
        return print(&format!("{}\n{}\n", figure.text().join("\n"), png_names(&written).join("\n")));
    }
    let by = arguments.by.as_deref().unwrap_or_default();
    let comparison = analysis::compare(&sweep, by, &arguments.filters)?;
    let folder = arguments.out.clone().unwrap_or_else(|| directory.join("plots").join(comparison.folder_name()));
    // The pictures are drawn also if nobody reads the table.
    let printed = print_table(arguments, comparison);
    if arguments.no_plots {
        return printed;
    }
    let figures = analysis::comparison_figures(&sweep, by, &arguments.filters, arguments.style.as_deref())?;
    let written = draw(&figures, &folder)?;
    printed?;
    if arguments.json || arguments.csv { Ok(()) } else { print(&format!("\n{}\n", png_names(&written).join("\n"))) }
}

/// Prints one table of several sweeps of the same data.
fn compare_several(arguments: &args::Compare, directories: &[std::path::PathBuf]) -> Result<(), Failure> {
    let mut opened = Vec::with_capacity(directories.len());
    for directory in directories {
        opened.push((directory.display().to_string(), OpenedSweep::open(directory)?));
    }
    let data = opened.iter().map(|(name, sweep)| (name.as_str(), &sweep.experiment, sweep.problems.all.as_slice()));
    analysis::require_same_data(&data.collect::<Vec<_>>())?;
    let mut comparisons = Vec::with_capacity(opened.len());
    for (name, sweep) in opened {
        let runs = sweep.directory.runs()?;
        let no_paths = |_: &[u64]| Ok(Vec::new());
        let analysed = analysis::Sweep { experiment: &sweep.experiment, problems: &sweep.problems.all, runs: &runs, paths: &no_paths };
        comparisons.push((name, analysis::compare(&analysed, arguments.by.as_deref().unwrap_or_default(), &arguments.filters)?));
    }
    print_table(arguments, Comparison::join(comparisons))
}

fn print_table(arguments: &args::Compare, mut comparison: Comparison) -> Result<(), Failure> {
    if let Some(count) = arguments.top {
        comparison.truncate(count as usize);
    }
    if arguments.json {
        print_json(&comparison)
    } else if arguments.csv {
        print(&comparison.csv())
    } else if arguments.top.is_some() {
        print(&comparison.to_string())
    } else {
        print(&comparison.shortened(&format!("--top {} or --csv prints all", comparison.rows.len())))
    }
}
