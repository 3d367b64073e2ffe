//! Trials: variations of one setting, trained in memory before one of them is recommended.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::runs::Runs;
use super::statistics;
use crate::backend::Backend;
use crate::config::{Experiment, Rng};
use crate::model::hyperparameters::SEED_MAX;
use crate::model::{Optimizer, Parameter, ProblemKey, Schedule, Settings, Value, Verdict};
use crate::space::{Axis, Branch, Space, Values, spread};
use crate::sweep::{Problems, trained};

/// The smallest number of seeds of a first trial, and the number of seeds of the trial that confirms its result.
const SEEDS: [usize; 2] = [5, 20];
/// The largest size of a trial, in rows read plus updates. It takes a few seconds on one core.
const MAX_SIZE: f64 = 1e8;
/// Runs of one seed are trained in vectors of this length, so that fewer runs take as long.
const LANES: usize = 16;
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
    /// The number of epochs, if the trial is shorter than the runs.
    pub shortened_to: Option<u64>,
}

/// The problems that trials have prepared, because the search for an optimum takes long on many rows.
pub type KnownProblems = RefCell<HashMap<ProblemKey, Rc<Problems>>>;

/// The part of some variations that a trial can afford.
struct Extent {
    variations: Vec<Changes>,
    seeds: usize,
    shortened_to: Option<u64>,
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
    /// The seeds of a trial that confirms a result; those of a first trial come first.
    seeds: Vec<Value>,
    first_seeds: usize,
    problems: &'a KnownProblems,
}

impl<'a> Trials<'a> {
    /// Trials around the setting of `rows`, which differ only in seeds; `None` if there is no such run.
    pub fn new(runs: &Runs<'_>, rows: &[usize], problems: &'a KnownProblems, backend: &'a dyn Backend) -> Option<Self> {
        let first = *rows.first()?;
        let run = runs.experiment.space.run(runs.table.run[first])?;
        let (seeds, first_seeds) = seeds(runs, rows, &run.settings);
        let mut trials = Self {
            backend,
            experiment: runs.experiment.clone(),
            optimizer: run.optimizer,
            settings: run.settings,
            train_rows: runs.problem(first).train.len(),
            seeds,
            first_seeds,
            problems,
        };
        let key = Problems::key(&trials.experiment, &trials.settings).ok()?;
        if !problems.borrow().contains_key(&key) {
            trials.experiment.space = Space::new(vec![trials.branch(&Vec::new(), 1, None)]).ok()?;
            let own = Problems::with_optima(&trials.experiment, &[runs.problem(first).optimum]).ok()?;
            problems.borrow_mut().insert(key, Rc::new(own));
        }
        Some(trials)
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

    /// The only problem of a variation; `None` if the data cannot be scaled that way.
    pub fn problem(&mut self, changes: &Changes) -> Option<Rc<Problems>> {
        let key = Problems::key(&self.experiment, &self.changed(changes)).ok()?;
        if let Some(known) = self.problems.borrow().get(&key) {
            return Some(Rc::clone(known));
        }
        self.experiment.space = Space::new(vec![self.branch(changes, 1, None)]).ok()?;
        let problems = Rc::new(Problems::new(&self.experiment).ok()?);
        self.problems.borrow_mut().insert(key, Rc::clone(&problems));
        Some(problems)
    }

    /// Trains variations that have the same problem. The result is empty if they are too large for a trial or cannot be trained.
    pub fn train(&mut self, variations: &[Changes]) -> Vec<TrialResult> {
        self.extent(variations, self.first_seeds).and_then(|extent| self.train_extent(&extent)).unwrap_or_default()
    }

    /// Trains the variation of a result again with more seeds, or with all of its epochs, if the result is of a smaller trial.
    pub fn confirm(&mut self, result: TrialResult) -> TrialResult {
        let extent = self.extent(std::slice::from_ref(&result.changes), self.seeds.len());
        let is_larger = |extent: &Extent| extent.seeds > result.seeds || extent.shortened_to != result.shortened_to;
        let confirmed = extent.filter(is_larger).and_then(|extent| self.train_extent(&extent)?.pop());
        confirmed.unwrap_or(result)
    }

    /// The result of the unchanged setting over the seeds of a trial that confirms; `None` if its runs are too large for a trial.
    pub fn present(&mut self) -> Option<TrialResult> {
        let extent = self.extent(&[Vec::new()], self.seeds.len()).filter(|extent| extent.shortened_to.is_none())?;
        self.train_extent(&extent)?.pop()
    }

    /// Limits a trial to its largest size: with fewer seeds, then with fewer epochs, which suffice if the optimum is reached within them, at last with
    /// fewer variations. Decaying rates need all epochs. `None` if no trial is affordable.
    fn extent(&self, variations: &[Changes], seeds: usize) -> Option<Extent> {
        if variations.is_empty() {
            return None;
        }
        let size = self.size(variations);
        let affordable = (MAX_SIZE / size) as usize;
        if affordable >= 1 {
            return Some(Extent { variations: variations.to_vec(), seeds: seeds.min(affordable), shortened_to: None });
        }
        let is_timed = |(parameter, _): &(Parameter, Value)| matches!(parameter, Parameter::Epochs | Parameter::ScheduleName);
        if self.settings.schedule() != Schedule::None || variations.iter().flatten().any(is_timed) {
            return None;
        }
        let epochs = self.settings.number(Parameter::Epochs)?;
        let shortened = (epochs * MAX_SIZE / size).floor().max(1.0);
        let count = (variations.len() as f64 * MAX_SIZE / (size * shortened / epochs)).clamp(1.0, variations.len() as f64) as u64;
        Some(Extent {
            variations: spread(variations.len() as u64, count).map(|position| variations[position as usize].clone()).collect(),
            seeds: 1,
            shortened_to: Some(shortened as u64),
        })
    }

    fn train_extent(&mut self, extent: &Extent) -> Option<Vec<TrialResult>> {
        let &Extent { ref variations, seeds, shortened_to } = extent;
        let problems = self.problem(variations.first()?)?;
        let branches = variations.iter().map(|changes| self.branch(changes, seeds, shortened_to)).collect();
        self.experiment.space = Space::new(branches).ok()?;
        let table = trained(&self.experiment, &problems, self.backend).ok()?;
        let runs = Runs { experiment: &self.experiment, problems: &problems.all, table: &table };
        let result = |(number, changes): (usize, &Changes)| {
            let own = number * seeds..(number + 1) * seeds;
            let median = |value: &dyn Fn(usize) -> f64| {
                statistics::quantile(&own.clone().map(value).collect::<Vec<f64>>(), 0.5).unwrap_or(f64::INFINITY)
            };
            let converged = own.clone().filter(|&row| table.verdict[row] == Verdict::Converged).count();
            TrialResult {
                changes: changes.clone(),
                loss: median(&|row| runs.mean_loss(row)),
                excess: median(&|row| runs.mean_excess(row)),
                converged: converged as f64 / seeds as f64,
                epochs_to_reach: median(&|row| runs.epochs_to_reach(row).map_or(f64::INFINITY, f64::from)),
                seeds,
                shortened_to,
            }
        };
        Some(variations.iter().enumerate().map(result).collect())
    }

    /// The size of some variations for one seed: rows read, for the sums or gradients of batches, plus updates. The sums of a quadratic cost serve all
    /// variations with the same batches.
    fn size(&self, variations: &[Changes]) -> f64 {
        let settings: Vec<Settings> = variations.iter().map(|changes| self.changed(changes)).collect();
        let number = |settings: &Settings, parameter| settings.number(parameter).unwrap_or(0.0);
        let batches =
            |settings: &Settings| [Parameter::BatchSize, Parameter::Epochs].map(|parameter| number(settings, parameter).to_bits());
        let rows = |settings: &Settings| number(settings, Parameter::Epochs) * self.train_rows as f64;
        let updates: f64 = settings.iter().map(|settings| self.updates(settings)).sum();
        let rows: f64 = if self.settings.neuron().is_ok_and(|neuron| neuron.is_quadratic()) {
            let mut distinct = HashSet::new();
            settings.iter().filter(|settings| distinct.insert(batches(settings))).map(rows).sum()
        } else {
            let all: f64 = settings.iter().map(rows).sum();
            all * LANES.max(settings.len()) as f64 / settings.len() as f64
        };
        rows + updates
    }

    /// The runs of a variation over the first seeds.
    fn branch(&self, changes: &Changes, seeds: usize, shortened_to: Option<u64>) -> Branch {
        let axis = Axis { parameter: seed_parameter(&self.experiment), values: Values::List(self.seeds[..seeds].to_vec()) };
        let mut settings = self.changed(changes);
        if let Some(epochs) = shortened_to {
            settings.set(Parameter::Epochs, Some(Value::Integer(epochs as i64)));
        }
        Branch { optimizer: self.optimizer, settings, axes: vec![axis], first: 0, len: 0 }
    }
}

/// The seed of the batch order and of drawn initial values.
fn seed_parameter(experiment: &Experiment) -> Parameter {
    match experiment.rng {
        Rng::Threefry => Parameter::TrainingSeed,
        Rng::NumpyLegacy => Parameter::RngSeed,
    }
}

/// The seeds of a trial that confirms: those of the sweep and others; and the number of seeds of a first trial. One seed of NumPy's generator determines
/// the split too, so such a trial keeps the seed of the first run.
fn seeds(runs: &Runs<'_>, rows: &[usize], settings: &Settings) -> (Vec<Value>, usize) {
    let parameter = seed_parameter(runs.experiment);
    let first = settings.number(parameter).unwrap_or(0.0) as i64;
    if parameter == Parameter::RngSeed {
        return (vec![Value::Integer(first)], 1);
    }
    let mut seeds: Vec<i64> = rows.iter().filter_map(|&row| runs.setting(row, parameter).number()).map(|seed| seed as i64).collect();
    seeds.sort_unstable();
    seeds.dedup();
    seeds.truncate(SEEDS[1]);
    let first_seeds = seeds.len().max(SEEDS[0]);
    let last = seeds.last().copied().unwrap_or(first);
    seeds.extend((last + 1..=SEED_MAX).take(SEEDS[1] - seeds.len()));
    let first_seeds = first_seeds.min(seeds.len());
    (seeds.into_iter().map(Value::Integer).collect(), first_seeds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::cpu::Cpu;
    use crate::config::{self, ConfigSource, DataLocation};

    /// The number of variations, of seeds and of epochs of a trial of 60 learning rates on a million rows.
    fn extent(rest: &str, change: Option<(Parameter, Value)>) -> Option<(usize, usize, Option<u64>)> {
        let text = format!("[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n{rest}");
        let source = ConfigSource { file: "sweep.toml", name: "sweep", data: DataLocation::Bytes(b"x,y\n1,0\n2,1\n4,1\n") };
        let experiment = config::load_text(&text, &source, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let run = experiment.space.run(0).unwrap();
        let (backend, problems) = (Cpu::open(Some(1), None).unwrap(), KnownProblems::default());
        let trials = Trials {
            backend: &backend,
            experiment,
            optimizer: run.optimizer,
            settings: run.settings,
            train_rows: 1_000_000,
            seeds: (0..20).map(Value::Integer).collect(),
            first_seeds: 5,
            problems: &problems,
        };
        let variation = |rate: i64| change.into_iter().chain([(Parameter::LearningRate, Value::Float(rate as f64))]).collect();
        let variations: Vec<Changes> = (1..=60).map(variation).collect();
        let extent = trials.extent(&variations, 5)?;
        Some((extent.variations.len(), extent.seeds, extent.shortened_to))
    }

    #[test]
    fn a_trial_on_many_rows_has_fewer_seeds_or_epochs() {
        // Rows are read once for all rates: 3·10⁶ rows and 60 · 93,750 updates are 9 % of the largest size.
        assert_eq!(extent("[training]\nepochs = 3\n", None), Some((60, 5, None)));
        assert_eq!(extent("[training]\nepochs = 30\n", None), Some((60, 1, None)));
        // 10⁹ rows and 60 · 31,250,000 updates are 28.75 times the largest size.
        assert_eq!(extent("[training]\nepochs = 1000\n", None), Some((60, 1, Some(34))));
        // A sigmoid needs the rows of every run.
        let sigmoid = "[model]\nactivation = \"sigmoid\"\nloss = \"binary_crossentropy\"\n[training]\nepochs = 3\n";
        assert_eq!(extent(sigmoid, None), Some((60, 1, Some(1))));
    }

    #[test]
    fn decaying_rates_and_longer_training_are_not_shortened() {
        let long = "[training]\nepochs = 1000\n";
        assert_eq!(extent(long, Some((Parameter::ScheduleName, Value::Choice("cosine_decay")))), None);
        assert_eq!(extent(long, Some((Parameter::Epochs, Value::Integer(10_000)))), None);
    }
}
