//! `gradsweep bench [CONFIG]`: the backends side by side on this machine.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use gradsweep::backend::Backend;
use gradsweep::backend::cpu::{Cpu, Simd};
use gradsweep::backend::gpu::{self, Gpu, Shape};
use gradsweep::bench::{self, BUILT_IN, Contender, Curve, Line, Sizes, Speed, Table, measure};
use gradsweep::config::{self, DataFrom, Experiment, STARTER_DATA, Source};
use gradsweep::text;

use super::args::{self, Choice};
use super::backends;
use super::failure::Failure;
use super::output::{print, print_json};
use super::plot;

pub fn bench(arguments: &args::Bench) -> Result<(), Failure> {
    let experiment = experiment(arguments)?;
    let at_sizes = arguments.sizes || arguments.plot.is_some();
    let table = measure(&experiment, &contenders(arguments)?, arguments.repeats, at_sizes)?;
    let drawn = match (&arguments.plot, &table.sizes) {
        (Some(directory), Some(sizes)) => draw(&table, sizes, directory)?,
        _ => Vec::new(),
    };
    if arguments.json {
        print_json(&table)?;
    } else {
        print(&text(&table))?;
        for picture in plot::listed(&drawn) {
            print(&format!("\nwritten: {picture}\n"))?;
        }
    }
    if let Some(line) = table.lines.iter().find(|line| !line.agrees) {
        return Err(Failure::failed(format!("the results of {} differ from the reference's", line.name)));
    }
    arguments.floor.map_or(Ok(()), |floor| above(&table, floor))
}

/// Whether every CPU reaches a share of its limit, in percent; who has no limit has no floor.
fn above(table: &Table, floor: f64) -> Result<(), Failure> {
    for line in table.lines.iter().filter(|line| !line.history && line.backend == "cpu") {
        let share = line.speed.and_then(|speed| speed.share_of_limit).map(|share| 100.0 * share);
        if let Some(share) = share.filter(|share| *share < floor) {
            return Err(Failure::failed(format!("{} reaches {share:.0} % of the machine's limit, less than {floor} %", line.name)));
        }
    }
    Ok(())
}

fn experiment(arguments: &args::Bench) -> Result<Experiment, Failure> {
    if let Some(path) = &arguments.config {
        return Ok(config::load(path, &arguments.sets)?);
    }
    let source = Source { file: "built-in", name: "bench", data: DataFrom::Bytes(STARTER_DATA) };
    Ok(config::load_text(BUILT_IN, &source, &arguments.sets)?)
}

/// One core, all cores, on request each SIMD level below the widest, and the GPU. A software adapter takes part on request only.
fn contenders(arguments: &args::Bench) -> Result<Vec<Contender<'_>>, Failure> {
    let cpu = backends::cpu(&arguments.backend)?;
    let on_cpu = |name: String, threads: usize, simd: Simd| {
        let open = move || Cpu::open(Some(threads), Some(simd));
        Contender {
            name,
            open: Box::new(move || Ok(Box::new(open()?) as Box<dyn Backend>)),
            bare: Some(Box::new(move || Ok(Box::new(open()?.without_verdicts()) as Box<dyn Backend>))),
        }
    };
    let mut contenders = vec![on_cpu("cpu, 1 core".into(), 1, cpu.simd())];
    if cpu.threads() > 1 {
        contenders.push(on_cpu(format!("cpu, {} cores", cpu.threads()), cpu.threads(), cpu.simd()));
    }
    if arguments.levels {
        let others = Simd::available().into_iter().filter(|level| *level != cpu.simd());
        contenders.extend(others.map(|level| on_cpu(format!("cpu, {}", level.name()), 1, level)));
    }
    if arguments.backend.backend != Choice::Cpu {
        contenders.push(on_gpu(arguments, "gpu".into(), arguments.backend.shape.unwrap_or(Shape::PLAIN)));
        let shapes = Shape::ALL.into_iter().filter(|_| arguments.shapes);
        contenders.extend(shapes.map(|shape| on_gpu(arguments, format!("gpu, {shape}"), shape)));
    }
    Ok(contenders)
}

fn on_gpu(arguments: &args::Bench, name: String, shape: Shape) -> Contender<'_> {
    let software = arguments.software || arguments.backend.backend == Choice::Gpu;
    let open = move || {
        let gpu = Gpu::open(arguments.backend.adapter.as_deref())?;
        if gpu.is_software() && !software {
            return Err(gpu::Error::OnlySoftware { adapter: gpu.describe().device }.into());
        }
        Ok(Box::new(gpu.shaped(shape)) as Box<dyn Backend>)
    };
    Contender { name, open: Box::new(open), bare: None }
}

fn text(table: &Table) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}: {} runs. Results: {} runs against float64, {} of them insensitive, tolerance {:.0e}. Speed: median of {} (min to max).\n",
        table.sweep, table.runs, table.judged, table.insensitive, table.tolerance, table.repeats
    );
    let _ = writeln!(
        text,
        "{:<14} {:>8} {:>8} {:>10} {:>9} {:>9} {:>22} {:>8} {:>9} {:>9}",
        "backend", "history", "runs", "deviation", "runs/s", "steps/s", "ms (min to max)", "of limit", "cpu/wall", "cold ms"
    );
    for line in &table.lines {
        let _ = writeln!(text, "{}", row(line));
    }
    text.push('\n');
    let mut named: Vec<&str> = Vec::new();
    for line in &table.lines {
        if !named.contains(&line.name.as_str()) {
            named.push(&line.name);
            let _ = writeln!(text, "{:<14} {}, {}{}", line.name, line.device, line.detail, in_software(line));
        }
    }
    for limit in &table.limits {
        let limits = &limit.limits;
        let [fused, roots, filled] = [limits.fused_per_s, limits.roots_per_s, limits.filled_bytes_per_s].map(si);
        let name = format!("limits of {}", limit.name);
        let _ = writeln!(text, "{name:<22} {fused}fma/s, {roots}(2 √ and ÷)/s, memory filled at {filled}B/s");
    }
    for cost in &table.costs {
        let (bare, verdicts, epochs) = (si(cost.bare_steps_per_s), cost.verdicts * 100.0, cost.epochs * 100.0);
        let name = format!("figures of {}", cost.name);
        let _ =
            writeln!(text, "{name:<22} {bare}steps/s without any; verdicts take {verdicts:+.0} %, losses and MAE of epochs {epochs:+.0} %");
    }
    for missing in &table.missing {
        let _ = writeln!(text, "{:<14} not measured: {}", missing.name, missing.why);
    }
    if let Some(sizes) = &table.sizes {
        text.push('\n');
        by_size(&mut text, sizes);
    }
    text
}

/// Updates a second at each size, a column for each contender, and from which size the GPU pays.
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
    let _ = writeln!(text, "{}.", bench::verdict(sizes));
}

/// `bench.png` and `bench.svg` in a directory.
fn draw(table: &Table, sizes: &Sizes, directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut devices: Vec<String> = Vec::new();
    for line in table.lines.iter().filter(|line| line.backend != "reference") {
        let device = format!("{}: {}{}", line.backend, line.device, in_software(line));
        if !devices.contains(&device) {
            devices.push(device);
        }
    }
    plot::draw(&[bench::picture(&table.sweep, sizes, &devices)], directory)
}

/// What is said of a GPU whose work a CPU does.
fn in_software(line: &Line) -> &'static str {
    if line.software { ", in software" } else { "" }
}

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
        None => format!("{:>61}", "differs: no speed"),
    };
    format!("{:<14} {history:>8} {:>8} {:>10.1e} {speed} {:>9.1}", line.name, line.runs, line.deviation, line.cold_s * 1e3)
}

/// Three digits and a unit.
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
