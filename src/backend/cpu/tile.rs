//! A tile: up to 64 runs of a group as they stand between two windows of epochs, a column per number, ready for lane loops.

use super::rows::Direct;
use crate::backend::{Group, outcome::NEVER};
use crate::data::{Centre, Moments};
use crate::kernel::cycle::{Watch, cycle};
use crate::kernel::{Hyper, State, Ticker, Timing, coefficients::HYPER, neuron, optimizers::STATE, options::VALUES};
use crate::model::{Figures, Rows};

/// Runs of a tile.
pub const TILE: usize = 64;

/// A number for each run of a tile.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Column<T>(pub [T; TILE]);

/// See the module. Lanes past `lanes` repeat the first run and are never read.
#[derive(Clone, Debug)]
pub struct Tile {
    pub lanes: usize,
    pub theta: [Column<f32>; 2],
    pub state: [Column<f32>; STATE],
    pub hyper: [Column<f32>; HYPER],
    /// Values of the options.
    pub values: [Column<f32>; VALUES],
    /// What options carry: the sum of gradients since the last update, and the average of the parameters.
    pub sum: [Column<f32>; 2],
    pub average: [Column<f32>; 2],
    pub timing: [Timing; TILE],
    pub tickers: [Ticker; TILE],
    /// All ones while the run is inside, 0 once it has diverged.
    pub alive: Column<u32>,
    pub start_loss: Column<f32>,
    pub worst_loss: Column<f32>,
    pub last_loss: Column<f32>,
    pub reached_epoch: Column<u32>,
    pub passes: Column<u32>,
    pub watch: [Watch<f32>; TILE],
    /// Of a diverged run: the last parameters inside, and the batch that left.
    pub end: [[f32; 2]; TILE],
    pub diverged_at: [u64; TILE],
}

impl Tile {
    /// The runs of `group` from `first` on, at their start; `initial` is the state of their rule there.
    pub fn new(group: &Group<'_>, first: usize, initial: fn(&Hyper<f32>) -> State<f32>, total: &Moments, centre: &Centre) -> Self {
        let lanes = TILE.min(group.lanes.len() - first);
        let run = |lane: usize| first + if lane < lanes { lane } else { 0 };
        let column = |value: &dyn Fn(usize) -> f32| Column(std::array::from_fn(|lane| value(run(lane))));
        let theta = [column(&|run| group.lanes.initial_weight[run]), column(&|run| group.lanes.initial_bias[run])];
        let start_loss = Column(std::array::from_fn(|lane| {
            let slope = neuron::slope(total, centre, [theta[0].0[lane], theta[1].0[lane]]);
            neuron::loss(total, &slope)
        }));
        let initial: [_; TILE] = std::array::from_fn(|lane| initial(&group.lanes.hyper[run(lane)]));
        Self {
            lanes,
            state: std::array::from_fn(|slot| Column(initial.map(|state| state[slot]))),
            hyper: std::array::from_fn(|slot| column(&|run| group.lanes.hyper[run][slot])),
            values: std::array::from_fn(|slot| column(&|run| group.lanes.values[run][slot])),
            sum: std::array::from_fn(|_| Column([0.0; TILE])),
            average: std::array::from_fn(|_| Column([0.0; TILE])),
            timing: std::array::from_fn(|lane| group.lanes.timing[run(lane)].clone()),
            tickers: [Ticker::START; TILE],
            alive: Column([u32::MAX; TILE]),
            worst_loss: start_loss.clone(),
            last_loss: start_loss.clone(),
            start_loss,
            reached_epoch: Column([NEVER; TILE]),
            passes: Column([0; TILE]),
            watch: [Watch::default(); TILE],
            end: [[0.0; 2]; TILE],
            diverged_at: [0; TILE],
            theta,
        }
    }

    /// J over rows at the parameters of each run.
    pub fn losses(&self, direct: &Direct, rows: &Rows) -> [f32; TILE] {
        let sums = direct.sums([&self.theta[0].0, &self.theta[1].0], self.lanes, &rows.x, &rows.y);
        sums.loss.map(|sum| sum / rows.len() as f32)
    }

    /// Before the first update: J is that of these rows.
    pub fn starts_at(&mut self, direct: &Direct, rows: &Rows) {
        self.start_loss = Column(self.losses(direct, rows));
        self.worst_loss.clone_from(&self.start_loss);
        self.last_loss.clone_from(&self.start_loss);
    }

    /// Weight and bias that count in the end: the average, where one is kept.
    pub fn end(&self, lane: usize, average: bool) -> [f32; 2] {
        let last = if average { &self.average } else { &self.theta };
        if self.diverged_at[lane] == 0 { [last[0].0[lane], last[1].0[lane]] } else { self.end[lane] }
    }

    pub fn figures(&self, lane: usize, batches: usize) -> Figures {
        let (reached, diverged_at) = (self.reached_epoch.0[lane], self.diverged_at[lane]);
        Figures {
            start_loss: self.start_loss.0[lane],
            worst_loss: self.worst_loss.0[lane],
            last_loss: self.last_loss.0[lane],
            reached_epoch: (reached != NEVER).then_some(reached),
            passes: self.passes.0[lane],
            last_epoch_steps: batches as u32,
            cycle_period: cycle(self.watch[lane]).filter(|_| diverged_at == 0),
            diverged_at: (diverged_at != 0).then_some(diverged_at),
        }
    }
}
