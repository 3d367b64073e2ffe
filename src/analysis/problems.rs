//! The problems of a sweep in figures and sentences: their names, and one figure or panel per problem.

use std::borrow::Cow;

use super::ranking::Ranking;
use super::runs::Runs;
use crate::model::{Parameter, Problem};

/// The largest number of problems that get a figure or panel of their own.
pub const SHOWN: usize = 4;

/// The rows of each shown problem. Of more than [`SHOWN`] problems those that differ in more than the split come first.
pub fn by_problem<'r>(runs: &Runs<'_>, rows: &'r [usize]) -> Vec<Cow<'r, [usize]>> {
    if rows.iter().all(|&row| runs.table.problem[row] == runs.table.problem[rows[0]]) {
        return vec![Cow::Borrowed(rows)];
    }
    let mut own: Vec<Vec<usize>> = vec![Vec::new(); runs.problems.len()];
    for &row in rows {
        own[runs.table.problem[row] as usize].push(row);
    }
    let mut ids: Vec<usize> = (0..own.len()).filter(|&id| !own[id].is_empty()).collect();
    ids.sort_by_key(|&id| {
        let without_split = |problem: &Problem| (problem.scale, problem.neuron);
        runs.problems[..id].iter().filter(|other| without_split(other) == without_split(&runs.problems[id])).count()
    });
    ids.truncate(SHOWN);
    ids.into_iter().map(|id| Cow::Owned(std::mem::take(&mut own[id]))).collect()
}

/// The ranking of all runs of a figure, and of the runs of each shown problem.
pub struct Rankings<'a> {
    /// The ranking of all runs.
    pub all: Ranking<'a>,
    /// The rankings of the problems; empty if all runs are of one problem.
    several: Vec<Ranking<'a>>,
}

impl<'a> Rankings<'a> {
    /// Ranks rows, and those of each problem, which are the result of [`by_problem`].
    pub fn new(runs: &Runs<'a>, rows: &'a [usize], problems: &'a [Cow<'a, [usize]>]) -> Self {
        let several = if problems.len() > 1 { problems } else { &[] };
        let ranking = |own: &'a Cow<'a, [usize]>| Ranking::new(runs, own, None);
        Self { all: Ranking::new(runs, rows, None), several: several.iter().map(ranking).collect() }
    }

    /// The ranking of the runs of each shown problem.
    pub fn problems(&self) -> &[Ranking<'a>] {
        if self.several.is_empty() { std::slice::from_ref(&self.all) } else { &self.several }
    }
}

/// The number of problems that the runs of a sweep belong to.
pub fn count(runs: &Runs<'_>) -> usize {
    let mut has_runs = vec![false; runs.problems.len()];
    for &id in &runs.table.problem {
        has_runs[id as usize] = true;
    }
    has_runs.into_iter().filter(|has_runs| *has_runs).count()
}

/// A property of a problem: its key and value in words, and its value in file names.
struct Property {
    key: &'static str,
    value: String,
    in_file_names: String,
}

/// The properties that distinguish the problems of a sweep, in the order in which they are named.
fn properties(problem: &Problem) -> [Property; 5] {
    let word = |key, word: &str| Property { key, value: word.to_owned(), in_file_names: word.to_owned() };
    let neuron = &problem.neuron;
    let use_bias = if neuron.use_bias { ["true", "bias"] } else { ["false", "no_bias"] };
    let seed = problem.split_seed.map_or_else(|| "none".into(), |seed| seed.to_string());
    [
        word(Parameter::Loss.key(), neuron.loss.name()),
        word(Parameter::Activation.key(), neuron.activation.name()),
        Property { key: Parameter::UseBias.key(), value: use_bias[0].into(), in_file_names: use_bias[1].into() },
        word(Parameter::DataScale.key(), problem.scale),
        Property { key: "split", in_file_names: format!("split-{seed}"), value: seed },
    ]
}

/// The properties of a run's problem in which the problems of the sweep differ.
fn differing(runs: &Runs<'_>, row: usize) -> Vec<Property> {
    let others: Vec<[Property; 5]> = runs.problems.iter().map(properties).collect();
    let own = properties(runs.problem(row)).into_iter().enumerate();
    own.filter(|(index, own)| others.iter().any(|other| other[*index].value != own.value)).map(|(_, own)| own).collect()
}

/// The problem of a run in words, such as `loss mae, data.scale standard, split 3`: only what differs between the problems of the sweep.
pub fn problem_name(runs: &Runs<'_>, row: usize) -> String {
    differing(runs, row).iter().map(|property| format!("{} {}", property.key, property.value)).collect::<Vec<String>>().join(", ")
}

/// The problem of a run as a part of a file name, such as `mae-standard-split-3`.
pub fn file_stem(runs: &Runs<'_>, row: usize) -> String {
    differing(runs, row).into_iter().map(|property| property.in_file_names).collect::<Vec<String>>().join("-")
}
