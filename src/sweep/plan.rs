//! The plan of a chunk: runs become groups that share problem, batch order and kernel variant, and lanes in which they differ.
//!
//! Pure: numbers in, values out, no device. A run's results do not depend on its chunk or group.

use std::collections::HashMap;

use super::Problems;
use crate::backend::{Group, Lanes, Record};
use crate::config::Experiment;
use crate::data::{BatchOrder, Stream, Threefry};
use crate::kernel::{Options, Timing, Variant, hyper, options};
use crate::model::{Parameter, Problem, Start, Value};
use crate::space::{Block, Settings};

/// What the runs of a group share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    problem: usize,
    order: BatchOrder,
    epochs: u64,
    /// Without `momentum`, which only says whether any run of the group has it.
    variant: Variant,
    options: Options,
}

/// A planned group: its runs by position in the chunk.
#[derive(Clone, Debug)]
pub struct Planned {
    key: Key,
    pub lanes: Lanes,
    /// The position in the chunk of each lane's run, ascending.
    pub members: Vec<u32>,
}

impl Planned {
    /// The number of the group's problem.
    pub fn problem(&self) -> usize {
        self.key.problem
    }
}

/// The runs of a chunk, grouped, and their settings where the table shows them.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Run numbers, ascending.
    pub runs: Vec<u64>,
    /// The problem of each run.
    pub problem: Vec<u32>,
    pub groups: Vec<Planned>,
    /// The value of each shown hyperparameter, a column each: `shown[parameter][run]`.
    pub shown: Vec<(Parameter, Vec<Option<Value>>)>,
    pub initial_weight: Vec<f32>,
    pub initial_bias: Vec<f32>,
}

/// The hyperparameters with a column in runs.parquet: those that vary, and always optimizer, learning rate and batch size.
fn shown(experiment: &Experiment) -> Vec<Parameter> {
    let mut shown = vec![Parameter::Optimizer, Parameter::LearningRate, Parameter::BatchSize];
    for parameter in experiment.space.varied() {
        if !shown.contains(&parameter) {
            shown.push(parameter);
        }
    }
    shown
}

impl Plan {
    /// Plans the runs with these numbers, which exist and ascend.
    pub fn new(experiment: &Experiment, problems: &Problems, runs: impl Iterator<Item = u64>) -> Self {
        let shown = shown(experiment).into_iter().map(|parameter| (parameter, Vec::new())).collect();
        let mut plan =
            Self { runs: Vec::new(), problem: Vec::new(), groups: Vec::new(), shown, initial_weight: Vec::new(), initial_bias: Vec::new() };
        let mut groups = Groups::default();
        let mut cursor: Option<Cursor<'_>> = None;
        for run in runs {
            let inside = cursor.as_ref().is_some_and(|cursor| cursor.holds(run));
            if !inside {
                cursor = experiment.space.block_of(run).map(Cursor::new);
            }
            if let Some(cursor) = &mut cursor {
                cursor.go(run);
                let problem = cursor.problem(experiment, problems);
                plan.add(experiment, problems, &mut groups, run, problem, cursor);
            }
        }
        plan
    }

    fn add(&mut self, experiment: &Experiment, problems: &Problems, groups: &mut Groups, run: u64, problem: usize, cursor: &Cursor<'_>) {
        let settings = &cursor.settings;
        let (key, momentum) = key(experiment, &problems.all[problem], settings, cursor.block);
        let group = groups.number(key, &mut self.groups);
        let group = &mut self.groups[group];
        group.key.variant.momentum |= momentum;
        let start = [
            start(settings, Parameter::InitialWeight, Stream::InitialWeight),
            start(settings, Parameter::InitialBias, Stream::InitialBias),
        ];
        group.members.push(self.runs.len() as u32);
        group.lanes.initial_weight.push(start[0]);
        group.lanes.initial_bias.push(start[1]);
        group.lanes.hyper.push(hyper(cursor.block.optimizer, settings));
        group.lanes.timing.push(Timing::of(cursor.block.optimizer, settings, &experiment.pieces));
        group.lanes.values.push(options::values(settings));
        self.runs.push(run);
        self.problem.push(problem as u32);
        self.initial_weight.push(start[0]);
        self.initial_bias.push(start[1]);
        let rows = problems.all[problem].train.len() as i64;
        for (parameter, column) in &mut self.shown {
            column.push(match settings.get(*parameter) {
                Some(Value::Choice("full")) => Some(Value::Integer(rows)),
                // A start that was drawn is shown as the number that it is.
                Some(Value::Choice(_) | Value::Drawn(_)) if *parameter == Parameter::InitialWeight => {
                    Some(Value::Float(f64::from(start[0])))
                }
                Some(Value::Choice(_) | Value::Drawn(_)) if *parameter == Parameter::InitialBias => Some(Value::Float(f64::from(start[1]))),
                value => value,
            });
        }
    }

    /// The groups as a backend takes them.
    pub fn groups<'a>(&'a self, problems: &'a Problems, record: Record) -> Vec<Group<'a>> {
        let group = |planned: &'a Planned| Group {
            problem: &problems.all[planned.key.problem],
            order: planned.key.order,
            epochs: planned.key.epochs,
            variant: planned.key.variant,
            options: planned.key.options,
            lanes: &planned.lanes,
            record,
        };
        self.groups.iter().map(group).collect()
    }
}

/// The way from a key to its group. Neighbours mostly share theirs, and a comparison costs less than a hash.
#[derive(Default)]
struct Groups {
    numbers: HashMap<Key, usize>,
    last: Option<(Key, usize)>,
}

impl Groups {
    /// The number of a key's group, which is made where it is missing.
    fn number(&mut self, key: Key, groups: &mut Vec<Planned>) -> usize {
        if let Some((last, number)) = self.last
            && last == key
        {
            return number;
        }
        let number = *self.numbers.entry(key).or_insert_with(|| {
            groups.push(Planned { key, lanes: Lanes::default(), members: Vec::new() });
            groups.len() - 1
        });
        self.last = Some((key, number));
        number
    }
}

/// The settings of one run after the other inside a block; only what changes is decoded again.
struct Cursor<'a> {
    block: &'a Block,
    settings: Settings,
    /// The problem of these settings, once somebody has asked.
    problem: Option<usize>,
    digits: Vec<u64>,
    next: Vec<u64>,
}

impl<'a> Cursor<'a> {
    fn new(block: &'a Block) -> Self {
        let digits = vec![u64::MAX; block.axes.len()];
        Self { block, settings: block.settings.clone(), problem: None, next: digits.clone(), digits }
    }

    fn holds(&self, run: u64) -> bool {
        run >= self.block.first && run - self.block.first < self.block.len
    }

    fn go(&mut self, run: u64) {
        self.block.digits(run - self.block.first, &mut self.next);
        for (axis, (&next, digit)) in self.block.axes.iter().zip(self.next.iter().zip(&mut self.digits)) {
            if *digit != next {
                *digit = next;
                self.settings.set(axis.parameter, Some(axis.value(next)));
                if Problems::made_by(axis.parameter) {
                    self.problem = None;
                }
            }
        }
    }

    fn problem(&mut self, experiment: &Experiment, problems: &Problems) -> usize {
        *self.problem.get_or_insert_with(|| problems.number(experiment, &self.settings))
    }
}

/// The group of a run, and whether the run has momentum.
fn key(experiment: &Experiment, problem: &Problem, settings: &Settings, block: &Block) -> (Key, bool) {
    let rows = problem.train.len();
    let batch_size = match settings.get(Parameter::BatchSize) {
        Some(Value::Integer(size)) => (size as usize).min(rows),
        _ => rows,
    };
    let epochs = match settings.get(Parameter::Epochs) {
        Some(Value::Integer(epochs)) => epochs as u64,
        _ => 1,
    };
    let variant = Variant::of(block.optimizer, settings);
    let order = BatchOrder { rows, batch_size, shuffle: experiment.shuffle(settings) };
    let options = Options::of(block.optimizer, settings);
    (Key { problem: problem.id, order, epochs, variant: Variant { momentum: false, ..variant }, options }, variant.momentum)
}

/// A start: as given, or drawn from the run's training seed in a stream of its own. A neuron without a bias has it at 0.
fn start(settings: &Settings, parameter: Parameter, stream: Stream) -> f32 {
    if parameter == Parameter::InitialBias && !settings.neuron().use_bias {
        return 0.0;
    }
    let start = match settings.get(parameter) {
        Some(Value::Float(start)) => Start::Number(start),
        Some(Value::Integer(start)) => Start::Number(start as f64),
        Some(Value::Drawn(initializer)) => Start::Drawn(initializer),
        Some(Value::Choice(name)) => Start::from_name(name).unwrap_or(Start::Number(0.0)),
        _ => Start::Number(0.0),
    };
    match start {
        Start::Number(number) => number as f32,
        Start::Drawn(initializer) => {
            let seed = settings.number(Parameter::TrainingSeed).unwrap_or(0.0) as u32;
            let mut words = Threefry::new(seed, stream, 0);
            initializer.draw(|| words.unit()) as f32
        }
    }
}

/// How much a sweep computes and writes, without planning its runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub runs: u64,
    /// Updates of all runs.
    pub steps: u128,
    /// Updates of the longest run.
    pub longest: u64,
    /// Bytes of the tables, before compression.
    pub bytes: u128,
    /// Recorded points and epochs of the longest run.
    pub points_per_run: u64,
    pub epochs_per_run: u64,
}

/// Sizes of a row in the files: a run, a recorded point (run, step, weight, bias), an epoch.
const RUN_BYTES: u128 = 96;
const POINT_BYTES: u128 = 24;
const EPOCH_BYTES: u128 = 32;

/// Estimates a sweep in O(axes).
pub fn estimate(experiment: &Experiment) -> Estimate {
    let runs = experiment.space.len();
    let [longest, epochs] = experiment.longest_run();
    let recorded = experiment.history.decide(runs);
    let points_per_run = if recorded.every == 0 { 0 } else { longest.div_ceil(recorded.every) + 1 };
    let epochs_per_run = if recorded.epochs { epochs } else { 0 };
    let points = u128::from(recorded.count(runs)) * u128::from(points_per_run);
    let bytes = u128::from(runs) * (RUN_BYTES + u128::from(epochs_per_run) * EPOCH_BYTES) + points * POINT_BYTES;
    Estimate { runs, steps: experiment.steps().count, longest, bytes, points_per_run, epochs_per_run }
}
