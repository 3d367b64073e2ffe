//! One axis of a space, whose values are computed: in a grid from their positions, in a sampled space from a number in [0, 1).

use super::normal;
use crate::model::{Parameter, Value};

/// The values of an axis. The last three kinds occur in sampled spaces only.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the doc of each variant explains its fields")]
pub enum Values {
    /// The values as written, duplicates included.
    List(Vec<Value>),
    /// `count` equally spaced values from `min` to `max`, both included exactly.
    Uniform { min: f64, max: f64, count: u64 },
    /// `count` logarithmically spaced values from `min` to `max`, both included exactly; made by [`Values::log_uniform`].
    LogUniform { min: f64, max: f64, logs: [f64; 2], count: u64 },
    /// `count` values: `first / divisor`, `(first + step) / divisor`, ..; made by [`Values::steps`].
    Steps { first: f64, step: f64, divisor: f64, count: u64 },
    /// `count` integers from `min` to `max`, both included, equally spaced up to rounding.
    IntUniform { min: i64, max: i64, count: u64 },
    /// `count` integers from `min` ≥ 1 to `max`, both included, logarithmically spaced up to rounding.
    IntLogUniform { min: i64, max: i64, count: u64 },
    /// `count` integers: `min`, `min + step`, ..
    IntSteps { min: i64, step: i64, count: u64 },
    /// All numbers of a distribution.
    Continuous(Continuous),
    /// The numbers of a distribution, each rounded to the nearest of `multiples`.
    Quantized { of: Continuous, multiples: Box<Values> },
    /// Each of several kinds of values with a probability: the probability of it or an earlier one, and its values.
    Mixture(Vec<(f64, Values)>),
}

/// A continuous distribution of a hyperparameter between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Continuous {
    /// The distribution without bounds.
    pub distribution: Distribution,
    /// The smallest and the largest value.
    pub bounds: [f64; 2],
    /// The bounds in the units in which values are drawn uniformly: the values, their logarithms, or the probabilities of smaller values.
    ends: [f64; 2],
}

/// The kind of a continuous distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the doc of each variant explains its fields")]
pub enum Distribution {
    /// All values are equally probable.
    Uniform,
    /// The logarithm is uniform.
    LogUniform,
    /// Normal with mean `mu` and standard deviation `sigma`.
    Normal { mu: f64, sigma: f64 },
    /// The natural logarithm is normal with mean `mu` and standard deviation `sigma`.
    LogNormal { mu: f64, sigma: f64 },
}

/// The smallest and the largest probability of which a normal quantile is computed: at 0 and 1 it is infinite.
const PROBABILITIES: [f64; 2] = [f64::EPSILON / 4.0, 1.0 - f64::EPSILON / 2.0];

impl Continuous {
    /// The distribution, given that the value is within the bounds.
    ///
    /// A normal distribution is cut off by the quantiles of its bounds. So one uniform number gives one value, and the order of the numbers is that
    /// of the values, as stratified samples need it. Values moved to a bound would pile up there.
    pub fn new(distribution: Distribution, bounds: [f64; 2]) -> Self {
        let ends = bounds.map(|bound| match distribution {
            Distribution::Uniform => bound,
            Distribution::LogUniform => libm::log(bound),
            Distribution::Normal { mu, sigma } => normal::probability_below((bound - mu) / sigma),
            Distribution::LogNormal { mu, sigma } => normal::probability_below((libm::log(bound) - mu) / sigma),
        });
        Self { distribution, bounds, ends }
    }

    /// The number below which a share of the values lies.
    pub fn quantile(&self, share: f64) -> f64 {
        let [low, high] = self.ends;
        let place = low * (1.0 - share) + high * share;
        let standard = |probability: f64| normal::quantile(probability.clamp(PROBABILITIES[0], PROBABILITIES[1]));
        let value = match self.distribution {
            Distribution::Uniform => place,
            Distribution::LogUniform => libm::exp(place),
            Distribution::Normal { mu, sigma } => mu + sigma * standard(place),
            Distribution::LogNormal { mu, sigma } => libm::exp(mu + sigma * standard(place)),
        };
        value.clamp(self.bounds[0], self.bounds[1])
    }

    /// The probability of a value within the bounds if there were none; 1 for a uniform distribution.
    pub fn probability_within_bounds(&self) -> f64 {
        match self.distribution {
            Distribution::Uniform | Distribution::LogUniform => 1.0,
            Distribution::Normal { .. } | Distribution::LogNormal { .. } => self.ends[1] - self.ends[0],
        }
    }
}

impl Values {
    /// `count` logarithmically spaced values from `min` to `max`. The logarithms of the bounds are computed once.
    pub fn log_uniform(min: f64, max: f64, count: u64) -> Self {
        Self::LogUniform { min, max, logs: [libm::log(min), libm::log(max)], count }
    }

    /// `min`, `min + step`, .. up to `max`. If `min` and `step` are short decimals, so are the values (0.3, not
    /// 0.30000000000000004): they are integers divided by a power of ten.
    pub fn steps(min: f64, max: f64, step: f64) -> Self {
        let intervals = (max - min) / step;
        // 0.9 / 0.3 is 3.0000000000000004 and 0.3 / 0.1 is 2.9999999999999996: near integers are rounded.
        let whole = if (intervals - intervals.round()).abs() <= 1e-9 * intervals.max(1.0) { intervals.round() } else { intervals.floor() };
        let decimal = |value: f64, divisor: f64| {
            let scaled = (value * divisor).round();
            (scaled.abs() < EXACT && scaled / divisor == value).then_some(scaled)
        };
        let (first, step, divisor) = POWERS_OF_TEN
            .iter()
            .find_map(|&divisor| Some((decimal(min, divisor)?, decimal(step, divisor)?, divisor)))
            .filter(|(first, step, _)| first.abs() + step * whole < EXACT)
            .unwrap_or((min, step, 1.0));
        Self::Steps { first, step, divisor, count: (whole as u64).saturating_add(1) }
    }

    /// The multiples of `step` from `min` to `max`; `None` if there are none. They are decimals if `step` is a short decimal.
    pub fn multiples(step: f64, [min, max]: [f64; 2]) -> Option<Self> {
        let [first, last] = [libm::ceil(min / step - 1e-9), libm::floor(max / step + 1e-9)];
        let is_whole = |divisor: &&f64| {
            let scaled = (step * **divisor).round();
            scaled < EXACT && scaled / **divisor == step
        };
        let divisor = *POWERS_OF_TEN.iter().find(is_whole).unwrap_or(&1.0);
        let scaled = if divisor > 1.0 { (step * divisor).round() } else { step };
        (first <= last).then(|| Self::Steps { first: first * scaled, step: scaled, divisor, count: (last - first) as u64 + 1 })
    }

    /// The number of values, at least one; that of a continuous distribution counts as 2⁶⁴ − 1.
    pub fn len(&self) -> u64 {
        match self {
            Self::List(values) => values.len() as u64,
            Self::Uniform { count, .. }
            | Self::LogUniform { count, .. }
            | Self::Steps { count, .. }
            | Self::IntUniform { count, .. }
            | Self::IntLogUniform { count, .. }
            | Self::IntSteps { count, .. } => *count,
            Self::Continuous(_) => u64::MAX,
            Self::Quantized { multiples, .. } => multiples.len(),
            Self::Mixture(parts) => parts.iter().fold(0, |sum, (_, values)| sum.saturating_add(values.len())),
        }
    }

    /// Always false; the companion of `len`.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a position below `len`.
    pub fn value(&self, position: u64) -> Value {
        match self {
            Self::List(values) => values[position as usize],
            &Self::Uniform { min, max, count } => Value::Float(between(min, max, position, count)),
            &Self::LogUniform { min, max, logs, count } => Value::Float(log_between([min, max], logs, position, count)),
            &Self::Steps { first, step, divisor, .. } => Value::Float((first + step * position as f64) / divisor),
            &Self::IntUniform { min, max, count } => Value::Integer(if count <= 1 {
                min
            } else {
                // In 128 bits nothing overflows.
                let intervals = u128::from(count - 1);
                let span = (i128::from(max) - i128::from(min)) as u128;
                let (position, rest) = (u128::from(position), span % intervals);
                let offset = span / intervals * position + (2 * rest * position + intervals) / (2 * intervals);
                (i128::from(min) + offset as i128) as i64
            }),
            &Self::IntLogUniform { min, max, count } => Value::Integer(if position == 0 {
                min
            } else if position + 1 == count {
                max
            } else {
                let ends = [min as f64, max as f64];
                (log_between(ends, ends.map(libm::log), position, count).round() as i64).clamp(min, max)
            }),
            &Self::IntSteps { min, step, .. } => Value::Integer(min + step * position as i64),
            Self::Continuous(of) => Value::Float(of.quantile(position as f64 / u64::MAX as f64)),
            Self::Quantized { multiples, .. } => multiples.value(position),
            Self::Mixture(parts) => {
                let mut rest = position;
                for (_, values) in parts {
                    if rest < values.len() {
                        return values.value(rest);
                    }
                    rest -= values.len();
                }
                parts[parts.len() - 1].1.sample(1.0)
            }
        }
    }

    /// The listed values, and of each range the first value.
    pub fn examples(&self) -> Vec<Value> {
        match self {
            Self::List(values) => values.clone(),
            Self::Mixture(parts) => parts.iter().flat_map(|(_, values)| values.examples()).collect(),
            range => vec![range.value(0)],
        }
    }

    /// The first and the last value of a range. Of a list, these are not the smallest and the largest.
    pub fn ends(&self) -> [Value; 2] {
        match self {
            Self::Continuous(of) => [0.0, 1.0].map(|share| Value::Float(of.quantile(share))),
            Self::Quantized { of, multiples } => [0.0, 1.0].map(|share| multiples.nearest(of.quantile(share))),
            values => [0, values.len() - 1].map(|position| values.value(position)),
        }
    }

    /// The value of a run of a sampled space. All values of a list, and of a range with steps, are equally probable.
    pub fn sample(&self, unit: f64) -> Value {
        match self {
            Self::Continuous(of) => Value::Float(of.quantile(unit)),
            Self::Quantized { of, multiples } => multiples.nearest(of.quantile(unit)),
            Self::Mixture(parts) => {
                let chosen = parts.partition_point(|(above, _)| *above <= unit).min(parts.len() - 1);
                let below = if chosen == 0 { 0.0 } else { parts[chosen - 1].0 };
                let (above, values) = &parts[chosen];
                // The place within the share of the chosen values is uniform again.
                values.sample(((unit - below) / (above - below)).clamp(0.0, 1.0_f64.next_down()))
            }
            values => values.value(((unit * values.len() as f64) as u64).min(values.len() - 1)),
        }
    }

    /// The value nearest to a number: of steps, the only values that numbers are rounded to.
    fn nearest(&self, number: f64) -> Value {
        let place = match *self {
            Self::Steps { first, step, divisor, .. } => (number * divisor - first) / step,
            Self::IntSteps { min, step, .. } => (number - min as f64) / step as f64,
            _ => 0.0,
        };
        self.value((place.round().max(0.0) as u64).min(self.len() - 1))
    }
}

/// Below this number (2⁵²), float64 represents integers and their sums exactly.
const EXACT: f64 = 4_503_599_627_370_496.0;

/// Powers of ten that are exact in float64.
const POWERS_OF_TEN: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// A hyperparameter and its values in a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The hyperparameter that varies.
    pub parameter: Parameter,
    /// Its values.
    pub values: Values,
}

impl Axis {
    /// The number of values, at least one.
    pub fn len(&self) -> u64 {
        self.values.len()
    }

    /// Always false; the companion of `len`.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a position below `len`.
    pub fn value(&self, position: u64) -> Value {
        self.values.value(position)
    }
}

/// The `position`-th of `count` equally spaced numbers from `min` to `max`; the ends are exact.
fn between(min: f64, max: f64, position: u64, count: u64) -> f64 {
    if position == 0 {
        min
    } else if position + 1 == count {
        max
    } else {
        let share = position as f64 / (count - 1) as f64;
        min * (1.0 - share) + max * share
    }
}

/// The `position`-th of `count` logarithmically spaced numbers from `min` to `max`; the ends are exact.
fn log_between([min, max]: [f64; 2], logs: [f64; 2], position: u64, count: u64) -> f64 {
    if position == 0 {
        min
    } else if position + 1 == count {
        max
    } else {
        short(libm::exp(between(logs[0], logs[1], position, count))).clamp(min, max)
    }
}

/// Rounds `value` to a decimal of at most six digits if it differs only by the rounding of exp and log: decades are
/// 0.01, not 0.010000000000000004, so that filters find them.
fn short(value: f64) -> f64 {
    let places = 5 - decade(value);
    let Some(&power) = POWERS_OF_TEN.get(places.unsigned_abs() as usize) else { return value };
    let scaled = if places < 0 { value / power } else { value * power };
    // Adding and subtracting 2⁵² rounds to an integer. Few values are this close to six digits.
    let digits = (scaled + UNITS) - UNITS;
    if (digits - scaled).abs() > 1e-13 * scaled {
        return value;
    }
    let decimal = if places < 0 { digits * power } else { digits / power };
    if (decimal - value).abs() <= 1e-14 * value { decimal } else { value }
}

/// log10(2) in units of 2⁻¹⁸, exact enough for every exponent of a float64.
const LOG10_2: i32 = 78_913;

/// 2⁵²: a float64 of at least this size has no fraction.
const UNITS: f64 = (1_u64 << 52) as f64;

/// The power of ten at or below a positive number.
fn decade(value: f64) -> i32 {
    // The binary exponent times log10(2) is at most one too small.
    let exponent = (value.to_bits() >> 52) as i32 - 1023;
    let guess = (exponent * LOG10_2) >> 18;
    let next = guess + 1;
    let power = POWERS_OF_TEN.get(next.unsigned_abs() as usize).copied();
    let reached =
        power.map_or_else(|| libm::log10(value) >= f64::from(next), |power| if next < 0 { value * power >= 1.0 } else { value >= power });
    if reached { next } else { guess }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(values: &Values) -> Vec<f64> {
        let axis = Axis { parameter: Parameter::LearningRate, values: values.clone() };
        let number = |value| match value {
            Value::Float(value) => value,
            Value::Integer(value) => value as f64,
            other => panic!("{other:?}"),
        };
        (0..axis.len()).map(|position| number(axis.value(position))).collect()
    }

    #[test]
    fn a_decade_is_the_floor_of_the_logarithm() {
        for value in [1e-15, 9.99e-7, 1e-6, 0.001, 0.009_999_9, 0.01, 0.5, 1.0, 9.999_999, 10.0, 99.0, 1e5, 123_456.0, 1e15, 3e17, 2e-19] {
            assert_eq!(decade(value), libm::floor(libm::log10(value)) as i32, "{value}");
        }
    }

    #[test]
    fn decades_are_the_decimals_one_would_write() {
        let decades = all(&Values::log_uniform(1e-9, 1e6, 16));
        let written = [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];
        assert_eq!(decades, written);
        assert_eq!(all(&Values::log_uniform(0.003, 0.3, 3)), [0.003, 0.03, 0.3]);
    }

    #[test]
    fn steps_are_the_decimals_one_would_write() {
        assert_eq!(all(&Values::steps(0.0, 1.0, 0.1)), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]);
        assert_eq!(all(&Values::steps(0.0, 0.9, 0.3)), [0.0, 0.3, 0.6, 0.9]);
        assert_eq!(all(&Values::steps(-0.25, 0.3, 0.25)), [-0.25, 0.0, 0.25]);
        assert_eq!(all(&Values::steps(1e-5, 3e-5, 1e-5)), [1e-5, 2e-5, 3e-5]);
        assert_eq!(all(&Values::steps(0.0, 0.25, 0.1)), [0.0, 0.1, 0.2]);
        assert_eq!(all(&Values::steps(0.5, 0.5, 0.1)), [0.5]);
        assert_eq!(all(&Values::steps(0.0, 1.0, 1.0 / 3.0)).len(), 4);
    }

    #[test]
    fn integers_are_rounded_to_the_nearest_and_keep_their_ends() {
        assert_eq!(all(&Values::IntUniform { min: 1, max: 10, count: 4 }), [1.0, 4.0, 7.0, 10.0]);
        assert_eq!(all(&Values::IntUniform { min: 0, max: 5, count: 3 }), [0.0, 3.0, 5.0]);
        assert_eq!(all(&Values::IntLogUniform { min: 1, max: 256, count: 9 }), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]);
        let count = i64::MAX as u64;
        let axis = Axis { parameter: Parameter::BatchSize, values: Values::IntUniform { min: 1, max: i64::MAX, count } };
        let ends = [0, 1, count - 1].map(|position| axis.value(position));
        assert_eq!(ends, [1, 2, i64::MAX].map(Value::Integer));
    }

    /// Two numbers in order.
    fn ends(values: std::ops::Range<f64>) -> impl Strategy<Value = (f64, f64)> {
        (values.clone(), values).prop_map(|(a, b)| (a.min(b), a.max(b)))
    }

    fn exact_and_ascending(values: &Values, min: f64, max: f64) {
        let numbers = all(values);
        assert_eq!((numbers[0], numbers[numbers.len() - 1]), (min, max));
        assert!(numbers.windows(2).all(|pair| pair[0] <= pair[1]), "{numbers:?}");
    }

    proptest! {
        #[test]
        fn linear_ranges_have_exact_ends_and_ascend((min, max) in ends(-1e6..1e6), count in 2_u64..300) {
            exact_and_ascending(&Values::Uniform { min, max, count }, min, max);
        }

        #[test]
        fn log_ranges_have_exact_ends_ascend_and_keep_their_ratio((low, high) in ends(-12.0..6.0), count in 2_u64..300) {
            let (min, max) = (libm::pow(10.0, low), libm::pow(10.0, high));
            let values = Values::log_uniform(min, max, count);
            exact_and_ascending(&values, min, max);
            let ratio = libm::log(max / min) / (count - 1) as f64;
            for pair in all(&values).windows(2) {
                prop_assert!((libm::log(pair[1] / pair[0]) - ratio).abs() < 1e-12);
            }
        }

        #[test]
        fn integer_ranges_have_exact_ends_and_ascend(a in 1_i64..1_000_000, b in 1_i64..1_000_000, count in 2_u64..300) {
            let (min, max) = (a.min(b), a.max(b));
            exact_and_ascending(&Values::IntUniform { min, max, count }, min as f64, max as f64);
            exact_and_ascending(&Values::IntLogUniform { min, max, count }, min as f64, max as f64);
        }

        #[test]
        fn steps_of_decimals_are_what_their_text_says(
            first in -1000_i64..1000,
            step in 1_i64..200,
            count in 1_i64..50,
            places in 0_i32..5,
        ) {
            let decimal = |value: i64| format!("{value}e-{places}").parse::<f64>().unwrap();
            let values = Values::steps(decimal(first), decimal(first + step * (count - 1)), decimal(step));
            let written: Vec<f64> = (0..count).map(|position| decimal(first + step * position)).collect();
            prop_assert_eq!(all(&values), written);
        }
    }
}
