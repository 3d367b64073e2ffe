//! Converts recorded rows of trained runs from the layout of a backend, `[block of runs][row][run of the block]`, to tables sorted by run. In this module a
//! block is a fixed number of runs that a backend stores together.

use std::iter::repeat_n;
use std::ops::Range;

use super::plan::Plan;
use crate::backend::{History, Outcome};
use crate::table::{EpochTable, HistoryTable, RowSource};

/// A trained run: its number, and its position in the outcome of its group.
#[derive(Clone, Copy, Debug)]
pub struct TrainedRun<'a> {
    /// The number of the run.
    pub run: u64,
    /// The outcome of its group.
    pub outcome: &'a Outcome,
    /// The position of the run in its group.
    pub position: usize,
}

/// The runs of a plan, in ascending order, with the outcomes of its groups.
pub fn trained_runs<'a>(plan: &Plan, outcomes: &'a [Outcome]) -> Vec<TrainedRun<'a>> {
    let group = |(group, outcome): (&'_ super::plan::PlannedGroup, &'a Outcome)| {
        let run = |(position, &row): (usize, &u32)| TrainedRun { run: plan.runs[row as usize], outcome, position };
        group.members.iter().enumerate().map(run).collect::<Vec<_>>()
    };
    let mut runs: Vec<TrainedRun<'a>> = plan.groups.iter().zip(outcomes).flat_map(group).collect();
    runs.sort_unstable_by_key(|trained| trained.run);
    runs
}

/// The recorded points of runs, as rows of the tables in `history/` of the run directory.
#[derive(Clone, Copy, Debug)]
pub struct HistoryRows<'a>(pub &'a [TrainedRun<'a>]);

impl RowSource<HistoryTable> for HistoryRows<'_> {
    fn runs(&self) -> usize {
        self.0.len()
    }

    fn rows(&self, run: usize) -> usize {
        points(&self.0[run])
    }

    fn append(&self, runs: Range<usize>, table: &mut HistoryTable) {
        // Runs of one block are adjacent in memory, so they are copied together.
        for block in self.0[runs].chunk_by(|a, b| block_of(a) == block_of(b)) {
            let Some(history) = &block[0].outcome.history else { continue };
            for trained in block {
                let points = points(trained);
                table.run.extend(repeat_n(trained.run, points));
                table.step.extend((0..points).map(|point| history.step(point)));
            }
            append_transposed(block, history, &history.weight, &mut table.weight);
            append_transposed(block, history, &history.bias, &mut table.bias);
        }
    }
}

/// The number of points of a run before it diverged, or to its end.
fn points(trained: &TrainedRun<'_>) -> usize {
    trained.outcome.history.as_ref().map_or(0, |history| history.known_points(trained.outcome.steps[trained.position]))
}

/// Identifies the block of a run by the address of its outcome and the number of the block in the outcome.
fn block_of(trained: &TrainedRun<'_>) -> (*const Outcome, usize) {
    let width = trained.outcome.history.as_ref().map_or(1, |history| history.blocks.width);
    (trained.outcome, trained.position / width)
}

/// Points per step of the transposition. These points are copied for all runs of a block before the next points, so each cache line is read once.
const STEP_POINTS: usize = 16;

/// Appends a column of runs of one block, transposed: all points of the first run, then those of the next.
fn append_transposed(block: &[TrainedRun<'_>], history: &History, column: &[f32], cells: &mut Vec<f32>) {
    let width = history.blocks.width;
    let source = &column[block[0].position / width * history.blocks.block_len()..];
    let counts: Vec<usize> = block.iter().map(points).collect();
    let begin = cells.len();
    cells.resize(begin + counts.iter().sum::<usize>(), 0.0);
    let longest = counts.iter().copied().max().unwrap_or(0);
    for first in (0..longest).step_by(STEP_POINTS) {
        let mut rest = &mut cells[begin..];
        for (trained, &count) in block.iter().zip(&counts) {
            let (own, others) = rest.split_at_mut(count);
            rest = others;
            let step = first.min(count)..count.min(first + STEP_POINTS);
            let values = source[step.start * width..].iter().skip(trained.position % width).step_by(width);
            own[step].iter_mut().zip(values).for_each(|(cell, value)| *cell = *value);
        }
    }
}

/// The losses and errors of the epochs of runs, as rows of epochs.parquet.
#[derive(Clone, Copy, Debug)]
pub struct EpochRows<'a>(pub &'a [TrainedRun<'a>]);

impl RowSource<EpochTable> for EpochRows<'_> {
    fn runs(&self) -> usize {
        self.0.len()
    }

    fn rows(&self, run: usize) -> usize {
        self.0[run].outcome.epochs.as_ref().map_or(0, |series| series.blocks.rows)
    }

    fn append(&self, runs: Range<usize>, table: &mut EpochTable) {
        for trained in &self.0[runs] {
            let Some(series) = &trained.outcome.epochs else { continue };
            let count = series.blocks.rows;
            table.run.extend(repeat_n(trained.run, count));
            table.epoch.extend(0..count as u64);
            let completed = completed_epochs(trained, count);
            // NaN is stored as null: in the epoch in which the run diverges and all later ones, and in the columns of test rows if there are none.
            let cell = |column: &[f32], epoch: usize| {
                if epoch < completed {
                    column.get(series.blocks.index(trained.position, epoch)).copied().unwrap_or(f32::NAN)
                } else {
                    f32::NAN
                }
            };
            table.loss.extend((0..count).map(|epoch| cell(&series.loss, epoch)));
            table.mae.extend((0..count).map(|epoch| cell(&series.mae, epoch)));
            table.val_loss.extend((0..count).map(|epoch| cell(&series.val_loss, epoch)));
            table.val_mae.extend((0..count).map(|epoch| cell(&series.val_mae, epoch)));
        }
    }
}

/// The number of epochs before the one in which the run diverges; `count` if it does not diverge.
fn completed_epochs(trained: &TrainedRun<'_>, count: usize) -> usize {
    let outcome = trained.outcome;
    let steps = outcome.steps[trained.position];
    if steps < outcome.updates { (steps / u64::from(outcome.batches.max(1))) as usize } else { count }
}
