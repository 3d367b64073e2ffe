//! The command line, one file per subcommand. Only this folder prints, draws progress bars and uses clap.
//!
//! Results go to stdout, progress and warnings to stderr. Exit codes: 0 success, 1 failure at run time, 2 wrong command line or config,
//! 130 interrupted.

mod adapters;
mod animate;
mod args;
mod backends;
mod bench;
mod compare;
mod config_file;
mod failure;
mod generate;
mod init;
mod interrupt;
mod memory;
mod merge;
mod opened;
mod output;
mod plot;
mod progress;
mod replay;
mod report;
mod run;
mod shard;
mod summary;
mod surfaces;
mod target;
mod terminal;
mod verify;
mod version;
mod wandb;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use failure::Failure;
use output::print_json;

/// Reads the arguments, runs the subcommand, and prints its failure.
pub fn main() -> ExitCode {
    memory::keep_freed();
    memory::report_large_files();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let threads = match &arguments.command {
        Command::Run(run) => run.backend.threads,
        Command::Merge(merge) => merge.backend.threads,
        Command::Replay(replay) => replay.backend.threads,
        Command::Bench(bench) => bench.backend.threads,
        _ => None,
    };
    let result = backends::start_threads(threads).and_then(|()| execute(&arguments.command));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.message().is_empty() {
                // A stderr that cannot be written is no further error.
                let _ = writeln!(std::io::stderr().lock(), "{}", failure.message().trim_end());
            }
            ExitCode::from(failure.code())
        }
    }
}

/// Runs the subcommand.
fn execute(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Run(arguments) => run::run(arguments),
        Command::Plot(arguments) => plot::plot(arguments),
        Command::Report(arguments) => report::report(arguments),
        Command::Animate(arguments) => animate::animate(arguments),
        Command::Compare(arguments) => compare::compare(arguments),
        Command::Replay(arguments) => replay::replay(arguments),
        Command::Bench(arguments) => bench::bench(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Adapters(arguments) => adapters::adapters(arguments),
        Command::Merge(arguments) => merge::merge(arguments),
        Command::Init(arguments) => init::init(arguments),
        Command::Summary(arguments) => summary::summary(arguments),
        Command::Schema => print_json(&gradsweep::config::schema()),
        Command::Completions(arguments) => generate::completions(arguments),
        Command::Man => generate::man(),
    }
}

/// Prints clap's answer: help and version (exit code 0), or a command-line error (exit code 2).
fn usage(error: &clap::Error) -> ExitCode {
    let code = if error.use_stderr() { 2 } else { 0 };
    // A closed pipe is not an error.
    let _ = error.print();
    ExitCode::from(code)
}
