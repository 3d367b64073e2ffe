//! The choice of the backend.

use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::gpu::{Gpu, WorkgroupShape};
use gradsweep::backend::reference::Reference;
use gradsweep::backend::{Backend, Error};

use super::args::{self, Choice};
use super::failure::Failure;

/// A low estimate of the updates that a CPU core computes in a second. Only the decision whether to open a GPU depends on it.
const CPU_STEPS_PER_SECOND: u128 = 1_000_000_000;
/// `auto` opens no GPU for sweeps that take the CPU less than this, because opening a Vulkan instance takes 40 ms or more.
const MIN_GPU_SECONDS: u128 = 2;

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
            Ok(gpu) if !gpu.is_software() => (Box::new(gpu), "a hardware GPU is faster for a sweep of this size"),
            Ok(_) => (Box::new(cpu), "the only GPU adapter is a software one, which is slower"),
            Err(_) => (Box::new(cpu), "no GPU adapter was found; `gradsweep adapters` shows the reason"),
        }
    };
    Ok(Chosen { backend, reason: Some(reason) })
}

/// Opens the CPU backend with the requested threads and SIMD level.
pub fn cpu(arguments: &args::Backend) -> Result<Cpu, Failure> {
    Cpu::open(arguments.threads.map(usize::from), arguments.simd).map_err(Failure::usage)
}

/// Opens the GPU. The default shape depends on the number of updates.
fn gpu(arguments: &args::Backend, updates: u128) -> Result<Gpu, Failure> {
    let gpu = Gpu::open(arguments.adapter.as_deref()).map_err(Error::from)?;
    let default = WorkgroupShape::for_updates(gpu.is_software(), updates);
    Ok(gpu.with_shape(arguments.shape.unwrap_or(default)))
}
