//! Replay: a run is a function of the config and its number, so its history is computed again instead of stored.

use super::{Error, Plan, Problems};
use crate::backend::{Backend, Outcome, RecordOptions};
use crate::config::Experiment;

/// One run, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The run's number in problems.parquet's terms.
    pub problem: usize,
    /// Weight and bias after each update, the start first; up to the last that counts.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    /// Of each epoch that ended: Keras' running means and the test rows after it (NaN without any).
    pub loss: Vec<f32>,
    pub mae: Vec<f32>,
    pub val_loss: Vec<f32>,
    pub val_mae: Vec<f32>,
    /// Updates an epoch.
    pub batches: usize,
    /// The loss of each batch before its update, in float64.
    pub batch_loss: Vec<f64>,
}

/// The history of a run, bit for bit what training it in a sweep on this backend gives.
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
    let take = |column: fn(&crate::backend::EpochSeries) -> &[f32]| recorded.map_or_else(Vec::new, |recorded| series(column(recorded)));
    let batch_loss = batch_losses(group, &weight, &bias);
    Ok(Trace {
        problem: *plan.problem.of(0) as usize,
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

/// The loss of each batch at the parameters before its update, from the rows.
fn batch_losses(group: &crate::backend::Group<'_>, weight: &[f32], bias: &[f32]) -> Vec<f64> {
    let (rows, direct) = (&group.problem.train, crate::kernel::RowEvaluator::of(&group.problem.neuron));
    let mut order = group.order.epochs();
    let mut losses = Vec::with_capacity(weight.len());
    let mut points = weight.iter().zip(bias).take(weight.len().saturating_sub(1)).peekable();
    while points.peek().is_some() {
        for batch in order.advance().chunks(group.order.batch_size) {
            let Some((&weight, &bias)) = points.next() else { break };
            let theta = [f64::from(weight), f64::from(bias)];
            losses.push(direct.means(batch.iter().map(|&row| (rows.x[row as usize], rows.y[row as usize])), theta).loss);
        }
    }
    losses
}
