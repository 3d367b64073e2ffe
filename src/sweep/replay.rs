//! Replay: a run is a function of the config and its number, so its history can be computed again instead of stored.

use super::errors::Error;
use super::plan::Plan;
use super::problems::Problems;
use crate::backend::{Backend, EpochSeries, Group, Outcome, RecordOptions};
use crate::config::Experiment;
use crate::kernel::RowEvaluator;

/// Every step of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The number of the run's problem.
    pub problem: usize,
    /// Weight at the start and after each update, to the last one before the run diverges.
    pub weight: Vec<f32>,
    /// Bias at the same points.
    pub bias: Vec<f32>,
    /// Of each completed epoch: the running mean of Keras over its batches.
    pub loss: Vec<f32>,
    pub mae: Vec<f32>,
    /// Of each completed epoch: on the test rows after it; empty if there are none.
    pub val_loss: Vec<f32>,
    pub val_mae: Vec<f32>,
    /// Updates per epoch.
    pub batches: usize,
    /// The loss of each batch before its update, in float64.
    pub batch_loss: Vec<f64>,
}

/// Trains one run and records every step. The bits are those of the same run in a sweep on the same backend.
///
/// # Errors
/// If the sweep has no such run, or if the backend fails.
pub fn trace(experiment: &Experiment, problems: &Problems, backend: &dyn Backend, run: u64) -> Result<Trace, Error> {
    let runs = experiment.space.len();
    if run >= runs {
        return Err(Error::NoSuchRun { run, last: runs.saturating_sub(1) });
    }
    let plan = Plan::new(experiment, problems, std::iter::once(run))?;
    let groups = plan.groups(problems, RecordOptions { every: 1, epochs: true });
    let mut outcomes = vec![Outcome::default()];
    backend.train(&groups, &mut outcomes)?;
    let (outcome, group) = (&outcomes[0], &groups[0]);
    let batches = group.order.batches();
    let steps = outcome.steps[0];
    let (weight, bias): (Vec<f32>, Vec<f32>) = outcome
        .history
        .iter()
        .flat_map(|history| (0..history.known_points(steps)).map(|point| history.at(0, point)))
        .map(|[weight, bias]| (weight, bias))
        .unzip();
    let epochs = (steps / batches as u64) as usize;
    let series = |column: &[f32]| column.iter().copied().take(epochs).collect::<Vec<f32>>();
    let recorded = outcome.epochs.as_ref();
    let take = |column: fn(&EpochSeries) -> &[f32]| recorded.map_or_else(Vec::new, |recorded| series(column(recorded)));
    let batch_loss = batch_losses(group, &weight, &bias);
    Ok(Trace {
        problem: plan.groups[0].problem(),
        loss: take(|series| &series.loss),
        mae: take(|series| &series.mae),
        val_loss: take(|series| &series.val_loss),
        val_mae: take(|series| &series.val_mae),
        weight,
        bias,
        batches,
        batch_loss,
    })
}

/// The loss of each batch at the parameters before its update, computed from the rows.
fn batch_losses(group: &Group<'_>, weight: &[f32], bias: &[f32]) -> Vec<f64> {
    let (rows, evaluator) = (&group.problem.train, RowEvaluator::of(&group.problem.neuron));
    let mut order = group.order.epochs();
    let mut losses = Vec::with_capacity(weight.len());
    let mut points = weight.iter().zip(bias).take(weight.len().saturating_sub(1)).peekable();
    while points.peek().is_some() {
        for batch in order.advance().chunks(group.order.batch_size) {
            let Some((&weight, &bias)) = points.next() else { break };
            let theta = [f64::from(weight), f64::from(bias)];
            losses.push(evaluator.means(batch.iter().map(|&row| (rows.x[row as usize], rows.y[row as usize])), theta).loss);
        }
    }
    losses
}
