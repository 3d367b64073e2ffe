//! What the device reaches at most, by `shaders/limits.wgsl`.

use std::time::Instant;

use super::context::{Access, Context, Error};
use super::shaders;
use crate::backend::limits::Limits;
use crate::kernel::layout::{CountParams, LIMIT_ROUNDS};

const ACCESSES: [Access; 2] = [Access::Uniform, Access::Write];

/// Bytes that are filled: beyond every cache, in software less, as that is slow.
const FILLED: u64 = 512 << 20;
const FILLED_IN_SOFTWARE: u64 = 64 << 20;

/// Long enough for a dispatch's own cost not to count, short enough for a device that shows a screen.
const SECONDS: f64 = 0.05;

/// The works of the shader, by their numbers there, and what a thread does of the first two.
const FUSED: u32 = 0;
const ROOTS: u32 = 1;
const WRITES: u32 = 2;
const CHAINS: f64 = 8.0;
const DIVISIONS: f64 = 4.0;

/// Vectors of 16 bytes that a thread writes.
const WRITTEN: u32 = 16;

pub fn limits(context: &mut Context) -> Result<Limits, Error> {
    let filled = if context.software { FILLED_IN_SOFTWARE } else { FILLED };
    let bytes = filled.min(context.largest()) / 256 * 256;
    let vectors = (bytes / 16) as u32;
    let mut run = Run { context, bytes, vectors };
    let rounds = f64::from(LIMIT_ROUNDS);
    Ok(Limits {
        threads: None,
        fused_per_s: run.threads_per_s(FUSED)? * CHAINS * rounds,
        roots_per_s: run.threads_per_s(ROOTS)? * DIVISIONS * rounds,
        filled_bytes_per_s: bytes as f64 / run.seconds(WRITES, vectors / WRITTEN)?,
    })
}

struct Run<'c> {
    context: &'c mut Context,
    bytes: u64,
    vectors: u32,
}

impl Run<'_> {
    /// With so many threads that it takes a while.
    fn threads_per_s(&mut self, work: u32) -> Result<f64, Error> {
        let mut threads = (1 << 14).min(self.vectors);
        loop {
            let seconds = self.seconds(work, threads)?;
            if seconds >= SECONDS || threads == self.vectors {
                return Ok(f64::from(threads) / seconds);
            }
            threads = threads.saturating_mul(2).min(self.vectors);
        }
    }

    /// The shortest of three dispatches.
    fn seconds(&mut self, work: u32, threads: u32) -> Result<f64, Error> {
        let constants = [("WORK", f64::from(work))];
        let pipeline = self.context.pipeline(&format!("limits {work}"), shaders::limits, "limits", &ACCESSES, &constants);
        let params = CountParams { counts: [threads, self.vectors, 0, 0] };
        let uniform = self.context.uniform("limit counts", bytemuck::bytes_of(&params));
        let output = self.context.buffer("limits", self.bytes, wgpu::BufferUsages::STORAGE);
        let bound = self.context.bind(&pipeline, &[&uniform, &output]);
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            let begun = Instant::now();
            self.context.dispatch(&pipeline, &bound, u64::from(threads))?;
            best = best.min(begun.elapsed().as_secs_f64());
        }
        Ok(best)
    }
}
