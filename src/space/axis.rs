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
    /// `min`, `min + step`, ..; `count` values.
    Steps { min: f64, step: f64, count: u64 },
    /// `count` integers from `min` to `max`, as equally far apart as rounding allows; both ends are in.
    IntUniform { min: i64, max: i64, count: u64 },
    /// `min`, `min + step`, ..; `count` integers.
    IntSteps { min: i64, step: i64, count: u64 },
}

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
            &Values::LogUniform { min, max, count } => Value::Float(if position == 0 {
                min
            } else if position + 1 == count {
                max
            } else {
                libm::exp(between(libm::log(min), libm::log(max), position, count)).clamp(min, max)
            }),
            &Values::Steps { min, step, .. } => Value::Float(min + step * position as f64),
            &Values::IntUniform { min, max, count } => Value::Integer(if count <= 1 {
                min
            } else {
                let span = (i128::from(max) - i128::from(min)) * i128::from(position);
                let intervals = i128::from(count - 1);
                (i128::from(min) + (2 * span + intervals) / (2 * intervals)) as i64
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
