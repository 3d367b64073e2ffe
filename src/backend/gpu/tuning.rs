//! Sizes and thresholds of the GPU backend. They change speed and memory, never results; tests set extreme values.

use super::adapters::AdapterInfo;
use super::workgroup_shape::WorkgroupShape;
use crate::backend::ChunkLimits;

/// Chunks of a hardware GPU. 2^18 runs fill the largest cards: an H200 has 132 processors with 2,048 threads each. 2^20 runs overlap the transfers and the
/// host's work on one run batch with the training of another; 10^12 updates take one to ten seconds.
pub const HARDWARE_CHUNKS: ChunkLimits =
    ChunkLimits { fewest_runs: 1 << 18, most_runs: 1 << 20, updates: 1_000_000_000_000, bytes: 512 << 20 };

/// Sizes and thresholds of an open GPU.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// Workgroups of training and metrics.
    pub shape: WorkgroupShape,
    /// Work of the first dispatch in updates or rows: small enough for a slow software adapter.
    pub first_dispatch_work: u64,
    /// Updates of a group from which a second pipeline, without the sums over the windows of the verdict, is compiled. Compiling a pipeline takes 0.1 s and more.
    pub second_pipeline_updates: u64,
    /// Target size of a run batch's recorded rows in bytes. Smaller run batches overlap more of the readback with training.
    pub recorded_bytes: u64,
    /// The fewest runs of a run batch that is cut for its recorded rows. Fewer runs would leave cores of a device idle, and each run batch builds its
    /// batches again.
    pub min_recorded_runs: u64,
    /// The most bytes of moments and rows of joined batch orders in one window.
    pub joined_bytes: u64,
    /// Whether the device builds the batches of joined batch orders. A software adapter is slower at this than the host.
    pub builds_batches: bool,
    /// The most bytes of permutations in one dispatch.
    pub permutation_bytes: usize,
    /// Batches or rows that are written out per turn of a loop. Four save a quarter of the instructions of a step on hardware. llvmpipe compiles four times
    /// as long and gains nothing.
    pub steps_per_turn: u32,
    /// Whether wgpu adds a check to each array index, loop and integer division of a shader. On hardware they take up to half of the instructions. Each
    /// shader tests the largest index of its buffers itself (`fits_buffers` in `shaders/run_state.wgsl`).
    pub has_runtime_checks: bool,
}

impl Tuning {
    /// The defaults for a hardware or a software adapter.
    pub fn new(adapter: &AdapterInfo) -> Self {
        Self {
            shape: WorkgroupShape::PLAIN,
            first_dispatch_work: 1 << 20,
            second_pipeline_updates: 1 << 24,
            recorded_bytes: 8 << 20,
            min_recorded_runs: 1 << 12,
            joined_bytes: 1 << 26,
            builds_batches: !adapter.is_software,
            permutation_bytes: 1 << 24,
            steps_per_turn: if adapter.is_hardware() { 4 } else { 1 },
            has_runtime_checks: !adapter.is_hardware(),
        }
    }
}
