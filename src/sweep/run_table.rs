//! Rows of runs.parquet from a trained chunk: settings, metrics of the final parameters, verdicts.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::errors::Error;
use super::plan::{Plan, PlannedGroup};
use super::problems::Problems;
use crate::backend::{Backend, Metrics, Outcome};
use crate::config::Experiment;
use crate::model::{Figures, Parameter, Params, Problem, Value, Verdict, VerdictRule};
use crate::space::Space;
use crate::table::{RunTable, SettingColumn};

/// Metrics of a plan's runs that share a problem, group by group.
pub struct FinalMetrics {
    /// The number of the problem.
    pub problem: usize,
    /// The parameters with the lowest training loss.
    pub lowest_end: Params<f64>,
    /// At the final parameters.
    train: Metrics,
    test: Metrics,
    /// J at the mean point of the last window; empty for a quadratic cost, which has a formula.
    loss_at_mean: Vec<f32>,
}

/// Evaluates the final parameters of a plan's runs. The groups of a problem are evaluated in one call, because a sweep over seeds has
/// many groups of few runs.
///
/// # Errors
/// If the backend fails.
pub fn final_metrics(plan: &Plan, problems: &Problems, outcomes: &[Outcome], backend: &dyn Backend) -> Result<Vec<FinalMetrics>, Error> {
    let mut by_problem: BTreeMap<usize, Vec<&Outcome>> = BTreeMap::new();
    for (group, outcome) in plan.groups.iter().zip(outcomes) {
        by_problem.entry(group.problem()).or_default().push(outcome);
    }
    let evaluate = |(number, outcomes): (usize, Vec<&Outcome>)| {
        let problem = &problems.all[number];
        let joined = |column: fn(&Outcome) -> &Vec<f32>| match outcomes[..] {
            [only] => Cow::Borrowed(&column(only)[..]),
            _ => outcomes.iter().flat_map(|outcome| column(outcome)).copied().collect(),
        };
        let (weight, bias) = (joined(|outcome| &outcome.weight), joined(|outcome| &outcome.bias));
        let over = |rows, weight: &[f32], bias: &[f32]| backend.metrics(&problem.neuron, rows, weight, bias);
        let (train, test) = (over(&problem.train, &weight, &bias)?, over(&problem.test, &weight, &bias)?);
        let loss_at_mean = if problem.neuron.is_quadratic() {
            Vec::new()
        } else {
            let (weight, bias) = (joined(|outcome| &outcome.means[0]), joined(|outcome| &outcome.means[1]));
            over(&problem.train, &weight, &bias)?.loss
        };
        let lowest = (0..weight.len()).min_by(|&a, &b| train.loss[a].total_cmp(&train.loss[b]));
        let lowest_end = lowest.map_or(Params::splat(0.0), |point| Params::new(weight[point], bias[point]).map(f64::from));
        Ok(FinalMetrics { problem: number, lowest_end, train, test, loss_at_mean })
    };
    by_problem.into_iter().map(evaluate).collect()
}

/// The rows of a plan's runs, computed on all cores.
pub fn run_table(experiment: &Experiment, problems: &Problems, plan: &Plan, outcomes: &[Outcome], metrics: &[FinalMetrics]) -> RunTable {
    let groups = group_results(problems, plan, outcomes, metrics);
    // The group and the lane of each run.
    let mut places = vec![(0, 0); plan.runs.len()];
    for (number, group) in plan.groups.iter().enumerate() {
        for (lane, &row) in group.members.iter().enumerate() {
            places[row as usize] = (number as u32, lane as u32);
        }
    }
    let parts = plan.runs.par_chunks(PART_RUNS).zip(places.par_chunks(PART_RUNS));
    let parts: Vec<RunTable> = parts.map(|(runs, places)| part_table(runs, places, &groups)).collect();
    let mut table = RunTable::default();
    table.reserve(plan.runs.len());
    for part in &parts {
        table.append(part);
    }
    table.settings = setting_columns(experiment, problems, &table);
    table
}

/// Runs whose rows one thread computes at a time.
const PART_RUNS: usize = 1 << 12;

/// The results of a group and what its rows need in addition.
struct GroupResults<'a> {
    group: &'a PlannedGroup,
    outcome: &'a Outcome,
    problem: &'a Problem,
    rule: VerdictRule<'a>,
    metrics: &'a FinalMetrics,
    /// The position of the group's first run in `metrics`.
    first: usize,
}

/// The results of every group whose problem has metrics: of every group, in a plan that was trained.
fn group_results<'a>(
    problems: &'a Problems,
    plan: &'a Plan,
    outcomes: &'a [Outcome],
    metrics: &'a [FinalMetrics],
) -> Vec<GroupResults<'a>> {
    let mut metrics: BTreeMap<usize, (&FinalMetrics, usize)> = metrics.iter().map(|own| (own.problem, (own, 0))).collect();
    let results = plan.groups.iter().zip(outcomes).filter_map(|(group, outcome)| {
        let problem = &problems.all[group.problem()];
        let (metrics, points) = metrics.get_mut(&group.problem())?;
        let first = *points;
        *points += group.members.len();
        Some(GroupResults { group, outcome, problem, rule: VerdictRule::new(problem, outcome.batches == 1), metrics, first })
    });
    results.collect()
}

/// The rows of some runs, whose groups and lanes are `places`, without the columns of hyperparameters.
fn part_table(numbers: &[u64], places: &[(u32, u32)], groups: &[GroupResults<'_>]) -> RunTable {
    let runs = numbers.len();
    let mut table = RunTable {
        run: numbers.to_vec(),
        problem: vec![0; runs],
        settings: Vec::new(),
        initial_weight: vec![0.0; runs],
        initial_bias: vec![0.0; runs],
        weight: vec![0.0; runs],
        bias: vec![0.0; runs],
        train_loss: vec![f32::NAN; runs],
        test_loss: vec![f32::NAN; runs],
        train_mse: vec![f32::NAN; runs],
        test_mse: vec![f32::NAN; runs],
        train_mae: vec![f32::NAN; runs],
        test_mae: vec![f32::NAN; runs],
        excess: vec![f32::NAN; runs],
        steps: vec![0; runs],
        mean_loss: vec![f32::NAN; runs],
        mean_excess: vec![f32::NAN; runs],
        drift_share: vec![f32::NAN; runs],
        valley_share: vec![f32::NAN; runs],
        epochs_to_reach: vec![None; runs],
        cycle_period: vec![None; runs],
        diverged_at: vec![None; runs],
        verdict: vec![Verdict::Slow; runs],
    };
    for (row, &(group, lane)) in places.iter().enumerate() {
        let GroupResults { group, outcome, problem, rule, metrics, first } = &groups[group as usize];
        let FinalMetrics { train, test, loss_at_mean, .. } = metrics;
        let lane = lane as usize;
        let point = first + lane;
        let (weight, bias) = (outcome.weight[lane], outcome.bias[lane]);
        table.problem[row] = group.problem() as u32;
        table.initial_weight[row] = *group.inputs.initial_weight.of(lane);
        table.initial_bias[row] = *group.inputs.initial_bias.of(lane);
        table.weight[row] = weight;
        table.bias[row] = bias;
        table.steps[row] = outcome.steps[lane];
        [table.train_loss[row], table.train_mse[row], table.train_mae[row]] = metrics_at(train, point);
        [table.test_loss[row], table.test_mse[row], table.test_mae[row]] = metrics_at(test, point);
        let (w, b) = (f64::from(weight), f64::from(bias));
        if let Some(loss) = problem.closed_form_loss(w, b) {
            table.train_loss[row] = finite(loss as f32);
            table.train_mse[row] = table.train_loss[row];
        }
        if let Some(loss) = problem.closed_form_test_loss(w, b) {
            table.test_loss[row] = finite(loss as f32);
            table.test_mse[row] = table.test_loss[row];
        }
        let excess = problem.excess(w, b, f64::from(table.train_loss[row]));
        table.excess[row] = excess.map_or(f32::NAN, |excess| finite(excess as f32));
        let statistics = outcome.statistics(lane);
        let figures = rule.figures(&statistics, loss_at_mean.get(point).copied().unwrap_or(f32::NAN));
        table.verdict[row] = rule.verdict(&statistics, figures.as_ref());
        table.epochs_to_reach[row] = statistics.epochs_to_reach;
        table.cycle_period[row] = statistics.cycle_period;
        table.diverged_at[row] = statistics.diverged_at;
        if let Some(figures) = figures {
            set_figures(&mut table, row, &figures);
        }
    }
    table
}

/// Sets the columns of the figures from which the verdict of a run followed.
fn set_figures(table: &mut RunTable, row: usize, figures: &Figures) {
    let known = |value: Option<f64>| value.map_or(f32::NAN, |value| finite(value as f32));
    table.mean_loss[row] = known(Some(figures.mean_loss));
    if figures.has_optimum {
        table.mean_excess[row] = known(Some(figures.mean_excess));
        table.drift_share[row] = known(figures.drift_share());
        table.valley_share[row] = known(figures.valley_share);
    }
}

/// Loss, MSE and MAE.
fn metrics_at(metrics: &Metrics, point: usize) -> [f32; 3] {
    [finite(metrics.loss[point]), finite(metrics.mse[point]), finite(metrics.mae[point])]
}

/// NaN, which is stored as null, for a value beyond float32.
fn finite(value: f32) -> f32 {
    if value.is_finite() { value } else { f32::NAN }
}

/// The columns of the hyperparameters that vary, and always of optimizer, learning rate and batch size.
pub fn setting_columns(experiment: &Experiment, problems: &Problems, table: &RunTable) -> Vec<(Parameter, SettingColumn)> {
    let mut parameters = vec![Parameter::Optimizer, Parameter::LearningRate, Parameter::BatchSize];
    for parameter in experiment.space.varied() {
        if !parameters.contains(&parameter) {
            parameters.push(parameter);
        }
    }
    let column = |parameter| (parameter, setting_column(experiment, problems, table, parameter));
    parameters.into_iter().map(column).collect()
}

fn setting_column(experiment: &Experiment, problems: &Problems, table: &RunTable, parameter: Parameter) -> SettingColumn {
    let mut column = SettingColumn::new(parameter);
    let mut row = 0;
    for runs in table.run.chunk_by(|run, next| run + 1 == *next) {
        for_each_value(&experiment.space, parameter, runs[0]..runs[0] + runs.len() as u64, |value, count| {
            let rows = row..row + count;
            row = rows.end;
            match (parameter, value) {
                // The number of rows, and the start that was drawn.
                (Parameter::BatchSize, Some(Value::Choice(_))) => {
                    let train_rows = |row: usize| problems.all[table.problem[row] as usize].train.len() as i64;
                    rows.for_each(|row| column.push(Some(Value::Integer(train_rows(row))), 1));
                }
                (Parameter::InitialWeight, Some(Value::Choice(_) | Value::Drawn(_))) => {
                    rows.for_each(|row| column.push(Some(Value::Float(f64::from(table.initial_weight[row]))), 1));
                }
                (Parameter::InitialBias, Some(Value::Choice(_) | Value::Drawn(_))) => {
                    rows.for_each(|row| column.push(Some(Value::Float(f64::from(table.initial_bias[row]))), 1));
                }
                _ => column.push(value, count),
            }
        });
    }
    column
}

/// Calls `each` with the values of a hyperparameter over a range of runs, and with the number of consecutive runs that have the value.
fn for_each_value(space: &Space, parameter: Parameter, runs: Range<u64>, mut each: impl FnMut(Option<Value>, usize)) {
    if space.sampling().is_some() {
        return runs.for_each(|run| each(space.value(parameter, run), 1));
    }
    let mut first = runs.start;
    while first < runs.end {
        let Some(branch) = space.branch_of(first) else { return };
        let end = runs.end.min(branch.first + branch.len);
        let Some((axis, stride)) = branch.axis_and_stride(parameter) else {
            each(branch.settings.get(parameter), (end - first) as usize);
            first = end;
            continue;
        };
        while first < end {
            let step = (first - branch.first) / stride;
            let next = end.min(branch.first + (step + 1) * stride);
            each(Some(axis.value(step % axis.len())), (next - first) as usize);
            first = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::RecordOptions;
    use crate::backend::reference::Reference;
    use crate::config::{self, ConfigSource, DataLocation};

    /// Axes of every kind, two optimizers with different hyperparameters, a drawn start, and batches of all rows.
    const CONFIG: &str = "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\ninitial_weight = \"glorot_uniform\"\n\
         [training]\nepochs = 2\n[sweep.parameters]\nbatch_size = [1, \"full\"]\n\
         optimizer = [{ name = \"sgd\", learning_rate = { min = 0.001, max = 0.1, count = 5, distribution = \"log_uniform\" }, momentum = [0.0, 0.9] }, \
         { name = \"adam\", learning_rate = 0.1 }]\n\"training.seed\" = [3, 4, 5]\n";

    #[test]
    fn settings_of_a_table_are_those_of_its_runs() {
        let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Bytes(b"x,y\n1,3\n2,5\n4,9\n") };
        let experiment = config::load_text(CONFIG, &source, &[]).unwrap();
        let problems = Problems::new(&experiment).unwrap();
        let runs = experiment.space.len();
        assert_eq!(runs, 2 * 3 * (5 * 2 + 1));
        // All runs, a range that begins and ends inside stretches of equal values, and runs with gaps.
        for numbers in [(0..runs).collect::<Vec<u64>>(), (7..53).collect(), (0..runs).filter(|run| run % 5 != 2).collect()] {
            let plan = Plan::new(&experiment, &problems, numbers.iter().copied()).unwrap();
            let mut outcomes = vec![Outcome::default(); plan.groups.len()];
            Reference.train(&plan.groups(&problems, RecordOptions { every: 0, epochs: false }), &mut outcomes).unwrap();
            let metrics = final_metrics(&plan, &problems, &outcomes, &Reference).unwrap();
            let table = run_table(&experiment, &problems, &plan, &outcomes, &metrics);
            assert_eq!(table.run, numbers);
            let names: Vec<&str> = table.settings.iter().map(|(parameter, _)| parameter.key()).collect();
            assert_eq!(names, ["optimizer", "learning_rate", "batch_size", "momentum", "training.seed"]);
            for (parameter, column) in &table.settings {
                let mut expected = SettingColumn::new(*parameter);
                for &run in &numbers {
                    let value = experiment.space.run(run).unwrap().settings.get(*parameter);
                    expected.push(if value == Some(Value::Choice("full")) { Some(Value::Integer(3)) } else { value }, 1);
                }
                assert_eq!(*column, expected, "{}", parameter.key());
            }
        }
    }
}
