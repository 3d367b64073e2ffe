//! The ends of a sweep's runs beside what they were asked to do: what diagnosis, comparison and figures all look through.

use super::ground::Ground;
use super::level::Level;
use crate::config::Experiment;
use crate::model::{Optimizer, Parameter, Problem, Value};
use crate::table::{RunTable, SettingColumn};

/// What else changes a step, so that the limit of plain SGD says nothing.
const CHANGING: [Parameter; 6] = [
    Parameter::ScheduleName,
    Parameter::Clipnorm,
    Parameter::Clipvalue,
    Parameter::GlobalClipnorm,
    Parameter::WeightDecay,
    Parameter::GradientAccumulationSteps,
];

/// Rows of the run table are named by their position.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub experiment: &'a Experiment,
    pub problems: &'a [Problem],
    pub runs: &'a RunTable,
}

impl<'a> View<'a> {
    pub fn rows(&self) -> Vec<usize> {
        (0..self.runs.run.len()).collect()
    }

    pub fn problem(&self, row: usize) -> &'a Problem {
        &self.problems[self.runs.problem[row] as usize]
    }

    /// What tells the runs apart; seeds tell replicates apart and are left out.
    pub fn varied(&self) -> Vec<Parameter> {
        self.experiment.space.varied().into_iter().filter(|&parameter| !is_seed(parameter)).collect()
    }

    pub fn varies(&self, parameter: Parameter) -> bool {
        self.experiment.space.varied().contains(&parameter)
    }

    /// The cost that the run in a row descends.
    pub fn ground(&self, row: usize) -> Ground<'a> {
        Ground::of(self.problem(row))
    }

    /// Where the run ended.
    pub fn end(&self, row: usize) -> [f64; 2] {
        [self.runs.weight[row], self.runs.bias[row]].map(f64::from)
    }

    /// J − J* at the end of a run, on the training rows; infinite for a diverged run.
    pub fn excess(&self, row: usize) -> f64 {
        if self.runs.diverged_at[row].is_some() { f64::INFINITY } else { self.ground(row).excess(self.end(row)) }
    }

    /// J at the end of a run, on the training rows; infinite for a diverged run.
    pub fn loss(&self, row: usize) -> f64 {
        self.ground(row).floor() + self.excess(row)
    }

    /// The row with the lowest J − J*; the first of equals.
    pub fn best(&self, rows: &[usize]) -> Option<usize> {
        rows.iter().copied().min_by(|&a, &b| self.excess(a).total_cmp(&self.excess(b)))
    }

    /// What became of the run in a row, in a word.
    pub fn verdict(&self, row: usize) -> String {
        self.runs.verdict[row].in_words(self.runs.cycle_period[row])
    }

    /// Updates an epoch.
    pub fn batches(&self, row: usize) -> u64 {
        let rows = self.problem(row).train.len().max(1) as u64;
        let size = self.level(row, Parameter::BatchSize).number().map_or(rows, |size| size as u64);
        rows.div_ceil(size.clamp(1, rows))
    }

    pub fn optimizer(&self, row: usize) -> Option<Optimizer> {
        match self.level(row, Parameter::Optimizer) {
            Level::Word(name) => Optimizer::from_name(name),
            _ => None,
        }
    }

    /// The largest rate at which full batches still converge: SGD's alone, nothing else has one.
    pub fn limit(&self, row: usize) -> Option<f64> {
        let sgd = self.optimizer(row) == Some(Optimizer::Sgd);
        let momentum = self.level(row, Parameter::Momentum).number().unwrap_or(0.0);
        let nesterov = self.level(row, Parameter::Nesterov) == Level::Word("true");
        let absent = |parameter| matches!(self.level(row, parameter), Level::Absent | Level::Word("none"));
        let plain = sgd && CHANGING.into_iter().all(absent);
        self.problem(row).optimum.and_then(|optimum| optimum.curvature).filter(|_| plain)?.stability_limit(momentum, nesterov)
    }

    /// What the run in a row has for a hyperparameter, varied or not.
    pub fn level(&self, row: usize, parameter: Parameter) -> Level {
        let column = self.runs.settings.iter().find(|(own, _)| *own == parameter);
        match column.map(|(_, column)| column) {
            Some(SettingColumn::Float(values)) => values[row].map(Value::Float).into(),
            Some(SettingColumn::Integer(values)) => values[row].map(Value::Integer).into(),
            Some(SettingColumn::Boolean(values)) => values[row].map(Value::Boolean).into(),
            Some(SettingColumn::Text(values)) => values[row].map(Value::Choice).into(),
            // What does not vary is the same in all runs of an optimizer's branch.
            None => {
                let branch = self.experiment.space.branch_of(self.runs.run[row]);
                branch.and_then(|branch| branch.settings.get(parameter)).into()
            }
        }
    }

    /// What the rows have for a hyperparameter: each value once, in order.
    pub fn levels(&self, rows: &[usize], parameter: Parameter) -> Vec<Level> {
        let mut levels: Vec<Level> = rows.iter().map(|&row| self.level(row, parameter)).collect();
        levels.sort_unstable();
        levels.dedup();
        levels
    }

    /// The rows of each value, values in order.
    pub fn by_level(&self, rows: &[usize], parameter: Parameter) -> Vec<(Level, Vec<usize>)> {
        let mut pairs: Vec<(Level, usize)> = rows.iter().map(|&row| (self.level(row, parameter), row)).collect();
        pairs.sort_unstable();
        let groups = pairs.chunk_by(|a, b| a.0 == b.0);
        groups.map(|group| (group[0].0, group.iter().map(|&(_, row)| row).collect())).collect()
    }

    /// What tells the run from the others: `sgd, learning_rate 0.1, data.scale standard`; its number where nothing does.
    pub fn name(&self, row: usize) -> String {
        let named = self.varied().into_iter().map(|parameter| (parameter, self.level(row, parameter)));
        let words = named.filter(|(_, level)| *level != Level::Absent).map(|(parameter, level)| describe(parameter, level));
        let words: Vec<String> = words.collect();
        if words.is_empty() { format!("run {}", self.runs.run[row]) } else { words.join(", ") }
    }
}

/// A value and what it is the value of; an optimizer's name says it alone.
pub fn describe(parameter: Parameter, level: Level) -> String {
    if parameter == Parameter::Optimizer { level.to_string() } else { format!("{} {level}", parameter.key()) }
}

/// Seeds tell replicates apart: they are no settings.
pub fn is_seed(parameter: Parameter) -> bool {
    matches!(parameter, Parameter::TrainingSeed | Parameter::DataSeed | Parameter::RngSeed)
}
