//! The space of runs: one branch for each optimizer and schedule, and the computation of a run from its number. Each branch is a grid, or all of them
//! are sampled.
//!
//! Nothing is stored per run. Of `data`, only the random generator is used; this module does not depend on configs, rows or training.

mod axis;
mod normal;
mod sampling;
mod sobol;
mod strata;

pub use axis::{Axis, Continuous, Distribution, Values};
pub use sampling::{SOBOL_POINTS, Sampling, SamplingMethod};

use crate::model::{Optimizer, Parameter, Schedule, Settings, Value};

/// A run: its number in the space, its optimizer and its hyperparameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Number of the run.
    pub index: u64,
    /// Optimizer of the run.
    pub optimizer: Optimizer,
    /// Values of all its hyperparameters.
    pub settings: Settings,
}

/// The runs of one optimizer and schedule. In a grid their run numbers are contiguous and count the axes in mixed radix, the last axis fastest. In a
/// sampled space each run draws its branch.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Optimizer of the branch.
    pub optimizer: Optimizer,
    /// The hyperparameters of the first run; those without an axis are equal for all runs.
    pub settings: Settings,
    /// Hyperparameters that vary, the last one fastest.
    pub axes: Vec<Axis>,
    /// The number of the first run; 0 in a sampled space.
    pub first: u64,
    /// The number of runs: the product of the lengths of the axes, or in a sampled space that of all branches.
    pub len: u64,
}

impl Branch {
    /// The position on each axis of the `offset`-th run of the branch, in the order of `axes`.
    pub fn digits(&self, mut offset: u64, digits: &mut [u64]) {
        for (axis, digit) in self.axes.iter().zip(digits).rev() {
            *digit = offset % axis.len();
            offset /= axis.len();
        }
    }

    /// The axis of a hyperparameter, if it varies within the branch.
    pub fn axis(&self, parameter: Parameter) -> Option<&Axis> {
        self.axes.iter().find(|axis| axis.parameter == parameter)
    }

    /// Whether the optimizer and the schedule of the branch have a hyperparameter.
    fn has(&self, parameter: Parameter) -> bool {
        let of_optimizer = !Optimizer::is_argument_of_any(parameter) || self.optimizer.has(parameter);
        of_optimizer && (!Schedule::is_field_of_any(parameter) || self.settings.schedule().has(parameter))
    }

    /// Whether a hyperparameter has its default in all runs of the branch, or is absent.
    pub fn has_default(&self, parameter: Parameter) -> bool {
        let schedule = self.settings.schedule();
        let default = self.optimizer.default(parameter).or(schedule.default(parameter)).or(parameter.facts().default);
        let value = self.settings.get(parameter).filter(|value| *value != Value::Choice("none") || default.is_some());
        self.axis(parameter).is_none() && (value.is_none() || value == default)
    }

    /// The axis of a hyperparameter, and the number of runs from one of its values to the next; `None` if it does not vary within the branch.
    pub fn axis_and_stride(&self, parameter: Parameter) -> Option<(&Axis, u64)> {
        let place = self.axes.iter().position(|axis| axis.parameter == parameter)?;
        Some((&self.axes[place], self.axes[place + 1..].iter().map(Axis::len).product()))
    }

    /// The value of a hyperparameter in the `offset`-th run of the branch; `None` if the run does not have it.
    pub fn value(&self, parameter: Parameter, offset: u64) -> Option<Value> {
        match self.axis_and_stride(parameter) {
            Some((axis, stride)) => Some(axis.value(offset / stride % axis.len())),
            None => self.settings.get(parameter),
        }
    }

    /// The `offset`-th run of the branch.
    pub fn run(&self, offset: u64) -> Run {
        let mut digits = vec![0; self.axes.len()];
        self.digits(offset, &mut digits);
        let mut settings = self.settings.clone();
        for (axis, &digit) in self.axes.iter().zip(&digits) {
            settings.set(axis.parameter, Some(axis.value(digit)));
        }
        Run { index: self.first + offset, optimizer: self.optimizer, settings }
    }
}

/// An error while building a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Run numbers do not fit into INT64, their type in every file.
    #[error("the grid has more than 9,223,372,036,854,775,807 runs, but run numbers are 64-bit integers")]
    TooManyRuns,
}

/// All runs of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// Branches in the order of run numbers: for each optimizer, one for each schedule.
    pub branches: Vec<Branch>,
    sampled: Option<Sampled>,
}

/// A sampled space: the coordinates of the runs, and the probabilities of the branches.
#[derive(Clone, Debug, PartialEq)]
struct Sampled {
    sampling: Sampling,
    optimizers: Trunk,
    schedules: Trunk,
}

/// The choice of an optimizer, or of a schedule.
#[derive(Clone, Debug, PartialEq)]
struct Trunk {
    /// The dimension of the choice; `None` if there is only one.
    dimension: Option<usize>,
    /// The probability of each choice or an earlier one.
    below: Vec<f64>,
}

impl Trunk {
    fn new(sampling: &Sampling, parameter: Parameter, probabilities: &[f64]) -> Self {
        Self { dimension: sampling.dimension(parameter), below: running_sums(probabilities) }
    }

    fn choice(&self, sampling: &Sampling, run: u64) -> usize {
        let chosen = self.dimension.map(|dimension| self.below.partition_point(|below| *below <= sampling.unit(run, dimension)));
        chosen.unwrap_or(0).min(self.below.len().saturating_sub(1))
    }
}

/// The sum of each number and the ones before it, relative to the sum of all.
pub fn running_sums(numbers: &[f64]) -> Vec<f64> {
    let total: f64 = numbers.iter().sum();
    let mut sum = 0.0;
    let below = numbers.iter().map(|number| {
        sum += number;
        sum / total
    });
    below.collect()
}

impl Space {
    /// Concatenates the branches, and sets `first` and `len` of each.
    ///
    /// # Errors
    ///
    /// If the number of runs does not fit into 64-bit integers.
    pub fn new(mut branches: Vec<Branch>) -> Result<Self, Error> {
        let mut first = 0_u64;
        for branch in &mut branches {
            let len = branch.axes.iter().try_fold(1_u64, |product, axis| product.checked_mul(axis.len()));
            branch.len = len.ok_or(Error::TooManyRuns)?;
            branch.first = first;
            first = first.checked_add(branch.len).filter(|&sum| i64::try_from(sum).is_ok()).ok_or(Error::TooManyRuns)?;
        }
        Ok(Self { branches, sampled: None })
    }

    /// A sampled space. `probabilities` are those of the optimizers and of the schedules; there is a branch for each pair of them, schedules fastest.
    pub fn sampled(mut branches: Vec<Branch>, sampling: Sampling, [optimizers, schedules]: [&[f64]; 2]) -> Self {
        for branch in &mut branches {
            (branch.first, branch.len) = (0, sampling.runs());
        }
        let optimizers = Trunk::new(&sampling, Parameter::Optimizer, optimizers);
        let schedules = Trunk::new(&sampling, Parameter::ScheduleName, schedules);
        Self { branches, sampled: Some(Sampled { sampling, optimizers, schedules }) }
    }

    /// The sampling of a sampled space; `None` for a grid.
    pub fn sampling(&self) -> Option<&Sampling> {
        self.sampled.as_ref().map(|sampled| &sampled.sampling)
    }

    /// The probability of a branch; `None` for a grid.
    pub fn probability(&self, branch: usize) -> Option<f64> {
        let sampled = self.sampled.as_ref()?;
        let schedules = sampled.schedules.below.len();
        let of = |trunk: &Trunk, choice: usize| trunk.below[choice] - if choice == 0 { 0.0 } else { trunk.below[choice - 1] };
        Some(of(&sampled.optimizers, branch / schedules) * of(&sampled.schedules, branch % schedules))
    }

    /// The number of runs.
    pub fn len(&self) -> u64 {
        self.branches.last().map_or(0, |branch| branch.first + branch.len)
    }

    /// Whether the space has no run.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the branch of a run; `None` past the end.
    pub fn branch_number(&self, index: u64) -> Option<usize> {
        if index >= self.len() {
            return None;
        }
        Some(match &self.sampled {
            None => self.branches.partition_point(|branch| branch.first + branch.len <= index),
            Some(Sampled { sampling, optimizers, schedules }) => {
                optimizers.choice(sampling, index) * schedules.below.len() + schedules.choice(sampling, index)
            }
        })
    }

    /// The branch of a run; `None` past the end.
    pub fn branch_of(&self, index: u64) -> Option<&Branch> {
        self.branches.get(self.branch_number(index)?)
    }

    /// The run with this number; `None` past the end.
    pub fn run(&self, index: u64) -> Option<Run> {
        let branch = self.branch_of(index)?;
        let Some(sampling) = self.sampling() else { return Some(branch.run(index - branch.first)) };
        let mut settings = branch.settings.clone();
        for axis in &branch.axes {
            settings.set(axis.parameter, sampled_value(sampling, axis, index));
        }
        Some(Run { index, optimizer: branch.optimizer, settings })
    }

    /// The value of a hyperparameter in a run; `None` if the run does not have it, or past the end.
    pub fn value(&self, parameter: Parameter, index: u64) -> Option<Value> {
        let branch = self.branch_of(index)?;
        match (self.sampling(), branch.axis(parameter)) {
            (None, _) => branch.value(parameter, index - branch.first),
            (Some(sampling), Some(axis)) => sampled_value(sampling, axis, index),
            (Some(_), None) => branch.settings.get(parameter),
        }
    }

    /// The first run with the settings of a run, except for the hyperparameters that `ignored` selects. In a sampled space it is the run itself: each
    /// run draws all its values.
    pub fn first_like(&self, index: u64, ignored: impl Fn(Parameter) -> bool) -> u64 {
        let Some(branch) = self.branch_of(index).filter(|_| self.sampled.is_none()) else { return index };
        let (mut stride, mut first) = (1, index);
        for axis in branch.axes.iter().rev() {
            if ignored(axis.parameter) {
                first -= (index - branch.first) / stride % axis.len() * stride;
            }
            stride *= axis.len();
        }
        first
    }

    /// The hyperparameters that vary in the sweep, each once: the optimizer and the schedule, then those with an axis in the order
    /// written, then those that are fixed to different values in different branches. A hyperparameter that some runs lack varies only if
    /// the other runs differ in it.
    pub fn varied(&self) -> Vec<Parameter> {
        let mut varied: Vec<Parameter> = [Parameter::Optimizer, Parameter::ScheduleName].into();
        varied.retain(|&parameter| self.branches_differ(parameter));
        let axes = self.branches.iter().flat_map(|branch| &branch.axes).map(|axis| axis.parameter);
        for parameter in axes.chain(Parameter::all().filter(|&parameter| self.branches_differ(parameter))) {
            if !varied.contains(&parameter) {
                varied.push(parameter);
            }
        }
        varied
    }

    /// The varied hyperparameters that the config sets. The others differ only in the defaults of optimizers and schedules, so the
    /// optimizer and the schedule of a run determine them.
    pub fn chosen(&self) -> Vec<Parameter> {
        let is_set = |parameter: &Parameter| {
            *parameter == Parameter::Optimizer || self.branches.iter().any(|branch| !branch.has_default(*parameter))
        };
        self.varied().into_iter().filter(is_set).collect()
    }

    /// Whether two branches that have a hyperparameter begin with different values of it.
    fn branches_differ(&self, parameter: Parameter) -> bool {
        let having = self.branches.iter().filter(|branch| branch.has(parameter));
        let mut values = having.map(|branch| branch.settings.get(parameter));
        let first = values.next();
        values.any(|value| Some(value) != first)
    }
}

/// The value of a sampled axis in a run.
fn sampled_value(sampling: &Sampling, axis: &Axis, run: u64) -> Option<Value> {
    sampling.dimension(axis.parameter).map(|dimension| axis.values.sample(sampling.unit(run, dimension)))
}

/// At most `count` evenly spread positions of `0..len`, including both ends; a single one is in the middle.
pub fn spread(len: u64, count: u64) -> impl Iterator<Item = u64> {
    let count = u128::from(count.min(len));
    (0..count).map(move |i| {
        let len = u128::from(len);
        (if count == 1 { len / 2 } else { (i * (len - 1) + (count - 1) / 2) / (count - 1) }) as u64
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Value;
    use proptest::prelude::*;

    const PARAMETERS: [Parameter; 4] = [Parameter::LearningRate, Parameter::Momentum, Parameter::BatchSize, Parameter::Epochs];

    /// A space whose branches have axes of these lengths.
    fn space(lengths: &[Vec<u64>]) -> Space {
        let axes = |lengths: &Vec<u64>| {
            let values = |&count: &u64| Values::IntSteps { min: 0, step: 1, count };
            PARAMETERS.into_iter().zip(lengths).map(|(parameter, count)| Axis { parameter, values: values(count) }).collect()
        };
        let branch = |(index, lengths): (usize, &Vec<u64>)| Branch {
            optimizer: Optimizer::ALL[index % 3],
            settings: Settings::default(),
            axes: axes(lengths),
            first: 0,
            len: 0,
        };
        Space::new(lengths.iter().enumerate().map(branch).collect()).unwrap()
    }

    fn lengths() -> impl Strategy<Value = Vec<Vec<u64>>> {
        prop::collection::vec(prop::collection::vec(1_u64..6, 0..=4), 1..5)
    }

    proptest! {
        #[test]
        fn branches_are_contiguous_in_their_order(lengths in lengths()) {
            let space = space(&lengths);
            let mut next = 0;
            for (branch, lengths) in space.branches.iter().zip(&lengths) {
                prop_assert_eq!(branch.first, next);
                prop_assert_eq!(branch.len, lengths.iter().product::<u64>());
                next += branch.len;
            }
            prop_assert_eq!(space.len(), next);
            prop_assert!(space.run(next).is_none());
        }

        #[test]
        fn every_index_is_the_mixed_radix_number_of_its_digits(lengths in lengths()) {
            let space = space(&lengths);
            for index in 0..space.len() {
                let run = space.run(index).unwrap();
                let branch = space.branch_of(index).unwrap();
                prop_assert_eq!((run.index, run.optimizer), (index, branch.optimizer));
                for parameter in PARAMETERS {
                    prop_assert_eq!(branch.value(parameter, index - branch.first), run.settings.get(parameter));
                }
                let first = space.first_like(index, |parameter| parameter == PARAMETERS[1]);
                let mut expected = run.settings.clone();
                if branch.axis(PARAMETERS[1]).is_some() {
                    expected.set(PARAMETERS[1], Some(Value::Integer(0)));
                }
                prop_assert_eq!(space.run(first).unwrap().settings, expected);
                // The values of these axes are their digits; the last is the fastest.
                let number = branch.axes.iter().fold(0, |number, axis| match run.settings.get(axis.parameter) {
                    Some(Value::Integer(digit)) => number * axis.len() + digit as u64,
                    other => panic!("{other:?}"),
                });
                prop_assert_eq!(branch.first + number, index);
            }
        }
    }

    #[test]
    fn the_last_axis_is_the_fastest() {
        let space = space(&[vec![2, 3]]);
        let digits = |index| PARAMETERS[..2].iter().map(|&p| space.run(index).unwrap().settings.number(p).unwrap()).collect::<Vec<_>>();
        assert_eq!([0, 1, 2, 3].map(digits), [[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [1.0, 0.0]]);
    }

    #[test]
    fn spaces_end_where_run_numbers_do() {
        let axes = |counts: &[u64]| -> Vec<Axis> {
            let axis = |(parameter, &count)| Axis { parameter, values: Values::IntSteps { min: 0, step: 1, count } };
            PARAMETERS.into_iter().zip(counts).map(axis).collect()
        };
        let branch =
            |counts: &[u64]| Branch { optimizer: Optimizer::Sgd, settings: Settings::default(), axes: axes(counts), first: 0, len: 0 };
        assert_eq!(Space::new(vec![branch(&[1 << 32, 1 << 30])]).unwrap().len(), 1 << 62);
        assert_eq!(Space::new(vec![branch(&[1 << 32, 1 << 31])]), Err(Error::TooManyRuns));
        assert_eq!(Space::new(vec![branch(&[1 << 32, 1 << 32])]), Err(Error::TooManyRuns));
        assert_eq!(Space::new(vec![branch(&[1 << 62]), branch(&[1 << 62])]), Err(Error::TooManyRuns));
    }

    #[test]
    fn spread_positions_are_distinct_and_hold_both_ends() {
        for len in 1..40 {
            for count in 2..=len {
                let positions: Vec<u64> = spread(len, count).collect();
                assert_eq!((positions[0], positions[count as usize - 1]), (0, len - 1), "{count} of {len}");
                assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "{count} of {len}: {positions:?}");
            }
        }
        assert_eq!(spread(5, 1).collect::<Vec<_>>(), [2]);
        assert_eq!(spread(0, 3).count(), 0);
    }
}
