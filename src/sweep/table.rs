//! From a trained plan to rows of runs.parquet: scatter to run order, metrics, verdicts.

use super::plan::Planned;
use super::{Error, Plan, Problems};
use crate::backend::{Backend, Metrics, Outcome};
use crate::model::{Figures, Verdict};
use crate::store::{RunTable, Selected};

/// Metrics of the ends of a group's runs.
pub struct Measured {
    train: Metrics,
    test: Metrics,
}

/// Measures the ends of a plan's runs, group by group.
pub fn measure(plan: &Plan, problems: &Problems, outcomes: &[Outcome], backend: &dyn Backend) -> Result<Vec<Measured>, Error> {
    let group = |(group, outcome): (&Planned, &Outcome)| {
        let problem = &problems.all[group.problem()];
        let over = |rows| backend.metrics(&problem.neuron, rows, &outcome.weight, &outcome.bias);
        Ok(Measured { train: over(&problem.train)?, test: over(&problem.test)? })
    };
    plan.groups.iter().zip(outcomes).map(group).collect()
}

/// The rows of a plan's runs, judged; what the plan has for the table alone goes there.
pub fn table(plan: &mut Plan, problems: &Problems, outcomes: &[Outcome], measured: &[Measured]) -> RunTable {
    let runs = plan.runs.len();
    let mut table = RunTable {
        run: plan.runs.clone(),
        problem: plan.problem.to_vec(runs),
        settings: std::mem::take(&mut plan.shown),
        initial_weight: plan.initial[0].to_vec(runs),
        initial_bias: plan.initial[1].to_vec(runs),
        weight: vec![0.0; runs],
        bias: vec![0.0; runs],
        steps: vec![0; runs],
        train_loss: vec![f32::NAN; runs],
        test_loss: vec![f32::NAN; runs],
        train_mse: vec![f32::NAN; runs],
        test_mse: vec![f32::NAN; runs],
        train_mae: vec![f32::NAN; runs],
        test_mae: vec![f32::NAN; runs],
        verdict: vec![Verdict::Slow; runs],
        reached_epoch: vec![None; runs],
        excess: vec![f32::NAN; runs],
        passes: vec![0; runs],
        cycle_period: vec![None; runs],
        diverged_at: vec![None; runs],
    };
    for ((group, outcome), Measured { train, test }) in plan.groups.iter().zip(outcomes).zip(measured) {
        let problem = &problems.all[group.problem()];
        let reached = problem.reached_loss().map_or(f32::MIN, |loss| loss as f32);
        for (lane, &row) in group.members.iter().enumerate() {
            let row = row as usize;
            let (weight, bias) = (outcome.weight[lane], outcome.bias[lane]);
            table.weight[row] = weight;
            table.bias[row] = bias;
            table.steps[row] = outcome.steps[lane];
            [table.train_loss[row], table.train_mse[row], table.train_mae[row]] = at(train, lane);
            [table.test_loss[row], table.test_mse[row], table.test_mae[row]] = at(test, lane);
            let excess = problem.excess(f64::from(weight), f64::from(bias), f64::from(table.train_loss[row]));
            table.excess[row] = excess.map_or(f32::NAN, |excess| finite(excess as f32));
            judge(&mut table, row, &outcome.figures[lane], reached);
        }
    }
    table
}

fn judge(table: &mut RunTable, row: usize, figures: &Figures, reached_loss: f32) {
    table.verdict[row] = figures.judge(reached_loss);
    table.reached_epoch[row] = figures.reached_epoch;
    table.passes[row] = figures.passes;
    table.cycle_period[row] = figures.cycle_period;
    table.diverged_at[row] = figures.diverged_at;
}

fn at(metrics: &Metrics, lane: usize) -> [f32; 3] {
    [finite(metrics.loss[lane]), finite(metrics.mse[lane]), finite(metrics.mae[lane])]
}

/// What float32 cannot hold is not known.
fn finite(value: f32) -> f32 {
    if value.is_finite() { value } else { f32::NAN }
}

/// Every run of a plan, in run order, with the place of its recorded rows.
pub fn selected<'a>(plan: &Plan, outcomes: &'a [Outcome]) -> Vec<Selected<'a>> {
    let mut selected: Vec<Selected<'_>> = plan
        .groups
        .iter()
        .zip(outcomes)
        .flat_map(|(group, outcome)| {
            group.members.iter().enumerate().map(move |(lane, &row)| Selected { run: plan.runs[row as usize], outcome, lane })
        })
        .collect();
    selected.sort_unstable_by_key(|selected| selected.run);
    selected
}
