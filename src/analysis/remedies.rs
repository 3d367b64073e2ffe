//! Remedies for a setting that misses the optimum: for each kind of remedy, the variations that a trial compares.

use super::runs::sgd_stability_limit;
use super::trial::{Changes, TrialResult, Trials};
use crate::model::hyperparameters::EPOCHS_MAX;
use crate::model::{Optimizer, Parameter, Params, Problem, Schedule, Settings, Value};
use crate::space::spread;

/// The factor by which more epochs are recommended at most.
const MAX_EPOCHS_FACTOR: f64 = 10.0;
/// The multiples of the number of epochs that are tried.
const EPOCHS_FACTORS: [f64; 9] = [1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, MAX_EPOCHS_FACTOR];
/// The largest number of learning rates of the sweep that are tried again after other changes.
const TRIED_RATES: u64 = 32;
/// The digits of the learning rates 1, 2, 5, 10, .. × 10ⁿ that are tried, and of those that are tried around the best of them if none reaches the optimum.
const DIGITS: [&str; 3] = ["1", "2", "5"];
const FINER_DIGITS: [&str; 4] = ["1.5", "3", "4", "7"];
/// The largest ratio of two neighbouring rates 1, 2, 5, 10, .. × 10ⁿ.
const NEIGHBOUR: f64 = 2.5;
/// The range of learning rates below a stability limit that are tried.
const BELOW_LIMIT: f64 = 1000.0;

/// The largest number of results of a kind of remedy that are confirmed.
const CONFIRMED: usize = 4;

/// A kind of remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    SmallerRate,
    LargerRate,
    LargerBatch,
    /// A cosine decay over the whole run.
    DecayingSchedule,
    MoreEpochs,
    /// A standardised feature, with a learning rate that suits it.
    Standardise,
    /// The whole training set as one batch, with a learning rate that suits it.
    FullBatch,
    StandardiseAndFullBatch,
    /// [`Remedy::Standardise`] with ten times as many epochs.
    StandardiseAndMoreEpochs,
}

/// The search for remedies of one setting.
pub struct RemedySearch<'a> {
    pub trials: Trials<'a>,
    /// Weight and bias before the first update.
    pub start: Params<f64>,
    /// The learning rates of the sweep for this optimizer, in ascending order.
    pub tried: Vec<f64>,
}

impl RemedySearch<'_> {
    /// Trains the variations of a kind of remedy, and returns the best result whose J − J* is at most `present`; `None` if there is none. Results that
    /// reach the optimum come first, and of these the ones with a learning rate of the sweep, because then the sweep needs no other rate. Trials with more
    /// seeds confirm a result.
    pub fn best(&mut self, remedy: Remedy, present: f64) -> Option<TrialResult> {
        let variations = self.variations(remedy);
        let mut results = self.trials.train(&variations);
        let is_remedy = |result: &TrialResult| result.excess <= present && result.reaches_optimum();
        if !results.iter().any(is_remedy) {
            // Of the further rates only those that reach the optimum count. One that merely comes closer tends to be too small for the remedy of the next
            // step, a decaying rate.
            results.extend(self.trials.train(&self.finer(&results)).into_iter().filter(is_remedy));
        }
        let results = results.into_iter().filter(|result| result.excess <= present);
        let (mut reaching, mut others): (Vec<TrialResult>, Vec<TrialResult>) = results.partition(TrialResult::reaches_optimum);
        reaching.sort_by(|a, b| self.has_own_rate(b).cmp(&self.has_own_rate(a)).then_with(|| a.compare(b)));
        others.sort_by(|a, b| a.excess.total_cmp(&b.excess));
        let mut closest: Option<TrialResult> = None;
        for result in reaching.into_iter().chain(others).take(CONFIRMED) {
            let result = self.trials.confirm(result);
            if result.excess > present {
                continue;
            }
            if result.reaches_optimum() {
                return Some(result);
            }
            if closest.as_ref().is_none_or(|closest| result.excess < closest.excess) {
                closest = Some(result);
            }
        }
        closest
    }

    /// Further learning rates around that of the result with the lowest J − J*, with its other changes. Empty if the results do not differ in
    /// their learning rates.
    fn finer(&self, results: &[TrialResult]) -> Vec<Changes> {
        let is_rate = |(parameter, _): &(Parameter, Value)| *parameter == Parameter::LearningRate;
        let closest = results.iter().filter(|result| result.excess.is_finite()).min_by(|a, b| a.excess.total_cmp(&b.excess));
        let Some(closest) = closest.filter(|_| results.iter().any(|result| result.changes.iter().any(is_rate))) else { return Vec::new() };
        let rate = self.trials.changed(&closest.changes).number(Parameter::LearningRate).filter(|&rate| rate > 0.0);
        let Some(rate) = rate else { return Vec::new() };
        let others: Changes = closest.changes.iter().filter(|change| !is_rate(change)).copied().collect();
        let rates = round_rates(&FINER_DIGITS, [rate / NEIGHBOUR, rate * NEIGHBOUR]);
        rates.into_iter().filter(|&rate| !self.has_tried(rate)).map(|rate| with_rate(&others, rate)).collect()
    }

    /// Whether the sweep has the learning rate of a result.
    fn has_own_rate(&self, result: &TrialResult) -> bool {
        let rate = result.changes.iter().find(|(parameter, _)| *parameter == Parameter::LearningRate);
        rate.is_none_or(|(_, value)| value.number().is_some_and(|rate| self.has_tried(rate)))
    }

    /// Whether the sweep has a learning rate.
    pub fn has_tried(&self, rate: f64) -> bool {
        self.tried.iter().any(|&tried| (tried - rate).abs() <= 1e-6 * rate)
    }

    /// The variations of a kind of remedy. All of them have one problem, and none repeats the setting.
    fn variations(&mut self, remedy: Remedy) -> Vec<Changes> {
        let settings = self.trials.settings().clone();
        let number = |parameter| settings.number(parameter);
        let rate = number(Parameter::LearningRate).unwrap_or(0.0);
        let standard: Changes = vec![(Parameter::DataScale, Value::Choice("standard"))];
        let full: Changes = vec![(Parameter::BatchSize, Value::Choice("full"))];
        let epochs = number(Parameter::Epochs).unwrap_or(1.0);
        let longer: Changes = vec![(Parameter::Epochs, epochs_value(MAX_EPOCHS_FACTOR * epochs))];
        match remedy {
            Remedy::SmallerRate => self.untried(|other| other < rate),
            Remedy::LargerRate => self.untried(|other| other > rate),
            Remedy::LargerBatch => larger_batches(&self.trials),
            Remedy::DecayingSchedule => decaying_schedule(&self.trials),
            Remedy::MoreEpochs => {
                let mut counts = EPOCHS_FACTORS.map(|factor| two_digits(factor * epochs)).to_vec();
                counts.dedup();
                counts.retain(|&count| count > epochs && count <= EPOCHS_MAX as f64);
                counts.into_iter().map(|count| vec![(Parameter::Epochs, epochs_value(count))]).collect()
            }
            Remedy::Standardise => self.with_rates(&standard),
            Remedy::FullBatch => self.with_rates(&full),
            Remedy::StandardiseAndFullBatch => self.with_rates(&[standard, full].concat()),
            Remedy::StandardiseAndMoreEpochs => self.with_rates(&[standard, longer].concat()),
        }
    }

    /// Learning rates that the sweep has not tried.
    fn untried(&mut self, include: impl Fn(f64) -> bool) -> Vec<Changes> {
        let mut rates = self.rates(&Vec::new());
        rates.retain(|&rate| include(rate) && !self.has_tried(rate));
        rates.into_iter().map(|rate| with_rate(&Vec::new(), rate)).collect()
    }

    /// Some changes, with the present learning rate, with those of the sweep and with others. Empty if the setting already has one of the changes.
    fn with_rates(&mut self, changes: &Changes) -> Vec<Changes> {
        let (settings, rows) = (self.trials.settings(), self.trials.train_rows());
        let is_in_use = |&(parameter, value): &(Parameter, Value)| match (parameter, settings.get(parameter)) {
            (Parameter::BatchSize, Some(Value::Integer(size))) => size as usize >= rows,
            (_, present) => present == Some(value),
        };
        if changes.iter().any(is_in_use) || (changes.len() > 1 && !has_own_rate(settings)) {
            return Vec::new();
        }
        let mut rates = self.rates(changes);
        rates.extend(spread(self.tried.len() as u64, TRIED_RATES).map(|position| self.tried[position as usize]));
        let mut variations = vec![changes.clone()];
        variations.extend(rates.into_iter().map(|rate| with_rate(changes, rate)));
        variations
    }

    /// The learning rates 1, 2, 5, 10, .. × 10ⁿ that may suit the optimizer after some changes. Under SGD they lie below the stability
    /// limit; an adaptive optimizer moves by about the rate in each update, so there the distance to the optimum sets the range.
    fn rates(&mut self, changes: &Changes) -> Vec<f64> {
        let settings = self.trials.changed(changes);
        if !has_own_rate(&settings) {
            return Vec::new();
        }
        let Some(problems) = self.trials.problem(changes) else { return Vec::new() };
        round_rates(&DIGITS, self.rate_range(&problems.all[0], &settings))
    }

    fn rate_range(&self, problem: &Problem, settings: &Settings) -> [f64; 2] {
        if let Some(limit) = sgd_stability_limit(problem, settings) {
            return [limit / BELOW_LIMIT, limit];
        }
        let updates = self.trials.updates(settings);
        let optimum = problem.optimum.map_or(Params::splat(1.0), |optimum| optimum.params());
        let distance = (optimum.weight() - self.start.weight()).abs().max((optimum.bias() - self.start.bias()).abs()).clamp(1e-6, 1e6);
        let mut range = [distance / updates / 10.0, distance];
        if self.trials.optimizer() == Optimizer::Sgd
            && let Some(curvature) = problem.optimum.and_then(|optimum| optimum.curvature)
            && curvature.eigenvalues[1] > 0.0
        {
            let limit = 2.0 / curvature.eigenvalues[1];
            range = [range[0].min(limit / BELOW_LIMIT), range[1].max(limit)];
        }
        [range[0].max(1e-30), range[1].min(1e6)]
    }
}

/// Some changes and a learning rate.
fn with_rate(changes: &Changes, rate: f64) -> Changes {
    changes.iter().copied().chain([(Parameter::LearningRate, Value::Float(rate))]).collect()
}

/// The numbers with these digits, times powers of ten, within a range without its upper end. `low` is positive.
fn round_rates(digits: &[&str], [low, high]: [f64; 2]) -> Vec<f64> {
    let powers = libm::floor(libm::log10(low)) as i32..=libm::floor(libm::log10(high)) as i32;
    let rates = powers.flat_map(|power| digits.iter().map(move |digit| format!("{digit}e{power}").parse().unwrap_or(0.0)));
    rates.filter(|rate| (low..high).contains(rate)).collect()
}

/// Whether `learning_rate` sets the rate; a piecewise constant schedule has its own rates.
fn has_own_rate(settings: &Settings) -> bool {
    settings.get(Parameter::LearningRate).is_some() && settings.schedule() != Schedule::PiecewiseConstantDecay
}

/// Twice, four times, .. as many rows in a batch, and all rows.
fn larger_batches(trials: &Trials<'_>) -> Vec<Changes> {
    let rows = trials.train_rows() as i64;
    let Some(Value::Integer(size)) = trials.settings().get(Parameter::BatchSize) else { return Vec::new() };
    if size >= rows {
        return Vec::new();
    }
    let sizes = std::iter::successors(Some(2 * size), |size| size.checked_mul(2)).take_while(|&size| size < rows).map(Value::Integer);
    sizes.chain([Value::Choice("full")]).map(|size| vec![(Parameter::BatchSize, size)]).collect()
}

/// A cosine decay from the present learning rate to 0 at the last update.
fn decaying_schedule(trials: &Trials<'_>) -> Vec<Changes> {
    let settings = trials.settings();
    if settings.schedule() != Schedule::None {
        return Vec::new();
    }
    let updates = trials.updates(settings);
    let mut changes = vec![(Parameter::ScheduleName, Value::Choice(Schedule::CosineDecay.name()))];
    for &(parameter, default) in Schedule::CosineDecay.arguments() {
        changes.push((parameter, default.unwrap_or(Value::Integer(updates as i64))));
    }
    vec![changes]
}

fn epochs_value(epochs: f64) -> Value {
    Value::Integer((epochs as i64).clamp(1, EPOCHS_MAX))
}

/// A number rounded up to two significant digits.
fn two_digits(value: f64) -> f64 {
    let unit = libm::pow(10.0, (libm::floor(libm::log10(value.max(1.0))) - 1.0).max(0.0));
    (value / unit).ceil() * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_round_digits() {
        assert_eq!(round_rates(&DIGITS, [0.15, 20.0]), [0.2, 0.5, 1.0, 2.0, 5.0, 10.0]);
        assert_eq!(round_rates(&FINER_DIGITS, [0.5 / NEIGHBOUR, 0.5 * NEIGHBOUR]), [0.3, 0.4, 0.7]);
    }

    #[test]
    fn epochs_are_rounded_up_to_two_digits() {
        assert_eq!([1.2, 12.0, 144.0, 1501.0].map(two_digits), [2.0, 12.0, 150.0, 1600.0]);
    }
}
