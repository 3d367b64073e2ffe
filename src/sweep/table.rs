//! From a trained plan to rows of runs.parquet: scatter to run order, metrics, verdicts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Error, Plan, Problems};
use crate::backend::{Backend, Metrics, Outcome};
use crate::model::{RunStatistics, Verdict};
use crate::table::{RunTable, Selected};

/// Metrics of the ends of the runs of a plan that have a problem in common, group by group.
pub struct Measured {
    problem: usize,
    train: Metrics,
    test: Metrics,
}

/// Measures the ends of a plan's runs: a sweep over seeds has many groups of few runs, so those of a problem go together.
pub fn measure(plan: &Plan, problems: &Problems, outcomes: &[Outcome], backend: &dyn Backend) -> Result<Vec<Measured>, Error> {
    let mut ends: BTreeMap<usize, Vec<&Outcome>> = BTreeMap::new();
    for (group, outcome) in plan.groups.iter().zip(outcomes) {
        ends.entry(group.problem()).or_default().push(outcome);
    }
    let measured = |(number, outcomes): (usize, Vec<&Outcome>)| {
        let problem = &problems.all[number];
        let joined = |column: fn(&Outcome) -> &Vec<f32>| match outcomes[..] {
            [only] => Cow::Borrowed(&column(only)[..]),
            _ => outcomes.iter().flat_map(|outcome| column(outcome)).copied().collect(),
        };
        let (weight, bias) = (joined(|outcome| &outcome.weight), joined(|outcome| &outcome.bias));
        let over = |rows| backend.metrics(&problem.neuron, rows, &weight, &bias);
        Ok(Measured { problem: number, train: over(&problem.train)?, test: over(&problem.test)? })
    };
    ends.into_iter().map(measured).collect()
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
        crossings: vec![0; runs],
        cycle_period: vec![None; runs],
        diverged_at: vec![None; runs],
    };
    let mut places: BTreeMap<usize, (&Measured, usize)> = measured.iter().map(|own| (own.problem, (own, 0))).collect();
    for (group, outcome) in plan.groups.iter().zip(outcomes) {
        let problem = &problems.all[group.problem()];
        let Some((Measured { train, test, .. }, place)) = places.get_mut(&group.problem()) else { continue };
        let reached = problem.reached_loss().map_or(f32::MIN, |loss| loss as f32);
        for (lane, &row) in group.members.iter().enumerate() {
            let (row, point) = (row as usize, *place + lane);
            let (weight, bias) = (outcome.weight[lane], outcome.bias[lane]);
            table.weight[row] = weight;
            table.bias[row] = bias;
            table.steps[row] = outcome.steps[lane];
            [table.train_loss[row], table.train_mse[row], table.train_mae[row]] = at(train, point);
            [table.test_loss[row], table.test_mse[row], table.test_mae[row]] = at(test, point);
            let excess = problem.excess(f64::from(weight), f64::from(bias), f64::from(table.train_loss[row]));
            table.excess[row] = excess.map_or(f32::NAN, |excess| finite(excess as f32));
            judge(&mut table, row, &outcome.figures(lane), reached);
        }
        *place += group.members.len();
    }
    table
}

fn judge(table: &mut RunTable, row: usize, figures: &RunStatistics, reached_loss: f32) {
    table.verdict[row] = figures.judge(reached_loss);
    table.reached_epoch[row] = figures.reached_epoch;
    table.crossings[row] = figures.crossings;
    table.cycle_period[row] = figures.cycle_period;
    table.diverged_at[row] = figures.diverged_at;
}

fn at(metrics: &Metrics, point: usize) -> [f32; 3] {
    [finite(metrics.loss[point]), finite(metrics.mse[point]), finite(metrics.mae[point])]
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
