//! The arguments, as clap reads them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gradsweep::backend::cpu::Simd;
use gradsweep::backend::gpu::Shape;

/// Trains every run of a hyperparameter sweep of one neuron in parallel, on the GPU or on all cores, and shows what happened and
/// why.
#[derive(Debug, Parser)]
#[command(name = "gradsweep", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a sweep, store it, draw it and say what happened
    Run(Run),
    /// Draw the pictures of a run directory again
    Plot(Plot),
    /// Compare the runs of a directory by a hyperparameter: a ranked table and pictures side by side
    Compare(Compare),
    /// Compute the history of one run again, bit for bit
    Replay(Replay),
    /// Compare the backends on this machine: results first, then speed
    Bench(Bench),
    /// Check each function of the kernels on this machine: the worst error, and what is allowed
    Verify(Verify),
    /// List the GPUs that can be used, and why others cannot
    Adapters(Adapters),
    /// Write a commented config and its data to start from
    Init(Init),
}

/// Which backend computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// A hardware GPU where there is one and the work is worth it, else the CPU
    #[default]
    Auto,
    Gpu,
    Cpu,
    /// float64, one run after the other: the judge of the others
    Reference,
}

#[derive(Args, Clone, Debug, Default)]
pub struct Backend {
    /// Who computes
    #[arg(long, value_enum, default_value_t)]
    pub backend: Choice,
    /// The GPU whose name contains this (see `gradsweep adapters`)
    #[arg(long, value_name = "NAME")]
    pub adapter: Option<String>,
    /// CPU threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub threads: Option<u16>,
    /// CPU vector instructions [default: the widest]
    #[arg(long, value_name = "LEVEL", value_parser = simd)]
    pub simd: Option<Simd>,
    /// How training is cut into GPU threads: runs a thread, x, threads a workgroup [default: 1x64; in software 4x64 for much work]
    #[arg(long, value_name = "SHAPE")]
    pub shape: Option<Shape>,
}

fn simd(name: &str) -> Result<Simd, String> {
    let names = || Simd::ALL.map(Simd::name).join(", ");
    Simd::from_name(name).ok_or_else(|| format!("known levels: {}", names()))
}

#[derive(Args, Debug)]
pub struct Run {
    /// The sweep, a TOML file
    pub config: PathBuf,
    #[command(flatten)]
    pub backend: Backend,
    /// The directory for the results; must be new or empty [default: runs/<name>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Override a key of the config, for example training.epochs=20
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Do not draw pictures
    #[arg(long)]
    pub no_plots: bool,
    /// Runs trained and written at a time [default: by memory]
    #[arg(long, value_name = "RUNS", value_parser = clap::value_parser!(u64).range(1..))]
    pub chunk: Option<u64>,
    /// Check the config and say what would be done; opens no device, writes nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Plot {
    /// A run directory
    pub directory: PathBuf,
    /// Where to write the pictures [default: plots/ in the run directory]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Compare {
    /// A run directory
    pub directory: PathBuf,
    /// The hyperparameter whose values are compared
    #[arg(long, value_name = "KEY")]
    pub by: String,
    /// Only runs with this value, for example optimizer=sgd
    #[arg(long = "where", value_name = "KEY=VALUE", value_parser = filter)]
    pub filters: Vec<(String, String)>,
    /// A second hyperparameter, told apart by colour
    #[arg(long, value_name = "KEY")]
    pub style: Option<String>,
    /// Where to write the pictures [default: plots/ in the run directory]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print the table only
    #[arg(long)]
    pub no_plots: bool,
    /// Print the table as JSON
    #[arg(long)]
    pub json: bool,
}

fn filter(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE, for example optimizer=sgd")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Csv,
    Json,
}

#[derive(Args, Debug)]
pub struct Replay {
    /// A run directory
    pub directory: PathBuf,
    /// The number of the run
    #[arg(long, value_name = "N")]
    pub run: u64,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Epochs (loss and mae, on training and test rows) instead of steps (weight, bias)
    #[arg(long)]
    pub epochs: bool,
    #[command(flatten)]
    pub backend: Backend,
}

#[derive(Args, Debug)]
pub struct Bench {
    /// The sweep to measure [default: the built-in one, 16,384 runs of 160 updates]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub backend: Backend,
    /// Measure a software GPU adapter too
    #[arg(long)]
    pub software: bool,
    /// Measure each SIMD level that this CPU has, on one core
    #[arg(long)]
    pub levels: bool,
    /// Measure the GPU in several shapes (see --shape)
    #[arg(long)]
    pub shapes: bool,
    /// Measure at every size from one run on, and say from which the GPU pays
    #[arg(long)]
    pub sizes: bool,
    /// Draw the speeds over the number of runs, as bench.png and bench.svg in this directory
    #[arg(long, value_name = "DIR")]
    pub plot: Option<PathBuf>,
    /// Fail where a CPU without histories reaches less than this share of the machine's limit, in percent
    #[arg(long, value_name = "PERCENT")]
    pub floor: Option<f64>,
    /// Repeat each measurement so often and take the median
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeats: u32,
    /// Override a key of the config
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Print the table as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Verify {
    /// The GPU whose name contains this (see `gradsweep adapters`) [default: the first]
    #[arg(long, value_name = "NAME")]
    pub adapter: Option<String>,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Adapters {
    /// Print the list as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Init {
    /// The directory to write to
    #[arg(default_value = ".")]
    pub directory: PathBuf,
}
