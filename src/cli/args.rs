//! The command-line arguments, as clap parses them.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use gradsweep::backend::cpu::Simd;
use gradsweep::backend::gpu::WorkgroupShape;
use gradsweep::plot::{self, Size};

use super::shard;
use super::version;

/// Trains all runs of a hyperparameter sweep of one neuron in parallel, on a GPU or on all CPU cores, and explains the results.
#[derive(Debug, Parser)]
#[command(name = "gradsweep", version, long_version = version::long(), arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a sweep, store its results, draw pictures and print a diagnosis
    Run(Run),
    /// Draw the pictures of a stored sweep again
    Plot(Plot),
    /// Write the HTML report of a stored sweep
    Report(Report),
    /// Print the diagnosis of a stored sweep
    Summary(Summary),
    /// Draw the descent of one or several runs as an animation: contour, prediction and cost, update by update
    Animate(Animate),
    /// Rank the values of one hyperparameter by their best settings: a table, and pictures side by side
    Compare(Compare),
    /// Print weight and bias of one run after every batch, computed again bit for bit
    Replay(Replay),
    /// Join the shards of a sweep into one run directory
    Merge(Merge),
    /// Measure the backends on this machine: check their results, then their speed
    Bench(Bench),
    /// Measure the rounding errors of activations, losses and optimizers on this machine
    Verify(Verify),
    /// List the usable GPUs, and what to install if there is none
    Adapters(Adapters),
    /// Write a commented example config with its data
    Init(Init),
    /// Print the JSON Schema of a config, with which editors complete and check its keys
    Schema,
    /// Print the completion script of a shell
    Completions(Completions),
    /// Print the manual page, for example to gradsweep.1
    Man,
}

/// The backend that trains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// A GPU that is faster, if the CPU is estimated to take 2 s or more
    #[default]
    Auto,
    /// WGSL compute shaders on a GPU (see `gradsweep adapters`), in float32
    Gpu,
    /// SIMD on all cores, in float32
    Cpu,
    /// One core, one run at a time, in float64: slow, checks the other backends
    Reference,
}

#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_field_names, reason = "a field has the name of its flag")]
pub struct Backend {
    /// Backend that trains the runs
    #[arg(long, value_enum, default_value_t)]
    pub backend: Choice,
    /// Use the first GPU whose name or API matches NAME (see `gradsweep adapters`)
    #[arg(long, value_name = "NAME")]
    pub adapter: Option<String>,
    /// Number of CPU threads, at most as many as cores [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub threads: Option<u16>,
    /// CPU vector instructions: scalar, sse2, avx2, avx512 or neon [default: the widest of this CPU]
    #[arg(long, value_name = "LEVEL", value_parser = simd)]
    pub simd: Option<Simd>,
    /// Runs per GPU thread x threads per workgroup [default: 1x64; 4x64 on software adapters for large sweeps]
    #[arg(long, value_name = "RUNSxTHREADS")]
    pub shape: Option<WorkgroupShape>,
}

fn simd(name: &str) -> Result<Simd, String> {
    let names = || Simd::ALL.map(Simd::name).join(", ");
    Simd::from_name(name).ok_or_else(|| format!("the levels are {}", names()))
}

/// The reaction of a sweep to the loss of its GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnDeviceLoss {
    /// Train the remaining runs on the CPU
    #[default]
    Cpu,
    /// Stop with an error
    Stop,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_field_names, reason = "a field has the name of its flag")]
#[expect(clippy::struct_excessive_bools, reason = "each flag is on or off on its own")]
pub struct Run {
    /// Config of the sweep, a TOML file, or - for stdin
    pub config: PathBuf,
    #[command(flatten)]
    pub backend: Backend,
    /// Directory for the results; must be new or empty [default: runs/<name>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Override a key of the config, for example --set training.epochs=20
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// What to do if the GPU is lost or has too little memory; stored runs are kept
    #[arg(long, value_name = "ACTION", value_enum, default_value_t)]
    pub on_device_loss: OnDeviceLoss,
    /// Draw no pictures and write no report
    #[arg(long)]
    pub no_plots: bool,
    /// Go on with the interrupted sweep in --out DIR or the last runs/<name>, if there is one
    #[arg(long)]
    pub resume: bool,
    /// Train part I of N of the runs, into DIR/shard-I-of-N; auto: as a Slurm array or Kubernetes has it
    #[arg(long, value_name = "I/N", value_parser = shard::parse)]
    pub shard: Option<shard::Choice>,
    /// Runs that are trained and stored at a time [default: chosen by memory use]
    #[arg(long, value_name = "RUNS", value_parser = clap::value_parser!(u64).range(1..))]
    pub chunk: Option<u64>,
    /// Check the config and print the planned runs; open no device, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Merge {
    /// Directories of all shards of one sweep
    #[arg(required = true, value_name = "DIRECTORY")]
    pub directories: Vec<PathBuf>,
    /// Directory for the merged results; must be new or empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub backend: Backend,
    /// Draw no pictures and write no report
    #[arg(long)]
    pub no_plots: bool,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Report {
    /// Run directory, as written by `gradsweep run`
    pub directory: PathBuf,
    /// File of the report [default: DIR/report.html]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Summary {
    /// Run directory, as written by `gradsweep run`
    pub directory: PathBuf,
    /// Print the diagnosis as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Plot {
    /// Run directory, as written by `gradsweep run`
    pub directory: PathBuf,
    /// Draw only the pictures whose names begin with NAME, for example contour
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Draw only these runs, for example --runs 3,17
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub runs: Vec<u64>,
    /// Draw only runs with this value, for example --where optimizer=sgd
    #[arg(long = "where", value_name = "KEY=VALUE", value_parser = filter)]
    pub filters: Vec<(String, String)>,
    /// Size: screen, column (of a paper: 85 mm wide, with the title and the note on the drawn runs, without the caption) or slide (16:9, with the first
    /// line of the caption)
    #[arg(long, value_name = "SIZE", default_value = "screen", value_parser = size)]
    pub size: Size,
    /// File formats: png, svg [default: both]
    #[arg(long = "format", value_name = "FORMAT", value_delimiter = ',', value_parser = picture_format)]
    pub formats: Vec<plot::Format>,
    /// Title of the pictures; "" for neither title nor caption [default: written by the program]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Directory for the pictures [default: plots/ in the run directory]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Animate {
    /// Run directory, as written by `gradsweep run`
    pub directory: PathBuf,
    /// Draw this run; may be repeated [default: up to 5 runs, the best for each optimizer or other value]
    #[arg(long = "run", value_name = "N", value_delimiter = ',')]
    pub runs: Vec<u64>,
    /// File for the animation, a .gif, or a .png or .apng for APNG [default: plots/descent.gif in the run directory]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

fn size(name: &str) -> Result<Size, String> {
    named("sizes", &Size::ALL, name)
}

fn picture_format(name: &str) -> Result<plot::Format, String> {
    named("formats", &plot::Format::ALL, name)
}

/// The value with a name.
fn named<T: Copy>(noun: &str, all: &[(T, &str)], name: &str) -> Result<T, String> {
    let names: Vec<&str> = all.iter().map(|(_, name)| *name).collect();
    all.iter().find(|(_, own)| *own == name).map(|(value, _)| *value).ok_or_else(|| format!("the {noun} are {}", names.join(", ")))
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("figure").required(true).args(["by", "heatmap"]))]
pub struct Compare {
    /// Run directories, as written by `gradsweep run`; several are ranked in one table, without pictures
    #[arg(required = true, value_name = "DIRECTORY")]
    pub directories: Vec<PathBuf>,
    /// Hyperparameter whose values are compared, for example optimizer
    #[arg(long, value_name = "KEY")]
    pub by: Option<String>,
    /// Draw a heatmap of two hyperparameters instead: which settings converge, how fast, and which diverge
    #[arg(long, value_name = "KEY,KEY", value_parser = two_keys, conflicts_with_all = ["style", "top", "json", "csv", "no_plots"])]
    pub heatmap: Option<[String; 2]>,
    /// Include only runs with this value, for example --where optimizer=sgd or --where momentum=none
    #[arg(long = "where", value_name = "KEY=VALUE", value_parser = filter)]
    pub filters: Vec<(String, String)>,
    /// Second hyperparameter, shown by colour
    #[arg(long, value_name = "KEY")]
    pub style: Option<String>,
    /// Print only the best K values [default: all of up to 20 values, else the best 10; all with --json and --csv]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    pub top: Option<u32>,
    /// Directory for the pictures [default: plots/compare-KEY in the run directory]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Draw no pictures
    #[arg(long)]
    pub no_plots: bool,
    /// Print the table as JSON, with full precision
    #[arg(long)]
    pub json: bool,
    /// Print the table as CSV, with full precision
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

fn two_keys(text: &str) -> Result<[String; 2], String> {
    match text.split_once(',') {
        Some((x, y)) if x.trim() != y.trim() => Ok([x, y].map(|key| key.trim().to_owned())),
        _ => Err("write two keys, for example learning_rate,momentum".into()),
    }
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
    /// Run directory, as written by `gradsweep run`
    pub directory: PathBuf,
    /// Number of the run, column `run` of runs.parquet
    #[arg(long, value_name = "N")]
    pub run: u64,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Print loss and MAE after every epoch instead of weight and bias after every batch
    #[arg(long)]
    pub epochs: bool,
    #[command(flatten)]
    pub backend: Backend,
}

fn percent(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number.filter(|number| number.is_finite() && *number >= 0.0).ok_or_else(|| "write a number of percent from 0 on, for example 60".into())
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each flag is on or off on its own")]
pub struct Bench {
    /// Config of the sweep to measure [default: a built-in sweep of 16,384 RMSprop runs with 160 updates each]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub backend: Backend,
    /// Measure software GPU adapters too
    #[arg(long)]
    pub software: bool,
    /// Measure every SIMD level of this CPU, on one core
    #[arg(long)]
    pub levels: bool,
    /// Measure the GPU with several values of --shape
    #[arg(long)]
    pub shapes: bool,
    /// Measure 1, 4, 16, .. runs, and print the number of runs from which the GPU is faster than the CPU
    #[arg(long)]
    pub sizes: bool,
    /// Draw the speed by the number of runs: bench.png and bench.svg in DIR (implies --sizes)
    #[arg(long, value_name = "DIR")]
    pub plot: Option<PathBuf>,
    /// Fail if the CPU, without histories, reaches less than PERCENT of the machine's limit
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub floor: Option<f64>,
    /// Repetitions of each measurement; the median is reported
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeats: u32,
    /// Override a key of the config, for example --set training.epochs=20
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Print the table as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct Verify {
    /// Use the first GPU whose name or API matches NAME (see `gradsweep adapters`) [default: the first GPU]
    #[arg(long, value_name = "NAME")]
    pub adapter: Option<String>,
    /// Print the table as JSON
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
    /// Directory for the config and its data
    #[arg(default_value = ".")]
    pub directory: PathBuf,
    /// Use the search space of a W&B sweep (sweep.yaml); says what has no counterpart
    #[arg(long, value_name = "YAML")]
    pub from: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Completions {
    /// Shell of the script
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
