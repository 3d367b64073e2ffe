//! One axis of a grid: its values by position, computed when asked for.

use crate::model::{Parameter, Value};

/// The values of an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// As written, duplicates included.
    List(Vec<Value>),
    /// `count` values from `min` to `max`, equally far apart; both ends are in, exactly.
    Uniform { min: f64, max: f64, count: u64 },
    /// `count` values from `min` to `max`, in equal ratios; both ends are in, exactly.
    LogUniform { min: f64, max: f64, count: u64 },
    /// `count` values: `first / divisor`, `(first + step) / divisor`, ..; see [`Values::steps`].
    Steps { first: f64, step: f64, divisor: f64, count: u64 },
    /// `count` integers from `min` to `max`, as equally far apart as rounding allows; both ends are in.
    IntUniform { min: i64, max: i64, count: u64 },
    /// `count` integers from `min` ≥ 1 to `max`, as nearly in equal ratios as rounding allows; both ends are in.
    IntLogUniform { min: i64, max: i64, count: u64 },
    /// `min`, `min + step`, ..; `count` integers.
    IntSteps { min: i64, step: i64, count: u64 },
}

impl Values {
    /// `min`, `min + step`, .. up to `max`. Where `min` and `step` are decimals of few digits the values are the decimals that
    /// one would write (0.3, not 0.30000000000000004): integers are counted up, then divided by a power of ten.
    pub fn steps(min: f64, max: f64, step: f64) -> Self {
        let intervals = (max - min) / step;
        // 0.9 / 0.3 is 3.0000000000000004 and 0.3 / 0.1 is 2.9999999999999996: what is nearly an integer is one.
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
}

/// Up to here integers are exact in float64, with room for a sum.
const EXACT: f64 = 4_503_599_627_370_496.0;

/// Those that float64 holds and that decimals of ordinary hyperparameters need.
const POWERS_OF_TEN: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// A hyperparameter and the values that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub parameter: Parameter,
    pub values: Values,
}

impl Axis {
    /// How many values the axis has; at least one.
    pub fn len(&self) -> u64 {
        match &self.values {
            Values::List(values) => values.len() as u64,
            Values::Uniform { count, .. }
            | Values::LogUniform { count, .. }
            | Values::Steps { count, .. }
            | Values::IntUniform { count, .. }
            | Values::IntLogUniform { count, .. }
            | Values::IntSteps { count, .. } => *count,
        }
    }

    /// An axis always has a value; this is here because `len` is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a position below `len`.
    pub fn value(&self, position: u64) -> Value {
        match &self.values {
            Values::List(values) => values[position as usize],
            &Values::Uniform { min, max, count } => Value::Float(between(min, max, position, count)),
            &Values::LogUniform { min, max, count } => Value::Float(log_between(min, max, position, count)),
            &Values::Steps { first, step, divisor, .. } => Value::Float((first + step * position as f64) / divisor),
            &Values::IntUniform { min, max, count } => Value::Integer(if count <= 1 {
                min
            } else {
                let span = (i128::from(max) - i128::from(min)) * i128::from(position);
                let intervals = i128::from(count - 1);
                (i128::from(min) + (2 * span + intervals) / (2 * intervals)) as i64
            }),
            &Values::IntLogUniform { min, max, count } => Value::Integer(if position == 0 {
                min
            } else if position + 1 == count {
                max
            } else {
                (log_between(min as f64, max as f64, position, count).round() as i64).clamp(min, max)
            }),
            &Values::IntSteps { min, step, .. } => Value::Integer(min + step * position as i64),
        }
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

/// The `position`-th of `count` numbers in equal ratios from `min` to `max`; the ends are exact.
fn log_between(min: f64, max: f64, position: u64, count: u64) -> f64 {
    if position == 0 {
        min
    } else if position + 1 == count {
        max
    } else {
        short(libm::exp(between(libm::log(min), libm::log(max), position, count))).clamp(min, max)
    }
}

/// The decimal of at most six digits that `value` would be but for the rounding of exp and log, if there is one: decades are
/// 0.01, not 0.010000000000000004, and can be asked for by name.
fn short(value: f64) -> f64 {
    let places = 5 - libm::floor(libm::log10(value)) as i32;
    let Some(&power) = POWERS_OF_TEN.get(places.unsigned_abs() as usize) else { return value };
    let digits = (if places < 0 { value / power } else { value * power }).round();
    let decimal = if places < 0 { digits * power } else { digits / power };
    if (decimal - value).abs() <= 1e-14 * value { decimal } else { value }
}
