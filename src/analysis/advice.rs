//! Advice for a setting that misses the optimum: the cause, from its verdict, and a remedy that a trial has confirmed.

use serde::Serialize;

use super::cost_surface::CostSurface;
use super::remedies::{Remedy, RemedySearch};
use super::runs::{Runs, setting_label};
use super::sentences::creeps_along_valley;
use super::setting::Setting;
use super::theory::{self, Sgd};
use super::trial::{Changes, KnownProblems, TrialResult, Trials};
use crate::backend::Backend;
use crate::config::{self, ConfigSource, DataLocation, Experiment};
use crate::kernel::RowEvaluator;
use crate::model::{Optimizer, Parameter, Schedule, Value, Verdict};
use crate::text;

/// The number of optimizers for which remedies are sought.
const OPTIMIZERS: usize = 4;
/// A remedy that does not reach the optimum must reduce J − J* to this share.
const IMPROVEMENT: f64 = 0.9;

/// A change of the config that reaches the optimum, or at least comes closer to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recommendation {
    /// The changes in words: `data.scale standard, learning_rate 0.1`.
    pub changes: String,
    /// The `KEY=VALUE` arguments for `--set`; empty if tables of optimizers set a key, which no argument reaches.
    pub set: Vec<String>,
    /// The `--set` arguments of the whole command: those in use, and the new ones.
    pub command_sets: Vec<String>,
    /// The setting that reached the result, such as `sgd with learning_rate 0.1`.
    pub setting: String,
    /// Whether the changed setting reaches the optimum.
    pub reaches_optimum: bool,
    /// The mean of J over the last updates with the changes, as the median over the seeds of the trial.
    pub mean_loss: f64,
    /// The number of epochs until the optimum is reached, as the median over the seeds of the trial.
    pub epochs_to_reach: Option<f64>,
    /// The number of seeds of the trial.
    pub seeds: usize,
    /// The number of epochs of the trial, if runs with the changes are longer, because there are many rows.
    pub trial_epochs: Option<u64>,
}

/// The cause and the remedy for a setting that misses the optimum.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// A main clause without a full stop.
    pub cause: String,
    /// `None` if no change that was tried helps.
    pub remedy: Option<Recommendation>,
}

/// Advice for a model whose settings all miss the optimum. `candidates` are the best settings of its optimizers, the best one first: the rows of
/// each setting, which differ only in seeds, and the row among them with the median cost. `rows` are all runs of the model.
pub fn advise(runs: &Runs<'_>, rows: &[usize], candidates: &[(&[usize], usize)], backend: &dyn Backend) -> Advice {
    let Some(&(_, best)) = candidates.first() else { return Advice { cause: String::new(), remedy: None } };
    let cause = cause(runs, best);
    let problems = KnownProblems::default();
    let new_search = |&candidate: &(&[usize], usize)| search(runs, rows, candidate, &problems, backend);
    let mut searches: Vec<RemedySearch<'_>> = candidates.iter().take(OPTIMIZERS).filter_map(new_search).collect();
    // The present setting and a remedy are compared over the same seeds.
    let present = searches.first_mut().and_then(|search| search.trials.present());
    let present = present.map_or_else(|| runs.mean_excess(best), |result| result.excess);
    let mut closest: Option<(f64, Recommendation)> = None;
    for &remedy in remedies(runs, best) {
        for search in &mut searches {
            let Some(result) = search.best(remedy, present) else { continue };
            let Some(recommendation) = recommendation(runs, search, &result) else { continue };
            if recommendation.reaches_optimum {
                return Advice { cause, remedy: Some(recommendation) };
            }
            if result.excess <= IMPROVEMENT * present && closest.as_ref().is_none_or(|(excess, _)| result.excess < *excess) {
                closest = Some((result.excess, recommendation));
            }
        }
    }
    Advice { cause, remedy: closest.map(|(_, recommendation)| recommendation) }
}

/// The search around one setting.
fn search<'a>(
    runs: &Runs<'_>,
    rows: &[usize],
    (own, row): (&[usize], usize),
    problems: &'a KnownProblems,
    backend: &'a dyn Backend,
) -> Option<RemedySearch<'a>> {
    let mut tried: Vec<f64> =
        rows.iter().filter(|&&other| runs.optimizer(other) == runs.optimizer(row)).map(|&row| learning_rate(runs, row)).collect();
    tried.sort_by(f64::total_cmp);
    tried.dedup();
    Some(RemedySearch { trials: Trials::new(runs, own, problems, backend)?, start: runs.start(row), tried })
}

/// The kinds of remedy to try, those that suit the verdict first.
fn remedies(runs: &Runs<'_>, row: usize) -> &'static [Remedy] {
    use Remedy::{
        DecayingSchedule, FullBatch, LargerBatch, LargerRate, MoreEpochs, SmallerRate, Standardise, StandardiseAndFullBatch,
        StandardiseAndMoreEpochs,
    };
    match runs.table.verdict[row] {
        Verdict::Diverged | Verdict::Overshooting => {
            &[SmallerRate, Standardise, FullBatch, StandardiseAndFullBatch, StandardiseAndMoreEpochs]
        }
        _ if creeps_along_valley(runs, row) => {
            &[Standardise, MoreEpochs, LargerRate, SmallerRate, StandardiseAndFullBatch, StandardiseAndMoreEpochs]
        }
        Verdict::Slow => &[MoreEpochs, LargerRate, SmallerRate, FullBatch, Standardise, StandardiseAndFullBatch, StandardiseAndMoreEpochs],
        _ => &[
            SmallerRate,
            LargerBatch,
            DecayingSchedule,
            LargerRate,
            FullBatch,
            MoreEpochs,
            Standardise,
            StandardiseAndFullBatch,
            StandardiseAndMoreEpochs,
        ],
    }
}

/// The reason for the verdict of a run.
fn cause(runs: &Runs<'_>, row: usize) -> String {
    let cause = cause_of_verdict(runs, row);
    let is_constant = matches!(runs.surface(row), CostSurface::Quadratic(_)) && runs.surface(row).condition().is_none();
    if is_constant { format!("the feature is constant, so the data determine w·x + b but not w and b; {cause}") } else { cause }
}

fn cause_of_verdict(runs: &Runs<'_>, row: usize) -> String {
    let rate = format!("learning_rate {}", text::short(learning_rate(runs, row), 4));
    let updates = text::count(runs.table.steps[row] as usize, "update");
    match runs.table.verdict[row] {
        Verdict::Diverged | Verdict::Overshooting => too_high(runs, row, &rate),
        Verdict::Cycling => {
            let period = text::count(runs.table.cycle_period[row].unwrap_or(2) as usize, "epoch");
            format!("it repeats a cycle of {period}, because {rate} is too large to settle")
        }
        _ if creeps_along_valley(runs, row) => {
            let kappa = runs.surface(row).condition().unwrap_or(f64::INFINITY);
            let [length, kappa] = [text::ratio(kappa.sqrt()), text::condition(kappa)];
            format!("it creeps along a valley of J that is {length} times as long as it is wide (condition number κ = {kappa})")
        }
        Verdict::Slow if runs.table.steps[row] == 1 => format!("1 update is too few at {rate}"),
        Verdict::Slow => format!("{updates} are too few at {rate}"),
        Verdict::Stuck => stuck(runs, row, &rate),
        Verdict::Noisy => {
            let batch = runs.setting(row, Parameter::BatchSize);
            let theory = noise_theory(runs, row).unwrap_or_default();
            format!("mini-batch noise keeps J above the optimum: {rate} is too large for batches of {batch} rows{theory}")
        }
        Verdict::Oscillating | Verdict::Converged => format!("the updates jump across the minimum: {rate} is too large to settle"),
    }
}

/// The level at which SGD with shuffled batches settles in theory, and the rate below which this level counts as the optimum.
fn noise_theory(runs: &Runs<'_>, row: usize) -> Option<String> {
    let (problem, settings) = (runs.problem(row), runs.experiment.space.run(runs.table.run[row])?.settings);
    let sgd = Sgd::of(&settings).filter(|_| settings.required_flag(Parameter::Shuffle) == Ok(true))?;
    let batch = settings.number(Parameter::BatchSize).filter(|_| problem.train.len() <= theory::MAX_ROWS)? as usize;
    let level = problem.optimum?.loss + theory::floor(problem, batch, &sgd)?;
    let rate = theory::rate_for_floor(problem, batch, &sgd, problem.tolerance()?)?;
    let [level, rate] = [text::loss(level), text::short(rate, 2)];
    Some(format!(" (in theory J settles at {level}, and within 1 % of the optimum at rates up to {rate})"))
}

/// The reason why a run no longer moves: a learning rate or a gradient of 0, or updates below the resolution of float32.
fn stuck(runs: &Runs<'_>, row: usize, rate: &str) -> String {
    if learning_rate(runs, row) == 0.0 {
        return "the run does not move, because its learning_rate is 0".into();
    }
    let problem = runs.problem(row);
    let gradient = RowEvaluator::of(&problem.neuron).over(&problem.train, runs.end(row)).gradient;
    if gradient.0.iter().all(|&slope| slope == 0.0) {
        let activation = problem.neuron.activation.name();
        return format!("the run does not move, because its gradient is 0: {activation} is flat at every row");
    }
    format!("the run no longer moves: at {rate} its updates are below the resolution of float32")
}

fn too_high(runs: &Runs<'_>, row: usize, rate: &str) -> String {
    let name = runs.optimizer(row).map_or("", Optimizer::name);
    match runs.stability_limit(row).map(|limit| (limit, learning_rate(runs, row) / limit)) {
        Some((limit, share)) if share >= 1.0 => {
            let [share, limit] = [text::short(share, 2), text::short(limit, 4)];
            format!("{rate} is {share} × the full-batch stability limit of {name}, which is {limit}")
        }
        _ => format!("{rate} is too high for {name}"),
    }
}

/// The learning rate of a run.
fn learning_rate(runs: &Runs<'_>, row: usize) -> f64 {
    runs.setting(row, Parameter::LearningRate).number().unwrap_or(0.0)
}

/// The `--set` arguments of some changes, empty if no argument reaches one of the keys; `None` if the config with them is refused.
fn arguments(experiment: &Experiment, changes: &Changes) -> Option<Vec<String>> {
    let set: Option<Vec<String>> = changes.iter().map(|&(parameter, value)| experiment.override_for(parameter, value)).collect();
    let Some(set) = set else { return Some(Vec::new()) };
    let source = ConfigSource { file: "sweep.toml", name: &experiment.name, data: DataLocation::Bytes(&experiment.dataset.bytes) };
    config::load_text(&experiment.text, &source, &[&experiment.sets[..], &set].concat()).is_ok().then_some(set)
}

/// The changes that a config needs: without fields of a schedule that have their defaults, and without a learning rate that the sweep has.
fn needed(search: &RemedySearch<'_>, changes: &Changes) -> Changes {
    let is_needed = |&(parameter, value): &(Parameter, Value)| match parameter {
        Parameter::LearningRate => !value.number().is_some_and(|rate| search.has_tried(rate)),
        _ => Schedule::CosineDecay.default(parameter) != Some(value),
    };
    changes.iter().copied().filter(is_needed).collect()
}

/// The recommendation of a trial's result; `None` if it needs no change, or if the changed config is refused.
fn recommendation(runs: &Runs<'_>, search: &RemedySearch<'_>, result: &TrialResult) -> Option<Recommendation> {
    let changes = needed(search, &result.changes);
    let set = arguments(runs.experiment, &changes)?;
    let rate = search.trials.changed(&result.changes).number(Parameter::LearningRate);
    let rate = rate.map_or_else(String::new, |rate| format!(" with learning_rate {}", text::short(rate, 4)));
    let words = changes.iter().map(|&(parameter, value)| setting_label(parameter, Setting::from(Some(value))));
    (!changes.is_empty()).then(|| Recommendation {
        changes: words.collect::<Vec<_>>().join(", "),
        command_sets: command_sets(runs.experiment, &set),
        set,
        setting: format!("{}{rate}", search.trials.optimizer().name()),
        reaches_optimum: result.reaches_optimum(),
        mean_loss: result.loss,
        epochs_to_reach: Some(result.epochs_to_reach).filter(|epochs| epochs.is_finite()),
        seeds: result.seeds,
        trial_epochs: result.shortened_to,
    })
}

impl Recommendation {
    /// The command that follows the advice, and its expected result, in two lines.
    pub fn in_words(&self, config: &str) -> String {
        let command = if self.set.is_empty() {
            format!("these settings in {config}: {}", self.changes)
        } else {
            self.command(&text::shell_word(config))
        };
        format!("{:<9} {command}\n{:<9} {}", "try", "", self.outcome())
    }

    /// The command that follows the advice. `config` is the path of the config as a shell reads it.
    pub fn command(&self, config: &str) -> String {
        let arguments = self.command_sets.iter().flat_map(|argument| ["--set".to_owned(), text::shell_word(argument)]);
        ["gradsweep run".to_owned(), config.to_owned()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
    }

    /// The expected result in words.
    pub fn outcome(&self) -> String {
        let epochs = self.trial_epochs.map_or_else(String::new, |epochs| format!(" of {}", text::count(epochs as usize, "epoch")));
        let over = if self.seeds > 1 { format!(" over {} seeds", self.seeds) } else { String::new() };
        let result = match self.epochs_to_reach.filter(|_| self.reaches_optimum) {
            Some(epochs) => format!("reaches the optimum after {}", text::count(epochs.ceil() as usize, "epoch")),
            None if self.reaches_optimum => "reaches the optimum".into(),
            None => format!("comes closer, to J = {}", text::loss(self.mean_loss)),
        };
        format!("in a trial{epochs}{over}, {} {result}", self.setting)
    }
}

/// The arguments of the whole command: those in use whose keys are not set anew, then the new ones.
fn command_sets(experiment: &Experiment, set: &[String]) -> Vec<String> {
    let key = |argument: &str| argument.split_once('=').map(|(key, _)| key.trim().to_owned());
    let is_kept = |old: &&String| set.iter().all(|new| key(new) != key(old));
    experiment.sets.iter().filter(is_kept).chain(set).cloned().collect()
}
