//! What training gives back: a column per figure, histories and epoch series in blocks of runs.

use super::Group;
use crate::model::RunStatistics;

/// Stands for "never" where a figure has no value.
pub const NEVER: u32 = u32::MAX;

/// The results of a group, run by run in the order of its lanes: a column per number, so that tiles write theirs in one go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Updates of a run that does not diverge, and batches of an epoch.
    pub updates: u64,
    /// Batches of an epoch.
    pub batches: u32,
    /// After the last update; of a diverged run, after the last one that was inside.
    pub weight: Vec<f32>,
    /// Bias at the same point.
    pub bias: Vec<f32>,
    /// Updates that count: fewer than `updates` where the next one left the range.
    pub steps: Vec<u64>,
    /// What [`RunStatistics`] has of a run, with [`NEVER`] for an epoch and 0 for a period that there is not.
    pub start_loss: Vec<f32>,
    /// Largest J at the end of an epoch.
    pub worst_loss: Vec<f32>,
    /// J at the end of the last epoch.
    pub last_loss: Vec<f32>,
    /// First epoch that ends close to the optimum, or [`NEVER`].
    pub reached_epoch: Vec<u32>,
    /// Steps of the last epoch that cross the minimum.
    pub crossings: Vec<u32>,
    /// Period of a cycle in epochs, or 0.
    pub cycle_period: Vec<u32>,
    /// Recorded points, if requested.
    pub history: Option<History>,
    /// Epoch series, if requested.
    pub epochs: Option<EpochSeries>,
}

/// Weight and bias at the recorded points: `[block of runs][point][run of the block]`. Points after a run's last counting update
/// hold no meaning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// A point after every n-th update.
    pub every: u64,
    /// Updates of a whole run.
    pub steps: u64,
    /// Layout of the columns.
    pub blocks: BlockLayout,
    /// Weights.
    pub weight: Vec<f32>,
    /// Biases.
    pub bias: Vec<f32>,
}

/// Per epoch: Keras' running means of loss and MAE over the epoch's batches, and both on the test rows after it (empty
/// without test rows). The same layout as [`History`]; epochs from the one that holds the diverging batch hold no meaning.
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

/// The layout `[block][row][lane]`: blocks of up to [`BlockLayout::WIDTH`] runs, so that a row of a block is contiguous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockLayout {
    /// Number of runs.
    pub runs: usize,
    /// Rows per run: points or epochs.
    pub rows: usize,
    /// Lanes of a block; the last block is padded to it.
    pub width: usize,
}

impl BlockLayout {
    /// The widest block.
    pub const WIDTH: usize = 64;

    /// The layout for `runs` runs: small groups get narrow blocks, as padding would cost them memory.
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

    /// Where a run's row stands.
    #[inline]
    pub fn index(&self, run: usize, row: usize) -> usize {
        (run / self.width) * self.block_len() + row * self.width + run % self.width
    }
}

impl Outcome {
    /// Sizes every column for a group. Buffers that are large enough are kept: the first touch of fresh memory costs far more
    /// than the write.
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
    /// Sizes what every run has.
    pub fn resize(&mut self, runs: usize, updates: u64, batches: u32) {
        (self.updates, self.batches) = (updates, batches);
        self.steps.resize(runs, 0);
        for column in [&mut self.weight, &mut self.bias, &mut self.start_loss, &mut self.worst_loss, &mut self.last_loss] {
            column.resize(runs, 0.0);
        }
        for column in [&mut self.reached_epoch, &mut self.crossings, &mut self.cycle_period] {
            column.resize(runs, 0);
        }
    }

    /// What a run's verdict rests on.
    #[inline]
    pub fn statistics(&self, run: usize) -> RunStatistics {
        let (reached, period) = (self.reached_epoch[run], self.cycle_period[run]);
        RunStatistics {
            start_loss: self.start_loss[run],
            worst_loss: self.worst_loss[run],
            last_loss: self.last_loss[run],
            reached_epoch: (reached != NEVER).then_some(reached),
            crossings: self.crossings[run],
            last_epoch_steps: self.batches,
            cycle_period: (period != 0).then_some(period),
            diverged_at: (self.steps[run] < self.updates).then_some(self.steps[run] + 1),
        }
    }

    /// Takes down how a run ended: weight and bias, and the statistics.
    pub fn set_run(&mut self, run: usize, [weight, bias]: [f32; 2], statistics: &RunStatistics) {
        self.weight[run] = weight;
        self.bias[run] = bias;
        self.steps[run] = statistics.diverged_at.map_or(self.updates, |batch| batch - 1);
        self.start_loss[run] = statistics.start_loss;
        self.worst_loss[run] = statistics.worst_loss;
        self.last_loss[run] = statistics.last_loss;
        self.reached_epoch[run] = statistics.reached_epoch.unwrap_or(NEVER);
        self.crossings[run] = statistics.crossings;
        self.cycle_period[run] = statistics.cycle_period.unwrap_or(0);
    }
}

impl EpochSeries {
    fn prepare(&mut self, runs: usize, epochs: usize, tested: bool) {
        self.blocks = BlockLayout::new(runs, epochs);
        let len = self.blocks.len();
        self.loss.resize(len, 0.0);
        self.mae.resize(len, 0.0);
        self.val_loss.resize(if tested { len } else { 0 }, 0.0);
        self.val_mae.resize(if tested { len } else { 0 }, 0.0);
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

    /// The point that is taken after update `step`; `None` where none is.
    pub fn point_of(&self, step: u64) -> Option<usize> {
        point_of(step, self.steps, self.every)
    }
    /// How many points a run of `steps` updates has at one point after every `every`-th.
    pub fn points(steps: u64, every: u64) -> usize {
        1 + steps.div_ceil(every) as usize
    }

    /// The update after which a point was taken; 0 is the start.
    pub fn step(&self, point: usize) -> u64 {
        (point as u64 * self.every).min(self.steps)
    }

    /// How many points of a run with so many counting updates mean something: those up to its end, and the end itself only
    /// where it falls on a point.
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

/// The point that a run of `steps` updates records after update `step`; `None` where none is.
#[inline]
pub fn point_of(step: u64, steps: u64, every: u64) -> Option<usize> {
    if step == steps { Some(steps.div_ceil(every) as usize) } else { step.is_multiple_of(every).then_some((step / every) as usize) }
}
