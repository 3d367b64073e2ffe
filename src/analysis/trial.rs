//! Trials: variations of one setting, trained in memory before one of them is recommended.

use super::runs::Runs;
use super::statistics;
use crate::backend::Backend;
use crate::config::{Experiment, Rng};
use crate::model::hyperparameters::SEED_MAX;
use crate::model::{Optimizer, Parameter, Problem, Settings, Value, Verdict};
use crate::space::{Axis, Branch, Space, Values};
use crate::sweep::{Problems, trained};

/// The numbers of seeds of a trial: those of the sweep, filled up to the first number and cut at the second.
const SEEDS: [usize; 2] = [5, 20];
/// The largest size of a trial, in rows read plus updates. It takes less than a second.
const MAX_SIZE: f64 = 1e8;
/// A variation reaches the optimum if at least this share of its seeds does.
const REACHED_SHARE: f64 = 0.8;

/// The hyperparameters in which a variation differs from the setting.
pub type Changes = Vec<(Parameter, Value)>;

/// The result of one variation over the seeds of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialResult {
    pub changes: Changes,
    /// The median of the mean of J over the last updates; infinite if it depends on a diverged run.
    pub loss: f64,
    /// The median of the mean of J − J* over the last updates.
    pub excess: f64,
    /// The share of the seeds with the verdict *converged*.
    pub converged: f64,
    /// The median number of epochs until the optimum is reached; infinite if half of the seeds do not reach it.
    pub epochs_to_reach: f64,
    /// The number of seeds.
    pub seeds: usize,
}

impl TrialResult {
    /// Whether the variation reaches the optimum.
    pub fn reaches_optimum(&self) -> bool {
        self.converged >= REACHED_SHARE
    }

    /// The better of two results: more seeds that converge, then fewer epochs, then fewer changes, then the lower excess.
    pub fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let order = other.converged.total_cmp(&self.converged).then(self.epochs_to_reach.total_cmp(&other.epochs_to_reach));
        order.then(self.changes.len().cmp(&other.changes.len())).then(self.excess.total_cmp(&other.excess))
    }
}

/// Trains variations of one setting.
pub struct Trials<'a> {
    backend: &'a dyn Backend,
    experiment: Experiment,
    optimizer: Optimizer,
    settings: Settings,
    train_rows: usize,
    seeds: Vec<Value>,
}

impl<'a> Trials<'a> {
    /// Trials around the setting of `rows`, which differ only in seeds; `None` if there is no such run.
    pub fn new(runs: &Runs<'_>, rows: &[usize], backend: &'a dyn Backend) -> Option<Self> {
        let first = *rows.first()?;
        let run = runs.experiment.space.run(runs.table.run[first])?;
        Some(Self {
            backend,
            experiment: runs.experiment.clone(),
            optimizer: run.optimizer,
            seeds: seeds(runs, rows, &run.settings),
            settings: run.settings,
            train_rows: runs.problem(first).train.len(),
        })
    }

    /// The settings that are varied.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The optimizer of all variations.
    pub fn optimizer(&self) -> Optimizer {
        self.optimizer
    }

    /// The number of training rows.
    pub fn train_rows(&self) -> usize {
        self.train_rows
    }

    /// The number of updates of a run.
    pub fn updates(&self, settings: &Settings) -> f64 {
        let rows = self.train_rows as f64;
        let batch = settings.number(Parameter::BatchSize).unwrap_or(rows).clamp(1.0, rows);
        settings.number(Parameter::Epochs).unwrap_or(1.0) * (rows / batch).ceil()
    }

    /// The settings of a variation.
    pub fn changed(&self, changes: &Changes) -> Settings {
        let mut settings = self.settings.clone();
        for &(parameter, value) in changes {
            settings.set(parameter, Some(value));
        }
        settings
    }

    /// The problem of a variation; `None` if the data cannot be scaled that way.
    pub fn problem(&mut self, changes: &Changes) -> Option<Problem> {
        self.experiment.space = Space::new(vec![self.branch(changes, &self.seeds[..1])]).ok()?;
        Problems::new(&self.experiment).ok()?.all.into_iter().next()
    }

    /// Trains variations that have the same problem. The result is empty if they are too large for a trial or cannot be trained.
    pub fn train(&mut self, variations: &[Changes]) -> Vec<TrialResult> {
        self.try_train(variations).unwrap_or_default()
    }

    fn try_train(&mut self, variations: &[Changes]) -> Option<Vec<TrialResult>> {
        let size: f64 = variations.iter().map(|changes| self.size(&self.changed(changes))).sum();
        let affordable = (MAX_SIZE / size.max(1.0)) as usize;
        let seeds = self.seeds[..self.seeds.len().min(affordable)].to_vec();
        if variations.is_empty() || seeds.is_empty() {
            return None;
        }
        let branches = variations.iter().map(|changes| self.branch(changes, &seeds)).collect();
        self.experiment.space = Space::new(branches).ok()?;
        let problems = Problems::new(&self.experiment).ok()?;
        let table = trained(&self.experiment, &problems, self.backend).ok()?;
        let runs = Runs { experiment: &self.experiment, problems: &problems.all, table: &table };
        let result = |(number, changes): (usize, &Changes)| {
            let own = number * seeds.len()..(number + 1) * seeds.len();
            let median = |value: &dyn Fn(usize) -> f64| {
                statistics::quantile(&own.clone().map(value).collect::<Vec<f64>>(), 0.5).unwrap_or(f64::INFINITY)
            };
            let converged = own.clone().filter(|&row| table.verdict[row] == Verdict::Converged).count();
            TrialResult {
                changes: changes.clone(),
                loss: median(&|row| runs.mean_loss(row)),
                excess: median(&|row| runs.mean_excess(row)),
                converged: converged as f64 / seeds.len() as f64,
                epochs_to_reach: median(&|row| runs.epochs_to_reach(row).map_or(f64::INFINITY, f64::from)),
                seeds: seeds.len(),
            }
        };
        Some(variations.iter().enumerate().map(result).collect())
    }

    /// The size of a run: rows read, for the sums or gradients of its batches, plus updates.
    fn size(&self, settings: &Settings) -> f64 {
        settings.number(Parameter::Epochs).unwrap_or(1.0) * self.train_rows as f64 + self.updates(settings)
    }

    fn branch(&self, changes: &Changes, seeds: &[Value]) -> Branch {
        let axis = Axis { parameter: seed_parameter(&self.experiment), values: Values::List(seeds.to_vec()) };
        Branch { optimizer: self.optimizer, settings: self.changed(changes), axes: vec![axis], first: 0, len: 0 }
    }
}

/// The seed of the batch order and of drawn initial values.
fn seed_parameter(experiment: &Experiment) -> Parameter {
    match experiment.rng {
        Rng::Threefry => Parameter::TrainingSeed,
        Rng::NumpyLegacy => Parameter::RngSeed,
    }
}

/// The seeds of a trial. One seed of NumPy's generator determines the split too, so such a trial keeps the seed of the first run.
fn seeds(runs: &Runs<'_>, rows: &[usize], settings: &Settings) -> Vec<Value> {
    let parameter = seed_parameter(runs.experiment);
    let first = settings.number(parameter).unwrap_or(0.0) as i64;
    if parameter == Parameter::RngSeed {
        return vec![Value::Integer(first)];
    }
    let mut seeds: Vec<i64> = rows.iter().filter_map(|&row| runs.setting(row, parameter).number()).map(|seed| seed as i64).collect();
    seeds.sort_unstable();
    seeds.dedup();
    seeds.truncate(SEEDS[1]);
    let last = seeds.last().copied().unwrap_or(first);
    seeds.extend((last + 1..=SEED_MAX).take(SEEDS[0].saturating_sub(seeds.len())));
    seeds.into_iter().map(Value::Integer).collect()
}
