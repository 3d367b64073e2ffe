//! The problems of a sweep: one for each distinct split, scale and neuron.

use std::collections::HashMap;

use super::Error;
use crate::config::Experiment;
use crate::kernel::rows;
use crate::model::{MissingParameter, Neuron, Parameter, Problem, Settings};
use crate::space::{Axis, Branch};

/// The most problems of a sweep: each holds its rows in memory.
const MAX: u64 = 10_000;

/// The hyperparameters that make a problem.
const OWN: [Parameter; 6] =
    [Parameter::DataScale, Parameter::DataSeed, Parameter::RngSeed, Parameter::Activation, Parameter::Loss, Parameter::UseBias];

/// What tells problems apart: the seed of the split, the scale and the neuron.
type Key = (Option<u32>, &'static str, Neuron);

/// Every problem of a sweep, by number, and the way from a run to its own.
#[derive(Clone, Debug)]
pub struct Problems {
    pub all: Vec<Problem>,
    numbers: HashMap<Key, usize>,
}

impl Problems {
    /// Splits and scales the data for each problem of the sweep, in the order of the runs.
    pub fn new(experiment: &Experiment) -> Result<Self, Error> {
        let mut problems = Self { all: Vec::new(), numbers: HashMap::new() };
        for branch in &experiment.space.branches {
            problems.add_branch(experiment, branch)?;
        }
        Ok(problems)
    }

    /// The number of the problem that a run with these settings solves.
    pub fn number(&self, experiment: &Experiment, settings: &Settings) -> Result<usize, Error> {
        let (seed, scale, neuron) = key(experiment, settings)?;
        self.numbers.get(&(seed, scale, neuron)).copied().ok_or(Error::UnknownProblem { scale, seed, neuron })
    }

    /// Whether a hyperparameter is among those that make a problem.
    pub fn made_by(parameter: Parameter) -> bool {
        OWN.contains(&parameter)
    }

    fn add_branch(&mut self, experiment: &Experiment, branch: &Branch) -> Result<(), Error> {
        let own = |axis: &&Axis| Self::made_by(axis.parameter);
        let axes: Vec<Axis> = branch.axes.iter().filter(own).cloned().collect();
        let count = axes.iter().fold(1_u64, |product, axis| product.saturating_mul(axis.len()));
        if count > MAX {
            return Err(Error::TooManyProblems { count, max: MAX });
        }
        let points = Branch { axes, first: 0, len: count, ..branch.clone() };
        for offset in 0..count {
            self.add(experiment, &points.run(offset).settings)?;
        }
        Ok(())
    }

    fn add(&mut self, experiment: &Experiment, settings: &Settings) -> Result<(), Error> {
        let (seed, scale, neuron) = key(experiment, settings)?;
        if !self.numbers.contains_key(&(seed, scale, neuron)) {
            let id = self.all.len();
            let split = experiment.split(seed)?;
            let problem = Problem::new(id, &experiment.dataset, split, scale, seed, neuron);
            let mut problem = problem.map_err(|source| Error::Problem { id, scale, seed, source })?;
            problem.optimum = problem.optimum.or_else(|| rows::optimum(&problem));
            self.all.push(problem);
            self.numbers.insert((seed, scale, neuron), id);
        }
        Ok(())
    }
}

fn key(experiment: &Experiment, settings: &Settings) -> Result<Key, MissingParameter> {
    Ok((experiment.split_seed(settings)?, settings.required_word(Parameter::DataScale)?, settings.neuron()?))
}
