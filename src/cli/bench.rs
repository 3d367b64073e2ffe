//! `gradsweep bench [CONFIG]`: the backends side by side on this machine.

use std::fmt::Write;

use gradsweep::backend::Backend;
use gradsweep::backend::cpu::{Cpu, Simd};
use gradsweep::bench::{BUILT_IN, Contender, Limits, Line, Speed, Table, measure};
use gradsweep::config::{self, DataFrom, Experiment, STARTER_DATA, Source};

use super::args::{self, Choice};
use super::backends;
use super::failure::Failure;
use super::output::{print, print_json};

pub fn bench(arguments: &args::Bench) -> Result<(), Failure> {
    let experiment = experiment(arguments)?;
    let table = measure(&experiment, &contenders(arguments)?, arguments.repeats)?;
    if arguments.json {
        print_json(&table)?;
    } else {
        print(&text(&table))?;
    }
    if let Some(line) = table.lines.iter().find(|line| !line.agrees) {
        return Err(Failure::failed(format!("the results of {} differ from the reference's", line.name)));
    }
    arguments.floor.map_or(Ok(()), |floor| above(&table, floor))
}

/// Whether every CPU reaches a share of its limit, in percent; who has no limit has no floor.
fn above(table: &Table, floor: f64) -> Result<(), Failure> {
    for line in table.lines.iter().filter(|line| !line.history) {
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
    let on_cpu = |name: String, threads: usize, simd: Simd| Contender {
        name,
        limits: Limits::measure(threads, simd),
        open: Box::new(move || Ok(Box::new(Cpu::open(Some(threads), Some(simd))?) as Box<dyn Backend>)),
    };
    let mut contenders = vec![on_cpu("cpu, 1 core".into(), 1, cpu.simd())];
    if cpu.threads() > 1 {
        contenders.push(on_cpu(format!("cpu, {} cores", cpu.threads()), cpu.threads(), cpu.simd()));
    }
    if arguments.levels {
        let others = Simd::available().into_iter().filter(|level| *level != cpu.simd());
        contenders.extend(others.map(|level| on_cpu(format!("cpu, {}", level.name()), 1, level)));
    }
    let software = arguments.software || arguments.backend.backend == Choice::Gpu;
    if arguments.backend.backend != Choice::Cpu {
        contenders.push(Contender {
            name: "gpu".into(),
            limits: None,
            open: Box::new(move || {
                let gpu = gradsweep::backend::gpu::Gpu::open(arguments.backend.adapter.as_deref())?;
                if gpu.is_software() && !software {
                    return Err(gradsweep::backend::gpu::Error::OnlySoftware { adapter: gpu.describe().device }.into());
                }
                Ok(Box::new(gpu) as Box<dyn Backend>)
            }),
        });
    }
    Ok(contenders)
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
            let software = if line.software { ", in software" } else { "" };
            let _ = writeln!(text, "{:<14} {}, {}{software}", line.name, line.device, line.detail);
        }
    }
    for limits in &table.limits {
        let threads = format!("limits, {} core{}", limits.threads, if limits.threads == 1 { "" } else { "s" });
        let [fused, roots, filled] = [limits.fused_per_s, limits.roots_per_s, limits.filled_bytes_per_s].map(si);
        let _ = writeln!(text, "{threads:<16} {fused}fma/s, {roots}(2 √ and ÷)/s, memory filled at {filled}B/s");
    }
    for missing in &table.missing {
        let _ = writeln!(text, "{:<14} not measured: {}", missing.name, missing.why);
    }
    text
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
