//! A run of a sweep with changed hyperparameters, as an experiment of its own.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::analysis::errors::{Error, PathError};
use crate::config::{self, ConfigSource, DataLocation, Experiment};
use crate::model::{Kind, Optimizer, Parameter, Settings, Value};
use crate::space::{Axis, Branch, Space, Values};
use crate::sweep::{Problems, estimate};
use crate::text;

/// The largest numbers of runs and of updates of a request, so that a page stays responsive.
const MAX_RUNS: u64 = 1 << 20;
const MAX_UPDATES: u128 = 2_000_000_000;

/// A run of a sweep, and the hyperparameters in which a variation differs from it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Variation {
    /// The number of the run.
    pub run: u64,
    /// Values by key, such as `"learning_rate": 0.03`.
    #[serde(default)]
    pub set: Map<String, Json>,
}

/// Evenly spaced values of a hyperparameter, both ends included.
#[derive(Clone, Debug, Deserialize)]
pub struct AxisRequest {
    /// The key of the hyperparameter.
    pub key: String,
    /// The first value.
    pub min: f64,
    /// The last value.
    pub max: f64,
    /// The number of values.
    pub count: u32,
    /// Whether the values have equal ratios instead of equal distances.
    #[serde(default)]
    pub log: bool,
}

impl AxisRequest {
    /// The axis. Values of an integer hyperparameter are rounded.
    ///
    /// # Errors
    ///
    /// If the key is unknown or a value is out of bounds.
    pub fn axis(&self) -> Result<Axis, Error> {
        let parameter = parameter(&self.key)?;
        let last = f64::from(self.count.saturating_sub(1).max(1));
        let is_integer = matches!(parameter.facts().kind, Kind::Integer { .. } | Kind::IntegerOr { .. });
        let at = |position: u32| {
            let share = f64::from(position) / last;
            let value = if self.log {
                self.min * libm::exp(share * libm::log(self.max / self.min))
            } else {
                self.min + share * (self.max - self.min)
            };
            value_of(parameter, &Json::from(if is_integer { value.round() } else { value }))
        };
        let values = (0..self.count).map(at).collect::<Result<Vec<Value>, Error>>()?;
        Ok(Axis { parameter, values: Values::List(values) })
    }
}

/// An experiment that consists of the variations of one run.
pub struct Varied<'a> {
    pub experiment: Experiment,
    pub problems: Cow<'a, Problems>,
    /// The number of the problem of the first variation.
    pub problem: usize,
    pub optimizer: Optimizer,
    pub settings: Settings,
    /// The changed hyperparameters, except for the optimizer.
    changed: Vec<Parameter>,
    /// Whether the run of the sweep has another optimizer.
    has_own_optimizer: bool,
    run: u64,
}

impl<'a> Varied<'a> {
    /// The variations over `axes` of a run. Problems of the sweep are used again where the variations have no others.
    pub fn new(experiment: &Experiment, problems: &'a Problems, variation: &Variation, axes: Vec<Axis>) -> Result<Self, Error> {
        let count = experiment.space.len();
        let no_such_run =
            || Error::NoSuchRun { run: variation.run, available: format!("{}, numbered from 0", text::count(count as usize, "run")) };
        let run = experiment.space.run(variation.run).ok_or_else(no_such_run)?;
        let (mut optimizer, mut settings) = (run.optimizer, run.settings);
        if let Some(value) = variation.set.get(Parameter::Optimizer.key()) {
            let name = value.as_str().and_then(Optimizer::from_name);
            let own = name.ok_or_else(|| Error::InvalidValue { key: Parameter::Optimizer.key(), value: value.to_string() })?;
            replace_optimizer(&mut settings, optimizer, own);
            optimizer = own;
        }
        let mut changed = Vec::new();
        for (key, value) in &variation.set {
            let parameter = parameter(key)?;
            let is_of_another = Optimizer::is_argument_of_any(parameter) && !optimizer.has(parameter);
            if parameter != Parameter::Optimizer && !is_of_another {
                settings.set(parameter, Some(value_of(parameter, value)?));
                changed.push(parameter);
            }
        }
        let needs_problems = axes.iter().any(|axis| Problems::depend_on(axis.parameter));
        let branch = Branch { optimizer, settings: settings.clone(), axes, first: 0, len: 0 };
        let too_large = || Error::TooLarge { runs: MAX_RUNS, updates: MAX_UPDATES };
        let mut own = experiment.clone();
        own.space = Space::new(vec![branch]).map_err(|_| too_large())?;
        if own.space.len() > MAX_RUNS || estimate(&own).steps > MAX_UPDATES {
            return Err(too_large());
        }
        let failed = |source: crate::sweep::Error| Error::Paths { runs: format!("run {}", variation.run), source: Box::new(source) };
        let known = if needs_problems { None } else { problems.number(&own, &settings).ok() };
        let (problems, problem) = match known {
            Some(number) => (Cow::Borrowed(problems), number),
            None => (Cow::Owned(Problems::new(&own).map_err(failed)?), 0),
        };
        let has_own_optimizer = optimizer != run.optimizer;
        Ok(Self { experiment: own, problems, problem, optimizer, settings, changed, has_own_optimizer, run: variation.run })
    }

    /// The error of a backend or of a plan.
    pub fn failed(&self, source: impl Into<PathError>) -> Error {
        Error::Paths { runs: format!("run {}", self.run), source: source.into() }
    }

    /// The `--set` arguments that give the variation as the only run of the sweep; `None` if no arguments do.
    pub fn sets(&self, experiment: &Experiment) -> Option<Vec<String>> {
        // Defaults are left out, unless the config sets other values for every optimizer.
        [false, true].into_iter().find_map(|with_defaults| self.sets_with(experiment, with_defaults))
    }

    fn sets_with(&self, experiment: &Experiment, with_defaults: bool) -> Option<Vec<String>> {
        let mut sets = experiment.sets.clone();
        if experiment.space.sampling().is_some() {
            sets.push("sweep.runs=1".to_owned());
        }
        let is_replaced = self.has_own_optimizer || experiment.space.varied().contains(&Parameter::Optimizer);
        let is_own = |parameter: &Parameter| is_replaced && self.optimizer.has(*parameter) && *parameter != Parameter::LearningRate;
        if is_replaced {
            let table = self.optimizer_table(experiment, with_defaults);
            let argument = experiment.override_for(Parameter::Optimizer, Value::Choice(self.optimizer.name()))?;
            sets.push(match argument.split_once('=')? {
                (key @ "sweep.parameters.optimizer", _) => format!("{key}=[{table}]"),
                (key, _) => format!("{key}={table}"),
            });
        }
        let mut others: Vec<Parameter> = self.changed.clone();
        others.extend(experiment.space.chosen().into_iter().filter(|parameter| *parameter != Parameter::Optimizer));
        others.sort_unstable();
        others.dedup();
        for parameter in others.into_iter().filter(|parameter| !is_own(parameter)) {
            sets.extend(experiment.override_for(parameter, self.settings.get(parameter)?));
        }
        self.is_result_of(experiment, &sets).then_some(sets)
    }

    /// The optimizer with its arguments and options, except for the learning rate, as a table of TOML.
    fn optimizer_table(&self, experiment: &Experiment, with_defaults: bool) -> String {
        let mut fields = vec![format!("name = \"{}\"", self.optimizer.name())];
        let rate_is_own = experiment.override_for(Parameter::LearningRate, Value::Float(1.0)).is_none();
        for &(parameter, default) in self.optimizer.arguments() {
            let value = self.settings.get(parameter);
            if (parameter == Parameter::LearningRate && !rate_is_own)
                || (parameter != Parameter::LearningRate && value == Some(default) && !with_defaults)
            {
                continue;
            }
            fields.extend(value.and_then(config::toml_value).map(|value| format!("{} = {value}", parameter.facts().name)));
        }
        format!("{{ {} }}", fields.join(", "))
    }

    /// Whether the config with these arguments has one run, with the settings of the variation.
    fn is_result_of(&self, experiment: &Experiment, sets: &[String]) -> bool {
        let bytes = experiment.dataset.bytes.as_slice();
        let source = ConfigSource { file: "sweep.toml", name: &experiment.name, data: DataLocation::Bytes(bytes) };
        let loaded = config::load_text(&experiment.text, &source, sets).ok();
        let run = loaded.filter(|loaded| loaded.space.len() == 1).and_then(|loaded| loaded.space.run(0));
        run.is_some_and(|run| run.optimizer == self.optimizer && run.settings == self.settings)
    }
}

/// Replaces the arguments of an optimizer by those of another with Keras' defaults. The learning rate stays, and so do the options that every optimizer
/// has, except for weight decay where it is an argument of one of the two.
fn replace_optimizer(settings: &mut Settings, from: Optimizer, to: Optimizer) {
    settings.set(Parameter::Optimizer, Some(Value::Choice(to.name())));
    for parameter in Parameter::all().filter(|&parameter| Optimizer::is_argument_of_any(parameter)) {
        let is_shared = Optimizer::ALL.into_iter().all(|optimizer| optimizer.has(parameter));
        let is_own_decay = parameter == Parameter::WeightDecay && (from.decays() || to.decays());
        if from != to && (!is_shared || is_own_decay) {
            settings.set(parameter, to.default(parameter));
        }
    }
}

/// The hyperparameter with this key.
fn parameter(key: &str) -> Result<Parameter, Error> {
    crate::analysis::filter::parameter(key)
}

/// A value of a hyperparameter.
fn value_of(parameter: Parameter, value: &Json) -> Result<Value, Error> {
    let kind = parameter.facts().kind;
    let found = match value {
        Json::Bool(flag) if kind == Kind::Boolean => Some(Value::Boolean(*flag)),
        Json::String(word) => kind.words().iter().find(|own| **own == word.as_str()).map(|word| Value::Choice(word)),
        _ => value.as_f64().filter(|&number| kind.contains(number)).map(|number| match kind {
            Kind::Integer { .. } | Kind::IntegerOr { .. } => Value::Integer(number as i64),
            _ => Value::Float(number),
        }),
    };
    found.ok_or_else(|| Error::InvalidValue { key: parameter.key(), value: value.to_string() })
}
