//! Counts the updates of runs from the axes alone, in time that does not depend on the number of runs.

use std::collections::BTreeSet;

use crate::model::{Neuron, Parameter, Value};
use crate::space::{Axis, Branch, Space, Values, spread};

/// Axes up to this length are summed value by value.
const SUMMED: u64 = 1 << 16;

/// The smallest and largest integer value of a hyperparameter in a branch; `None` if all its values are words.
pub fn extent(branch: &Branch, parameter: Parameter) -> Option<(i64, i64)> {
    let integer = |value: Value| match value {
        Value::Integer(value) => Some(value),
        _ => None,
    };
    let Some(axis) = axis(branch, parameter) else {
        let value = integer(branch.settings.get(parameter)?)?;
        return Some((value, value));
    };
    let ends = all_ends(&axis.values);
    let integers = || ends.iter().copied().filter_map(integer);
    Some((integers().min()?, integers().max()?))
}

/// The listed values, and the first and the last value of each range: ranges are ascending.
fn all_ends(values: &Values) -> Vec<Value> {
    match values {
        Values::List(list) => list.clone(),
        Values::Mixture(parts) => parts.iter().flat_map(|(_, values)| all_ends(values)).collect(),
        range => range.ends().into(),
    }
}

/// The batches of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochBatches {
    /// Rows of a batch.
    pub size: u64,
    /// Number of batches.
    pub count: u64,
    /// Rows of the last batch.
    pub last: u64,
}

impl EpochBatches {
    /// Batches of `size` rows, or of all rows if there are fewer.
    pub fn new(size: u64, rows: u64) -> Self {
        let size = size.clamp(1, rows.max(1));
        let count = rows.div_ceil(size);
        Self { size, count, last: rows - (count.max(1) - 1) * size }
    }

    /// Whether the last batch is shorter than the others.
    pub fn is_last_short(self) -> bool {
        self.last < self.size
    }
}

/// The batches of each integer batch size of a sweep, in ascending order. Of a long axis only the first values are included.
pub fn epoch_batches(branches: &[Branch], rows: usize) -> Vec<EpochBatches> {
    const VALUES: u64 = 1000;
    let sizes = branches.iter().flat_map(|branch| match axis(branch, Parameter::BatchSize) {
        Some(axis) => (0..axis.len().min(VALUES)).map(|position| axis.value(position)).collect(),
        None => branch.settings.get(Parameter::BatchSize).into_iter().collect::<Vec<_>>(),
    });
    let sizes: BTreeSet<u64> =
        sizes.filter_map(|size| if let Value::Integer(size) = size { u64::try_from(size).ok() } else { None }).collect();
    sizes.into_iter().map(|size| EpochBatches::new(size, rows as u64)).collect()
}

/// The number of updates of the longest run of a branch.
pub fn longest_run(branch: &Branch, rows: usize) -> u128 {
    let epochs = extent(branch, Parameter::Epochs).map_or(0, |(_, max)| max) as u128;
    let smallest = extent(branch, Parameter::BatchSize).map_or(rows as i64, |(min, _)| min);
    epochs * u128::from(batches(Value::Integer(smallest), rows))
}

/// A number of updates, if no run diverges. `exact` is false if a long axis was replaced by an evenly spaced sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepCount {
    /// Number of steps.
    pub count: u128,
    /// Whether the count is exact; else some axis counts by its mean.
    pub exact: bool,
}

/// The number of updates of a sampled space.
pub fn sampled_steps(space: &Space, rows: usize) -> StepCount {
    sampled_sum(space, &[Parameter::Epochs, Parameter::BatchSize], |run| {
        let batches = space.value(Parameter::BatchSize, run).map_or(0, |size| batches(size, rows));
        epochs(space, run).saturating_mul(u128::from(batches))
    })
}

/// The number of passes over the training rows of all runs of a sampled space, as [`row_passes`].
pub fn sampled_row_passes(space: &Space, others: u64) -> u128 {
    if space.branches.iter().all(follows_from_moments) {
        return 0;
    }
    sampled_sum(space, &[Parameter::Epochs], |run| epochs(space, run).saturating_add(u128::from(others))).count
}

/// The number of epochs of a run.
fn epochs(space: &Space, run: u64) -> u128 {
    space.value(Parameter::Epochs, run).and_then(Value::number).unwrap_or(0.0) as u128
}

/// The sum of a number over all runs of a sampled space, which depends on some hyperparameters: estimated from evenly spaced runs if there are more than
/// [`SUMMED`].
fn sampled_sum(space: &Space, depends_on: &[Parameter], number: impl Fn(u64) -> u128) -> StepCount {
    let runs = space.len();
    if !depends_on.iter().any(|&parameter| space.branches.iter().any(|branch| axis(branch, parameter).is_some())) {
        return StepCount { count: number(0).saturating_mul(u128::from(runs)), exact: true };
    }
    let known = runs.min(SUMMED);
    let sum = spread(runs, known).map(number).fold(0, u128::saturating_add);
    let exact = known == runs;
    StepCount { count: if exact { sum } else { (sum as f64 / known as f64 * runs as f64) as u128 }, exact }
}

/// The number of updates of a branch of a grid.
pub fn total_steps(branch: &Branch, rows: usize) -> StepCount {
    let epochs = sum(branch, Parameter::Epochs, |value| match value {
        Value::Integer(epochs) => epochs as u64,
        _ => 0,
    });
    let batches = sum(branch, Parameter::BatchSize, |value| batches(value, rows));
    let own = |parameter: Parameter| axis(branch, parameter).map_or(1, Axis::len);
    let others = u128::from(branch.len / (own(Parameter::Epochs) * own(Parameter::BatchSize)).max(1));
    let count = epochs.count.saturating_mul(batches.count).saturating_mul(others);
    StepCount { count, exact: epochs.exact && batches.exact }
}

/// The number of passes over the training rows of all runs of a branch: one for each epoch, and `others` for each run. None for a paraboloid, whose
/// gradients follow from moments.
pub fn row_passes(branch: &Branch, others: u64) -> u128 {
    if follows_from_moments(branch) {
        return 0;
    }
    let passes = sum(branch, Parameter::Epochs, |value| match value {
        Value::Integer(epochs) => others.saturating_add(epochs as u64),
        _ => 0,
    });
    passes.count.saturating_mul(u128::from(branch.len / axis(branch, Parameter::Epochs).map_or(1, Axis::len).max(1)))
}

/// Whether the gradients of all runs of a branch follow from moments.
fn follows_from_moments(branch: &Branch) -> bool {
    let is_always = |parameter: Parameter, value: Value| match axis(branch, parameter) {
        Some(axis) => (0..axis.len()).all(|position| axis.value(position) == value),
        None => branch.settings.get(parameter) == Some(value),
    };
    let Neuron { activation, loss, use_bias, .. } = Neuron::LINEAR;
    is_always(Parameter::Activation, Value::Choice(activation.name()))
        && is_always(Parameter::Loss, Value::Choice(loss.name()))
        && is_always(Parameter::UseBias, Value::Boolean(use_bias))
}

/// The number of batches per epoch.
fn batches(size: Value, rows: usize) -> u64 {
    match size {
        Value::Integer(size) => (rows as u64).div_ceil(size.max(1) as u64),
        _ => 1,
    }
}

fn axis(branch: &Branch, parameter: Parameter) -> Option<&Axis> {
    branch.axes.iter().find(|axis| axis.parameter == parameter)
}

/// The sum of `weight` over the values of a hyperparameter in a branch.
fn sum(branch: &Branch, parameter: Parameter, weight: impl Fn(Value) -> u64) -> StepCount {
    let Some(axis) = axis(branch, parameter) else {
        return StepCount { count: branch.settings.get(parameter).map_or(0, |value| u128::from(weight(value))), exact: true };
    };
    let len = axis.len();
    if len <= SUMMED {
        return StepCount { count: (0..len).map(|position| u128::from(weight(axis.value(position)))).sum(), exact: true };
    }
    // A long axis is sampled at evenly spaced positions.
    let locations = (0..SUMMED).map(|location| (u128::from(location) * u128::from(len - 1) / u128::from(SUMMED - 1)) as u64);
    let sample: u128 = locations.map(|position| u128::from(weight(axis.value(position)))).sum();
    StepCount { count: (sample as f64 / SUMMED as f64 * len as f64) as u128, exact: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Optimizer, Settings};

    fn branch(axes: Vec<Axis>) -> Branch {
        let mut settings = Settings::default();
        settings.set(Parameter::Epochs, Some(Value::Integer(3)));
        settings.set(Parameter::BatchSize, Some(Value::Choice("full")));
        let branch = Branch { optimizer: Optimizer::Sgd, settings, axes, first: 0, len: 0 };
        Space::new(vec![branch]).unwrap().branches.remove(0)
    }

    fn sizes() -> Axis {
        let sizes = [Value::Integer(1), Value::Integer(10), Value::Integer(500), Value::Choice("full")];
        Axis { parameter: Parameter::BatchSize, values: Values::List(sizes.to_vec()) }
    }

    #[test]
    fn steps_are_those_of_every_run_counted_one_by_one() {
        let rates = Axis { parameter: Parameter::LearningRate, values: Values::Uniform { min: 0.0, max: 1.0, count: 5 } };
        let epochs = Axis { parameter: Parameter::Epochs, values: Values::IntSteps { min: 1, step: 4, count: 6 } };
        for axes in [vec![], vec![rates.clone()], vec![epochs.clone(), rates.clone()], vec![sizes(), rates, epochs]] {
            let branch = branch(axes);
            let counted: u128 = (0..branch.len)
                .map(|offset| branch.run(offset).settings)
                .map(|settings| {
                    let Some(Value::Integer(epochs)) = settings.get(Parameter::Epochs) else { panic!("epochs") };
                    epochs as u128 * u128::from(batches(settings.get(Parameter::BatchSize).unwrap(), 95))
                })
                .sum();
            assert_eq!(total_steps(&branch, 95), StepCount { count: counted, exact: true });
        }
    }

    #[test]
    fn only_runs_that_need_rows_pass_over_them() {
        let epochs = Axis { parameter: Parameter::Epochs, values: Values::IntSteps { min: 1, step: 4, count: 3 } };
        let losses = |names: &[&'static str]| {
            let values = names.iter().map(|&name| Value::Choice(name)).collect();
            Axis { parameter: Parameter::Loss, values: Values::List(values) }
        };
        let passes = |losses: Axis| {
            let mut branch = branch(vec![losses, epochs.clone(), sizes()]);
            branch.settings.set(Parameter::Activation, Some(Value::Choice("linear")));
            branch.settings.set(Parameter::UseBias, Some(Value::Boolean(true)));
            row_passes(&branch, 32)
        };
        assert_eq!(passes(losses(&["mse"])), 0);
        // 1, 5 and 9 epochs with each of two losses and of four batch sizes.
        assert_eq!(passes(losses(&["mse", "mae"])), 8 * (3 * 32 + 15));
    }

    #[test]
    fn the_last_batch_has_the_remaining_rows() {
        let batches = epoch_batches(&[branch(vec![sizes()])], 95);
        let expected = [(1, 95, 1), (10, 10, 5), (95, 1, 95)];
        assert_eq!(batches, expected.map(|(size, count, last)| EpochBatches { size, count, last }));
        assert_eq!(batches.iter().filter(|batches| batches.is_last_short()).count(), 1);
    }

    #[test]
    fn the_longest_run_has_the_smallest_batches_and_the_most_epochs() {
        assert_eq!(longest_run(&branch(vec![]), 95), 3);
        let epochs = Axis { parameter: Parameter::Epochs, values: Values::IntUniform { min: 1, max: 7, count: 3 } };
        assert_eq!(longest_run(&branch(vec![sizes(), epochs]), 95), 7 * 95);
    }

    #[test]
    fn a_long_axis_is_taken_by_its_mean() {
        let epochs = Axis { parameter: Parameter::Epochs, values: Values::IntSteps { min: 1, step: 1, count: 1_000_001 } };
        let StepCount { count, exact } = total_steps(&branch(vec![epochs]), 95);
        assert!(!exact);
        assert!((count as f64 / (500_001.0 * 1_000_001.0) - 1.0).abs() < 1e-6);
    }
}
