//! The plan of a chunk: its runs in groups that share problem, batch order and kernel variant.
//!
//! Planning is pure: it takes numbers and returns values, without a device. The results of a run do not depend on its chunk or group.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use super::errors::Error;
use super::problems::Problems;
use crate::backend::{Group, RecordOptions, RunInputs};
use crate::config::Experiment;
use crate::data::{BatchOrder, Stream, Threefry};
use crate::kernel::options::OptionValues;
use crate::kernel::{Coefficients, FactorInputs, Options, Variant, coefficients, options};
use crate::model::{MissingParameter, Optimizer, Parameter, Problem, Schedule, Settings, Start, Value};
use crate::space::{Axis, Branch, Sampling};

/// Runs that one thread plans at a time.
const PIECE_RUNS: u64 = 1 << 12;

/// The properties that all runs of a group share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct GroupKey {
    problem: usize,
    order: BatchOrder,
    epochs: u64,
    /// `momentum` is false in a key; in a group it is true if any run has momentum.
    variant: Variant,
    options: Options,
}

impl GroupKey {
    fn without_momentum(self) -> Self {
        Self { variant: Variant { momentum: false, ..self.variant }, ..self }
    }
}

/// A group of runs that a backend trains together.
#[derive(Clone, Debug)]
pub struct PlannedGroup {
    key: GroupKey,
    pub inputs: RunInputs,
    /// The position in the chunk of each run of the group, ascending.
    pub members: Vec<u32>,
}

impl PlannedGroup {
    /// The number of the group's problem.
    pub fn problem(&self) -> usize {
        self.key.problem
    }
}

/// The runs of a chunk, in groups.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Run numbers, ascending.
    pub runs: Vec<u64>,
    /// Groups of runs, in the order of their first run.
    pub groups: Vec<PlannedGroup>,
}

impl Plan {
    /// Plans the runs with these numbers, which ascend.
    ///
    /// Most sweeps vary the learning rate fastest: neighbouring runs then differ in nothing else. So the settings of such a
    /// stretch of runs are decoded once; the other runs of the stretch join the group of its first run, and only their rates are computed.
    ///
    /// # Errors
    /// If a hyperparameter is missing, or if `problems` were prepared from another config.
    pub fn new(experiment: &Experiment, problems: &Problems, runs: impl Iterator<Item = u64>) -> Result<Self, Error> {
        let expected = runs.size_hint().0;
        let mut plan = Self::default();
        plan.runs.reserve(expected);
        let mut groups = GroupIndex { expected, ..GroupIndex::default() };
        let mut runs = runs.peekable();
        let mut rates = Vec::new();
        let space = &experiment.space;
        let mut cursors: Vec<Option<SettingsCursor<'_>>> = space.branches.iter().map(|_| None).collect();
        while let Some(first) = runs.next() {
            let Some(branch) = space.branch_number(first) else { break };
            let cursor = cursors[branch].get_or_insert_with(|| SettingsCursor::new(&space.branches[branch], space.sampling()));
            cursor.move_to(first);
            let setup = RunSetup::new(experiment, problems, cursor)?;
            let group = plan.push(&mut groups, first, &setup);
            if let Some((axis, others)) = cursor.varying_rate() {
                rates.clear();
                for (run, position) in (first + 1..).zip(others) {
                    if runs.next_if_eq(&run).is_none() {
                        break;
                    }
                    let rate = axis.value(position).number().ok_or(MissingParameter(Parameter::LearningRate))?;
                    rates.push(rate as f32);
                }
                plan.push_rates(group, first + 1, &rates);
            }
        }
        Ok(plan)
    }

    /// Plans consecutive runs on all cores.
    ///
    /// # Errors
    /// If a hyperparameter is missing, or if `problems` were prepared from another config.
    pub fn of_range(experiment: &Experiment, problems: &Problems, runs: Range<u64>) -> Result<Self, Error> {
        let pieces: Vec<u64> = runs.clone().step_by(PIECE_RUNS as usize).collect();
        let piece = |&first: &u64| Self::new(experiment, problems, first..runs.end.min(first + PIECE_RUNS));
        let mut pieces = pieces.par_iter().map(piece).collect::<Result<Vec<_>, Error>>()?.into_iter();
        let mut plan = pieces.next().unwrap_or_default();
        let others = (runs.end - runs.start) as usize - plan.runs.len();
        plan.runs.reserve(others);
        if let [only] = &mut plan.groups[..] {
            only.members.reserve(others);
        }
        let mut groups = GroupIndex::of(&plan);
        pieces.for_each(|piece| plan.append(&mut groups, piece));
        Ok(plan)
    }

    /// Appends the runs of another plan.
    fn append(&mut self, groups: &mut GroupIndex, other: Self) {
        let first = self.runs.len() as u32;
        for group in other.groups {
            let number = groups.number(group.key.without_momentum(), &mut self.groups);
            let own = &mut self.groups[number];
            own.key.variant.momentum |= group.key.variant.momentum;
            own.members.extend(group.members.iter().map(|member| member + first));
            own.inputs.append(group.inputs);
        }
        self.runs.extend(other.runs);
    }

    /// Appends a run and returns the number of its group.
    fn push(&mut self, groups: &mut GroupIndex, run: u64, setup: &RunSetup) -> usize {
        let number = groups.number(setup.key.without_momentum(), &mut self.groups);
        let group = &mut self.groups[number];
        group.key.variant.momentum |= setup.key.variant.momentum;
        group.members.push(self.runs.len() as u32);
        group.inputs.push(setup.start, &setup.coefficients, &setup.factor_inputs, &setup.values);
        self.runs.push(run);
        number
    }

    /// Appends consecutive runs that differ from the last run of their group in the learning rate alone.
    fn push_rates(&mut self, group: usize, first: u64, rates: &[f32]) {
        let (begin, count) = (self.runs.len() as u32, rates.len());
        let group = &mut self.groups[group];
        group.members.extend(begin..begin + count as u32);
        group.inputs.push_with_rates(rates.iter().copied());
        self.runs.extend(first..first + count as u64);
    }

    /// The groups in the form that a backend trains.
    pub fn groups<'a>(&'a self, problems: &'a Problems, record: RecordOptions) -> Vec<Group<'a>> {
        let group = |planned: &'a PlannedGroup| Group {
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

/// The number of each group by its key.
#[derive(Default)]
struct GroupIndex {
    numbers: HashMap<GroupKey, usize>,
    /// The key of the last lookup. The next lookup nearly always has an equal key, and a comparison costs less than a hash.
    last: Option<(GroupKey, usize)>,
    /// Runs for which the first group reserves memory.
    expected: usize,
}

impl GroupIndex {
    /// The index of a plan's groups.
    fn of(plan: &Plan) -> Self {
        let numbers = plan.groups.iter().enumerate().map(|(number, group)| (group.key.without_momentum(), number));
        Self { numbers: numbers.collect(), last: None, expected: 0 }
    }

    /// The number of a key's group; a group is added for a new key.
    fn number(&mut self, key: GroupKey, groups: &mut Vec<PlannedGroup>) -> usize {
        if let Some((last, number)) = self.last
            && last == key
        {
            return number;
        }
        let number = *self.numbers.entry(key).or_insert_with(|| {
            let mut group = PlannedGroup { key, inputs: RunInputs::default(), members: Vec::new() };
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

/// Iterates over the settings of the runs of a branch. Moving to another run decodes only the axes whose position changes.
struct SettingsCursor<'a> {
    branch: &'a Branch,
    settings: Settings,
    /// The position of the run on each axis.
    positions: Vec<u64>,
    next_positions: Vec<u64>,
    /// The sampling of the space, and the dimension of each axis; `None` in a grid.
    sampling: Option<(&'a Sampling, Vec<usize>)>,
    /// The problem of the settings; `None` after a setting changed on which it depends.
    problem: Option<usize>,
}

impl<'a> SettingsCursor<'a> {
    fn new(branch: &'a Branch, sampling: Option<&'a Sampling>) -> Self {
        let unset = vec![u64::MAX; branch.axes.len()];
        let dimensions = |sampling: &Sampling| branch.axes.iter().filter_map(|axis| sampling.dimension(axis.parameter)).collect();
        Self {
            branch,
            settings: branch.settings.clone(),
            positions: unset.clone(),
            next_positions: unset,
            sampling: sampling.map(|sampling| (sampling, dimensions(sampling))),
            problem: None,
        }
    }

    fn move_to(&mut self, run: u64) {
        if let Some((sampling, dimensions)) = &self.sampling {
            for (axis, &dimension) in self.branch.axes.iter().zip(dimensions) {
                let value = Some(axis.values.sample(sampling.unit(run, dimension)));
                if Problems::depend_on(axis.parameter) && self.settings.get(axis.parameter) != value {
                    self.problem = None;
                }
                self.settings.set(axis.parameter, value);
            }
            return;
        }
        self.branch.digits(run - self.branch.first, &mut self.next_positions);
        for (axis, (&next, position)) in self.branch.axes.iter().zip(self.next_positions.iter().zip(&mut self.positions)) {
            if *position != next {
                *position = next;
                self.settings.set(axis.parameter, Some(axis.value(next)));
                if Problems::depend_on(axis.parameter) {
                    self.problem = None;
                }
            }
        }
    }

    /// The learning-rate axis and its positions after the current one, if the following runs differ in the learning rate alone.
    ///
    /// Under a schedule the learning rate also enters the factors of each step, so those runs are planned one by one.
    fn varying_rate(&self) -> Option<(&'a Axis, Range<u64>)> {
        if self.sampling.is_some() {
            return None;
        }
        let (axis, &position) = (self.branch.axes.last()?, self.positions.last()?);
        let rate_alone = axis.parameter == Parameter::LearningRate && self.settings.schedule() == Schedule::None;
        rate_alone.then(|| (axis, position + 1..axis.len()))
    }

    fn problem(&mut self, experiment: &Experiment, problems: &Problems) -> Result<usize, Error> {
        match self.problem {
            Some(number) => Ok(number),
            None => Ok(*self.problem.insert(problems.number(experiment, &self.settings)?)),
        }
    }
}

/// The group of a run, and its inputs.
struct RunSetup {
    /// The group key, whose `momentum` is that of the run.
    key: GroupKey,
    start: [f32; 2],
    coefficients: Coefficients<f32>,
    factor_inputs: FactorInputs,
    values: OptionValues<f32>,
}

impl RunSetup {
    fn new(experiment: &Experiment, problems: &Problems, cursor: &mut SettingsCursor<'_>) -> Result<Self, Error> {
        let number = cursor.problem(experiment, problems)?;
        let (settings, optimizer) = (&cursor.settings, cursor.branch.optimizer);
        Ok(Self {
            key: group_key(experiment, &problems.all[number], settings, optimizer)?,
            start: [
                initial_value(settings, Parameter::InitialWeight, Stream::InitialWeight)?,
                initial_value(settings, Parameter::InitialBias, Stream::InitialBias)?,
            ],
            coefficients: coefficients(optimizer, settings)?,
            factor_inputs: FactorInputs::of(optimizer, settings, &experiment.piecewise)?,
            values: options::values(settings)?,
        })
    }
}

fn group_key(experiment: &Experiment, problem: &Problem, settings: &Settings, optimizer: Optimizer) -> Result<GroupKey, MissingParameter> {
    Ok(GroupKey {
        problem: problem.id,
        order: batch_order(experiment, problem, settings)?,
        epochs: settings.required_number(Parameter::Epochs)? as u64,
        variant: Variant::of(optimizer, settings)?,
        options: Options::of(optimizer, settings)?,
    })
}

/// The batches of a run's epochs.
///
/// # Errors
/// If the settings have no batch size or no seed.
pub fn batch_order(experiment: &Experiment, problem: &Problem, settings: &Settings) -> Result<BatchOrder, MissingParameter> {
    let rows = problem.train.len();
    let batch_size = match settings.get(Parameter::BatchSize) {
        Some(Value::Choice("full")) => rows,
        _ => (settings.required_number(Parameter::BatchSize)? as usize).min(rows),
    };
    Ok(BatchOrder { rows, batch_size, shuffle: experiment.shuffle(settings)? })
}

/// The value of a parameter before the first update: a number, or drawn with the run's training seed from a stream of its own. The bias
/// of a neuron without one is 0.
fn initial_value(settings: &Settings, parameter: Parameter, stream: Stream) -> Result<f32, MissingParameter> {
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
