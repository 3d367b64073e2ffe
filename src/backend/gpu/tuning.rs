//! Sizes and thresholds of the GPU backend. They change speed and memory, never results; tests set extreme values.

use super::workgroup_shape::WorkgroupShape;

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
}

impl Tuning {
    /// The defaults for a hardware or a software adapter.
    pub fn new(is_software: bool) -> Self {
        Self {
            shape: WorkgroupShape::PLAIN,
            first_dispatch_work: 1 << 20,
            second_pipeline_updates: 1 << 24,
            recorded_bytes: 8 << 20,
            min_recorded_runs: 1 << 12,
            joined_bytes: 1 << 26,
            builds_batches: !is_software,
            permutation_bytes: 1 << 24,
        }
    }
}
