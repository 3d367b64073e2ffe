//! Where the batches of a group come from, a window of epochs at a time: from the host or, where many orders are trained together, from the
//! device itself (`maker.rs`). The numbers are the same, bit for bit.

use std::sync::Arc;

use rayon::prelude::*;

use super::context::{Context, Error};
use super::maker::Maker;
use crate::backend::Group;
use crate::backend::batches::{Batches, CentredRows, WINDOW_STEPS, Window, Windows};
use crate::kernel::layout::{Padded, padded};

/// Bytes of a row: x, y.
const ROW: usize = 8;

/// How many groups that differ in the order of their batches alone can be trained together with this one: an epoch of each has to fit a
/// window.
pub fn most_orders(context: &Context, group: &Group<'_>) -> usize {
    context.largest().min(context.ordered_bytes) as usize / bytes_of_epoch(group)
}

/// What an epoch of an order takes: its moments, rows in order if steps ask for them, and which row is where, on the host or the device.
fn bytes_of_epoch(group: &Group<'_>) -> usize {
    let row = if group.needs_rows() { ROW } else { 0 } + size_of::<u32>();
    group.order.batches() * size_of::<Padded>() + group.order.rows * row
}

/// See the module.
pub struct Supply<'g> {
    group: &'g Group<'g>,
    source: Source<'g>,
    pub rows: Arc<CentredRows>,
}

enum Source<'g> {
    /// A single order.
    Alone(Batches<'g>),
    /// Each of the joined orders.
    Host(Vec<Batches<'g>>),
    Device(Maker, Windows),
}

/// A window of epochs, on the device.
pub struct Stock<'s> {
    /// Number of the first epoch, from 0.
    pub first_epoch: u64,
    pub epochs: usize,
    /// The moments of a single order: they are not on the device yet, as each dispatch takes its own as a uniform.
    pub alone: Option<&'s Window>,
    /// The test rows, the training rows as the split left them, and those in batch order that steps ask for.
    pub rows: wgpu::Buffer,
    /// The moments of joined orders.
    pub ordered: wgpu::Buffer,
    /// Whether the device makes them still.
    pub making: bool,
}

impl<'g> Supply<'g> {
    /// Of a group; `orders` are those that it was joined from, if any.
    pub fn new(context: &mut Context, group: &'g Group<'g>, orders: &'g [Group<'g>]) -> Result<Self, Error> {
        let (needed, limit) = (bytes_of_rows(group, 1), context.largest());
        if needed > limit {
            return Err(Error::TooManyRows { rows: group.order.rows, needed, limit });
        }
        if orders.is_empty() {
            let batches = Batches::new(group);
            let rows = Arc::clone(&batches.rows);
            return Ok(Self { group, source: Source::Alone(batches), rows });
        }
        let rows = Arc::new(CentredRows::of(group.problem));
        let by_bytes = most_orders(context, group) / orders.len();
        let each = by_bytes.min(WINDOW_STEPS / group.order.batches());
        let source = if let Some(seeds) = Maker::seeds(context, orders) {
            Source::Device(Maker::new(context, group, &rows.centred, &seeds), Windows::of(group, each))
        } else {
            Source::Host(orders.par_iter().map(|order| Batches::in_windows(order, each, Arc::clone(&rows))).collect())
        };
        Ok(Self { group, source, rows })
    }

    /// The next window; `None` after the last.
    pub fn next(&mut self, context: &mut Context) -> Option<Stock<'_>> {
        let group = self.group;
        match &mut self.source {
            Source::Alone(batches) => {
                let window = batches.next_window()?;
                let rows = rows(context, group, window.epochs, std::iter::once(window));
                let ordered = context.storage("ordered", 0);
                Some(Stock { first_epoch: window.first_epoch, epochs: window.epochs, alone: Some(window), rows, ordered, making: false })
            }
            Source::Host(all) => {
                all.par_iter_mut().map(|batches| batches.next_window().map(|_| ())).collect::<Option<()>>()?;
                let Window { first_epoch, epochs, .. } = *all[0].window();
                let rows = rows(context, group, all.len() * epochs, all.iter().map(Batches::window));
                let moments: Vec<Padded> = all.par_iter().flat_map_iter(|batches| batches.window().moments.iter().map(padded)).collect();
                let ordered = context.input("ordered", bytemuck::cast_slice(&moments));
                Some(Stock { first_epoch, epochs, alone: None, rows, ordered, making: false })
            }
            Source::Device(maker, windows) => {
                let (first_epoch, epochs) = windows.next()?;
                let shuffles = maker.orders() * epochs;
                let rows = rows(context, group, shuffles, std::iter::empty());
                let bytes = shuffles * group.order.batches() * size_of::<Padded>();
                let ordered = context.begun("ordered", &[], bytes as u64);
                maker.make(context, group, first_epoch as u32, epochs, &rows, &ordered);
                Some(Stock { first_epoch, epochs, alone: None, rows, ordered, making: true })
            }
        }
    }
}

/// What rows take on the device, those in the order of so many shuffles among them.
fn bytes_of_rows(group: &Group<'_>, shuffles: usize) -> u64 {
    let moved = if group.order.repeats_every_epoch() { 0 } else { shuffles };
    let rows = group.problem.test.len() + group.order.rows * (1 + moved);
    if group.needs_rows() { (rows * ROW) as u64 } else { 0 }
}

/// The test rows, the training rows, and room for them in the order of so many shuffles, which those of some windows fill; nothing where no step
/// asks for rows.
fn rows<'w>(context: &mut Context, group: &Group<'_>, shuffles: usize, windows: impl Iterator<Item = &'w Window>) -> wgpu::Buffer {
    let buffer = context.storage("rows", bytes_of_rows(group, shuffles));
    if !group.needs_rows() {
        return buffer;
    }
    let (test, train) = (&group.problem.test, &group.problem.train);
    let ordered = windows.filter(|_| !group.order.repeats_every_epoch()).map(|window| (&window.x, &window.y));
    let parts = [(&test.x, &test.y), (&train.x, &train.y)].into_iter().chain(ordered);
    let rows: Vec<[f32; 2]> = parts.flat_map(|(x, y)| x.iter().zip(y).map(|(&x, &y)| [x, y])).collect();
    context.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(&rows));
    buffer
}
