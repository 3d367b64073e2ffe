//! Readback: copies from device buffers to the host through two staging buffers, so that one copy can overlap later dispatches.

use std::ops::Range;
use std::time::Instant;

use super::context::Context;
use super::error::Error;

/// A byte range of a buffer; `first` and `bytes` are multiples of 4.
#[derive(Clone, Copy, Debug)]
pub struct Span<'b> {
    pub buffer: &'b wgpu::Buffer,
    pub first: u64,
    pub bytes: u64,
}

/// Copies in flight to the host. The staging buffer is free for the next readback when this is dropped.
#[derive(Debug)]
pub struct Readback {
    staging: wgpu::Buffer,
    submission: wgpu::SubmissionIndex,
    /// The position of each span in the staging buffer.
    positions: Vec<Range<usize>>,
    bytes: u64,
}

impl Drop for Readback {
    fn drop(&mut self) {
        self.staging.unmap();
    }
}

impl Context {
    /// Reads the first `bytes` of a buffer and passes them to `consume`.
    pub fn read<T>(&mut self, buffer: &wgpu::Buffer, bytes: u64, consume: impl FnOnce(&[u8]) -> T) -> Result<T, Error> {
        let readback = self.start_readback(&[Span { buffer, first: 0, bytes }]);
        self.finish_readback(&readback, |spans| consume(spans[0]))
    }

    /// Submits copies of spans to the host. They run after all earlier submissions; the caller may submit more before it waits for them. At most two
    /// readbacks may be in flight.
    pub fn start_readback(&mut self, spans: &[Span<'_>]) -> Readback {
        let mut positions = Vec::with_capacity(spans.len());
        let mut bytes = 0;
        for span in spans {
            positions.push(bytes as usize..(bytes + span.bytes) as usize);
            bytes += span.bytes.next_multiple_of(8);
        }
        let label = if self.uses_second_staging { "second staging" } else { "first staging" };
        self.uses_second_staging = !self.uses_second_staging;
        let staging = self.buffer(label, bytes, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for (span, position) in spans.iter().zip(&positions).filter(|(span, _)| span.bytes > 0) {
            encoder.copy_buffer_to_buffer(span.buffer, span.first, &staging, position.start as u64, span.bytes);
        }
        let submission = self.queue.submit([encoder.finish()]);
        staging.map_async(wgpu::MapMode::Read, 0..bytes, |_| {});
        Readback { staging, submission, positions, bytes }
    }

    /// Waits for copies and passes the bytes of each span to `consume`.
    pub fn finish_readback<T>(&mut self, readback: &Readback, consume: impl FnOnce(&[&[u8]]) -> T) -> Result<T, Error> {
        let begun = Instant::now();
        self.wait_for(readback.submission.clone())?;
        self.times.readback_s += begun.elapsed().as_secs_f64();
        let view = readback.staging.get_mapped_range(0..readback.bytes).map_err(|error| Error::Reported(error.to_string()))?;
        let spans: Vec<&[u8]> = readback.positions.iter().map(|position| &view[position.clone()]).collect();
        Ok(consume(&spans))
    }
}
