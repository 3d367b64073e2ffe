//! The batches of a group, one window of epochs at a time: built on the host or, for joined batch orders, on the device. Both give the same bits.

use std::sync::Arc;

use rayon::prelude::*;

use super::context::Context;
use super::device_batches::{DeviceBatches, WindowBuffers};
use super::error::Error;
use super::joined_orders::TrainingGroup;
use crate::backend::Group;
use crate::backend::batches::{Batches, CentredRows, WINDOW_STEPS, Window, Windows};
use crate::kernel::layout::{PaddedMoments, padded};

/// Bytes of a row: x and y.
const ROW_BYTES: usize = 8;

/// The most groups like this one, with batch orders of their own, that can be joined: one epoch of each must fit a window.
pub fn max_joined_orders(context: &Context, group: &Group<'_>) -> usize {
    context.max_binding_size().min(context.tuning.joined_bytes) as usize / epoch_bytes(group)
}

/// Bytes of one epoch of a batch order: moments, permutation, and rows in batch order if steps need them.
fn epoch_bytes(group: &Group<'_>) -> usize {
    let row = if group.needs_rows() { ROW_BYTES } else { 0 } + size_of::<u32>();
    group.order.batches() * size_of::<PaddedMoments>() + group.order.rows * row
}

/// Yields the windows of a group.
pub struct BatchSource<'g> {
    group: &'g Group<'g>,
    builder: Builder<'g>,
    pub rows: Arc<CentredRows>,
}

/// Builds the batches of a window.
enum Builder<'g> {
    /// One batch order, on the host.
    Single(Batches<'g>),
    /// Joined batch orders, on the host.
    JoinedOnHost(Vec<Batches<'g>>),
    /// Joined batch orders, on the device.
    JoinedOnDevice(DeviceBatches, Windows),
}

/// A window of epochs with its buffers.
pub struct DeviceWindow<'s> {
    /// Index of the first epoch, from 0.
    pub first_epoch: u64,
    pub epochs: usize,
    /// The host's window of a single batch order. Its moments are not on the device: each dispatch gets its part as a uniform.
    pub single: Option<&'s Window>,
    /// The test rows, the training rows in the order of the split, and the training rows in batch order; empty if steps need no rows.
    pub rows: wgpu::Buffer,
    /// The moments of joined batch orders.
    pub joined_moments: wgpu::Buffer,
    /// Whether dispatches that build the window may still be running.
    pub is_being_built: bool,
}

impl<'g> BatchSource<'g> {
    pub fn new(context: &mut Context, training: TrainingGroup<'g>) -> Result<Self, Error> {
        let TrainingGroup { group, members } = training;
        let (needed, limit) = (row_bytes(group, 1), context.max_binding_size());
        if needed > limit {
            return Err(Error::TooManyRows { rows: group.order.rows, needed, limit });
        }
        if !training.is_joined() {
            let batches = Batches::new(group);
            let rows = Arc::clone(&batches.rows);
            return Ok(Self { group, builder: Builder::Single(batches), rows });
        }
        let rows = Arc::new(CentredRows::of(group.problem));
        let epochs = (max_joined_orders(context, group) / members.len()).min(WINDOW_STEPS / group.order.batches());
        let builder = if let Some(seeds) = DeviceBatches::seeds(context, members) {
            Builder::JoinedOnDevice(DeviceBatches::new(context, group, &rows.centred, &seeds), Windows::of(group, epochs))
        } else {
            Builder::JoinedOnHost(members.par_iter().map(|member| Batches::in_windows(member, epochs, Arc::clone(&rows))).collect())
        };
        Ok(Self { group, builder, rows })
    }

    /// The next window; `None` after the last.
    pub fn next(&mut self, context: &mut Context) -> Option<DeviceWindow<'_>> {
        let group = self.group;
        match &mut self.builder {
            Builder::Single(batches) => {
                let window = batches.next_window()?;
                Some(DeviceWindow {
                    first_epoch: window.first_epoch,
                    epochs: window.epochs,
                    rows: row_buffer(context, group, window.epochs, std::iter::once(window)),
                    joined_moments: context.storage("joined moments", 0),
                    single: Some(window),
                    is_being_built: false,
                })
            }
            Builder::JoinedOnHost(orders) => {
                orders.par_iter_mut().map(|batches| batches.next_window().map(|_| ())).collect::<Option<()>>()?;
                let Window { first_epoch, epochs, .. } = *orders[0].window();
                let rows = row_buffer(context, group, orders.len() * epochs, orders.iter().map(Batches::window));
                let moments: Vec<PaddedMoments> =
                    orders.par_iter().flat_map_iter(|batches| batches.window().moments.iter().map(padded)).collect();
                let joined_moments = context.filled_storage("joined moments", bytemuck::cast_slice(&moments));
                Some(DeviceWindow { first_epoch, epochs, single: None, rows, joined_moments, is_being_built: false })
            }
            Builder::JoinedOnDevice(device_batches, windows) => {
                let (first_epoch, epochs) = windows.next()?;
                let permutations = device_batches.orders() * epochs;
                let rows = row_buffer(context, group, permutations, std::iter::empty());
                let bytes = permutations * group.order.batches() * size_of::<PaddedMoments>();
                let joined_moments = context.zero_padded_storage("joined moments", &[], bytes as u64);
                let buffers = WindowBuffers { first_epoch: first_epoch as u32, epochs, rows: &rows, joined_moments: &joined_moments };
                device_batches.build(context, group, &buffers);
                Some(DeviceWindow { first_epoch, epochs, single: None, rows, joined_moments, is_being_built: true })
            }
        }
    }
}

/// Bytes of the rows of a group on the device, with the training rows in the order of this many permutations.
fn row_bytes(group: &Group<'_>, permutations: usize) -> u64 {
    let permutations = if group.order.repeats_every_epoch() { 0 } else { permutations };
    let rows = group.problem.test.len() + group.order.rows * (1 + permutations);
    if group.needs_rows() { (rows * ROW_BYTES) as u64 } else { 0 }
}

/// The buffer of test rows, training rows, and training rows in the order of this many permutations, of which those of some host windows are filled.
/// Empty if steps need no rows.
fn row_buffer<'w>(
    context: &mut Context,
    group: &Group<'_>,
    permutations: usize,
    windows: impl Iterator<Item = &'w Window>,
) -> wgpu::Buffer {
    let buffer = context.storage("rows", row_bytes(group, permutations));
    if !group.needs_rows() {
        return buffer;
    }
    let (test, train) = (&group.problem.test, &group.problem.train);
    let reordered = windows.filter(|_| !group.order.repeats_every_epoch()).map(|window| (&window.x, &window.y));
    let parts = [(&test.x, &test.y), (&train.x, &train.y)].into_iter().chain(reordered);
    let rows: Vec<[f32; 2]> = parts.flat_map(|(x, y)| x.iter().zip(y).map(|(&x, &y)| [x, y])).collect();
    context.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(&rows));
    buffer
}
