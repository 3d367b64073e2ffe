//! The hyperparameters that a config fixes or varies, and the space of runs that follows from them.

use std::collections::HashSet;

use super::diagnostics::{CheckedTable, Diagnostics};
use super::distributions;
use super::error::{Diagnostic, Location, Sources};
use super::experiment::Rng;
use super::keys::{self, TableKind};
use super::optimizers::{self, OptimizerKey, OptimizerSpec};
use super::ranges::{self, AxisContext};
use super::sampling::{self, SamplingSpec};
use super::scalars;
use super::schedules::{self, Schedules};
use super::toml_tree::{TomlEntry, TomlTable, TomlValue};
use super::values;
use crate::model::{Optimizer, Parameter, ParameterTable, Schedule, Settings, Start, Value};
use crate::space::{Axis, Branch, Sampling, Space, Values};
use crate::text;

/// A hyperparameter with one value for all runs.
struct FixedValue {
    parameter: Parameter,
    value: Value,
    location: Location,
}

/// An axis and the location of its key.
struct SweptAxis {
    axis: Axis,
    location: Location,
}

/// The parts of a config that define its runs, as written.
pub struct SweepSpec {
    pub rng: Rng,
    rng_location: Option<Location>,
    fixed: Vec<FixedValue>,
    swept: Vec<SweptAxis>,
    specs: Vec<OptimizerSpec>,
    pub schedules: Schedules,
    /// `None` for a grid.
    sampling: Option<SamplingSpec>,
    /// The probabilities of the optimizers and of the schedules in a sampled sweep.
    probabilities: [Vec<f64>; 2],
    parameters: Option<Location>,
}

impl SweepSpec {
    pub fn read(root: &TomlTable, sections: [&CheckedTable; 3], sweep: &CheckedTable, diagnostics: &mut Diagnostics) -> Option<Self> {
        let [data, model, training] = sections;
        let sampling = sampling::read(sweep, diagnostics);
        let is_sampled = sampling.is_some();
        let mut fixed = Vec::new();
        for (section, home) in [(data, ParameterTable::Data), (model, ParameterTable::Model), (training, ParameterTable::Training)] {
            fixed.extend(fixed_of(section, home, diagnostics));
        }
        let rng = rng(root.get("rng"), &mut fixed, diagnostics);
        let schedule = diagnostics.table(training.get("schedule"), TableKind::Schedule);
        fixed.extend(fixed_of(&schedule, ParameterTable::Schedule, diagnostics));
        let parameters = sweep.get("parameters");
        let table = diagnostics.table(parameters, TableKind::Parameters);
        let mut swept = axes(&table, is_sampled, diagnostics);
        let position = swept.iter().position(|swept| swept.axis.parameter == Parameter::ScheduleName);
        let names = position.map(|position| swept.remove(position));
        let name = fixed.iter().find(|fixed| fixed.parameter == Parameter::ScheduleName).map(|fixed| (fixed.value, &fixed.location));
        let schedules = schedules::read(&schedule, names.as_ref().map(|names| (&names.axis.values, &names.location)), name, diagnostics);
        let specs = match (table.get("optimizer"), training.get("optimizer")) {
            (Some(entry), _) => optimizers::specs(&entry.node, OptimizerKey::Sweep { is_sampled }, diagnostics),
            (None, Some(entry)) => optimizers::specs(&entry.node, OptimizerKey::Training, diagnostics),
            (None, None) => default_optimizer().map(|optimizer| vec![OptimizerSpec::new(optimizer)]),
        };
        if let (Some(_), Some(TomlValue::Table(_))) = (table.get("optimizer"), training.get("optimizer").map(|entry| &entry.node.value)) {
            diagnostics.warn("training.optimizer has no effect because [sweep.parameters] varies the optimizer");
        }
        if let (Some(swept), Some(fixed)) = (table.get("optimizer"), training.get("optimizer")) {
            warn_of_override(fixed, swept, diagnostics);
        }
        let (specs, schedules) = (specs?, schedules?);
        let probabilities = [
            optimizer_probabilities(table.get("optimizer"), specs.len(), is_sampled, diagnostics)?,
            names.as_ref().map_or_else(|| vec![1.0], |names| probabilities(&names.axis.values)),
        ];
        if is_sampled && swept.is_empty() && specs.iter().all(|spec| spec.axes.is_empty()) && specs.len() * schedules.all.len() == 1 {
            diagnostics.warn("[sweep.parameters] varies nothing, so all runs are equal");
        }
        let rng_location = root.get("rng").map(|entry| entry.node.location.clone());
        Some(Self {
            rng: rng?,
            rng_location,
            fixed,
            swept,
            specs,
            schedules,
            sampling,
            probabilities,
            parameters: parameters.map(|entry| entry.location.clone()),
        })
    }

    /// Checks the rules that involve more than one key.
    pub fn check(&self, sources: &Sources, diagnostics: &mut Diagnostics) {
        for (parameter, location) in self.named().filter(|(parameter, _)| Optimizer::is_argument_of_any(*parameter)) {
            if !self.specs.iter().any(|spec| spec.optimizer.has(parameter)) {
                diagnostics.errors.push(optimizers::unused_argument(parameter, location, &self.specs));
            }
        }
        for SweptAxis { axis: Axis { parameter, .. }, .. } in &self.swept {
            let mut having = self.specs.iter().filter(|spec| spec.optimizer.has(*parameter)).peekable();
            if having.peek().is_some() && having.all(|spec| spec.sets(*parameter)) {
                diagnostics
                    .warn(format!("`{0}` in [sweep.parameters] has no effect because the optimizer's own table sets it", parameter.key()));
            }
        }
        let mut seen = HashSet::new();
        if !self.specs.iter().all(|spec| seen.insert(spec.runs())) {
            diagnostics.warn("`optimizer` lists an optimizer more than once; each occurrence is trained");
        }
        self.schedules.check(self.named(), diagnostics);
        for spec in &self.specs {
            self.check_spec(spec, diagnostics);
        }
        for fixed in self.fixed.iter().filter(|fixed| Sources::is_set(&fixed.location)) {
            if self.swept.iter().any(|swept| swept.axis.parameter == fixed.parameter) {
                let key = keys::quoted(fixed.parameter.key());
                diagnostics.warn(format!(
                    "--set {} has no effect because [sweep.parameters] varies it; for one value use --set 'sweep.parameters.{key}=[{}]'",
                    sources.whole(&fixed.location),
                    ranges::format_value(fixed.value),
                ));
            }
        }
        match self.rng {
            Rng::Threefry => self.check_threefry(diagnostics),
            Rng::NumpyLegacy => self.check_numpy(diagnostics),
        }
    }

    /// Every hyperparameter in the config, except in optimizers' tables.
    fn named(&self) -> impl Iterator<Item = (Parameter, &Location)> + Clone {
        let fixed = self.fixed.iter().map(|fixed| (fixed.parameter, &fixed.location));
        fixed.chain(self.swept.iter().map(|swept| (swept.axis.parameter, &swept.location)))
    }

    /// Checks the rules of one optimizer and its options.
    fn check_spec(&self, spec: &OptimizerSpec, diagnostics: &mut Diagnostics) {
        let optimizer = spec.optimizer;
        let location = |parameter: Parameter| spec.location(parameter).or_else(|| self.location(parameter));
        let asks = |parameter: Parameter, value: Value| self.values(spec, parameter).contains(&value);
        if optimizer == Optimizer::Lion
            && asks(Parameter::Beta1, Value::Float(0.0))
            && let Some(location) = location(Parameter::Beta1)
        {
            let diagnostic = Diagnostic::at(location, "`beta_1` of lion must be above 0").label("0 is not allowed for lion");
            diagnostics.errors.push(diagnostic.help("use beta_1 = 0.9, Keras' default, or another number between 0 and 1"));
        }
        if optimizer.decays()
            && asks(Parameter::WeightDecay, Value::Choice("none"))
            && let Some(location) = location(Parameter::WeightDecay)
        {
            let diagnostic = Diagnostic::at(location, format!("`weight_decay` of {} cannot be \"none\"", optimizer.name()));
            diagnostics.errors.push(diagnostic.label("Keras does not accept None here").help("write 0.0 for no decay"));
        }
        let clips = [Parameter::Clipnorm, Parameter::Clipvalue, Parameter::GlobalClipnorm].into_iter();
        let asked: Vec<Parameter> =
            clips.filter(|&clip| self.values(spec, clip).iter().any(|value| *value != Value::Choice("none"))).collect();
        if let [first, .., last] = asked[..]
            && let Some(location) = location(last)
        {
            let names: Vec<&str> = asked.iter().map(|clip| clip.facts().name).collect();
            let diagnostic = Diagnostic::at(location, format!("{} cannot use {} together", optimizer.name(), text::list(&names)));
            diagnostics
                .errors
                .push(diagnostic.label("only one of them is allowed").help(format!("keep `{}`, or another, alone", first.facts().name)));
        }
        if self.schedules.all_define_rates()
            && let Some(location) = spec.location(Parameter::LearningRate)
        {
            diagnostics.errors.push(schedules::learning_rate_conflict(location));
        }
    }

    /// The values of a hyperparameter for an optimizer. A range is represented by its smallest value, the only one that a rule rejects.
    fn values(&self, spec: &OptimizerSpec, parameter: Parameter) -> Vec<Value> {
        let own = spec.axes.iter().find(|axis| axis.parameter == parameter);
        let shared = || self.swept.iter().map(|swept| &swept.axis).find(|axis| axis.parameter == parameter);
        let axis = if spec.sets(parameter) { own } else { shared() };
        match axis {
            // Rules reject only the smallest value of a range.
            Some(axis) => axis.values.examples(),
            None => self.setting(spec, Schedule::None, parameter).into_iter().collect(),
        }
    }

    fn check_threefry(&self, diagnostics: &mut Diagnostics) {
        for (_, location) in self.named().filter(|(parameter, _)| *parameter == Parameter::RngSeed) {
            diagnostics.errors.push(
                Diagnostic::at(location, "`rng.seed` needs rng = \"numpy_legacy\"")
                    .label("the default generator does not use it")
                    .help("use \"data.seed\" (train/test split) or \"training.seed\" (batch order and drawn initial values)"),
            );
        }
    }

    /// Checks the rules of `rng = "numpy_legacy"`: one generator is consumed in order, so no initial value can be drawn.
    fn check_numpy(&self, diagnostics: &mut Diagnostics) {
        for (parameter, location) in self.named() {
            if matches!(parameter, Parameter::DataSeed | Parameter::TrainingSeed) {
                let key = parameter.key();
                diagnostics.errors.push(
                    Diagnostic::at(location, format!("`{key}` has no effect with rng = \"numpy_legacy\""))
                        .label("numpy_legacy has one seed for everything")
                        .help("use rng.seed instead"),
                );
            }
        }
        for parameter in [Parameter::InitialWeight, Parameter::InitialBias] {
            let swept = self.swept.iter().find(|swept| swept.axis.parameter == parameter);
            let fixed = self.fixed.iter().find(|fixed| fixed.parameter == parameter);
            let location = match (swept, fixed) {
                (Some(swept), _) if swept.axis.values.examples().iter().any(drawn) => Some(&swept.location),
                (Some(_), _) => None,
                (None, Some(fixed)) => drawn(&fixed.value).then_some(&fixed.location),
                (None, None) => parameter.facts().default.as_ref().is_some_and(drawn).then_some(self.rng_location.as_ref()).flatten(),
            };
            if let Some(location) = location {
                let key = keys::qualified(parameter);
                diagnostics.errors.push(
                    Diagnostic::at(location, format!("`{key}` must be a number: rng = \"numpy_legacy\" draws no initial values"))
                        .label(if fixed.is_none() && swept.is_none() {
                            "the default, glorot_uniform, is drawn at random"
                        } else {
                            "drawn at random"
                        })
                        .help(format!("write the value that the notebook started from: {key} = 0.6")),
                );
            }
        }
    }

    pub fn space(&self) -> Result<Space, Diagnostic> {
        let branches = self.specs.iter().flat_map(|spec| self.schedules.all.iter().map(|&schedule| self.branch(spec, schedule)));
        if let Some(SamplingSpec { method, runs, seed }) = self.sampling {
            let sampling = Sampling::new(method, runs, seed, &self.dimensions());
            let [optimizers, schedules] = &self.probabilities;
            return Ok(Space::sampled(branches.collect(), sampling, [optimizers, schedules]));
        }
        Space::new(branches.collect()).map_err(|error| {
            let axes: Vec<String> =
                self.swept.iter().map(|swept| format!("{} {}", swept.axis.parameter.key(), text::grouped(swept.axis.len()))).collect();
            let diagnostic = self.parameters.as_ref().map_or_else(
                || Diagnostic::whole(error.to_string()),
                |location| Diagnostic::at(location, error.to_string()).label("one run for every combination of values"),
            );
            diagnostic.help("use fewer values").note(format!("values per parameter: {}", axes.join(", ")))
        })
    }

    /// The hyperparameters of the dimensions of a sampled space: the optimizer and the schedule, the others in the order written, those of the tables
    /// of optimizers last.
    fn dimensions(&self) -> Vec<Parameter> {
        let trunk = [(Parameter::Optimizer, self.specs.len()), (Parameter::ScheduleName, self.schedules.all.len())];
        let mut dimensions: Vec<Parameter> = trunk.into_iter().filter(|(_, count)| *count > 1).map(|(parameter, _)| parameter).collect();
        let own = self.specs.iter().flat_map(|spec| &spec.axes);
        for axis in self.swept.iter().map(|swept| &swept.axis).chain(own) {
            if !dimensions.contains(&axis.parameter) {
                dimensions.push(axis.parameter);
            }
        }
        dimensions
    }

    fn branch(&self, spec: &OptimizerSpec, schedule: Schedule) -> Branch {
        let optimizer = spec.optimizer;
        let mut settings = Settings::default();
        for parameter in Parameter::all() {
            settings.set(parameter, self.setting(spec, schedule, parameter));
        }
        let has = |parameter: Parameter| {
            let own_rate = parameter == Parameter::LearningRate && schedule == Schedule::PiecewiseConstantDecay;
            let field = Schedule::is_field_of_any(parameter) && !schedule.has(parameter);
            !own_rate && !field && (optimizer.has(parameter) || !Optimizer::is_argument_of_any(parameter))
        };
        let own = spec.axes.iter().filter(|axis| has(axis.parameter));
        let others = self.swept.iter().map(|swept| &swept.axis).filter(|axis| !spec.sets(axis.parameter) && has(axis.parameter));
        let axes: Vec<Axis> = own.chain(others).cloned().collect();
        for axis in &axes {
            settings.set(axis.parameter, Some(axis.value(0)));
        }
        Branch { optimizer, settings, axes, first: 0, len: 0 }
    }

    /// The value of a hyperparameter that no axis varies: from the optimizer's own table, else from the config, else the default.
    fn setting(&self, spec: &OptimizerSpec, schedule: Schedule, parameter: Parameter) -> Option<Value> {
        let numpy = self.rng == Rng::NumpyLegacy;
        let fixed = || self.fixed.iter().find(|fixed| fixed.parameter == parameter).map(|fixed| fixed.value);
        match parameter {
            Parameter::Optimizer => Some(Value::Choice(spec.optimizer.name())),
            Parameter::RngSeed if !numpy => None,
            Parameter::DataSeed | Parameter::TrainingSeed if numpy => None,
            Parameter::ScheduleName => Some(Value::Choice(schedule.name())),
            // The rate of the first batch: the schedule defines all rates.
            Parameter::LearningRate if schedule == Schedule::PiecewiseConstantDecay => {
                self.schedules.piecewise.values.first().map(|&rate| Value::Float(rate))
            }
            _ if Schedule::is_field_of_any(parameter) => schedule.has(parameter).then(|| fixed().or(schedule.default(parameter)))?,
            _ if Optimizer::is_argument_of_any(parameter) => {
                let own = spec.fixed.iter().find(|(own, _)| *own == parameter).map(|&(_, value)| value);
                if !spec.optimizer.has(parameter) {
                    return None;
                }
                own.or_else(fixed).or(spec.optimizer.default(parameter))
            }
            _ => fixed().or(parameter.facts().default),
        }
    }

    /// The location of a hyperparameter in the config: of its axis, else of its fixed value.
    pub fn location(&self, parameter: Parameter) -> Option<&Location> {
        let swept = self.swept.iter().find(|swept| swept.axis.parameter == parameter).map(|swept| &swept.location);
        swept.or_else(|| self.fixed.iter().find(|fixed| fixed.parameter == parameter).map(|fixed| &fixed.location))
    }
}

/// Whether an initial value is drawn at random.
fn drawn(start: &Value) -> bool {
    match start {
        Value::Drawn(_) => true,
        Value::Choice(name) => matches!(Start::from_name(name), Some(Start::Drawn(_))),
        _ => false,
    }
}

fn default_optimizer() -> Option<Optimizer> {
    match Parameter::Optimizer.facts().default {
        Some(Value::Choice(name)) => Optimizer::from_name(name),
        _ => None,
    }
}

/// Reads the hyperparameters of a table, except the optimizer.
fn fixed_of(section: &CheckedTable, home: ParameterTable, diagnostics: &mut Diagnostics) -> Vec<FixedValue> {
    let named = section.table.0.iter().filter_map(|entry| Some((entry, keys::in_table(home, &entry.key)?)));
    named
        .filter(|(_, parameter)| *parameter != Parameter::Optimizer)
        .filter_map(|(entry, parameter)| {
            let key = keys::qualified(parameter);
            let value = match (&entry.node.value, parameter) {
                (TomlValue::Table(_), Parameter::InitialWeight | Parameter::InitialBias) => {
                    values::value(&entry.node, parameter.facts().kind, &key)
                }
                (TomlValue::List(_) | TomlValue::Table(_), _) => Err(optimizers::list_not_allowed(&entry.node, &key, parameter.key())),
                _ => values::value(&entry.node, parameter.facts().kind, &key),
            };
            Some(FixedValue { parameter, value: diagnostics.ok(value)?, location: entry.node.location.clone() })
        })
        .collect()
}

/// Reads `rng`: `"numpy_legacy"`, `{ name = "numpy_legacy", seed = 2 }`, or nothing for the default generator.
fn rng(entry: Option<&TomlEntry>, fixed: &mut Vec<FixedValue>, diagnostics: &mut Diagnostics) -> Option<Rng> {
    let Some(entry) = entry else { return Some(Rng::Threefry) };
    let checked = match &entry.node.value {
        TomlValue::String(_) => CheckedTable::default(),
        _ => diagnostics.table(Some(entry), TableKind::Rng),
    };
    fixed.extend(fixed_of(&checked, ParameterTable::Rng, diagnostics));
    let node = match (&entry.node.value, checked.get("name")) {
        (_, Some(name)) => &name.node,
        (TomlValue::String(_), None) => &entry.node,
        (_, None) => {
            let missing = Diagnostic::at(&entry.node.location, "`rng` has no `name`").label("which generator?");
            diagnostics
                .errors
                .push(missing.help("write { name = \"numpy_legacy\", seed = 2 }, or leave rng out for the default generator"));
            return None;
        }
    };
    let name = diagnostics.ok(scalars::string(node, "rng.name"))?;
    if name == "numpy_legacy" {
        return Some(Rng::NumpyLegacy);
    }
    let diagnostic = Diagnostic::at(&node.location, format!("there is no rng {}", node.text)).label("no such generator");
    diagnostics.errors.push(diagnostic.help("write \"numpy_legacy\", or leave rng out for the default generator"));
    None
}

/// Reads the axes of `[sweep.parameters]`, except the optimizer, in the order written.
fn axes(parameters: &CheckedTable, is_sampled: bool, diagnostics: &mut Diagnostics) -> Vec<SweptAxis> {
    let named = parameters.table.0.iter().filter_map(|entry| Some((entry, keys::swept(&entry.key)?)));
    named
        .filter(|(_, parameter)| *parameter != Parameter::Optimizer)
        .filter_map(|(entry, parameter)| {
            let values = ranges::values(&entry.node, parameter, AxisContext::new(parameter, parameter.key(), is_sampled), diagnostics)?;
            Some(SweptAxis { axis: Axis { parameter, values }, location: entry.location.clone() })
        })
        .collect()
}

/// The probabilities of the optimizers: those of their table, else equal ones. `None` after an error.
fn optimizer_probabilities(entry: Option<&TomlEntry>, count: usize, is_sampled: bool, diagnostics: &mut Diagnostics) -> Option<Vec<f64>> {
    let equal = vec![1.0; count];
    let Some(TomlValue::Table(table)) = entry.map(|entry| &entry.node.value) else { return Some(equal) };
    let Some(probabilities) = table.get("probabilities").filter(|_| table.get("values").is_some()) else { return Some(equal) };
    if !is_sampled {
        let table = CheckedTable { table: table.clone(), ..CheckedTable::default() };
        diagnostics.ok(distributions::refuse_in_grid(&table, None, "optimizer"))?;
    }
    distributions::probabilities(probabilities, count, "optimizer", diagnostics)
}

/// The probabilities of the values of a list.
fn probabilities(values: &Values) -> Vec<f64> {
    let mut before = 0.0;
    match values {
        Values::Mixture(parts) => parts.iter().map(|(below, _)| below - std::mem::replace(&mut before, *below)).collect(),
        list => vec![1.0; list.examples().len()],
    }
}

/// Warns of `--set training.optimizer=..` if the sweep varies the optimizer.
fn warn_of_override(fixed: &TomlEntry, swept: &TomlEntry, diagnostics: &mut Diagnostics) {
    if Sources::is_set(&fixed.location) && !Sources::is_set(&swept.location) {
        diagnostics.warn(format!(
            "--set training.optimizer={} has no effect because [sweep.parameters] varies it; for one optimizer use --set 'sweep.parameters.optimizer=[{}]'",
            fixed.node.text, fixed.node.text
        ));
    }
}
