//! Makes the batches of joined orders on the device: shuffles, moments, rows in batch order. A sweep over thousands of seeds would keep the host
//! at it for longer than a device takes to train them. A software adapter is the host, and its threads are slower at it than the host's own.

use super::context::{Access, Context, Pipeline};
use super::shaders::Making;
use crate::backend::Group;
use crate::data::{Centred, Shuffle};
use crate::kernel::layout::{WORKGROUP, WindowParams, words};

/// Rows of an order at most: a thread shuffles them one after the other, and divides by no more (`shaders/data/float64.wgsl`).
const MOST_ROWS: usize = 1 << 13;
const _: () = assert!(MOST_ROWS <= 0xFFFF);

const ACCESSES: [Access; 6] = [Access::Uniform, Access::Read, Access::Read, Access::Write, Access::Write, Access::Write];

/// See the module. Moments are made even where steps ask for rows: by them training sees whether its batches were made at all.
pub struct Maker {
    pipelines: Vec<(Making, Pipeline)>,
    orders: usize,
    seeds: wgpu::Buffer,
    terms: wgpu::Buffer,
}

impl Maker {
    /// The seeds of some orders, where it is worth making them on the device.
    pub fn seeds(context: &Context, orders: &[Group<'_>]) -> Option<Vec<u32>> {
        let seed = |order: &Group<'_>| match order.order.shuffle {
            Shuffle::Threefry { seed } if order.order.rows <= MOST_ROWS => Some(seed),
            _ => None,
        };
        if context.makes_batches { orders.iter().map(seed).collect() } else { None }
    }

    /// For orders with these seeds of the training rows of a group.
    pub fn new(context: &mut Context, group: &Group<'_>, centred: &Centred, seeds: &[u32]) -> Self {
        let terms: Vec<[u32; 2]> = (0..group.order.rows).flat_map(|row| centred.terms(row)).map(words).collect();
        let needed = |making: &Making| *making != Making::Rows || group.needs_rows();
        let pipeline = |making: Making| {
            let name = format!("{making:?} of a window");
            (making, context.pipeline(&name, || making.module(), making.entry(), &ACCESSES, &[]))
        };
        Self {
            pipelines: Making::ALL.into_iter().filter(needed).map(pipeline).collect(),
            orders: seeds.len(),
            seeds: context.input("seeds", bytemuck::cast_slice(seeds)),
            terms: context.input("terms", bytemuck::cast_slice(&terms)),
        }
    }

    pub fn orders(&self) -> usize {
        self.orders
    }

    /// Has the device fill `ordered` with the moments of some epochs, order by order, and `rows` behind what is there with the training rows.
    pub fn make(
        &self,
        context: &mut Context,
        group: &Group<'_>,
        first_epoch: u32,
        epochs: usize,
        rows: &wgpu::Buffer,
        ordered: &wgpu::Buffer,
    ) {
        let (count, batches) = (group.order.rows, group.order.batches());
        let shuffles = self.orders * epochs;
        let most = (context.shuffled_bytes / (count * 4)).clamp(1, shuffles);
        let places = context.storage("places", (most * count * 4) as u64);
        for first in (0..shuffles).step_by(most) {
            let end = shuffles.min(first + most);
            let params = WindowParams {
                first: first as u32,
                end: end as u32,
                first_epoch,
                epochs: epochs as u32,
                rows: count as u32,
                batch_size: group.order.batch_size as u32,
                batches: batches as u32,
                test_rows: group.problem.test.len() as u32,
            };
            let params = context.uniform("window", bytemuck::bytes_of(&params));
            for (making, pipeline) in &self.pipelines {
                let each = match making {
                    Making::Order => 1,
                    Making::Moments => batches,
                    Making::Rows => count,
                };
                let bound = context.bind(pipeline, &[&params, &self.seeds, &self.terms, &places, ordered, rows]);
                context.submit(pipeline, &bound, (((end - first) * each) as u64).div_ceil(u64::from(WORKGROUP)));
            }
        }
    }
}
