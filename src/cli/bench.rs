//! `gradsweep bench [CONFIG]`: measures the backends on this machine.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use gradsweep::backend::Backend;
use gradsweep::backend::cpu::{Cpu, Simd};
use gradsweep::backend::gpu::{self, AdapterInfo, AdapterList, Gpu, WorkgroupShape};
use gradsweep::bench::{self, BUILT_IN, Breakdown, Contender, Cost, Curve, Limit, Line, Options, Sizes, Speed, Table, measure};
use gradsweep::config::{self, ConfigSource, DataLocation, Experiment, STARTER_DATA};
use gradsweep::internals::text;

use super::args::{self, Choice};
use super::backends;
use super::config_file;
use super::failure::Failure;
use super::output::{print, print_json};
use super::plot;

pub fn bench(arguments: &args::Bench) -> Result<(), Failure> {
    let experiment = experiment(arguments)?;
    let options = Options { repeats: arguments.repeats, at_sizes: arguments.sizes || arguments.plot.is_some() };
    let table = measure(&experiment, &contenders(arguments)?, options)?;
    let drawn = match (&arguments.plot, &table.sizes) {
        (Some(directory), Some(sizes)) => draw(&table, sizes, directory)?,
        _ => Vec::new(),
    };
    if arguments.json {
        print_json(&table)?;
    } else {
        print(&report(&table))?;
        for picture in plot::png_names(&drawn) {
            print(&format!("\nwritten: {picture}\n"))?;
        }
    }
    if let Some(line) = table.lines.iter().find(|line| !line.agrees) {
        return Err(Failure::failed(format!(
            "the results of {} deviate from the float64 reference by {:.1e}; at most {:.0e} is allowed",
            line.name, line.deviation, table.tolerance
        )));
    }
    arguments.floor.map_or(Ok(()), |floor| check_floor(&table, floor))
}

/// Fails if a CPU line without histories is below `floor` percent of its limit. Lines without a known limit pass.
fn check_floor(table: &Table, floor: f64) -> Result<(), Failure> {
    for line in table.lines.iter().filter(|line| !line.history && line.backend == "cpu") {
        let share = line.speed.and_then(|speed| speed.share_of_limit).map(|share| 100.0 * share);
        if let Some(share) = share.filter(|share| *share < floor) {
            return Err(Failure::failed(format!("{} reaches {share:.0} % of the machine's limit, less than {floor} %", line.name)));
        }
    }
    Ok(())
}

/// Loads the config, or the built-in sweep.
fn experiment(arguments: &args::Bench) -> Result<Experiment, Failure> {
    if let Some(path) = &arguments.config {
        return config_file::load(path, &arguments.sets);
    }
    let source = ConfigSource { file: "built-in", name: "bench", data: DataLocation::Bytes(STARTER_DATA) };
    let mut sets = Vec::new();
    if arguments.backend.backend != Choice::Cpu && AdapterList::enumerate().adapters.iter().any(AdapterInfo::is_hardware) {
        sets.extend(FILLS_A_CARD.map(str::to_owned));
    }
    sets.extend(arguments.sets.iter().cloned());
    Ok(config::load_text(BUILT_IN, &source, &sets)?)
}

/// Changes of the built-in sweep for a hardware GPU: with 16,384 runs of 160 updates a card would idle.
const FILLS_A_CARD: [&str; 2] =
    ["training.epochs=100", "sweep.parameters.learning_rate={ min = 1e-4, max = 1.0, count = 1048576, distribution = \"log_uniform\" }"];

/// With `--backend gpu` the GPU alone; else one core, all cores, with --levels each narrower SIMD level, and the GPU.
fn contenders(arguments: &args::Bench) -> Result<Vec<Contender<'_>>, Failure> {
    let cpu = backends::cpu(&arguments.backend)?;
    let mut contenders = Vec::new();
    let measures_cpu = arguments.backend.backend != Choice::Gpu;
    if measures_cpu {
        contenders.push(on_cpu("cpu, 1 core".into(), 1, cpu.simd()));
    }
    if measures_cpu && cpu.threads() > 1 {
        contenders.push(on_cpu(format!("cpu, {} cores", cpu.threads()), cpu.threads(), cpu.simd()));
    }
    if arguments.levels {
        let others = Simd::available().into_iter().filter(|level| *level != cpu.simd());
        contenders.extend(others.map(|level| on_cpu(format!("cpu, {}", level.name()), 1, level)));
    }
    if arguments.backend.backend != Choice::Cpu {
        contenders.push(on_gpu(arguments, "gpu".into(), arguments.backend.shape.unwrap_or(WorkgroupShape::PLAIN)));
        let shapes = WorkgroupShape::ALL.into_iter().filter(|_| arguments.shapes);
        contenders.extend(shapes.map(|shape| on_gpu(arguments, format!("gpu, {shape}"), shape)));
    }
    Ok(contenders)
}

/// A CPU contender with a number of threads and a SIMD level.
fn on_cpu<'a>(name: String, threads: usize, simd: Simd) -> Contender<'a> {
    let open = move || Cpu::open(Some(threads), Some(simd));
    Contender {
        name,
        open: Box::new(move || Ok(Box::new(open()?) as Box<dyn Backend>)),
        open_without_verdicts: Some(Box::new(move || Ok(Box::new(open()?.without_verdicts()) as Box<dyn Backend>))),
    }
}

/// The GPU. Software adapters are refused unless --software or --backend gpu is given.
fn on_gpu(arguments: &args::Bench, name: String, shape: WorkgroupShape) -> Contender<'_> {
    let software = arguments.software || arguments.backend.backend == Choice::Gpu;
    let open = move || {
        let gpu = Gpu::open(arguments.backend.adapter.as_deref())?;
        if gpu.is_software() && !software {
            return Err(gpu::Error::OnlySoftware { adapter: gpu.describe().device }.into());
        }
        Ok(Box::new(gpu.with_shape(shape)) as Box<dyn Backend>)
    };
    Contender { name, open: Box::new(open), open_without_verdicts: None }
}

/// Explains the columns of the table.
const LEGEND: &str = "\
deviation   largest relative difference from float64, over the insensitive runs
of limit    speed as a share of the measured limit of the arithmetic units; with histories, of the memory if that is lower
cpu/wall    CPU time over elapsed time: the number of busy cores
cold ms     opening the backend and the first training
";

/// Formats the report that `gradsweep bench` prints.
fn report(table: &Table) -> String {
    let mut text = String::new();
    let runs = text::grouped(table.runs);
    let _ = writeln!(text, "sweep {}, {runs} runs; times are medians of {} (min to max)", table.sweep, table.repeats);
    let _ = writeln!(
        text,
        "checked against float64: {} runs, of which {} are insensitive to rounding; allowed deviation {:.0e}\n",
        table.compared, table.insensitive, table.tolerance
    );
    let _ = writeln!(
        text,
        "{:<14} {:>8} {:>8} {:>10} {:>9} {:>9} {:>22} {:>8} {:>9} {:>9}",
        "backend", "history", "runs", "deviation", "runs/s", "updates/s", "ms (min to max)", "of limit", "cpu/wall", "cold ms"
    );
    for line in &table.lines {
        let _ = writeln!(text, "{}", row(line));
    }
    let _ = writeln!(text, "\n{LEGEND}");
    text.push_str("devices\n");
    let mut named: Vec<&str> = Vec::new();
    for line in &table.lines {
        if !named.contains(&line.name.as_str()) {
            named.push(&line.name);
            let _ = writeln!(text, "  {:<14} {}, {}{}", line.name, line.device, line.detail, software_note(line));
        }
    }
    for missing in &table.missing {
        let _ = writeln!(text, "  {:<14} not measured: {}", missing.name, missing.why);
    }
    limits(&mut text, &table.limits);
    breakdowns(&mut text, &table.lines);
    costs(&mut text, &table.costs);
    if let Some(sizes) = &table.sizes {
        text.push('\n');
        by_size(&mut text, sizes);
    }
    text
}

/// Appends the measured limits of the machine.
fn limits(text: &mut String, limits: &[Limit]) {
    if !limits.is_empty() {
        text.push_str("measured limits of the machine\n");
    }
    for Limit { name, limits } in limits {
        let [fused, roots, filled] = [limits.fused_per_s, limits.roots_per_s, limits.filled_bytes_per_s].map(si);
        let _ = writeln!(
            text,
            "  {name:<14} {fused} multiply-adds/s, {roots} × (2 square roots + 1 division)/s, {filled}B/s written to memory"
        );
    }
}

/// Appends where the time of the trainings on a GPU went.
fn breakdowns(text: &mut String, lines: &[Line]) {
    let mut heading = "time of the trainings on the GPU\n";
    for (line, breakdown) in lines.iter().filter_map(|line| Some((line, line.breakdown?))) {
        let Breakdown { dispatches, transfers, host, longest_dispatch_s, pipelines, compilation_s } = breakdown;
        let [dispatches, transfers, host] = [dispatches, transfers, host].map(|share| format!("{:.0} %", share * 100.0));
        let history = if line.history { "with histories" } else { "without histories" };
        let (longest, compilation) = (longest_dispatch_s * 1e3, compilation_s * 1e3);
        let _ = writeln!(
            text,
            "{heading}  {:<14} {history}: dispatches {dispatches}, transfers {transfers}, host work {host}; longest dispatch {longest:.0} ms; \
             {pipelines} pipelines compiled in {compilation:.0} ms",
            line.name
        );
        heading = "";
    }
}

/// Appends the additional time for verdicts and epoch metrics.
fn costs(text: &mut String, costs: &[Cost]) {
    if !costs.is_empty() {
        text.push_str("additional time for verdicts and epoch metrics, in percent of the time for final weights alone\n");
    }
    for cost in costs {
        let (plain, verdicts, epochs) = (si(cost.final_weights_steps_per_s), percent(cost.verdicts), percent(cost.epochs));
        let _ = writeln!(
            text,
            "  {:<14} final weights alone: {plain} updates/s; verdicts: {verdicts}; loss and MAE of each epoch: {epochs}",
            cost.name
        );
    }
}

/// A share as a signed percentage without decimals.
fn percent(share: f64) -> String {
    let percent = (share * 100.0).round() + 0.0; // −0 + 0 is +0.
    format!("{percent:+} %")
}

/// Updates a second at each size, one column per contender, and the sentence on the GPU.
fn by_size(text: &mut String, sizes: &Sizes) {
    for history in [false, true] {
        let own: Vec<&Curve> = sizes.curves.iter().filter(|curve| curve.history == history).collect();
        let _ = write!(text, "{:<26}", if history { "updates/s with histories" } else { "updates/s" });
        for curve in &own {
            let _ = write!(text, "{:>14}", curve.name);
        }
        text.push('\n');
        let counts = own.first().map(|curve| curve.points.iter().map(|point| point.runs)).into_iter().flatten();
        for (index, runs) in counts.enumerate() {
            let _ = write!(text, "{:>18} run{}", text::grouped(runs), if runs == 1 { "    " } else { "s   " });
            for curve in &own {
                let _ = write!(text, "{:>14}", si(curve.points[index].steps_per_s()));
            }
            text.push('\n');
        }
    }
    let _ = writeln!(text, "{}.", bench::crossover(sizes));
}

/// Writes `bench.png` and `bench.svg` to a directory.
fn draw(table: &Table, sizes: &Sizes, directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut devices: Vec<String> = Vec::new();
    for line in table.lines.iter().filter(|line| line.backend != "reference") {
        let device = format!("{}: {}{}", line.backend, line.device, software_note(line));
        if !devices.contains(&device) {
            devices.push(device);
        }
    }
    plot::draw(&[bench::picture(&table.sweep, sizes, &devices)], directory)
}

fn software_note(line: &Line) -> &'static str {
    if line.software { ", software adapter" } else { "" }
}

/// Formats a row of the table.
fn row(line: &Line) -> String {
    let history = if line.history { "yes" } else { "no" };
    let speed = match line.speed {
        Some(Speed { median_s, min_s, max_s, runs_per_s, steps_per_s, cpu_per_wall, share_of_limit }) => format!(
            "{:>9} {:>9} {:>22} {:>8} {:>9}",
            si(runs_per_s),
            si(steps_per_s),
            format!("{:.2} ({:.2} to {:.2})", median_s * 1e3, min_s * 1e3, max_s * 1e3),
            share_of_limit.map_or_else(|| "-".into(), |share| format!("{:.0} %", share * 100.0)),
            cpu_per_wall.map_or_else(|| "-".into(), |ratio| format!("{ratio:.2}")),
        ),
        None => format!("{:>61}", "not timed: the results deviate"),
    };
    format!("{:<14} {history:>8} {:>8} {:>10.1e} {speed} {:>9.1}", line.name, line.runs, line.deviation, line.cold_s * 1e3)
}

/// A number with three significant digits and an SI prefix.
fn si(value: f64) -> String {
    let (scaled, unit) = match value {
        v if v >= 1e9 => (v / 1e9, " G"),
        v if v >= 1e6 => (v / 1e6, " M"),
        v if v >= 1e3 => (v / 1e3, " k"),
        v => (v, ""),
    };
    let digits = if scaled >= 100.0 {
        0
    } else if scaled >= 10.0 {
        1
    } else {
        2
    };
    format!("{scaled:.digits$}{unit}")
}
