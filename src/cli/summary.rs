//! `gradsweep summary DIR`: prints the diagnosis of a stored sweep.

use gradsweep::analysis;

use super::args;
use super::backends;
use super::failure::Failure;
use super::opened::OpenedSweep;
use super::output::{print, print_json};

pub fn summary(arguments: &args::Summary) -> Result<(), Failure> {
    let opened = OpenedSweep::open(&arguments.directory)?;
    let runs = opened.directory.runs()?;
    let counts = Some(opened.directory.manifest().counts.by_verdict());
    let diagnosis =
        analysis::diagnosis(&opened.experiment, &opened.problems.all, &runs, counts, &backends::cpu(&args::Backend::default())?);
    if arguments.json {
        return print_json(&diagnosis);
    }
    let config = arguments.directory.join("sweep.toml").display().to_string();
    print(&(diagnosis.report(&config, &arguments.directory.display().to_string()) + "\n"))
}
