//! The data and functions that all tiles of a group share during training.

use super::column::Column;
use super::divergence;
use super::gradient::Gradients;
use super::isa::{Isa, Kernel};
use super::rows::{PathRows, RowBatches, RowFunctions, TilePath};
use super::steps::{BatchFactors, Factors, Steps, StepsFn, steps};
use super::tile::{Tile, UsedColumns};
use super::vector::{TILE, Vector};
use crate::backend::Group;
use crate::backend::batches::{CentredRows, Window};
use crate::data::{Centre, Moments};
use crate::kernel::blocks::{StepBlock, blocks};
use crate::kernel::coefficients::{STEP_FACTORS, has_step_factors};
use crate::kernel::options::BatchAction;
use crate::kernel::{Coefficients, FactorInputs, Rule, StepFactorGenerator, VerdictWindow, moments};
use crate::model::Params;
use crate::with_rule;

/// A block of batches of an epoch of a window.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The epoch's position in the window.
    pub epoch: usize,
    pub block: &'a StepBlock,
    /// The position of the first batch in the window and in the run, from 0.
    pub in_window: usize,
    pub in_run: u64,
}

/// The data and functions that all tiles of a group share.
#[expect(clippy::struct_excessive_bools, reason = "each property of the group is true or false on its own")]
pub struct GroupContext<'a> {
    pub isa: Isa,
    pub group: &'a Group<'a>,
    pub used: UsedColumns,
    pub blocks: Vec<StepBlock>,
    /// Whether the statistics for verdicts are computed.
    pub computes_statistics: bool,
    pub may_diverge: bool,
    /// The loss at or below which a run has reached the optimum.
    pub reached_loss: f32,
    pub window: VerdictWindow,
    /// Variance and mean of the training rows' x.
    pub distribution: [f32; 2],
    pub functions: RowFunctions,
    centre: Centre,
    /// The moments of all training rows.
    total: Moments,
    steps: StepsFn,
    /// Whether step factors or scheduled learning rates are read.
    has_factors: bool,
    /// Whether all runs of the group have equal step factors, or none.
    shares_factors: bool,
}

impl<'a> GroupContext<'a> {
    /// The context of a group whose training rows are `rows`.
    pub fn new(isa: Isa, group: &'a Group<'a>, rows: &CentredRows, computes_statistics: bool) -> Self {
        let options = !group.options.is_plain();
        let has_factors = has_step_factors(group.variant.optimizer) || group.options.scheduled;
        let shares_factors = !has_factors || group.inputs.factor_inputs.shared_value().is_some();
        type Rules = (StepsFn, UsedColumns, fn(&Coefficients<f32>) -> f32);
        let (steps, used, max_step): Rules = with_rule!(group.variant, R => {
            (if options { steps::<R, true> } else { steps::<R, false> }, UsedColumns::of::<R>(options, !shares_factors), R::max_step)
        });
        Self {
            isa,
            group,
            used,
            blocks: blocks(group.order.batches()),
            computes_statistics,
            may_diverge: divergence::may_diverge(group, &rows.centre, max_step),
            reached_loss: group.problem.reached_loss().map_or(f32::MIN, |loss| loss as f32),
            window: group.verdict_window(),
            distribution: [group.problem.quadratic.var_x as f32, group.problem.quadratic.mean_x as f32],
            functions: RowFunctions::new(isa, &group.problem.neuron),
            centre: rows.centre,
            total: rows.total,
            steps,
            has_factors,
            shares_factors,
        }
    }

    /// Whether gradients come from the moments of batches.
    pub fn uses_moments(&self) -> bool {
        self.group.problem.neuron.is_quadratic()
    }

    /// Weight and bias about which moments and window sums are taken.
    pub fn centre(&self) -> Params<f32> {
        Params::new(self.centre.weight, self.centre.bias)
    }

    /// The batches of a block, as input of the step loop.
    pub fn gradients<'s>(&'s self, window: &'s Window, Place { epoch, block, .. }: Place<'_>) -> Gradients<'s> {
        if self.uses_moments() {
            Gradients::Moments { centre: &self.centre, batches: block_moments(window, epoch, block) }
        } else {
            Gradients::Rows { functions: &self.functions, batches: self.batches(window, epoch, block) }
        }
    }

    /// The rows of the batches of a block.
    fn batches<'s>(&self, window: &'s Window, epoch: usize, block: &StepBlock) -> RowBatches<'s> {
        let (x, y) = window.rows_of(epoch, self.group.order.rows);
        let batch_size = self.group.order.batch_size;
        let rows = block.first * batch_size..((block.first + block.len) * batch_size).min(x.len());
        RowBatches { rows: (&x[rows.clone()], &y[rows]), batch_size }
    }

    /// J of each run of a tile.
    pub fn losses(&self, tile: &Tile) -> Column<f32> {
        let mut losses = Column::ZERO;
        if self.uses_moments() {
            let path = TilePath::point(tile.state.theta());
            self.moment_losses(std::slice::from_ref(&self.total), path, tile.runs, &mut losses.0);
        } else {
            self.functions.losses(tile.state.theta(), tile.runs, self.group.problem.train.columns(), &mut losses.0);
        }
        losses
    }

    /// The part of a block in the loss and MAE of its epoch. `path` are the parameters before each of its batches.
    pub fn epoch_metrics(
        &self,
        window: &Window,
        Place { epoch, block, .. }: Place<'_>,
        path: TilePath<'_>,
        runs: usize,
    ) -> [[f32; TILE]; 2] {
        let rows = PathRows { path, runs, batches: self.batches(window, epoch, block), divisor: self.group.order.rows };
        if self.uses_moments() {
            let mut losses = [0.0; TILE];
            self.moment_losses(block_moments(window, epoch, block), path, runs, &mut losses);
            [losses, self.functions.linear_error(rows)]
        } else {
            let [loss, _, mae] = self.functions.metrics(rows);
            [loss, mae]
        }
    }

    /// The losses of batches from their moments, each weighted by its share of the training rows.
    fn moment_losses(&self, batches: &[Moments], path: TilePath<'_>, runs: usize, losses: &mut [f32; TILE]) {
        self.isa.run(MomentLosses { batches, centre: &self.centre, path, runs, rows: self.group.order.rows, losses });
    }

    /// Runs the step loop of the group's rule.
    pub fn steps(&self, steps: Steps<'_>) {
        (self.steps)(self.isa, steps);
    }

    /// Lists the actions of the batches from `first` on; none for a group without options.
    pub fn actions(&self, first: u64, count: usize, actions: &mut Vec<BatchAction>) {
        if self.used.options {
            actions.clear();
            actions.extend((first..).take(count).map(|batch| self.group.options.at(batch)));
        }
    }

    /// The step factors that all runs share, for each batch of a window; empty where runs have their own or none are read. `generator`
    /// has passed the windows before this one.
    pub fn shared_factors(&self, generator: &mut StepFactorGenerator, window: &Window) -> Vec<BatchFactors<f32>> {
        let inputs = self.group.inputs.factor_inputs.shared_value().filter(|_| self.has_factors);
        let first = window.first_epoch * window.batches as u64;
        let batches = first..first + (window.epochs * window.batches) as u64;
        inputs.map_or_else(Vec::new, |inputs| batches.map(|batch| self.next_factors(generator, inputs, batch)).collect())
    }

    /// The step factors of a block: a part of the window's shared table, or computed for each run into `own`.
    pub fn factors<'f>(
        &self,
        shared: &'f [BatchFactors<f32>],
        tile: &mut Tile,
        place: Place<'_>,
        own: &'f mut Vec<BatchFactors<Column<f32>>>,
    ) -> Factors<'f> {
        if self.shares_factors {
            return Factors::Shared(shared.get(place.in_window..place.in_window + place.block.len).unwrap_or_default());
        }
        own.resize(place.block.len, [Column::ZERO; STEP_FACTORS + 1]);
        for run in 0..TILE {
            let inputs = self.group.inputs.factor_inputs.of(tile.first + if run < tile.runs { run } else { 0 });
            for (batch, factors) in (place.in_run..).zip(own.iter_mut()) {
                for (slot, factor) in factors.iter_mut().zip(self.next_factors(&mut tile.generators[run], inputs, batch)) {
                    slot.0[run] = factor;
                }
            }
        }
        Factors::PerRun(own)
    }

    /// The step factors of a batch, from 0. A batch without an update reads none.
    fn next_factors(&self, generator: &mut StepFactorGenerator, inputs: &FactorInputs, batch: u64) -> BatchFactors<f32> {
        let mut factors = [0.0; STEP_FACTORS + 1];
        if self.group.options.updates(batch) {
            factors[..STEP_FACTORS].copy_from_slice(&generator.next(self.group.variant.optimizer, inputs));
            factors[STEP_FACTORS] = inputs.rate(batch).unwrap_or(0.0);
        }
        factors
    }
}

/// The moments of the batches of a block.
fn block_moments<'w>(window: &'w Window, epoch: usize, block: &StepBlock) -> &'w [Moments] {
    &window.moments_of(epoch)[block.first..block.first + block.len]
}

/// The losses of consecutive batches, each at the parameters before its batch and weighted by its share of `rows`, from their moments.
struct MomentLosses<'a> {
    batches: &'a [Moments],
    centre: &'a Centre,
    path: TilePath<'a>,
    runs: usize,
    rows: usize,
    losses: &'a mut [f32; TILE],
}

impl Kernel for MomentLosses<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector, const K: usize>(self) {
        for v in 0..self.runs.div_ceil(V::LANES).min(TILE / V::LANES) {
            let mut sum = V::splat(0.0);
            for (batch, moments) in self.batches.iter().enumerate() {
                let Params([weight, bias]) = self.path.before(batch);
                let gradient = moments::moment_gradient(moments, self.centre, Params([V::load(weight, v), V::load(bias, v)]));
                sum = moments::loss(moments, &gradient).mul_add(V::splat(moments.rows / self.rows as f32), sum);
            }
            sum.store(self.losses, v);
        }
    }
}
