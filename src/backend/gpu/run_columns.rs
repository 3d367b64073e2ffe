//! Buffers of a run batch: the columns that the training shader reads and writes.

use std::ops::Range;

use rayon::prelude::*;

use super::context::Context;
use super::joined_orders::TrainingGroup;
use super::shaders::UsedSlots;
use crate::backend::outcome::BlockLayout;
use crate::backend::{Group, Outcome};
use crate::kernel::layout::{STATE_COLUMNS, STATISTIC_COLUMNS};
use crate::kernel::options::OPTION_VALUES;

/// Buffers that training writes; `shaders/run_state.wgsl` has their layouts.
#[derive(Debug)]
pub struct Outputs {
    pub state: wgpu::Buffer,
    pub statistics: wgpu::Buffer,
    pub history: wgpu::Buffer,
    pub epoch_series: wgpu::Buffer,
}

impl Outputs {
    /// Buffers for some runs of a group, in the state before the first step.
    pub fn new(context: &mut Context, group: &Group<'_>, outcome: &Outcome, runs: Range<usize>) -> Self {
        let columns = initial_state_columns(group, runs.clone());
        let bytes = |blocks: Option<BlockLayout>, row_bytes: usize| {
            blocks.map_or(0, |blocks| (recorded_rows(&blocks, &runs).len() * row_bytes) as u64)
        };
        let column_bytes = (runs.len() * 4) as u64;
        Self {
            state: context.zero_padded_storage("state", bytemuck::cast_slice(&columns), STATE_COLUMNS as u64 * column_bytes),
            statistics: context.zero_padded_storage("statistics", &[], STATISTIC_COLUMNS as u64 * column_bytes),
            history: context.storage("history", bytes(outcome.history.as_ref().map(|history| history.blocks), 8)),
            epoch_series: context.storage("epoch series", bytes(outcome.epochs.as_ref().map(|series| series.blocks), 16)),
        }
    }
}

/// The recorded rows of some runs in a column of the outcome. The first run must begin a block.
pub fn recorded_rows(blocks: &BlockLayout, runs: &Range<usize>) -> Range<usize> {
    let first = runs.start / blocks.width * blocks.block_len();
    first..first + runs.len().div_ceil(blocks.width) * blocks.block_len()
}

/// The input columns of some runs, up to the last column that the group uses. `table_numbers` are the numbers of the runs' step-input tables; empty if
/// they share one.
pub fn input_columns(training: TrainingGroup<'_>, table_numbers: &[u32], runs: Range<usize>) -> Vec<f32> {
    let (group, inputs, used) = (training.group, training.group.inputs, UsedSlots::of(training.group.variant));
    let has_values = group.options.has_values();
    let other_columns = if training.is_joined() {
        OPTION_VALUES + 2
    } else if !table_numbers.is_empty() {
        OPTION_VALUES + 1
    } else if has_values {
        OPTION_VALUES
    } else {
        0
    };
    let mut all = vec![0.0; (used.coefficients + other_columns) * runs.len()];
    let (coefficients, others) = all.split_at_mut(used.coefficients * runs.len());
    coefficients.par_chunks_exact_mut(runs.len()).zip(&inputs.coefficients[..used.coefficients]).for_each(|(column, own)| {
        own.fill(runs.start, column);
    });
    let mut others = others.chunks_exact_mut(runs.len());
    for (slot, column) in others.by_ref().take(OPTION_VALUES).enumerate().filter(|_| has_values) {
        column.par_iter_mut().zip(runs.clone()).for_each(|(own, run)| *own = inputs.values.of(run)[slot]);
    }
    if let Some(column) = others.next() {
        column.iter_mut().zip(table_numbers).for_each(|(slot, &number)| *slot = f32::from_bits(number));
    }
    if let Some(column) = others.next() {
        let members = training.members.iter().zip(0..);
        let numbers = members.flat_map(|(member, number)| std::iter::repeat_n(f32::from_bits(number), member.inputs.len()));
        column.iter_mut().zip(numbers.skip(runs.start)).for_each(|(slot, number)| *slot = number);
    }
    all
}

/// The state columns that do not start at 0: weight, bias, and the state of rules with an initial state.
fn initial_state_columns(group: &Group<'_>, runs: Range<usize>) -> Vec<f32> {
    let (inputs, used) = (group.inputs, UsedSlots::of(group.variant));
    let mut columns = vec![0.0; 2 * runs.len()];
    let (weights, biases) = columns.split_at_mut(runs.len());
    inputs.initial_weight.fill(runs.start, weights);
    inputs.initial_bias.fill(runs.start, biases);
    if let Some(initial) = used.initial_state {
        let states: Vec<_> = runs.into_par_iter().map(|run| initial(&inputs.coefficients(run))).collect();
        columns.extend((0..used.state).flat_map(|slot| states.iter().map(move |state| state[slot])));
    }
    columns
}
