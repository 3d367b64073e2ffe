//! A tile: up to 64 runs of a group as they stand between two windows of epochs, a column per number, ready for lane loops.

use super::notes::Wide;
use super::rows::{Direct, Room, Sums, Wanted};
use crate::backend::{Group, outcome::NEVER};
use crate::kernel::cycle::CycleDetector;
use crate::kernel::options::{OPTION_VALUES, OptionValues};
use crate::kernel::{Coefficients, State, StepFactorGenerator, coefficients::COEFFICIENTS, optimizers::STATE};
use crate::model::Rows;

/// Runs of a tile.
pub const TILE: usize = 64;

/// A number for each run of a tile.
pub type Column<T> = Wide<T, TILE>;

/// See the module. Lanes past `lanes` repeat the first run and are never read.
#[derive(Clone, Debug)]
pub struct Tile {
    /// The first run of the group.
    pub first: usize,
    pub lanes: usize,
    pub theta: [Column<f32>; 2],
    pub state: [Column<f32>; STATE],
    pub coefficients: [Column<f32>; COEFFICIENTS],
    /// Values of the options.
    pub values: [Column<f32>; OPTION_VALUES],
    /// What options carry: the sum of gradients since the last update, and the average of the parameters.
    pub sum: [Column<f32>; 2],
    pub average: [Column<f32>; 2],
    pub tickers: [StepFactorGenerator; TILE],
    /// All ones while the run is inside, 0 once it has diverged.
    pub alive: Column<u32>,
    pub start_loss: Column<f32>,
    pub worst_loss: Column<f32>,
    pub last_loss: Column<f32>,
    pub reached_epoch: Column<u32>,
    pub crossings: Column<u32>,
    /// Begins with the first epoch that is watched, whatever stands here before.
    pub watch: [CycleDetector<f32>; TILE],
    /// Of a diverged run: the last parameters inside, and the batch that left.
    pub end: [[f32; 2]; TILE],
    pub diverged_at: [u64; TILE],
    /// Where gradients and losses from rows are made.
    pub room: Room,
    /// Where parameters are kept after each step of a block, where somebody asks for them.
    pub path: Vec<f32>,
}

/// Lanes past the last run repeat the first.
fn repeat(columns: &mut [Column<f32>], lanes: usize) {
    for column in columns {
        let first = column.0[0];
        column.0[lanes..].fill(first);
    }
}

/// How much of a tile a rule uses: see [`Rule`](crate::kernel::Rule).
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    pub coefficients: usize,
    pub state: usize,
    /// The state before the first update, where that is not 0.
    pub initial: Option<fn(&Coefficients<f32>) -> State<f32>>,
}

impl Tile {
    /// Without runs: [`Self::begin`] gives it some. Tiles are used again and again, as they are large.
    pub fn empty() -> Self {
        let zeros = Wide([0.0; TILE]);
        Self {
            first: 0,
            lanes: 0,
            theta: [zeros; 2],
            state: [zeros; STATE],
            coefficients: [zeros; COEFFICIENTS],
            values: [zeros; OPTION_VALUES],
            sum: [zeros; 2],
            average: [zeros; 2],
            tickers: [StepFactorGenerator::START; TILE],
            alive: Wide([0; TILE]),
            start_loss: zeros,
            worst_loss: zeros,
            last_loss: zeros,
            reached_epoch: Wide([NEVER; TILE]),
            crossings: Wide([0; TILE]),
            watch: [CycleDetector::default(); TILE],
            end: [[0.0; 2]; TILE],
            diverged_at: [0; TILE],
            room: Room::EMPTY,
            path: Vec::new(),
        }
    }

    /// Takes the runs of `group` from `first` on, at their start, with what their rule reads and keeps; `timed` where they have factors or
    /// scheduled rates. J at the start is still to be told, by [`Self::starts_at`].
    pub fn begin(&mut self, group: &Group<'_>, first: usize, slots: &Slots, timed: bool) {
        let lanes = TILE.min(group.inputs.len() - first);
        (self.first, self.lanes) = (first, lanes);
        group.inputs.initial_weight.fill(first, &mut self.theta[0].0[..lanes]);
        group.inputs.initial_bias.fill(first, &mut self.theta[1].0[..lanes]);
        for (column, slot) in self.coefficients.iter_mut().zip(&group.inputs.coefficients).take(slots.coefficients) {
            slot.fill(first, &mut column.0[..lanes]);
        }
        self.state[..slots.state].fill(Wide([0.0; TILE]));
        if let Some(initial) = slots.initial {
            for (lane, run) in (first..first + lanes).enumerate() {
                let initial = initial(&group.inputs.coefficients(run));
                for slot in 0..slots.state {
                    self.state[slot].0[lane] = initial[slot];
                }
            }
        }
        repeat(&mut self.theta, lanes);
        repeat(&mut self.coefficients[..slots.coefficients], lanes);
        repeat(&mut self.state[..slots.state], lanes);
        if !group.options.is_plain() {
            self.carry(group.inputs.values.range(first..first + lanes));
        }
        if timed {
            self.tickers = [StepFactorGenerator::START; TILE];
        }
        self.alive = Wide([u32::MAX; TILE]);
        self.reached_epoch = Wide([NEVER; TILE]);
        self.crossings = Wide([0; TILE]);
        self.diverged_at = [0; TILE];
    }

    /// What options need beside a rule.
    fn carry<'a>(&mut self, values: impl Iterator<Item = &'a OptionValues<f32>>) {
        for (lane, run) in values.enumerate() {
            for (column, value) in self.values.iter_mut().zip(run) {
                column.0[lane] = *value;
            }
        }
        repeat(&mut self.values, self.lanes);
        self.sum = [Wide([0.0; TILE]); 2];
        self.average = self.sum;
    }

    /// Before the first update: J of each run.
    pub fn starts_at(&mut self, losses: [f32; TILE]) {
        self.start_loss = Wide(losses);
        self.worst_loss = self.start_loss;
        self.last_loss = self.start_loss;
    }

    /// The run of the group in a lane.
    pub fn run(&self, lane: usize) -> usize {
        self.first + if lane < self.lanes { lane } else { 0 }
    }

    /// The means of gradients over rows at the parameters of each run.
    pub fn gradient(&mut self, direct: &Direct, x: &[f32], y: &[f32], means: &mut [[f32; TILE]; 2]) {
        direct.gradient(&mut self.room, [&self.theta[0].0, &self.theta[1].0], self.lanes, x, y, means);
    }

    /// Sums over rows at the parameters of each run.
    pub fn sums(&mut self, direct: &Direct, x: &[f32], y: &[f32], wanted: Wanted) -> &Sums {
        direct.sums(&mut self.room, [&self.theta[0].0, &self.theta[1].0], self.lanes, x, y, wanted)
    }

    /// J over rows at the parameters of each run.
    pub fn losses(&mut self, direct: &Direct, rows: &Rows) -> [f32; TILE] {
        self.sums(direct, &rows.x, &rows.y, Wanted::LOSS).loss.map(|sum| sum / rows.len() as f32)
    }
}
