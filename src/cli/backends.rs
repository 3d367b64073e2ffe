//! Which backend does the work, and the line that says which and why.

use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::gpu::{Gpu, Shape};
use gradsweep::backend::reference::Reference;
use gradsweep::backend::{Backend, Error};

use super::args::{self, Choice};
use super::failure::Failure;

/// Updates that a CPU core takes a second, on the low side: only whether probing for a GPU is worth it hangs on it.
const CPU_STEPS_PER_SECOND: u128 = 1_000_000_000;
/// Opening a Vulkan instance costs 40 ms and more: below this the CPU is done before a GPU has started.
const WORTH_PROBING_SECONDS: u128 = 2;

/// A backend, and why it was chosen.
pub struct Chosen {
    pub backend: Box<dyn Backend>,
    pub why: String,
}

/// Opens the backend for a sweep of so many updates.
pub fn choose(arguments: &args::Backend, steps: u128) -> Result<Chosen, Failure> {
    let chosen = |backend: Box<dyn Backend>, why: &str| Ok(Chosen { backend, why: why.to_owned() });
    match arguments.backend {
        Choice::Cpu => chosen(Box::new(cpu(arguments)?), "as asked"),
        Choice::Reference => chosen(Box::new(Reference), "as asked"),
        Choice::Gpu => chosen(Box::new(gpu(arguments, steps)?), "as asked"),
        Choice::Auto => {
            let cpu = cpu(arguments)?;
            let seconds = steps / CPU_STEPS_PER_SECOND / cpu.threads() as u128;
            if seconds < WORTH_PROBING_SECONDS {
                return chosen(Box::new(cpu), "the work takes it less than about 2 s");
            }
            match gpu(arguments, steps) {
                Ok(gpu) if !gpu.is_software() => chosen(Box::new(gpu), "a hardware GPU, and the work is worth it"),
                Ok(_) => chosen(Box::new(cpu), "the only GPU adapter is software, which is slower"),
                Err(_) => chosen(Box::new(cpu), "no GPU adapter; `gradsweep adapters` says why"),
            }
        }
    }
}

pub fn cpu(arguments: &args::Backend) -> Result<Cpu, Failure> {
    Cpu::open(arguments.threads.map(usize::from), arguments.simd).map_err(Failure::wrong)
}

/// The GPU for so many updates.
fn gpu(arguments: &args::Backend, updates: u128) -> Result<Gpu, Failure> {
    let gpu = Gpu::open(arguments.adapter.as_deref()).map_err(Error::from)?;
    let worth = Shape::worth(gpu.is_software(), updates);
    Ok(gpu.shaped(arguments.shape.unwrap_or(worth)))
}
