//! The choice of the backend.

use std::thread::available_parallelism;

use gradsweep::backend::cpu::{self, Cpu};
use gradsweep::backend::gpu::{Gpu, WorkgroupShape};
use gradsweep::backend::reference::Reference;
use gradsweep::backend::{Backend, Error, Fallback, Limits};
use gradsweep::internals::text;
use gradsweep::sweep::Estimate;

use super::args::{self, Choice};
use super::failure::Failure;
use super::output::warn;

/// A low estimate of the updates that a CPU core computes in a second. Only the decision whether to open a GPU depends on it.
const CPU_STEPS_PER_SECOND: f64 = 1e9;
/// A low estimate of the rows that a CPU core evaluates in a second where gradients do not follow from moments: a logistic loss with AVX-512.
const CPU_ROWS_PER_SECOND: f64 = 3e8;
/// `auto` opens no GPU for sweeps that take the CPU less than this, because opening a Vulkan instance takes 40 ms or more.
const MIN_GPU_SECONDS: f64 = 2.0;
/// `auto` uses a GPU that is not discrete if its measured peak rates are at least this many times those of the CPU. An integrated GPU shares the power and
/// the memory of the CPU, and reaches a smaller share of its peak.
const MIN_GAIN: f64 = 2.0;

/// An open backend.
pub struct Chosen {
    pub backend: Box<dyn Backend>,
    /// The reason for the choice, if `auto` made it.
    pub reason: Option<String>,
}

/// Opens the backend for a sweep.
pub fn choose(arguments: &args::Backend, estimate: &Estimate) -> Result<Chosen, Failure> {
    match arguments.backend {
        Choice::Cpu => Ok(Chosen { backend: Box::new(cpu(arguments)?), reason: None }),
        Choice::Reference => Ok(Chosen { backend: Box::new(Reference), reason: None }),
        Choice::Gpu => Ok(Chosen { backend: Box::new(gpu(arguments, estimate.steps)?), reason: None }),
        Choice::Auto => auto(arguments, estimate),
    }
}

/// Chooses the backend for `--backend auto`.
fn auto(arguments: &args::Backend, estimate: &Estimate) -> Result<Chosen, Failure> {
    let cpu = cpu(arguments)?;
    let seconds = cpu_seconds(estimate, cpu.threads());
    if seconds < MIN_GPU_SECONDS {
        return Ok(Chosen { backend: Box::new(cpu), reason: Some(short_time(seconds)) });
    }
    let (backend, reason): (Box<dyn Backend>, _) = {
        match gpu(arguments, estimate.steps) {
            Ok(gpu) if gpu.is_software() => (Box::new(cpu), "the only GPU adapter is a software one, which is slower"),
            Ok(gpu) if gpu.adapter().kind == "discrete" => (Box::new(gpu), "a discrete GPU is faster for a sweep of this size"),
            Ok(gpu) if gains(cpu.limits()?, gpu.limits()?) => (Box::new(gpu), "its measured peak rates are over twice those of the CPU"),
            Ok(_) => (Box::new(cpu), "the measured peak rates of the GPU are less than twice those of the CPU"),
            Err(_) => (Box::new(cpu), "no GPU adapter was found; `gradsweep adapters` shows the reason"),
        }
    };
    Ok(Chosen { backend, reason: Some(reason.into()) })
}

/// The estimated time of training on the CPU.
fn cpu_seconds(estimate: &Estimate, threads: usize) -> f64 {
    (estimate.steps as f64 / CPU_STEPS_PER_SECOND + estimate.rows_evaluated as f64 / CPU_ROWS_PER_SECOND) / threads as f64
}

/// The reason to open no GPU: `estimated time is 0.4 s, and a GPU is tried only from 2 s`.
fn short_time(seconds: f64) -> String {
    let time = if seconds < 0.1 { "under 0.1 s".to_owned() } else { format!("{} s", text::decimals(seconds, 1)) };
    format!("estimated time is {time}, and a GPU is tried only from {MIN_GPU_SECONDS} s")
}

/// Whether the peak rates of a GPU are [`MIN_GAIN`] times those of the CPU.
fn gains(cpu: Option<Limits>, gpu: Option<Limits>) -> bool {
    cpu.zip(gpu).is_some_and(|(cpu, gpu)| gpu.fused_per_s >= MIN_GAIN * cpu.fused_per_s && gpu.roots_per_s >= MIN_GAIN * cpu.roots_per_s)
}

/// The backend with the CPU as its substitute, on which a sweep continues after the GPU was lost.
pub fn with_substitute(backend: Box<dyn Backend>, arguments: &args::Backend) -> Result<Box<dyn Backend>, Failure> {
    if backend.describe().backend != "gpu" {
        return Ok(backend);
    }
    let report = |error: &Error| warn(&format!("{error}\nthe sweep continues on the CPU; stored runs are kept"));
    Ok(Box::new(Fallback::new(backend, Box::new(cpu(arguments)?), report)))
}

/// Opens the CPU backend with the requested threads and SIMD level. More threads than cores would only wait for each other.
pub fn cpu(arguments: &args::Backend) -> Result<Cpu, Failure> {
    let threads = arguments.threads.map(|threads| usize::from(threads).min(cores()));
    Cpu::open(threads, arguments.simd).map_err(|error| match error {
        cpu::Error::Threads { .. } => Failure::failed(error),
        cpu::Error::NoSuchLevel { .. } => Failure::usage(error),
    })
}

/// The number of cores; 1 if the system does not say it.
fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// Starts the threads that plan, store and draw, as many as train. Warns of threads without a core.
pub fn start_threads(requested: Option<u16>) -> Result<(), Failure> {
    let cores = cores();
    let threads = requested.map_or(cores, usize::from);
    if threads > cores {
        warn(&format!("--threads {threads}: this machine has {}, so {cores} threads are used", text::count(cores, "core")));
    }
    let threads = threads.min(cores);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(|error| {
        Failure::failed(format!(
            "cannot start {threads} threads: {error}; end other programs, raise the limit of processes (`ulimit -u`), or use --threads 1"
        ))
    })
}

/// Opens the GPU. The default shape depends on the number of updates.
fn gpu(arguments: &args::Backend, updates: u128) -> Result<Gpu, Failure> {
    let gpu = Gpu::open(arguments.adapter.as_deref()).map_err(Error::from)?;
    if let Some(warning) = &gpu.adapter().warning {
        warn(warning);
    }
    let default = WorkgroupShape::for_updates(gpu.is_software(), updates);
    Ok(gpu.with_shape(arguments.shape.unwrap_or(default)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_count_where_gradients_need_them() {
        let estimate =
            Estimate { runs: 1, steps: 10_000_000_000, rows_evaluated: 0, longest: 1, bytes: 0, points_per_run: 0, epochs_per_run: 0 };
        assert_eq!(cpu_seconds(&estimate, 10), 1.0);
        assert_eq!(cpu_seconds(&Estimate { rows_evaluated: 9_000_000_000, ..estimate }, 10), 4.0);
        assert_eq!(short_time(0.42), "estimated time is 0.4 s, and a GPU is tried only from 2 s");
        assert_eq!(short_time(0.003), "estimated time is under 0.1 s, and a GPU is tried only from 2 s");
    }

    #[test]
    fn a_gpu_gains_with_twice_the_rates_of_the_cpu() {
        let limits = |fused_per_s, roots_per_s| Some(Limits { fused_per_s, roots_per_s, ..Limits::default() });
        let cpu = limits(100.0, 10.0);
        assert!(gains(cpu, limits(200.0, 20.0)));
        assert!(!gains(cpu, limits(1000.0, 15.0)) && !gains(cpu, limits(150.0, 100.0)));
        assert!(!gains(cpu, None) && !gains(None, cpu));
    }
}
