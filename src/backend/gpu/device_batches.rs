//! Batches of joined batch orders, built on the device: permutations, moments, and rows in batch order. With thousands of seeds the host would take
//! longer to build them than the device to train with them. A software adapter runs on the host's cores and is slower than the host's own code.

use super::bindings::WindowBindings;
use super::context::{Context, Pipeline};
use super::pipelines::PipelineKey;
use super::shaders::BatchStage;
use crate::backend::Group;
use crate::data::{Centred, Shuffle};
use crate::kernel::layout::{WORKGROUP_SIZE, WindowParams, words};

/// The most training rows: one thread shuffles all of them, and `shaders/data/float64.wgsl` divides by 16-bit numbers.
const MAX_ROWS: usize = 1 << 13;
const _: () = assert!(MAX_ROWS <= 0xFFFF);

/// Builds batches of joined batch orders.
pub struct DeviceBatches {
    pipelines: Vec<(BatchStage, Pipeline)>,
    orders: usize,
    seeds: wgpu::Buffer,
    terms: wgpu::Buffer,
}

/// A window of epochs to build, and the buffers for it.
pub struct WindowBuffers<'b> {
    pub first_epoch: u32,
    pub epochs: usize,
    /// Training rows in batch order are written after the test rows and the training rows in the order of the split.
    pub rows: &'b wgpu::Buffer,
    /// Moments by batch order, epoch and batch.
    pub joined_moments: &'b wgpu::Buffer,
}

impl DeviceBatches {
    /// The seeds of some batch orders if the device builds their batches.
    pub fn seeds(context: &Context, orders: &[Group<'_>]) -> Option<Vec<u32>> {
        let seed = |order: &Group<'_>| match order.order.shuffle {
            Shuffle::Threefry { seed } if order.order.rows <= MAX_ROWS => Some(seed),
            _ => None,
        };
        if context.tuning.builds_batches { orders.iter().map(seed).collect() } else { None }
    }

    /// Prepares the batch orders with these seeds over the training rows of a group. Moments are built even for groups that train from rows, because
    /// training tests by them whether the batches were built.
    pub fn new(context: &mut Context, group: &Group<'_>, centred: &Centred, seeds: &[u32]) -> Self {
        let terms: Vec<[u32; 2]> = (0..group.order.rows).flat_map(|row| centred.terms(row)).map(words).collect();
        let is_needed = |stage: &BatchStage| *stage != BatchStage::ReorderRows || group.needs_rows();
        let stages = BatchStage::ALL.into_iter().filter(is_needed);
        Self {
            pipelines: stages.map(|stage| (stage, context.pipeline(PipelineKey::Batches(stage)))).collect(),
            orders: seeds.len(),
            seeds: context.filled_storage("seeds", bytemuck::cast_slice(seeds)),
            terms: context.filled_storage("terms", bytemuck::cast_slice(&terms)),
        }
    }

    pub fn orders(&self) -> usize {
        self.orders
    }

    /// Submits the dispatches that build a window.
    pub fn build(&self, context: &mut Context, group: &Group<'_>, window: &WindowBuffers<'_>) {
        let (rows, batches) = (group.order.rows, group.order.batches());
        let permutations = self.orders * window.epochs;
        let per_dispatch = (context.tuning.permutation_bytes / (rows * 4)).clamp(1, permutations);
        let permutation_buffer = context.storage("permutations", (per_dispatch * rows * 4) as u64);
        for first in (0..permutations).step_by(per_dispatch) {
            let end = permutations.min(first + per_dispatch);
            let params = WindowParams {
                first: first as u32,
                end: end as u32,
                first_epoch: window.first_epoch,
                epochs: window.epochs as u32,
                rows: rows as u32,
                batch_size: group.order.batch_size as u32,
                batches: batches as u32,
                test_rows: group.problem.test.len() as u32,
            };
            let params = context.filled_uniform("window params", bytemuck::bytes_of(&params));
            for (stage, pipeline) in &self.pipelines {
                let threads_per_permutation = match stage {
                    BatchStage::Order => 1,
                    BatchStage::Moments => batches,
                    BatchStage::ReorderRows => rows,
                };
                let table = WindowBindings {
                    params: &params,
                    seeds: &self.seeds,
                    terms: &self.terms,
                    permutations: &permutation_buffer,
                    joined_moments: window.joined_moments,
                    rows: window.rows,
                };
                let group = context.bind(pipeline, &table);
                let threads = ((end - first) * threads_per_permutation) as u64;
                context.submit(pipeline, &group, threads.div_ceil(u64::from(WORKGROUP_SIZE)));
            }
        }
    }
}
