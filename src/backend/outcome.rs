//! The results of training: columns of final values and statistics, histories and epoch series.

use std::ops::Range;

use super::Group;
use crate::model::{RunStatistics, WindowMeans};

/// The value of an epoch statistic for an event that did not occur.
pub const NEVER: u32 = u32::MAX;

/// The results of a group: one column for each number, in the order of the runs.
///
/// Each tile of runs writes a contiguous part of every column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Updates of a run that does not diverge.
    pub updates: u64,
    /// Batches per epoch.
    pub batches: u32,
    /// Weight after the last update; for a diverged run, after the last update within the divergence limit.
    pub weight: Vec<f32>,
    /// Bias after the same update.
    pub bias: Vec<f32>,
    /// Updates within the divergence limit: `updates`, or fewer for a diverged run.
    pub steps: Vec<u64>,
    /// J before the first update.
    pub start_loss: Vec<f32>,
    /// J at the end of the last epoch.
    pub last_loss: Vec<f32>,
    /// Means over the windows of the verdict, in the order of [`WindowMeans`]: weight, bias, loss, and loss of the window before.
    pub means: [Vec<f32>; 4],
    /// Whether the parameters at both ends of the last window differ.
    pub has_moved: Vec<bool>,
    /// First epoch, from 0, that ends close to the optimum, or [`NEVER`].
    pub reached_epoch: Vec<u32>,
    /// Period of a cycle in epochs, or 0.
    pub cycle_period: Vec<u32>,
    /// Recorded points, if requested.
    pub history: Option<History>,
    /// Epoch series, if requested.
    pub epochs: Option<EpochSeries>,
}

/// Weight and bias at the recorded points: `[block of runs][point][run of the block]`.
///
/// The values of a diverged run after its last update within the divergence limit are undefined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Updates between two recorded points.
    pub every: u64,
    /// Updates of a run that does not diverge.
    pub steps: u64,
    /// Layout of the columns.
    pub blocks: BlockLayout,
    /// Weights.
    pub weight: Vec<f32>,
    /// Biases.
    pub bias: Vec<f32>,
}

/// Loss and MAE of each epoch: `[block of runs][epoch][run of the block]`.
///
/// Training metrics are Keras' running means over the batches of the epoch. Test metrics are evaluated after the epoch; their columns are empty
/// without test rows. The values of a diverged run from the epoch of divergence on are undefined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpochSeries {
    /// Layout of the columns.
    pub blocks: BlockLayout,
    /// Loss on the training rows.
    pub loss: Vec<f32>,
    /// MAE on the training rows.
    pub mae: Vec<f32>,
    /// Loss on the test rows.
    pub val_loss: Vec<f32>,
    /// MAE on the test rows.
    pub val_mae: Vec<f32>,
}

/// The layout `[block of runs][row][run of the block]`, in which a row of a block is contiguous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockLayout {
    /// Number of runs.
    pub runs: usize,
    /// Rows per run: points or epochs.
    pub rows: usize,
    /// Runs per block; the last block is padded.
    pub width: usize,
}

impl BlockLayout {
    /// The largest width of a block.
    pub const WIDTH: usize = 128;

    /// The layout for `runs` runs. A group of fewer than [`Self::WIDTH`] runs gets a block of its size, which saves padding.
    pub fn new(runs: usize, rows: usize) -> Self {
        Self { runs, rows, width: runs.clamp(1, Self::WIDTH) }
    }

    /// Elements of a column.
    pub fn len(&self) -> usize {
        self.runs.div_ceil(self.width.max(1)) * self.block_len()
    }

    /// Whether a column has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Elements of a block in a column.
    pub fn block_len(&self) -> usize {
        self.rows * self.width
    }

    /// Index of a row of a run in a column.
    #[inline]
    pub fn index(&self, run: usize, row: usize) -> usize {
        (run / self.width) * self.block_len() + row * self.width + run % self.width
    }
}

impl Outcome {
    /// Resizes every column for a group.
    ///
    /// Large enough buffers are reused, because page faults on new memory cost far more than the writes.
    pub fn prepare(&mut self, group: &Group<'_>) {
        let runs = group.inputs.len();
        self.resize(runs, group.steps(), group.order.batches() as u32);
        if group.record.every == 0 {
            self.history = None;
        } else {
            self.history.get_or_insert_default().prepare(runs, group.steps(), group.record.every);
        }
        if group.record.epochs {
            self.epochs.get_or_insert_default().prepare(runs, group.epochs as usize, !group.problem.test.is_empty());
        } else {
            self.epochs = None;
        }
    }
}

impl Outcome {
    /// Resizes the columns of final values and statistics.
    pub fn resize(&mut self, runs: usize, updates: u64, batches: u32) {
        (self.updates, self.batches) = (updates, batches);
        self.steps.resize(runs, 0);
        self.has_moved.resize(runs, false);
        let ends = [&mut self.weight, &mut self.bias, &mut self.start_loss, &mut self.last_loss];
        for column in ends.into_iter().chain(&mut self.means) {
            column.resize(runs, 0.0);
        }
        for column in [&mut self.reached_epoch, &mut self.cycle_period] {
            column.resize(runs, 0);
        }
    }

    /// The statistics of a run, from which its verdict follows.
    #[inline]
    pub fn statistics(&self, run: usize) -> RunStatistics {
        let (reached, period) = (self.reached_epoch[run], self.cycle_period[run]);
        RunStatistics {
            start_loss: self.start_loss[run],
            last_loss: self.last_loss[run],
            epochs_to_reach: (reached != NEVER).then(|| reached + 1),
            means: self.means_of(run),
            has_moved: self.has_moved[run],
            cycle_period: (period != 0).then_some(period),
            diverged_at: (self.steps[run] < self.updates).then_some(self.steps[run] + 1),
        }
    }

    #[inline]
    fn means_of(&self, run: usize) -> WindowMeans {
        let [weight, bias, loss, previous_loss] = &self.means;
        WindowMeans { weight: weight[run], bias: bias[run], loss: loss[run], previous_loss: previous_loss[run] }
    }

    /// Writes the final parameters and the statistics of a run.
    pub fn set_run(&mut self, run: usize, ends: [f32; 2], statistics: &RunStatistics) {
        for mut part in self.parts(run..run + 1, 1) {
            part.set_run(0, ends, statistics);
        }
    }

    /// The columns of final values and statistics of a range of runs, in parts of `size` runs that threads can write at the same time.
    pub fn parts(&mut self, runs: Range<usize>, size: usize) -> Vec<OutcomePart<'_>> {
        let numbers = [&mut self.weight, &mut self.bias, &mut self.start_loss, &mut self.last_loss];
        let mut numbers = numbers.map(|column| column[runs.clone()].chunks_mut(size));
        let mut means = self.means.each_mut().map(|column| column[runs.clone()].chunks_mut(size));
        let mut counts = [&mut self.reached_epoch, &mut self.cycle_period].map(|column| column[runs.clone()].chunks_mut(size));
        let mut has_moved = self.has_moved[runs.clone()].chunks_mut(size);
        let steps = self.steps[runs.clone()].chunks_mut(size);
        let part = |(index, steps)| OutcomePart {
            first: runs.start + index * size,
            updates: self.updates,
            numbers: next_of(&mut numbers),
            means: next_of(&mut means),
            counts: next_of(&mut counts),
            has_moved: has_moved.next().unwrap_or_default(),
            steps,
        };
        steps.enumerate().map(part).collect()
    }
}

/// The next part of each column.
pub(super) fn next_of<'a, T, const N: usize>(columns: &mut [std::slice::ChunksMut<'a, T>; N]) -> [&'a mut [T]; N] {
    columns.each_mut().map(|column| column.next().unwrap_or_default())
}

/// The columns of final values and statistics of consecutive runs.
#[derive(Debug)]
pub struct OutcomePart<'a> {
    /// The first run.
    pub first: usize,
    updates: u64,
    /// Weight, bias, start loss and last loss.
    pub(super) numbers: [&'a mut [f32]; 4],
    /// Means over the windows of the verdict.
    pub(super) means: [&'a mut [f32]; 4],
    /// First epoch close to the optimum, and period of a cycle.
    pub(super) counts: [&'a mut [u32]; 2],
    pub(super) has_moved: &'a mut [bool],
    pub(super) steps: &'a mut [u64],
}

impl OutcomePart<'_> {
    /// Number of runs.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Writes the final parameters and the statistics of the run `first + lane`.
    pub fn set_run(&mut self, lane: usize, [weight, bias]: [f32; 2], statistics: &RunStatistics) {
        for (column, number) in self.numbers.iter_mut().zip([weight, bias, statistics.start_loss, statistics.last_loss]) {
            column[lane] = number;
        }
        for (column, mean) in self.means.iter_mut().zip(<[f32; 4]>::from(statistics.means)) {
            column[lane] = mean;
        }
        let reached_epoch = statistics.epochs_to_reach.map_or(NEVER, |epochs| epochs - 1);
        for (column, count) in self.counts.iter_mut().zip([reached_epoch, statistics.cycle_period.unwrap_or(0)]) {
            column[lane] = count;
        }
        self.has_moved[lane] = statistics.has_moved;
        self.steps[lane] = statistics.diverged_at.map_or(self.updates, |batch| batch - 1);
    }
}

impl EpochSeries {
    fn prepare(&mut self, runs: usize, epochs: usize, has_test_rows: bool) {
        self.blocks = BlockLayout::new(runs, epochs);
        let len = self.blocks.len();
        self.loss.resize(len, 0.0);
        self.mae.resize(len, 0.0);
        self.val_loss.resize(if has_test_rows { len } else { 0 }, 0.0);
        self.val_mae.resize(if has_test_rows { len } else { 0 }, 0.0);
    }
}

impl History {
    fn prepare(&mut self, runs: usize, steps: u64, every: u64) {
        self.every = every;
        self.steps = steps;
        self.blocks = BlockLayout::new(runs, Self::points(steps, every));
        self.weight.resize(self.blocks.len(), 0.0);
        self.bias.resize(self.blocks.len(), 0.0);
    }

    /// Index of the point that is recorded after update `step`; `None` if none is recorded.
    pub fn point_of(&self, step: u64) -> Option<usize> {
        point_of(step, self.steps, self.every)
    }

    /// Number of points of a run of `steps` updates with `every` updates between two points.
    pub fn points(steps: u64, every: u64) -> usize {
        1 + steps.div_ceil(every) as usize
    }

    /// The update after which a point was recorded; 0 is the start.
    pub fn step(&self, point: usize) -> u64 {
        (point as u64 * self.every).min(self.steps)
    }

    /// Number of defined points of a run with `steps` updates within the divergence limit.
    pub fn known_points(&self, steps: u64) -> usize {
        if steps == self.steps { self.blocks.rows } else { 1 + (steps / self.every) as usize }
    }

    /// `[weight, bias]` of a run at a point.
    #[inline]
    pub fn at(&self, run: usize, point: usize) -> [f32; 2] {
        let index = self.blocks.index(run, point);
        [self.weight[index], self.bias[index]]
    }
}

/// Index of the point that a run of `steps` updates records after update `step`; `None` if none is recorded.
#[inline]
pub fn point_of(step: u64, steps: u64, every: u64) -> Option<usize> {
    if step == steps { Some(steps.div_ceil(every) as usize) } else { step.is_multiple_of(every).then_some((step / every) as usize) }
}
