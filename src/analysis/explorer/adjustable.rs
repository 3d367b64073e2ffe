//! The hyperparameters of a run that a page may change, with the ranges of their sliders.

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::variation::Varied;
use crate::config::Experiment;
use crate::model::{Kind, Parameter, Scale, Schedule, Value};

/// A logarithmic slider extends to the value times and divided by this.
const DECADES: f64 = 1e3;
/// The last value of a slider whose bound is excluded, as a share of the bound.
const BELOW_BOUND: f64 = 0.9999;
/// Above this width, the bounds of a hyperparameter are no useful range.
const WIDE: f64 = 1e3;
/// The largest seed, and the largest number of updates, that a slider reaches.
const SEEDS: f64 = 99.0;
const UPDATES: f64 = 20_000.0;

/// A hyperparameter that may be changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Adjustable {
    /// The key.
    pub key: &'static str,
    /// The meaning in words.
    pub meaning: &'static str,
    /// `float`, `integer`, `boolean` or `choice`.
    pub kind: &'static str,
    /// The value of the run.
    pub value: Json,
    /// The range of a number.
    pub range: Option<[f64; 2]>,
    /// Whether the range is logarithmic.
    pub log: bool,
    /// The words of a choice.
    pub choices: &'static [&'static str],
}

/// The adjustable hyperparameters of a variation: optimizer, learning rate, batch size, epochs and seed, those of the optimizer and of the schedule, and
/// the scale of the data.
pub fn adjustable(experiment: &Experiment, varied: &Varied<'_>) -> Vec<Adjustable> {
    let seed = if varied.settings.get(Parameter::RngSeed).is_some() { Parameter::RngSeed } else { Parameter::TrainingSeed };
    let mut parameters = vec![Parameter::Optimizer, Parameter::LearningRate, Parameter::BatchSize, Parameter::Epochs, seed];
    parameters.extend(varied.optimizer.arguments().iter().map(|(parameter, _)| *parameter).filter(|p| *p != Parameter::RelativeStep));
    let schedule = varied.settings.schedule();
    if schedule == Schedule::None || schedule.has(Parameter::LearningRate) {
        parameters.extend(schedule.arguments().iter().map(|(parameter, _)| *parameter));
    }
    parameters.extend([Parameter::Shuffle, Parameter::DataScale]);
    let mut seen = Vec::new();
    parameters.retain(|parameter| {
        !seen.contains(parameter) && {
            seen.push(*parameter);
            true
        }
    });
    parameters.into_iter().filter_map(|parameter| of(experiment, varied, parameter)).collect()
}

fn of(experiment: &Experiment, varied: &Varied<'_>, parameter: Parameter) -> Option<Adjustable> {
    let facts = parameter.facts();
    let value = if parameter == Parameter::Optimizer { Value::Choice(varied.optimizer.name()) } else { varied.settings.get(parameter)? };
    let rows = varied.problems.all[varied.problem].train.len() as f64;
    let plain = Adjustable {
        key: parameter.key(),
        meaning: facts.meaning,
        kind: "choice",
        value: Json::Null,
        range: None,
        log: false,
        choices: facts.kind.words(),
    };
    let number = match value {
        Value::Boolean(flag) => return Some(Adjustable { kind: "boolean", value: json!(flag), ..plain }),
        Value::Choice("full") => rows,
        Value::Choice(word) if matches!(facts.kind, Kind::Choice(_) | Kind::Name(..)) => {
            return Some(Adjustable { value: json!(word), ..plain });
        }
        value => value.number()?,
    };
    let swept = swept_range(experiment, parameter);
    let [mut low, mut high] = match parameter {
        Parameter::BatchSize => [1.0, rows],
        Parameter::Epochs => {
            let batch = varied.settings.number(Parameter::BatchSize).unwrap_or(rows).clamp(1.0, rows);
            [1.0, (UPDATES / (rows / batch).ceil()).floor().max(number)]
        }
        Parameter::TrainingSeed | Parameter::RngSeed => [0.0, SEEDS.max(number)],
        _ => bounded(facts.kind, number, facts.scale == Scale::Log),
    };
    if let Some([from, to]) = swept {
        (low, high) = (low.min(from), high.max(to));
    }
    let is_integer = matches!(facts.kind, Kind::Integer { .. } | Kind::IntegerOr { .. });
    let log = facts.scale == Scale::Log && low > 0.0;
    Some(Adjustable {
        kind: if is_integer { "integer" } else { "float" },
        value: json!(number),
        range: Some([low, high]),
        log,
        choices: &[],
        ..plain
    })
}

/// A range around a value, within the bounds of its kind.
fn bounded(kind: Kind, value: f64, is_log: bool) -> [f64; 2] {
    let (min, max) = match kind {
        Kind::Float { min, max, max_open, .. } => (min, if max_open { max * BELOW_BOUND } else { max }),
        Kind::FloatOr { min, max, .. } => (min, max),
        Kind::Integer { min, max } | Kind::IntegerOr { min, max, .. } => (min as f64, max as f64),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let [low, high] = match (is_log && value > 0.0, value == 0.0) {
        (true, _) => [value / DECADES, value * DECADES],
        (false, true) => [-1.0, 1.0],
        (false, false) => [-2.0 * value.abs(), 2.0 * value.abs()],
    };
    if max - min <= WIDE && !is_log { [min, max] } else { [low.max(min), high.min(max)] }
}

/// The smallest and largest value of the sweep.
fn swept_range(experiment: &Experiment, parameter: Parameter) -> Option<[f64; 2]> {
    let axes = experiment.space.branches.iter().filter_map(|branch| branch.axis(parameter));
    let ends = axes.flat_map(|axis| axis.values.ends());
    let numbers: Vec<f64> = ends.filter_map(Value::number).collect();
    let range = numbers.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &value| [low.min(value), high.max(value)]);
    (!numbers.is_empty()).then_some(range)
}
