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
#[derive(Clone, Debug)]
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
    /// The state before any run is loaded.
    const EMPTY: Self = Self {
        theta: Params::splat(Column::ZERO),
        rule: [Column::ZERO; STATE],
        gradient_sum: Params::splat(Column::ZERO),
        average: Params::splat(Column::ZERO),
    };

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
#[derive(Clone, Debug)]
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
    /// Whether each run has step factors of its own.
    pub generators: bool,
}

impl UsedColumns {
    /// The columns of a rule.
    pub fn of<R: Rule>(options: bool, generators: bool) -> Self {
        Self { generators, coefficients: R::COEFFICIENTS, state: R::STATE, initial_state: R::INITIAL.then_some(R::initial::<f32>), options }
    }
}

/// Up to 128 runs of a group. Columns are padded with copies of the first run, which are trained and never read.
#[derive(Clone, Debug)]
pub struct Tile {
    /// The position of the first run in the group.
    pub first: usize,
    pub runs: usize,
    pub state: TileState,
    /// A copy of the state from before the current block, for the divergence test.
    pub saved: TileState,
    pub coefficients: TileCoefficients,
    pub generators: [StepFactorGenerator; TILE],
    /// A bit mask: all ones for a run within the divergence limit, 0 for a diverged run.
    pub active: Column<u32>,
    /// The last parameters of a diverged run within the divergence limit.
    pub last_in_range: [Params<f32>; TILE],
    /// The batch, counted from 1, at which a run diverged.
    pub diverged_at: [u64; TILE],
    pub start_loss: Column<f32>,
    pub last_loss: Column<f32>,
    pub reached_epoch: Column<u32>,
    /// Sums over the windows of the verdict: deviations of weight and bias from the centre of the group, J relative to `Problem::loss_offset`, and J over
    /// the window before.
    pub sums: [Column<f32>; 4],
    /// The parameters before the last window.
    pub window_start: Params<Column<f32>>,
    pub cycles: [CycleDetector<f32>; TILE],
    /// Scratch buffer: weights and biases after each batch of a block, if they are not written to the history directly.
    pub path: Params<Vec<[f32; TILE]>>,
}

impl Tile {
    /// A tile without runs. Tiles are reused, because they are large.
    pub fn empty() -> Self {
        Self {
            first: 0,
            runs: 0,
            state: TileState::EMPTY,
            saved: TileState::EMPTY,
            coefficients: TileCoefficients { rule: [Column::ZERO; COEFFICIENTS], options: [Column::ZERO; OPTION_VALUES] },
            generators: [StepFactorGenerator::START; TILE],
            active: Column([0; TILE]),
            last_in_range: [Params::new(0.0, 0.0); TILE],
            diverged_at: [0; TILE],
            start_loss: Column::ZERO,
            last_loss: Column::ZERO,
            reached_epoch: Column([NEVER; TILE]),
            sums: [Column::ZERO; 4],
            window_start: Params::splat(Column::ZERO),
            cycles: [CycleDetector::default(); TILE],
            path: Params::new(Vec::new(), Vec::new()),
        }
    }

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
        if used.generators {
            self.generators = [StepFactorGenerator::START; TILE];
        }
        self.active = Column([u32::MAX; TILE]);
        self.diverged_at = [0; TILE];
        self.reached_epoch = Column([NEVER; TILE]);
        self.sums = [Column::ZERO; 4];
        self.window_start = self.state.theta;
    }

    /// Whether every run has diverged.
    pub fn has_ended(&self) -> bool {
        self.active.0[..self.runs].iter().all(|&active| active == 0)
    }
}
