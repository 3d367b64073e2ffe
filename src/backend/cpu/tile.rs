//! A tile: up to 128 runs of a group that are trained together, one column for each number of a run.

use super::column::Column;
use super::vector::TILE;
use crate::backend::{Group, outcome::NEVER};
use crate::kernel::coefficients::COEFFICIENTS;
use crate::kernel::cycle::CycleDetector;
use crate::kernel::optimizers::STATE;
use crate::kernel::options::OPTION_VALUES;
use crate::kernel::{Coefficients, Rule, State, StepFactorGenerator};
use crate::model::Params;

/// The state of the runs of a tile, which every batch updates.
#[derive(Clone, Debug, Default)]
pub struct TileState {
    pub theta: Params<Column<f32>>,
    /// The state of the update rule.
    pub rule: [Column<f32>; STATE],
    /// Sum of the gradients since the last update, of gradient accumulation.
    pub gradient_sum: Params<Column<f32>>,
    /// Exponential moving average of the parameters.
    pub average: Params<Column<f32>>,
}

impl TileState {
    /// The parameters of the runs.
    pub fn theta(&self) -> Params<&[f32; TILE]> {
        let [weight, bias] = &self.theta.0;
        Params([&weight.0, &bias.0])
    }

    /// Copies the columns that a group uses.
    pub fn copy_from(&mut self, other: &Self, used: &UsedColumns) {
        self.theta = other.theta;
        self.rule[..used.state].copy_from_slice(&other.rule[..used.state]);
        if used.options {
            self.gradient_sum = other.gradient_sum;
            self.average = other.average;
        }
    }
}

/// The hyperparameters of the runs as numbers. They change only where the learning rate is scheduled.
#[derive(Clone, Debug, Default)]
pub struct TileCoefficients {
    pub rule: [Column<f32>; COEFFICIENTS],
    pub options: [Column<f32>; OPTION_VALUES],
}

/// Which columns of a tile the runs of a group use.
#[derive(Clone, Copy, Debug)]
pub struct UsedColumns {
    /// Slots of the rule's coefficients.
    pub coefficients: usize,
    /// Slots of the rule's state.
    pub state: usize,
    /// The function for the rule's state before the first update; `None` if it is 0.
    pub initial_state: Option<fn(&Coefficients<f32>) -> State<f32>>,
    /// Whether the group has options, which use the sum of gradients and the average.
    pub options: bool,
    /// Whether runs have step factors of their own.
    pub generators: bool,
}

impl UsedColumns {
    /// The columns of a rule.
    pub fn of<R: Rule>(options: bool, generators: bool) -> Self {
        let initial_state = R::INITIAL.then_some(R::initial::<f32> as fn(&Coefficients<f32>) -> State<f32>);
        Self { coefficients: R::COEFFICIENTS, state: R::STATE, initial_state, options, generators }
    }
}

/// Up to 128 runs of a group. Columns are padded with copies of the first run, which are trained and never read. Tiles are reused, because they
/// are large.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    /// The position of the first run in the group.
    pub first: usize,
    pub runs: usize,
    pub state: TileState,
    /// A copy of the state from before the current block, for the divergence test.
    pub saved: TileState,
    pub coefficients: TileCoefficients,
    /// The generators of runs with step factors of their own.
    pub generators: Vec<StepFactorGenerator>,
    /// A bit mask: all ones for a run within the divergence limit, 0 for a diverged run.
    pub active: Column<u32>,
    /// The last parameters of a diverged run within the divergence limit.
    pub last_in_range: Params<Column<f32>>,
    /// The batch, counted from 1, at which a run diverged.
    pub diverged_at: Column<u64>,
    pub start_loss: Column<f32>,
    pub last_loss: Column<f32>,
    pub reached_epoch: Column<u32>,
    /// Sums over the two windows of the verdict, in the order of [`WindowPart`](crate::kernel::WindowPart): deviations of weight and bias from the
    /// centre of the group, and J relative to `Problem::loss_offset`.
    pub sums: [[Column<f32>; 3]; 2],
    /// The parameters before the last window.
    pub window_start: Params<Column<f32>>,
    pub cycles: Column<CycleDetector<f32>>,
    /// Scratch buffer: weights and biases after each batch of a block, if they are not written to the history directly.
    pub path: Params<Vec<[f32; TILE]>>,
}

impl Tile {
    /// Loads the runs of `group` from `first` on, before their first update. The caller sets the losses at the start.
    pub fn load(&mut self, group: &Group<'_>, first: usize, used: &UsedColumns) {
        let inputs = group.inputs;
        let runs = TILE.min(inputs.len() - first);
        (self.first, self.runs) = (first, runs);
        let pad = |column: &mut Column<f32>| {
            let first = column.0[0];
            column.0[runs..].fill(first);
        };
        for (column, starts) in self.state.theta.0.iter_mut().zip([&inputs.initial_weight, &inputs.initial_bias]) {
            starts.fill(first, &mut column.0[..runs]);
            pad(column);
        }
        for (column, values) in self.coefficients.rule.iter_mut().zip(&inputs.coefficients).take(used.coefficients) {
            values.fill(first, &mut column.0[..runs]);
            pad(column);
        }
        self.state.rule[..used.state].fill(Column::ZERO);
        if let Some(initial_state) = used.initial_state {
            for run in 0..runs {
                let initial = initial_state(&inputs.coefficients(first + run));
                for slot in 0..used.state {
                    self.state.rule[slot].0[run] = initial[slot];
                }
            }
            self.state.rule[..used.state].iter_mut().for_each(pad);
        }
        if used.options {
            for (run, values) in inputs.values.range(first..first + runs).enumerate() {
                for (column, value) in self.coefficients.options.iter_mut().zip(values) {
                    column.0[run] = *value;
                }
            }
            self.coefficients.options.iter_mut().for_each(pad);
            (self.state.gradient_sum, self.state.average) = (Params::splat(Column::ZERO), Params::splat(Column::ZERO));
        }
        self.generators.clear();
        if used.generators {
            self.generators.resize(TILE, StepFactorGenerator::START);
        }
        self.active = Column([u32::MAX; TILE]);
        self.reached_epoch = Column([NEVER; TILE]);
        self.sums = Default::default();
        self.window_start = self.state.theta;
    }

    /// Whether every run has diverged.
    pub fn has_ended(&self) -> bool {
        self.active.0[..self.runs].iter().all(|&active| active == 0)
    }
}
