//! The choice of the backend.

use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::gpu::{Gpu, WorkgroupShape};
use gradsweep::backend::reference::Reference;
use gradsweep::backend::{Backend, Error, Fallback, Limits};

use super::args::{self, Choice};
use super::failure::Failure;
use super::output::warn;

/// A low estimate of the updates that a CPU core computes in a second. Only the decision whether to open a GPU depends on it.
const CPU_STEPS_PER_SECOND: u128 = 1_000_000_000;
/// `auto` opens no GPU for sweeps that take the CPU less than this, because opening a Vulkan instance takes 40 ms or more.
const MIN_GPU_SECONDS: u128 = 2;
/// `auto` uses a GPU that is not discrete if its measured peak rates are at least this many times those of the CPU. An integrated GPU shares the power and
/// the memory of the CPU, and reaches a smaller share of its peak.
const MIN_GAIN: f64 = 2.0;

/// An open backend.
pub struct Chosen {
    pub backend: Box<dyn Backend>,
    /// The reason for the choice, if `auto` made it.
    pub reason: Option<&'static str>,
}

/// Opens the backend for a sweep of `steps` updates in total.
pub fn choose(arguments: &args::Backend, steps: u128) -> Result<Chosen, Failure> {
    match arguments.backend {
        Choice::Cpu => Ok(Chosen { backend: Box::new(cpu(arguments)?), reason: None }),
        Choice::Reference => Ok(Chosen { backend: Box::new(Reference), reason: None }),
        Choice::Gpu => Ok(Chosen { backend: Box::new(gpu(arguments, steps)?), reason: None }),
        Choice::Auto => auto(arguments, steps),
    }
}

/// Chooses the backend for `--backend auto`.
fn auto(arguments: &args::Backend, steps: u128) -> Result<Chosen, Failure> {
    let cpu = cpu(arguments)?;
    let seconds = steps / CPU_STEPS_PER_SECOND / cpu.threads() as u128;
    let (backend, reason): (Box<dyn Backend>, _) = if seconds < MIN_GPU_SECONDS {
        (Box::new(cpu), "estimated time is under 2 s, so no GPU was opened")
    } else {
        match gpu(arguments, steps) {
            Ok(gpu) if gpu.is_software() => (Box::new(cpu), "the only GPU adapter is a software one, which is slower"),
            Ok(gpu) if gpu.adapter().kind == "discrete" => (Box::new(gpu), "a discrete GPU is faster for a sweep of this size"),
            Ok(gpu) if gains(cpu.limits()?, gpu.limits()?) => (Box::new(gpu), "its measured peak rates are over twice those of the CPU"),
            Ok(_) => (Box::new(cpu), "the measured peak rates of the GPU are less than twice those of the CPU"),
            Err(_) => (Box::new(cpu), "no GPU adapter was found; `gradsweep adapters` shows the reason"),
        }
    };
    Ok(Chosen { backend, reason: Some(reason) })
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

/// Opens the CPU backend with the requested threads and SIMD level.
pub fn cpu(arguments: &args::Backend) -> Result<Cpu, Failure> {
    Cpu::open(arguments.threads.map(usize::from), arguments.simd).map_err(Failure::usage)
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
    fn a_gpu_gains_with_twice_the_rates_of_the_cpu() {
        let limits = |fused_per_s, roots_per_s| Some(Limits { fused_per_s, roots_per_s, ..Limits::default() });
        let cpu = limits(100.0, 10.0);
        assert!(gains(cpu, limits(200.0, 20.0)));
        assert!(!gains(cpu, limits(1000.0, 15.0)) && !gains(cpu, limits(150.0, 100.0)));
        assert!(!gains(cpu, None) && !gains(None, cpu));
    }
}
