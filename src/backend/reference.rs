//! The reference backend: float64, gradients from rows, one run after the other, and a divergence test after every step.
//!
//! The other backends are compared with it. It shares only the update rules and the coefficients with them: no moments, no SIMD, no blocks.

use super::{Backend, Description, Error, Group, Metrics, Outcome};
use crate::kernel::options::{BatchAction, RunCoefficients, RunState};
use crate::kernel::rows::{Means, RowEvaluator};
use crate::kernel::{
    Coefficients, StepFactorGenerator, StepFactors, Variant, VerdictWindow, WindowPart, coefficients::STEP_FACTORS, cycle,
};
use crate::model::{Neuron, Params, Rows, RunStatistics, WindowMeans, hyperparameters::DIVERGENCE_LIMIT};
use crate::with_rule;

/// The float64 backend.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reference;

impl Backend for Reference {
    fn describe(&self) -> Description {
        Description { backend: "reference", device: super::cpu::model_name(), detail: "float64, one core".into(), software: false }
    }

    fn train(&self, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<(), Error> {
        for (group, outcome) in groups.iter().zip(outcomes) {
            outcome.prepare(group);
            for run in 0..group.inputs.len() {
                train(&RuleFunctions::of(group.variant), group, run, outcome);
            }
        }
        Ok(())
    }

    fn metrics(&self, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, Error> {
        let evaluator = RowEvaluator::of(neuron);
        let mut metrics = Metrics::default();
        for (&w, &b) in weight.iter().zip(bias) {
            let means = evaluator.over(rows, Params::new(f64::from(w), f64::from(b)));
            metrics.loss.push(means.loss as f32);
            metrics.mse.push(means.square as f32);
            metrics.mae.push(means.absolute as f32);
        }
        Ok(metrics)
    }

    fn surface(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, Error> {
        let evaluator = RowEvaluator::of(neuron);
        let cell = |w: f64, b: f64| (evaluator.loss(rows, Params::new(w, b)) as f32).min(f32::MAX);
        Ok(bias.iter().flat_map(|&b| weight.iter().map(move |&w| cell(w, b))).collect())
    }
}

/// Function pointers to the update rule of a group.
struct RuleFunctions {
    start: fn(Params<f64>, &Coefficients<f64>) -> RunState<f64>,
    batch: fn(&RunCoefficients<f64>, &BatchAction, &StepFactors<f64>, Params<f64>, &mut RunState<f64>),
}

impl RuleFunctions {
    fn of(variant: Variant) -> Self {
        with_rule!(variant, R => Self { start: RunState::start::<R>, batch: RunCoefficients::batch::<R> })
    }
}

/// Trains one run of a group and writes its results.
fn train(functions: &RuleFunctions, group: &Group<'_>, run: usize, outcome: &mut Outcome) {
    let (inputs, rows) = (group.inputs, &group.problem.train);
    let mut coefficients = RunCoefficients { rule: inputs.coefficients(run).map(f64::from), options: inputs.values.of(run).map(f64::from) };
    let theta = Params::new(*inputs.initial_weight.of(run), *inputs.initial_bias.of(run)).map(f64::from);
    let mut state = (functions.start)(theta, &coefficients.rule);
    let factor_inputs = inputs.factor_inputs.of(run);
    let (mut generator, mut factors) = (StepFactorGenerator::START, [0.0; STEP_FACTORS]);
    let evaluator = RowEvaluator::of(&group.problem.neuron);
    let reached = group.problem.reached_loss().map_or(f32::MIN, |loss| loss as f32);
    let start_loss = evaluator.loss(rows, theta);
    let mut sums = WindowSums::new(group, theta, start_loss);
    let mut statistics = RunStatistics {
        start_loss: start_loss as f32,
        last_loss: start_loss as f32,
        epochs_to_reach: None,
        means: WindowMeans::default(),
        has_moved: false,
        cycle_period: None,
        diverged_at: None,
    };
    let mut cycles = cycle::CycleDetector::default();
    let mut order = group.order.epochs();
    let mut batch = 0;
    let mut last_in_range = theta;
    outcome.point(run, 0, theta);
    'epochs: for epoch in 0..group.epochs {
        let (mut loss_sum, mut absolute_sum) = (0.0, 0.0);
        for positions in order.advance().chunks(group.order.batch_size) {
            let pairs = positions.iter().map(|&row| (rows.x[row as usize], rows.y[row as usize]));
            let Means { gradient, loss, absolute, .. } = evaluator.means(pairs, state.theta);
            loss_sum += positions.len() as f64 * loss;
            absolute_sum += positions.len() as f64 * absolute;
            if group.options.updates(batch) {
                factors = generator.next(group.variant.optimizer, factor_inputs).map(f64::from);
                coefficients.rule[0] = factor_inputs.rate(batch).map_or(coefficients.rule[0], f64::from);
            }
            last_in_range = state.theta;
            (functions.batch)(&coefficients, &group.options.at(batch), &factors, gradient, &mut state);
            batch += 1;
            if !state.theta.0.iter().all(|parameter| parameter.abs() <= DIVERGENCE_LIMIT) {
                statistics.diverged_at = Some(batch);
                break 'epochs;
            }
            sums.add(batch, state.theta, || evaluator.loss(rows, state.theta));
            outcome.point(run, batch, state.theta);
        }
        statistics.last_loss = evaluator.loss(rows, state.theta) as f32;
        if statistics.epochs_to_reach.is_none() && statistics.last_loss <= reached {
            statistics.epochs_to_reach = Some(epoch as u32 + 1);
        }
        if let Some(elapsed) = cycle::epochs_since_anchor(epoch, group.epochs) {
            cycles = cycle::after_epoch(cycles, state.theta, elapsed);
        }
        let total = rows.len() as f64;
        outcome.epoch(run, epoch as usize, [loss_sum / total, absolute_sum / total], evaluator.over(&group.problem.test, state.theta));
    }
    let end = if statistics.diverged_at.is_some() {
        last_in_range
    } else {
        statistics.cycle_period = cycle::cycle_period(cycles);
        (statistics.means, statistics.has_moved) = (sums.means(), state.theta != sums.start);
        if group.options.average { state.average } else { state.theta }
    };
    outcome.set_run(run, end.map(|value| value as f32).0, &statistics);
}

/// Sums over the two windows at the end of a run.
struct WindowSums {
    window: VerdictWindow,
    /// Subtracted from J.
    loss_offset: f64,
    /// Parameters before the last window.
    start: Params<f64>,
    /// Sums of weight, bias and loss over the last window, and of loss over the window before it.
    sums: [f64; 4],
}

impl WindowSums {
    fn new(group: &Group<'_>, start: Params<f64>, start_loss: f64) -> Self {
        let (window, loss_offset) = (group.verdict_window(), group.problem.loss_offset());
        let previous_sum = if window.is_single() { start_loss - loss_offset } else { 0.0 };
        Self { window, loss_offset, start, sums: [0.0, 0.0, 0.0, previous_sum] }
    }

    /// Adds the parameters after update `step`.
    fn add(&mut self, step: u64, theta: Params<f64>, loss: impl Fn() -> f64) {
        let in_window = |part| !self.window.positions(part, step - 1, 1).is_empty();
        let is_last = in_window(WindowPart::Last);
        if is_last {
            self.sums[0] += theta[0];
            self.sums[1] += theta[1];
        }
        if self.window.is_point(step) && (is_last || in_window(WindowPart::Previous)) {
            self.sums[if is_last { 2 } else { 3 }] += loss() - self.loss_offset;
        }
        if step == self.window.start(WindowPart::Last) {
            self.start = theta;
        }
    }

    fn means(&self) -> WindowMeans {
        let counts = self.window.counts();
        std::array::from_fn::<f32, 4, _>(|slot| (self.sums[slot] / counts[slot] as f64) as f32).into()
    }
}

impl Outcome {
    /// Records the parameters of a run if a point is due after update `step`.
    fn point(&mut self, run: usize, step: u64, theta: Params<f64>) {
        if let Some(history) = &mut self.history
            && let Some(point) = history.point_of(step)
        {
            let index = history.blocks.index(run, point);
            history.weight[index] = theta[0] as f32;
            history.bias[index] = theta[1] as f32;
        }
    }

    /// Records the metrics of an epoch of a run.
    fn epoch(&mut self, run: usize, epoch: usize, [loss, mae]: [f64; 2], val: Means) {
        if let Some(series) = &mut self.epochs {
            let index = series.blocks.index(run, epoch);
            series.loss[index] = loss as f32;
            series.mae[index] = mae as f32;
            if !series.val_loss.is_empty() {
                series.val_loss[index] = val.loss as f32;
                series.val_mae[index] = val.absolute as f32;
            }
        }
    }
}
