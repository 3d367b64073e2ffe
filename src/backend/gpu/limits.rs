//! Peak rates of the device, measured by the microbenchmarks of `shaders/limits.wgsl`.

use std::time::Instant;

use super::bindings::LimitBindings;
use super::context::Context;
use super::error::Error;
use super::pipelines::{LimitKernel, PipelineKey};
use crate::backend::limits::Limits;
use crate::kernel::layout::{CountParams, LIMIT_REPETITIONS};

/// Bytes that the write benchmark fills: more than every cache holds; less on a software adapter, which is slow.
const FILLED_BYTES: u64 = 512 << 20;
const FILLED_BYTES_IN_SOFTWARE: u64 = 64 << 20;

/// Duration of a measurement: long enough to hide the overhead of a dispatch, short enough for a device that drives a screen.
const SECONDS: f64 = 0.05;

/// Fused multiply-adds, and pairs of roots with a division, of one thread per step of [`LIMIT_REPETITIONS`].
const MULTIPLY_ADDS: f64 = 8.0;
const ROOTS_AND_DIVISIONS: f64 = 4.0;

/// Vectors of 16 bytes per thread of the write benchmark.
const VECTORS_PER_THREAD: u32 = 16;

/// Measures the peak rates.
pub fn limits(context: &mut Context) -> Result<Limits, Error> {
    let filled = if context.is_software { FILLED_BYTES_IN_SOFTWARE } else { FILLED_BYTES };
    let bytes = filled.min(context.max_binding_size()) / 256 * 256;
    let vectors = (bytes / 16) as u32;
    let mut benchmark = Benchmark { context, bytes, vectors };
    let repetitions = f64::from(LIMIT_REPETITIONS);
    Ok(Limits {
        threads: None,
        fused_per_s: benchmark.threads_per_s(LimitKernel::MultiplyAdds)? * MULTIPLY_ADDS * repetitions,
        roots_per_s: benchmark.threads_per_s(LimitKernel::RootsAndDivisions)? * ROOTS_AND_DIVISIONS * repetitions,
        filled_bytes_per_s: bytes as f64 / benchmark.seconds(LimitKernel::Writes, vectors / VECTORS_PER_THREAD)?,
    })
}

struct Benchmark<'c> {
    context: &'c mut Context,
    bytes: u64,
    vectors: u32,
}

impl Benchmark<'_> {
    /// Threads per second of a kernel, with enough threads for [`SECONDS`].
    fn threads_per_s(&mut self, kernel: LimitKernel) -> Result<f64, Error> {
        let mut threads = (1 << 14).min(self.vectors);
        loop {
            let seconds = self.seconds(kernel, threads)?;
            if seconds >= SECONDS || threads == self.vectors {
                return Ok(f64::from(threads) / seconds);
            }
            threads = threads.saturating_mul(2).min(self.vectors);
        }
    }

    /// The shortest duration of three dispatches.
    fn seconds(&mut self, kernel: LimitKernel, threads: u32) -> Result<f64, Error> {
        let pipeline = self.context.pipeline(PipelineKey::Limits { kernel });
        let params = CountParams { counts: [threads, self.vectors, 0, 0] };
        let params = self.context.filled_uniform("limit params", bytemuck::bytes_of(&params));
        let output = self.context.buffer("limit output", self.bytes, wgpu::BufferUsages::STORAGE);
        let group = self.context.bind(&pipeline, &LimitBindings { params: &params, output: &output });
        let mut shortest = f64::INFINITY;
        for _ in 0..3 {
            let start = Instant::now();
            self.context.dispatch(&pipeline, &group, u64::from(threads))?;
            shortest = shortest.min(start.elapsed().as_secs_f64());
        }
        Ok(shortest)
    }
}
