//! The plan of a chunk: runs become groups that share problem, batch order and kernel variant, and lanes in which they differ.
//!
//! Pure: numbers in, values out, no device. A run's results do not depend on its chunk or group.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{Error, Problems};
use crate::backend::{Broadcast, Group, RecordOptions, RunInputs};
use crate::config::Experiment;
use crate::data::{BatchOrder, Stream, Threefry};
use crate::kernel::{FactorInputs, Options, Variant, coefficients, options};
use crate::model::{MissingParameter, Optimizer, Parameter, Problem, Schedule, Settings, Start, Value};
use crate::space::Branch;
use crate::table::Column;

/// Runs that are planned at once where all cores plan.
const PIECE: u64 = 1 << 12;

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

impl Key {
    /// What tells groups apart.
    fn without_momentum(self) -> Self {
        Self { variant: Variant { momentum: false, ..self.variant }, ..self }
    }
}

/// A planned group: its runs by position in the chunk.
#[derive(Clone, Debug)]
pub struct Planned {
    key: Key,
    pub inputs: RunInputs,
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
    pub problem: Broadcast<u32>,
    pub groups: Vec<Planned>,
    /// The value of each shown hyperparameter.
    pub shown: Vec<(Parameter, Column)>,
    pub initial: [Broadcast<f32>; 2],
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
    pub fn new(experiment: &Experiment, problems: &Problems, runs: impl Iterator<Item = u64>) -> Result<Self, Error> {
        let shown = shown(experiment).into_iter().map(|parameter| (parameter, Column::of(parameter))).collect();
        let mut plan = Self { runs: Vec::new(), problem: Broadcast::default(), groups: Vec::new(), shown, initial: Default::default() };
        let expected = runs.size_hint().0;
        plan.reserve(expected);
        let mut groups = Groups { expected, ..Groups::default() };
        let (mut cursor, mut alike): (Option<Cursor<'_>>, _) = (None, Alike::default());
        for run in runs {
            let inside = cursor.as_ref().is_some_and(|cursor| cursor.holds(run));
            if !inside {
                cursor = experiment.space.branch_of(run).map(Cursor::new);
            }
            if let Some(cursor) = &mut cursor {
                cursor.go(run);
                if inside && cursor.facts.is_some() {
                    alike.runs.push(run);
                    alike.rates.push(cursor.settings.get(Parameter::LearningRate));
                } else {
                    plan.again(&groups, &mut alike)?;
                    let (facts, settings) = cursor.facts(experiment, problems)?;
                    plan.add(&mut groups, run, facts, settings)?;
                }
            }
        }
        plan.again(&groups, &mut alike)?;
        Ok(plan)
    }

    /// The same for consecutive runs, on all cores.
    pub fn of_range(experiment: &Experiment, problems: &Problems, runs: std::ops::Range<u64>) -> Result<Self, Error> {
        let pieces: Vec<u64> = runs.clone().step_by(PIECE as usize).collect();
        let piece = |&first: &u64| Self::new(experiment, problems, first..runs.end.min(first + PIECE));
        let mut pieces = pieces.par_iter().map(piece).collect::<Result<Vec<_>, _>>()?.into_iter();
        let mut plan = pieces.next().map_or_else(|| Self::new(experiment, problems, std::iter::empty()), Ok)?;
        plan.reserve((runs.end - runs.start) as usize);
        let mut groups = Groups::of(&plan);
        pieces.for_each(|piece| plan.append(&mut groups, piece));
        Ok(plan)
    }

    /// Makes room for so many runs, and for as many in the group that is the only one: a column that grows is copied again and again.
    fn reserve(&mut self, runs: usize) {
        self.runs.reserve(runs);
        if let [group] = &mut self.groups[..] {
            group.members.reserve(runs);
        }
    }

    /// Adds the runs of a plan behind these.
    fn append(&mut self, groups: &mut Groups, other: Self) {
        let behind = self.runs.len() as u32;
        for group in other.groups {
            let number = groups.number(group.key.without_momentum(), &mut self.groups);
            let own = &mut self.groups[number];
            own.key.variant.momentum |= group.key.variant.momentum;
            own.members.extend(group.members.iter().map(|member| member + behind));
            own.inputs.append(group.inputs);
        }
        let (runs, more) = (self.runs.len(), other.runs.len());
        self.problem.append(runs, other.problem, more);
        for (own, other) in self.initial.iter_mut().zip(other.initial) {
            own.append(runs, other, more);
        }
        self.runs.extend(other.runs);
        for ((_, column), (_, more)) in self.shown.iter_mut().zip(&other.shown) {
            column.append(more);
        }
    }

    fn add(&mut self, groups: &mut Groups, run: u64, facts: &Facts, settings: &Settings) -> Result<(), Error> {
        let Facts { problem, optimizer, rows, key, momentum, start, factor_inputs, values } = facts;
        let group = groups.number(*key, &mut self.groups);
        let group = &mut self.groups[group];
        group.key.variant.momentum |= momentum;
        group.members.push(self.runs.len() as u32);
        group.inputs.push(*start, &coefficients(*optimizer, settings)?, factor_inputs, values);
        let runs = self.runs.len();
        self.problem.push(runs, &(*problem as u32));
        for (column, start) in self.initial.iter_mut().zip(start) {
            column.push(runs, start);
        }
        self.runs.push(run);
        let rows = *rows as i64;
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
        Ok(())
    }

    /// Adds the runs that wait, behind the one that they are like.
    fn again(&mut self, groups: &Groups, alike: &mut Alike) -> Result<(), Error> {
        let Some((_, group)) = groups.last else { return Ok(()) };
        let (first, more) = (self.runs.len() as u32, alike.runs.len());
        let group = &mut self.groups[group];
        group.members.extend(first..first + more as u32);
        let number = |rate: &Option<Value>| rate.and_then(Value::number).map(|rate| rate as f32);
        let rates: Option<Vec<f32>> = alike.rates.iter().map(number).collect();
        group.inputs.again(rates.ok_or(MissingParameter(Parameter::LearningRate))?.into_iter());
        self.problem.again(more);
        self.initial.iter_mut().for_each(|column| column.again(more));
        self.runs.append(&mut alike.runs);
        for (parameter, column) in &mut self.shown {
            if *parameter == Parameter::LearningRate {
                alike.rates.iter().for_each(|rate| column.push(*rate));
            } else {
                column.again(more);
            }
        }
        alike.rates.clear();
        Ok(())
    }

    /// The groups as a backend takes them.
    pub fn groups<'a>(&'a self, problems: &'a Problems, record: RecordOptions) -> Vec<Group<'a>> {
        let group = |planned: &'a Planned| Group {
            problem: &problems.all[planned.key.problem],
            order: planned.key.order,
            epochs: planned.key.epochs,
            variant: planned.key.variant,
            options: planned.key.options,
            inputs: &planned.inputs,
            record,
        };
        self.groups.iter().map(group).collect()
    }
}

/// Runs whose settings are those of the run before them but for the learning rate: what else follows from settings is theirs too.
#[derive(Default)]
struct Alike {
    runs: Vec<u64>,
    rates: Vec<Option<Value>>,
}

/// The way from a key to its group. Neighbours mostly share theirs, and a comparison costs less than a hash.
#[derive(Default)]
struct Groups {
    numbers: HashMap<Key, usize>,
    last: Option<(Key, usize)>,
    /// Runs that the first group may come to have.
    expected: usize,
}

impl Groups {
    /// The way to the groups of a plan.
    fn of(plan: &Plan) -> Self {
        let numbers = plan.groups.iter().enumerate().map(|(number, group)| (group.key.without_momentum(), number));
        Self { numbers: numbers.collect(), last: None, expected: 0 }
    }

    /// The number of a key's group, which is made where it is missing.
    fn number(&mut self, key: Key, groups: &mut Vec<Planned>) -> usize {
        if let Some((last, number)) = self.last
            && last == key
        {
            return number;
        }
        let number = *self.numbers.entry(key).or_insert_with(|| {
            let mut group = Planned { key, inputs: RunInputs::default(), members: Vec::new() };
            if groups.is_empty() {
                group.members.reserve(self.expected);
            }
            groups.push(group);
            groups.len() - 1
        });
        self.last = Some((key, number));
        number
    }
}

/// The settings of one run after the other inside a branch; only what changes is decoded again.
struct Cursor<'a> {
    branch: &'a Branch,
    settings: Settings,
    /// The problem of these settings, once somebody has asked.
    problem: Option<usize>,
    /// What else follows from them, once somebody has asked.
    facts: Option<Facts>,
    digits: Vec<u64>,
    next: Vec<u64>,
    /// The run whose settings these are.
    last: Option<u64>,
    /// Whether nothing but numbers for the rule follows from the innermost axis.
    alone: bool,
}

impl<'a> Cursor<'a> {
    fn new(branch: &'a Branch) -> Self {
        let digits = vec![u64::MAX; branch.axes.len()];
        let alone = branch.axes.last().is_some_and(|axis| is_hyper_alone(branch, axis.parameter));
        Self { branch, settings: branch.settings.clone(), problem: None, facts: None, next: digits.clone(), digits, last: None, alone }
    }

    fn holds(&self, run: u64) -> bool {
        run >= self.branch.first && run - self.branch.first < self.branch.len
    }

    fn go(&mut self, run: u64) {
        if self.goes_on(run) {
            return;
        }
        self.branch.digits(run - self.branch.first, &mut self.next);
        for (axis, (&next, digit)) in self.branch.axes.iter().zip(self.next.iter().zip(&mut self.digits)) {
            if *digit != next {
                *digit = next;
                self.settings.set(axis.parameter, Some(axis.value(next)));
                if Problems::made_by(axis.parameter) {
                    self.problem = None;
                }
                if !is_hyper_alone(self.branch, axis.parameter) {
                    self.facts = None;
                }
            }
        }
    }

    /// Goes on to the run behind the last one, where they differ in a rate that nothing else follows from: so it is with most runs.
    fn goes_on(&mut self, run: u64) -> bool {
        let follows = self.last.replace(run).is_some_and(|last| last + 1 == run);
        let (Some(axis), Some(digit)) = (self.branch.axes.last(), self.digits.last_mut()) else { return false };
        if !(follows && self.alone && *digit + 1 < axis.len()) {
            return false;
        }
        *digit += 1;
        self.settings.set(axis.parameter, Some(axis.value(*digit)));
        true
    }

    /// What follows from the settings beside the hyperparameters as numbers; neighbours mostly share it.
    fn facts(&mut self, experiment: &Experiment, problems: &Problems) -> Result<(&Facts, &Settings), Error> {
        let Self { branch, settings, problem, facts, .. } = self;
        let facts = match facts {
            Some(facts) => facts,
            None => {
                let number = match *problem {
                    Some(number) => number,
                    None => *problem.insert(problems.number(experiment, settings)?),
                };
                facts.insert(Facts::of(experiment, &problems.all[number], branch.optimizer, settings)?)
            }
        };
        Ok((facts, settings))
    }
}

impl Facts {
    fn of(experiment: &Experiment, problem: &Problem, optimizer: Optimizer, settings: &Settings) -> Result<Self, MissingParameter> {
        let (key, momentum) = key(experiment, problem, settings, optimizer)?;
        let start = |parameter, stream| start(settings, parameter, stream);
        Ok(Self {
            problem: problem.id,
            optimizer,
            rows: problem.train.len(),
            key,
            momentum,
            start: [start(Parameter::InitialWeight, Stream::InitialWeight)?, start(Parameter::InitialBias, Stream::InitialBias)?],
            factor_inputs: FactorInputs::of(optimizer, settings, &experiment.piecewise)?,
            values: options::values(settings)?,
        })
    }
}

/// Whether nothing but a run's hyperparameters as numbers follows from this one.
fn is_hyper_alone(branch: &Branch, parameter: Parameter) -> bool {
    parameter == Parameter::LearningRate && branch.settings.schedule() == Schedule::None
}

/// What follows from the settings of a run beside its hyperparameters as numbers.
#[derive(Clone, Debug)]
struct Facts {
    problem: usize,
    optimizer: Optimizer,
    /// Training rows of the problem.
    rows: usize,
    key: Key,
    momentum: bool,
    start: [f32; 2],
    factor_inputs: FactorInputs,
    values: options::OptionValues<f32>,
}

/// The group of a run, and whether the run has momentum.
fn key(experiment: &Experiment, problem: &Problem, settings: &Settings, optimizer: Optimizer) -> Result<(Key, bool), MissingParameter> {
    let rows = problem.train.len();
    let batch_size = match settings.get(Parameter::BatchSize) {
        Some(Value::Choice("full")) => rows,
        _ => (settings.required_number(Parameter::BatchSize)? as usize).min(rows),
    };
    let epochs = settings.required_number(Parameter::Epochs)? as u64;
    let variant = Variant::of(optimizer, settings)?;
    let order = BatchOrder { rows, batch_size, shuffle: experiment.shuffle(settings)? };
    let options = Options::of(optimizer, settings)?;
    Ok((Key { problem: problem.id, order, epochs, variant, options }.without_momentum(), variant.momentum))
}

/// The value of a parameter before the first update: a number, or drawn with the run's training seed from a stream of its own. The bias
/// of a neuron without one is 0.
fn start(settings: &Settings, parameter: Parameter, stream: Stream) -> Result<f32, MissingParameter> {
    if parameter == Parameter::InitialBias && !settings.required_flag(Parameter::UseBias)? {
        return Ok(0.0);
    }
    let start = match settings.get(parameter) {
        Some(Value::Drawn(initializer)) => Start::Drawn(initializer),
        Some(Value::Choice(name)) => Start::from_name(name).ok_or(MissingParameter(parameter))?,
        _ => Start::Number(settings.required_number(parameter)?),
    };
    match start {
        Start::Number(number) => Ok(number as f32),
        Start::Drawn(initializer) => {
            let mut words = Threefry::new(settings.required_number(Parameter::TrainingSeed)? as u32, stream, 0);
            Ok(initializer.draw(|| words.unit()) as f32)
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
    Estimate { runs, steps: experiment.total_steps().count, longest, bytes, points_per_run, epochs_per_run }
}
