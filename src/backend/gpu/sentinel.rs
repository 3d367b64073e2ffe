//! Sentinels at both ends of an output buffer: if one is still there after a dispatch, the dispatch did not run.

use super::context::Context;
use crate::kernel::layout::SENTINEL;

/// Writes a sentinel to both ends of the first `bytes` of a buffer.
pub fn write(context: &Context, output: &wgpu::Buffer, bytes: u64) {
    for at in [0, bytes - 4] {
        context.queue.write_buffer(output, at, bytemuck::bytes_of(&SENTINEL));
    }
}

/// Whether a dispatch wrote to both ends.
pub fn is_overwritten(view: &[u8]) -> bool {
    let values = bytemuck::cast_slice::<u8, f32>(view);
    values.first() != Some(&SENTINEL) && values.last() != Some(&SENTINEL)
}
