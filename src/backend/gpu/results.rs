//! Readback of training results: the columns of a run batch, in one copy, and their place in the group's [`Outcome`].

use std::ops::Range;

use rayon::prelude::*;

use super::context::Context;
use super::error::Error;
use super::readback::{Readback, Span};
use super::run_columns::{Outputs, recorded_rows};
use crate::backend::batches::centre;
use crate::backend::outcome::{NEVER, OutcomePart};
use crate::backend::{Group, Outcome};
use crate::kernel::cycle::{CycleDetector, OBSERVED_EPOCHS, cycle_period};
use crate::kernel::layout::{AVERAGE_COLUMN, CYCLE_COLUMN, RESULT_COLUMNS, START_LOSS, STATISTIC_COLUMNS};
use crate::model::{Params, RunStatistics, WindowMeans};

/// Numbers per parallel copy.
const COPY_CHUNK: usize = 1 << 16;

/// Runs whose results one thread writes at a time.
const PART_RUNS: usize = 1 << 12;

/// Results of a run batch in flight.
#[derive(Debug)]
pub struct TrainingResults {
    runs: Range<usize>,
    readback: Readback,
}

impl TrainingResults {
    /// Submits the copy of the results. It runs after all earlier submissions.
    pub fn start(context: &mut Context, group: &Group<'_>, outcome: &Outcome, runs: Range<usize>, outputs: &Outputs) -> Self {
        let column_bytes = (runs.len() * 4) as u64;
        let columns = |buffer, first: usize, columns: usize| Span {
            buffer,
            first: first as u64 * column_bytes,
            bytes: columns as u64 * column_bytes,
        };
        let average_columns = if group.options.average { 2 } else { 0 };
        let cycle_columns = if detects_cycles(group) { 3 } else { 0 };
        let history_bytes = outcome.history.as_ref().map_or(0, |history| recorded_rows(&history.blocks, &runs).len() * 8);
        let series_bytes = outcome.epochs.as_ref().map_or(0, |series| recorded_rows(&series.blocks, &runs).len() * 16);
        let readback = context.start_readback(&[
            columns(&outputs.state, 0, 2),
            columns(&outputs.state, AVERAGE_COLUMN, average_columns),
            columns(&outputs.state, START_LOSS, RESULT_COLUMNS),
            columns(&outputs.state, CYCLE_COLUMN, cycle_columns),
            columns(&outputs.statistics, 0, STATISTIC_COLUMNS),
            Span { buffer: &outputs.history, first: 0, bytes: history_bytes as u64 },
            Span { buffer: &outputs.epoch_series, first: 0, bytes: series_bytes as u64 },
        ]);
        Self { runs, readback }
    }

    /// Waits for the copy and writes the results into the outcome.
    pub fn finish(self, context: &mut Context, group: &Group<'_>, outcome: &mut Outcome) -> Result<(), Error> {
        let Self { runs, readback } = self;
        context.finish_readback(&readback, |spans| {
            let [last, average, results, cycle, statistics, history, series] = spans else { unreachable!("seven spans were requested") };
            let floats = |bytes| bytemuck::cast_slice::<u8, f32>(bytes);
            let columns = Columns {
                last: floats(last),
                ends: floats(if average.is_empty() { last } else { average }),
                results: floats(results),
                cycle: floats(cycle),
                statistics: bytemuck::cast_slice(statistics),
            };
            columns.write_to(group, &runs, outcome)?;
            write_history(outcome, &runs, floats(history));
            write_series(outcome, &runs, bytemuck::cast_slice(series));
            Ok(())
        })?
    }
}

/// Whether the runs of a group have enough epochs for cycle detection.
pub fn detects_cycles(group: &Group<'_>) -> bool {
    group.epochs > u64::from(OBSERVED_EPOCHS)
}

/// Columns of a run batch, one value per run.
struct Columns<'a> {
    /// Weight and bias after the last step.
    last: &'a [f32],
    /// Final weight and bias of runs that do not diverge: the average if the options keep one.
    ends: &'a [f32],
    /// Start and last loss, sums over the windows of the verdict, and parameters before the last window.
    results: &'a [f32],
    /// Anchor and reach of the cycle detector; empty without cycle detection.
    cycle: &'a [f32],
    statistics: &'a [u32],
}

impl Columns<'_> {
    fn write_to(&self, group: &Group<'_>, runs: &Range<usize>, outcome: &mut Outcome) -> Result<(), Error> {
        outcome.parts(runs.clone(), PART_RUNS).into_par_iter().try_for_each(|mut part| self.write_part(group, runs, &mut part))
    }

    fn write_part(&self, group: &Group<'_>, runs: &Range<usize>, part: &mut OutcomePart<'_>) -> Result<(), Error> {
        let (count, steps) = (runs.len(), group.steps());
        let centre = centre(group.problem);
        let factors = group.verdict_window().counts().map(|count| 1.0 / count as f32);
        for lane in 0..part.len() {
            let run = part.first - runs.start + lane;
            let [reached, diverged, period, completed] = [0, 1, 2, 3].map(|column| self.statistics[column * count + run]);
            let (reached, diverged) = (!reached, !diverged);
            let diverged_at = (diverged != NEVER).then_some(u64::from(diverged));
            if u64::from(completed) < diverged_at.unwrap_or(steps) {
                return Err(Error::StoppedEarly { shader: "train" });
            }
            let ends = if diverged_at.is_none() { self.ends } else { self.last };
            let results = std::array::from_fn::<f32, RESULT_COLUMNS, _>(|column| self.results[column * count + run]);
            let [start_loss, last_loss, weight, bias, loss, previous_loss, start_weight, start_bias] = results;
            let (sums, centres) = ([weight, bias, loss, previous_loss], [centre.weight, centre.bias, 0.0, 0.0]);
            let has_cycle_columns = detects_cycles(group) && diverged_at.is_none();
            let detector = || {
                let [weight, bias, reach] = [0, 1, 2].map(|column| self.cycle[column * count + run]);
                CycleDetector { anchor: Params::new(weight, bias), reach, period }
            };
            let statistics = RunStatistics {
                start_loss,
                last_loss,
                epochs_to_reach: (reached != NEVER).then(|| reached + 1),
                means: if diverged_at.is_some() {
                    WindowMeans::default()
                } else {
                    std::array::from_fn::<f32, 4, _>(|slot| sums[slot] * factors[slot] + centres[slot]).into()
                },
                has_moved: diverged_at.is_none() && [self.last[run], self.last[count + run]] != [start_weight, start_bias],
                cycle_period: if has_cycle_columns { cycle_period(detector()) } else { None },
                diverged_at,
            };
            part.set_run(lane, [ends[run], ends[count + run]], &statistics);
        }
        Ok(())
    }
}

/// Writes recorded points: all weights, then all biases.
fn write_history(outcome: &mut Outcome, runs: &Range<usize>, points: &[f32]) {
    let Some(history) = &mut outcome.history else { return };
    let rows = recorded_rows(&history.blocks, runs);
    let (weights, biases) = points.split_at(rows.len());
    for (column, own) in [(&mut history.weight, weights), (&mut history.bias, biases)] {
        let chunks = column[rows.clone()].par_chunks_mut(COPY_CHUNK).zip(own.par_chunks(COPY_CHUNK));
        chunks.for_each(|(chunk, own)| chunk.copy_from_slice(own));
    }
}

/// Writes epoch series: `loss`, `mae`, `val_loss` and `val_mae` per row.
fn write_series(outcome: &mut Outcome, runs: &Range<usize>, rows: &[[f32; 4]]) {
    let Some(series) = &mut outcome.epochs else { return };
    let written = recorded_rows(&series.blocks, runs);
    for (column, own) in [&mut series.loss, &mut series.mae, &mut series.val_loss, &mut series.val_mae].into_iter().zip(0_usize..) {
        // Without test rows the last two columns are empty.
        let Some(column) = column.get_mut(written.clone()) else { continue };
        column.par_chunks_mut(COPY_CHUNK).zip(rows.par_chunks(COPY_CHUNK)).for_each(|(column, rows)| {
            column.iter_mut().zip(rows).for_each(|(value, row)| *value = row[own]);
        });
    }
}
