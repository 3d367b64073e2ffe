//! The problems of a sweep: one for each distinct split, scale and neuron.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::errors::Error;
use crate::config::Experiment;
use crate::kernel::{rounding, rows};
use crate::model::{MissingParameter, Optimum, Parameter, Params, Problem, ProblemKey, Settings};
use crate::space::{Axis, Branch};

/// The largest number of problems of a sweep.
const MAX: u64 = 10_000;

/// The hyperparameters on which the problem of a run depends.
const PROBLEM_PARAMETERS: [Parameter; 6] =
    [Parameter::DataScale, Parameter::DataSeed, Parameter::RngSeed, Parameter::Activation, Parameter::Loss, Parameter::UseBias];

/// The problems of a sweep by number, and the number of each run's problem.
#[derive(Clone, Debug)]
pub struct Problems {
    /// All problems, by number.
    pub all: Vec<Problem>,
    numbers: HashMap<ProblemKey, usize>,
}

impl Problems {
    /// Splits and scales the data for each problem of the sweep, in the order of the runs.
    ///
    /// # Errors
    /// If there are too many problems, or if the data cannot be split or scaled.
    pub fn new(experiment: &Experiment) -> Result<Self, Error> {
        let mut problems = Self::without_search(experiment)?;
        problems.all.par_iter_mut().for_each(|problem| set_optimum(problem, problem.optimum.or_else(|| rows::optimum(problem))));
        Ok(problems)
    }

    /// The problems of a stored sweep, with the optima that it states.
    ///
    /// # Errors
    /// As [`Self::new`], or if the number of optima is not that of the problems.
    pub fn with_optima(experiment: &Experiment, optima: &[Option<Optimum>]) -> Result<Self, Error> {
        let mut problems = Self::without_search(experiment)?;
        if optima.len() != problems.all.len() {
            return Err(Error::WrongProblems { stored: optima.len(), expected: problems.all.len() });
        }
        for (problem, optimum) in problems.all.iter_mut().zip(optima) {
            set_optimum(problem, problem.optimum.or(*optimum));
        }
        Ok(problems)
    }

    /// Problems whose optimum is known only if it has a formula.
    fn without_search(experiment: &Experiment) -> Result<Self, Error> {
        let mut problems = Self { all: Vec::new(), numbers: HashMap::new() };
        for settings in Self::settings(experiment)? {
            problems.add(experiment, &settings)?;
        }
        Ok(problems)
    }

    /// Checks that the problems of a sweep fit into memory, without making them.
    ///
    /// # Errors
    /// If there are too many problems.
    pub fn require_few(experiment: &Experiment) -> Result<(), Error> {
        Self::settings(experiment).map(drop)
    }

    /// Settings of runs that have every problem of the sweep, in the order of the runs.
    fn settings(experiment: &Experiment) -> Result<Vec<Settings>, Error> {
        let space = &experiment.space;
        if space.sampling().is_some() {
            return Self::sampled_settings(experiment);
        }
        let mut all = Vec::new();
        for branch in &space.branches {
            let axes = Self::axes(branch);
            let count = axes.iter().fold(1_u64, |product, axis| product.saturating_mul(axis.len()));
            if count > MAX {
                return Err(Error::TooManyProblems { count, max: MAX });
            }
            let points = Branch { axes, first: 0, len: count, ..branch.clone() };
            all.extend((0..count).map(|offset| points.run(offset).settings));
        }
        Ok(all)
    }

    /// The runs of a sampled space, until every possible problem has occurred.
    fn sampled_settings(experiment: &Experiment) -> Result<Vec<Settings>, Error> {
        let space = &experiment.space;
        let possible =
            space.branches.iter().map(|branch| Self::axes(branch).iter().fold(1_u64, |product, axis| product.saturating_mul(axis.len())));
        let possible = possible.fold(0, u64::saturating_add);
        let mut seen: HashSet<(usize, ProblemKey)> = HashSet::new();
        let mut keys: HashSet<ProblemKey> = HashSet::new();
        let mut all = Vec::new();
        for run in 0..space.len() {
            let (Some(branch), Some(own)) = (space.branch_number(run), space.run(run)) else { break };
            let key = Self::key(experiment, &own.settings)?;
            if seen.insert((branch, key)) && keys.insert(key) {
                all.push(own.settings);
                if all.len() as u64 > MAX {
                    return Err(Error::TooManyProblems { count: all.len() as u64, max: MAX });
                }
            }
            if seen.len() as u64 == possible {
                break;
            }
        }
        Ok(all)
    }

    /// The axes on which problems depend.
    fn axes(branch: &Branch) -> Vec<Axis> {
        branch.axes.iter().filter(|axis| Self::depend_on(axis.parameter)).cloned().collect()
    }

    /// Replaces the optimum of a problem by the one next to `theta`, the end of a run that is below the present optimum.
    pub fn replace_optimum(&mut self, number: usize, theta: Params<f64>) {
        let problem = &mut self.all[number];
        set_optimum(problem, rows::optimum_near(problem, theta));
    }

    /// States no optimum for a problem.
    pub fn drop_optimum(&mut self, number: usize) {
        set_optimum(&mut self.all[number], None);
    }

    /// The number of the problem of a run with these settings.
    ///
    /// # Errors
    /// If a hyperparameter is missing, or if the settings are of another sweep.
    pub fn number(&self, experiment: &Experiment, settings: &Settings) -> Result<usize, Error> {
        let key = Self::key(experiment, settings)?;
        self.numbers.get(&key).copied().ok_or(Error::UnknownProblem(key))
    }

    /// Whether the problem of a run depends on a hyperparameter.
    pub fn depend_on(parameter: Parameter) -> bool {
        PROBLEM_PARAMETERS.contains(&parameter)
    }

    /// The settings on which the problem of a run depends.
    ///
    /// # Errors
    /// If a hyperparameter is missing.
    pub fn key(experiment: &Experiment, settings: &Settings) -> Result<ProblemKey, MissingParameter> {
        Ok(ProblemKey {
            split_seed: experiment.split_seed(settings)?,
            scale: settings.required_word(Parameter::DataScale)?,
            neuron: settings.neuron()?,
        })
    }

    fn add(&mut self, experiment: &Experiment, settings: &Settings) -> Result<(), Error> {
        let key = Self::key(experiment, settings)?;
        if !self.numbers.contains_key(&key) {
            let id = self.all.len();
            let split = experiment.split(key.split_seed)?;
            let problem = Problem::new(id, &experiment.dataset, split, key);
            self.all.push(problem.map_err(|source| Error::Problem { id, scale: key.scale, seed: key.split_seed, source })?);
            self.numbers.insert(key, id);
        }
        Ok(())
    }
}

/// Sets the optimum of a problem and the rounding floor at the optimum.
fn set_optimum(problem: &mut Problem, optimum: Option<Optimum>) {
    problem.optimum = optimum;
    problem.rounding_floor = rounding::rounding_floor(problem);
}
