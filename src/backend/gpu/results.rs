//! What training leaves in the device's buffers, on its way back to the host: the columns that mean something, all in one copy, and where
//! they belong in an [`Outcome`].

use std::ops::Range;

use rayon::prelude::*;

use super::context::{Arriving, Context, Error, Span};
use crate::backend::outcome::{BlockLayout, NEVER};
use crate::backend::{Group, Outcome};
use crate::kernel::cycle::{CycleDetector, WATCHED, cycle};
use crate::kernel::layout::{AVERAGED, FIGURE_COLUMNS, START_LOSS, WATCH};
use crate::model::RunStatistics;

/// Numbers that a thread copies in one go.
const COPIED: usize = 1 << 16;

/// What training writes, in `shaders/run.wgsl`.
#[derive(Debug)]
pub struct Outputs {
    pub state: wgpu::Buffer,
    pub figures: wgpu::Buffer,
    pub history: wgpu::Buffer,
    pub series: wgpu::Buffer,
}

/// Results of some runs of a group.
#[derive(Debug)]
pub struct Results {
    runs: Range<usize>,
    arriving: Arriving,
}

impl Results {
    /// Has them copied behind what the device was given before.
    pub fn fetch(context: &mut Context, group: &Group<'_>, outcome: &Outcome, runs: Range<usize>, outputs: &Outputs) -> Self {
        let (first, count) = (runs.start, runs.len());
        let Outputs { state, figures, history, series } = outputs;
        let column = (count * 4) as u64;
        let columns = |buffer, first: usize, columns: usize| Span { buffer, first: first as u64 * column, bytes: columns as u64 * column };
        let averaged = if group.options.average { 2 } else { 0 };
        let watched = if is_watched(group) { 3 } else { 0 };
        let points = outcome.history.as_ref().map_or(0, |history| recorded(&history.blocks, first, count).1 * 8);
        let epochs = outcome.epochs.as_ref().map_or(0, |series| recorded(&series.blocks, first, count).1 * 16);
        let arriving = context.fetch(&[
            columns(state, 0, 2),
            columns(state, AVERAGED, averaged),
            columns(state, START_LOSS, 3),
            columns(state, WATCH, watched),
            columns(figures, 0, FIGURE_COLUMNS),
            Span { buffer: history, first: 0, bytes: points as u64 },
            Span { buffer: series, first: 0, bytes: epochs as u64 },
        ]);
        Self { runs, arriving }
    }

    /// Waits for them, and puts them where they belong.
    pub fn take(self, context: &mut Context, group: &Group<'_>, outcome: &mut Outcome) -> Result<(), Error> {
        let Self { runs, arriving } = self;
        context.arrived(&arriving, |spans| {
            let [last, averaged, losses, watch, figures, history, series] = spans else { unreachable!("as many as were asked for") };
            let floats = |bytes| bytemuck::cast_slice::<u8, f32>(bytes);
            let columns = Columns {
                last: floats(last),
                ends: floats(if averaged.is_empty() { last } else { averaged }),
                losses: floats(losses),
                watch: floats(watch),
                figures: bytemuck::cast_slice(figures),
            };
            columns.take(group, &runs, outcome)?;
            take_history(outcome, &runs, floats(history));
            take_series(outcome, &runs, bytemuck::cast_slice(series));
            Ok(())
        })?
    }
}

/// Whether the epochs of a group are enough to tell a cycle.
pub fn is_watched(group: &Group<'_>) -> bool {
    group.epochs > u64::from(WATCHED)
}

/// Columns of as many runs each.
struct Columns<'a> {
    /// Weights and biases: the last, and those that count if the run is inside.
    last: &'a [f32],
    ends: &'a [f32],
    /// At the start, the largest, the last.
    losses: &'a [f32],
    /// Anchor and reach; nothing where no epoch is watched.
    watch: &'a [f32],
    figures: &'a [u32],
}

impl Columns<'_> {
    fn take(&self, group: &Group<'_>, runs: &Range<usize>, outcome: &mut Outcome) -> Result<(), Error> {
        let (count, steps) = (runs.len(), group.steps());
        for run in 0..count {
            let [reached, crossings, diverged, period] = [0, 1, 2, 3].map(|slot| self.figures[slot * count + run]);
            let (reached, diverged) = (!reached, !diverged);
            let diverged_at = (diverged != NEVER).then_some(u64::from(diverged));
            if u64::from(self.figures[4 * count + run]) < diverged_at.unwrap_or(steps) {
                return Err(Error::NotRun { what: "train_moments" });
            }
            let ends = if diverged_at.is_none() { self.ends } else { self.last };
            let [start_loss, worst_loss, last_loss] = [0, 1, 2].map(|slot| self.losses[slot * count + run]);
            let watched = is_watched(group) && diverged_at.is_none();
            let watch = || {
                let [weight, bias, reach] = [0, 1, 2].map(|slot| self.watch[slot * count + run]);
                CycleDetector { anchor: [weight, bias], reach, period }
            };
            let figures = RunStatistics {
                start_loss,
                worst_loss,
                last_loss,
                reached_epoch: (reached != NEVER).then_some(reached),
                crossings,
                last_epoch_steps: group.order.batches() as u32,
                cycle_period: if watched { cycle(watch()) } else { None },
                diverged_at,
            };
            outcome.end(runs.start + run, [ends[run], ends[count + run]], &figures);
        }
        Ok(())
    }
}

/// All weights, then all biases.
fn take_history(outcome: &mut Outcome, runs: &Range<usize>, points: &[f32]) {
    let Some(history) = &mut outcome.history else { return };
    let (at, len) = recorded(&history.blocks, runs.start, runs.len());
    let (weights, biases) = points.split_at(len);
    for (column, own) in [(&mut history.weight, weights), (&mut history.bias, biases)] {
        let parts = column[at..at + len].par_chunks_mut(COPIED).zip(own.par_chunks(COPIED));
        parts.for_each(|(part, own)| part.copy_from_slice(own));
    }
}

fn take_series(outcome: &mut Outcome, runs: &Range<usize>, rows: &[[f32; 4]]) {
    let Some(series) = &mut outcome.epochs else { return };
    let (at, _) = recorded(&series.blocks, runs.start, runs.len());
    let tested = !series.val_loss.is_empty();
    for (index, row) in rows.iter().enumerate() {
        series.loss[at + index] = row[0];
        series.mae[at + index] = row[1];
        if tested {
            series.val_loss[at + index] = row[2];
            series.val_mae[at + index] = row[3];
        }
    }
}

/// Where the recorded rows of runs from `first` on stand in a column, and how many there are.
pub fn recorded(blocks: &BlockLayout, first: usize, count: usize) -> (usize, usize) {
    (first / blocks.width * blocks.block_len(), count.div_ceil(blocks.width) * blocks.block_len())
}
