//! The judge: float64, straight from the rows, one run after the other, a divergence test after every step.
//!
//! It shares the update rules and the coefficients with the fast backends, and nothing else: no moments, no lanes, no blocks.

use super::{Backend, Description, Error, Group, Metrics, Outcome};
use crate::kernel::options::{BatchAction, OptionState, Run};
use crate::kernel::rows::{Means, RowEvaluator};
use crate::kernel::{
    Coefficients, Rule, State, StepFactorGenerator, StepFactors, Variant, blocks::blocks, coefficients::STEP_FACTORS, cycle,
};
use crate::model::{Neuron, Rows, RunStatistics, hyperparameters::DIVERGENCE_LIMIT};
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
            for lane in 0..group.inputs.len() {
                train(&Formulas::of(group.variant), group, lane, outcome);
            }
        }
        Ok(())
    }

    fn metrics(&self, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, Error> {
        let direct = RowEvaluator::of(neuron);
        let mut metrics = Metrics::default();
        for (&w, &b) in weight.iter().zip(bias) {
            let means = direct.over(rows, [f64::from(w), f64::from(b)]);
            metrics.loss.push(means.loss as f32);
            metrics.mse.push(means.square as f32);
            metrics.mae.push(means.absolute as f32);
        }
        Ok(metrics)
    }

    fn surface_into(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64], cells: &mut Vec<f32>) -> Result<(), Error> {
        let direct = RowEvaluator::of(neuron);
        let cell = |w: f64, b: f64| (direct.loss(rows, [w, b]) as f32).min(f32::MAX);
        cells.clear();
        cells.extend(bias.iter().flat_map(|&b| weight.iter().map(move |&w| cell(w, b))));
        Ok(())
    }
}

/// A rule, chosen once: so the loop around it has one text.
struct Formulas {
    initial: fn(&Coefficients<f64>) -> State<f64>,
    batch: fn(&Run<f64>, &BatchAction, &StepFactors<f64>, [f64; 2], [f64; 2], &mut State<f64>, &mut OptionState<f64>) -> [f64; 2],
}

impl Formulas {
    fn of(variant: Variant) -> Self {
        with_rule!(variant, R => Self { initial: R::initial::<f64>, batch: Run::batch::<R> })
    }
}

/// One run as it proceeds.
struct Walk {
    theta: [f64; 2],
    watch: cycle::CycleDetector<f64>,
    figures: RunStatistics,
    steps: u64,
}

/// Trains the run in a lane, and writes its results there.
fn train(formulas: &Formulas, group: &Group<'_>, lane: usize, outcome: &mut Outcome) {
    let rows = &group.problem.train;
    let coefficients = group.inputs.coefficients(lane).map(f64::from);
    let factor_inputs = group.inputs.factor_inputs.of(lane);
    let mut run = Run { values: group.inputs.values.of(lane).map(f64::from), coefficients };
    let mut carried = OptionState::start();
    let mut factors = [0.0; STEP_FACTORS];
    let (mut state, mut ticker) = ((formulas.initial)(&coefficients), StepFactorGenerator::START);
    let theta = [&group.inputs.initial_weight, &group.inputs.initial_bias].map(|start| f64::from(*start.of(lane)));
    let direct = RowEvaluator::of(&group.problem.neuron);
    let reached = group.problem.reached_loss().map_or(f32::MIN, |loss| loss as f32);
    let figures = RunStatistics::at_start(direct.loss(rows, theta) as f32, group.order.batches() as u32);
    let mut walk = Walk { theta, watch: cycle::CycleDetector::default(), figures, steps: 0 };
    let judged: Vec<usize> =
        blocks(group.order.batches(), group.epochs).iter().filter(|block| block.judged).map(|block| block.first + block.len).collect();
    let mut order = group.order.epochs();
    outcome.point(lane, 0, theta);
    'run: for epoch in 0..group.epochs {
        let last_epoch = epoch + 1 == group.epochs;
        let (mut loss_sum, mut mae_sum) = (0.0, 0.0);
        for (index, positions) in order.advance().chunks(group.order.batch_size).enumerate() {
            let n = positions.len() as f64;
            let batch = positions.iter().map(|&row| (rows.x[row as usize], rows.y[row as usize]));
            let Means { gradient, loss, absolute, .. } = direct.means(batch, walk.theta);
            loss_sum += n * loss;
            mae_sum += n * absolute;
            if group.options.updates(walk.steps) {
                factors = ticker.next(group.variant.optimizer, factor_inputs).map(f64::from);
                run.coefficients[0] = factor_inputs.rate(walk.steps).map_or(run.coefficients[0], f64::from);
            }
            let next = (formulas.batch)(&run, &group.options.at(walk.steps), &factors, walk.theta, gradient, &mut state, &mut carried);
            if !next.iter().all(|v| v.abs() <= DIVERGENCE_LIMIT) {
                walk.figures.diverged_at = Some(walk.steps + 1);
                break 'run;
            }
            if last_epoch && crosses_minimum(&direct, rows, walk.theta, next) {
                walk.figures.crossings += 1;
            }
            walk.theta = next;
            walk.steps += 1;
            outcome.point(lane, walk.steps, next);
            if judged.contains(&(index + 1)) {
                walk.figures.epoch_ends(direct.loss(rows, next) as f32, epoch as u32, reached);
            }
        }
        if let Some(since) = cycle::since(epoch, group.epochs) {
            walk.watch = cycle::watch(walk.watch, walk.theta, since);
        }
        let total = rows.len() as f64;
        outcome.epoch(lane, epoch as usize, [loss_sum / total, mae_sum / total], direct.over(&group.problem.test, walk.theta));
    }
    if walk.figures.diverged_at.is_none() {
        walk.figures.cycle_period = cycle::cycle(walk.watch);
    }
    let averaged = group.options.average && walk.figures.diverged_at.is_none();
    let end = if averaged { carried.average } else { walk.theta };
    outcome.end(lane, end.map(|value| value as f32), &walk.figures);
}

/// Whether J over all rows falls at the step's start and rises at its end.
fn crosses_minimum(direct: &RowEvaluator, rows: &Rows, from: [f64; 2], to: [f64; 2]) -> bool {
    let along = |theta| {
        let gradient = direct.over(rows, theta).gradient;
        gradient[0] * (to[0] - from[0]) + gradient[1] * (to[1] - from[1])
    };
    along(from) < 0.0 && along(to) > 0.0
}

impl Outcome {
    fn point(&mut self, lane: usize, step: u64, theta: [f64; 2]) {
        if let Some(history) = &mut self.history
            && let Some(point) = history.point_of(step)
        {
            let index = history.blocks.index(lane, point);
            history.weight[index] = theta[0] as f32;
            history.bias[index] = theta[1] as f32;
        }
    }

    fn epoch(&mut self, lane: usize, epoch: usize, [loss, mae]: [f64; 2], val: Means) {
        if let Some(series) = &mut self.epochs {
            let index = series.blocks.index(lane, epoch);
            series.loss[index] = loss as f32;
            series.mae[index] = mae as f32;
            if !series.val_loss.is_empty() {
                series.val_loss[index] = val.loss as f32;
                series.val_mae[index] = val.absolute as f32;
            }
        }
    }
}
