//! The one passage from what was written to what the program believes: defaults are merged here and nowhere else.

use super::checks::{self, Places};
use super::data::{self, DataFrom};
use super::experiment::{Experiment, Rng};
use super::findings::{Checked, Findings};
use super::keys::{self, Section};
use super::mistake::{Mistake, Place, Sources};
use super::optimizers::{self, Home, OptimizerSpec};
use super::outputs;
use super::ranges;
use super::raw::{Entry, Raw, Table};
use super::schedules::{self, Schedules};
use super::values;
use crate::model::hyperparameters::Table as In;
use crate::model::{Optimizer, Parameter, Schedule, Settings, Start, Value};
use crate::space::{Axis, Branch, Space, Values};
use crate::text;

/// What a run has when the sweep does not vary it.
struct Fixed {
    parameter: Parameter,
    value: Value,
    place: Place,
}

/// An axis, and the place of its key.
struct Swept {
    axis: Axis,
    place: Place,
}

/// Everything that decides on runs, as written.
pub struct Asked {
    rng: Rng,
    rng_place: Option<Place>,
    fixed: Vec<Fixed>,
    swept: Vec<Swept>,
    specs: Vec<OptimizerSpec>,
    schedules: Schedules,
    parameters: Option<Place>,
}

/// Reads the tree. `None` where a mistake hides the rest; every mistake is among the findings.
pub fn resolve(root: &Table, sources: &Sources, name: &str, from: DataFrom<'_>, findings: &mut Findings) -> Option<Experiment> {
    let (mistakes, excused) = keys::check(root, Section::Top);
    findings.mistakes.extend(mistakes);
    if root.get("data").is_none() && !excused.contains(&"data") {
        findings.mistakes.push(data::missing());
    }
    let data = findings.section(root.get("data"), Section::Data);
    let model = findings.section(root.get("model"), Section::Model);
    let training = findings.section(root.get("training"), Section::Training);
    let sweep = findings.section(root.get("sweep"), Section::Sweep);
    let history = findings.section(root.get("history"), Section::History);
    let surface = findings.section(root.get("surface"), Section::Surface);

    let name = sweep_name(root, name, findings);
    check_method(&sweep, findings);
    let asked = Asked::read(root, [&data, &model, &training], &sweep, findings);
    if let Some(asked) = &asked {
        asked.check(sources, findings);
    }
    let read = data::read(&data, from, findings);
    let history = outputs::history(&history, findings);
    let surface = outputs::surface(&surface, findings);
    let (asked, (data_spec, dataset)) = (asked?, read?);
    let space = findings.take(asked.space())?;
    let experiment = Experiment {
        name: name?,
        text: String::new(),
        sets: Vec::new(),
        data: data_spec,
        dataset,
        rng: asked.rng,
        space,
        piecewise: asked.schedules.piecewise.clone(),
        history: history?,
        surface: surface?,
        warnings: Vec::new(),
    };
    checks::check(&experiment, &Places { asked: &asked, data: &data, root }, findings);
    Some(experiment)
}

/// The name of the sweep is that of a folder.
fn sweep_name(root: &Table, default: &str, findings: &mut Findings) -> Option<String> {
    let Some(entry) = root.get("name") else { return Some(default.to_string()) };
    let name = findings.take(values::text(&entry.node, "name"))?;
    let bad = name.starts_with('.') || name.chars().any(|c| c.is_control() || r#"/\:*?"<>|"#.contains(c)) || name.len() > 100;
    if bad {
        let mistake = Mistake::at(&entry.node.place, format!("`name` = {} cannot be the name of a folder", entry.node.text));
        findings.mistakes.push(mistake.label("names the run directory").help("use letters, digits, - and _"));
        return None;
    }
    Some(name)
}

fn check_method(sweep: &Checked, findings: &mut Findings) {
    const LATER: [&str; 3] = ["random", "sobol", "latin_hypercube"];
    if let Some(entry) = sweep.get("method")
        && let Some(method) = findings.take(values::text(&entry.node, "sweep.method"))
        && method != "grid"
    {
        let place = &entry.node.place;
        findings.mistakes.push(if LATER.contains(&method.as_str()) {
            values::not_in_this_version(place, "sweep.method", &entry.node.text, "take \"grid\": a range with count or step, or a list")
        } else {
            Mistake::at(place, format!("there is no sweep.method {}", entry.node.text)).label("no such method").help("take \"grid\"")
        });
        return;
    }
    for key in ["runs", "seed"] {
        if let Some(entry) = sweep.get(key) {
            let mistake = Mistake::at(&entry.place, format!("`sweep.{key}` is for sampled methods; this sweep is a grid"));
            findings.mistakes.push(mistake.label("a grid is not drawn").help(if key == "runs" {
                "remove it: a grid has as many runs as its axes multiply to; take fewer values to have fewer"
            } else {
                "remove it; the seed of the batch order is training.seed"
            }));
        }
    }
}

impl Asked {
    fn read(root: &Table, sections: [&Checked; 3], sweep: &Checked, findings: &mut Findings) -> Option<Self> {
        let [data, model, training] = sections;
        let mut fixed = Vec::new();
        for (section, home) in [(data, In::Data), (model, In::Model), (training, In::Training)] {
            fixed.extend(fixed_of(section, home, findings));
        }
        let rng = rng(root.get("rng"), &mut fixed, findings);
        let schedule = findings.section(training.get("schedule"), Section::Schedule);
        fixed.extend(fixed_of(&schedule, In::Schedule, findings));
        let parameters = sweep.get("parameters");
        let table = findings.section(parameters, Section::Parameters);
        let mut swept = axes(&table, findings);
        let position = swept.iter().position(|swept| swept.axis.parameter == Parameter::ScheduleName);
        let names = position.map(|position| swept.remove(position));
        let name = fixed.iter().find(|fixed| fixed.parameter == Parameter::ScheduleName).map(|fixed| (fixed.value, &fixed.place));
        let schedules = schedules::read(&schedule, names.as_ref().map(|names| (&names.axis.values, &names.place)), name, findings);
        let specs = match (table.get("optimizer"), training.get("optimizer")) {
            (Some(entry), _) => optimizers::specs(&entry.node, Home::Sweep, findings),
            (None, Some(entry)) => optimizers::specs(&entry.node, Home::Training, findings),
            (None, None) => default_optimizer().map(|optimizer| vec![OptimizerSpec::new(optimizer)]),
        };
        if let (Some(_), Some(Raw::Table(_))) = (table.get("optimizer"), training.get("optimizer").map(|entry| &entry.node.value)) {
            findings.warn("training.optimizer is not used: the sweep varies the optimizer");
        }
        if let (Some(swept), Some(fixed)) = (table.get("optimizer"), training.get("optimizer")) {
            warn_of_override(fixed, swept, findings);
        }
        let rng_place = root.get("rng").map(|entry| entry.node.place.clone());
        Some(Self {
            rng: rng?,
            rng_place,
            fixed,
            swept,
            specs: specs?,
            schedules: schedules?,
            parameters: parameters.map(|entry| entry.place.clone()),
        })
    }

    /// Rules that need more than one key.
    fn check(&self, sources: &Sources, findings: &mut Findings) {
        for (parameter, place) in self.named().filter(|(parameter, _)| optimizers::is_argument(*parameter)) {
            if !self.specs.iter().any(|spec| spec.optimizer.has(parameter)) {
                findings.mistakes.push(optimizers::nobody_has(parameter, place, &self.specs));
            }
        }
        for Swept { axis: Axis { parameter, .. }, .. } in &self.swept {
            let mut having = self.specs.iter().filter(|spec| spec.optimizer.has(*parameter)).peekable();
            if having.peek().is_some() && having.all(|spec| spec.decides(*parameter)) {
                findings.warn(format!("`{0}` in [sweep.parameters] changes nothing: the optimizer's own table has {0}", parameter.key()));
            }
        }
        if self.specs.iter().enumerate().any(|(index, spec)| self.specs[..index].iter().any(|other| other.repeats(spec))) {
            findings.warn("`optimizer` has a value more than once: every one of them is trained");
        }
        self.schedules.check(self.named(), findings);
        for spec in &self.specs {
            self.check_spec(spec, findings);
        }
        for fixed in self.fixed.iter().filter(|fixed| Sources::is_set(&fixed.place)) {
            if self.swept.iter().any(|swept| swept.axis.parameter == fixed.parameter) {
                let key = keys::quoted(fixed.parameter.key());
                findings.warn(format!(
                    "--set {} changes nothing: the sweep varies it. For one value: --set 'sweep.parameters.{key}=[{}]'",
                    sources.whole(&fixed.place),
                    ranges::plain(fixed.value),
                ));
            }
        }
        match self.rng {
            Rng::Threefry => self.check_threefry(findings),
            Rng::NumpyLegacy => self.check_numpy(findings),
        }
    }

    /// Every hyperparameter that the config names outside optimizers' tables.
    fn named(&self) -> impl Iterator<Item = (Parameter, &Place)> + Clone {
        let fixed = self.fixed.iter().map(|fixed| (fixed.parameter, &fixed.place));
        fixed.chain(self.swept.iter().map(|swept| (swept.axis.parameter, &swept.place)))
    }

    /// Rules that one optimizer has, or that tie its options together.
    fn check_spec(&self, spec: &OptimizerSpec, findings: &mut Findings) {
        let optimizer = spec.optimizer;
        let place = |parameter: Parameter| spec.place(parameter).or_else(|| self.place(parameter));
        let asks = |parameter: Parameter, value: Value| self.values(spec, parameter).contains(&value);
        if optimizer == Optimizer::Lion
            && asks(Parameter::Beta1, Value::Float(0.0))
            && let Some(place) = place(Parameter::Beta1)
        {
            let mistake = Mistake::at(place, "`beta_1` of lion must be above 0").label("0 for lion, too");
            findings.mistakes.push(mistake.help("take beta_1 = 0.9, Keras' default, or any other share below 1"));
        }
        if optimizer.decays()
            && asks(Parameter::WeightDecay, Value::Choice("none"))
            && let Some(place) = place(Parameter::WeightDecay)
        {
            let mistake = Mistake::at(place, format!("`weight_decay` of {} cannot be \"none\"", optimizer.name()));
            findings.mistakes.push(mistake.label("Keras refuses None here").help("write 0.0 for no decay"));
        }
        let clips = [Parameter::Clipnorm, Parameter::Clipvalue, Parameter::GlobalClipnorm].into_iter();
        let asked: Vec<Parameter> =
            clips.filter(|&clip| self.values(spec, clip).iter().any(|value| *value != Value::Choice("none"))).collect();
        if let [first, .., last] = asked[..]
            && let Some(place) = place(last)
        {
            let names: Vec<&str> = asked.iter().map(|clip| clip.facts().name).collect();
            let mistake = Mistake::at(place, format!("{} has {}", optimizer.name(), optimizers::and(&names)));
            findings.mistakes.push(mistake.label("at most one of them").help(format!("keep `{}`, or another, alone", first.facts().name)));
        }
        if self.schedules.has_own_rates()
            && let Some(place) = spec.place(Parameter::LearningRate)
        {
            findings.mistakes.push(schedules::own_rates(place));
        }
    }

    /// The values that a spec has of a parameter: those of a list, or the one.
    fn values(&self, spec: &OptimizerSpec, parameter: Parameter) -> Vec<Value> {
        let own = spec.axes.iter().find(|axis| axis.parameter == parameter);
        let shared = || self.swept.iter().map(|swept| &swept.axis).find(|axis| axis.parameter == parameter);
        let axis = if spec.decides(parameter) { own } else { shared() };
        match axis.map(|axis| (&axis.values, axis.value(0))) {
            Some((Values::List(list), _)) => list.clone(),
            // Of a range its least value: nothing else is ever refused.
            Some((_, first)) => vec![first],
            None => self.setting(spec, Schedule::None, parameter).into_iter().collect(),
        }
    }

    fn check_threefry(&self, findings: &mut Findings) {
        for (_, place) in self.named().filter(|(parameter, _)| *parameter == Parameter::RngSeed) {
            findings.mistakes.push(
                Mistake::at(place, "`rng.seed` is for rng = \"numpy_legacy\"")
                    .label("the house generator has no seed of its own")
                    .help("write \"data.seed\" (split) or \"training.seed\" (batch order and drawn start)"),
            );
        }
    }

    /// One generator is read in order: nothing else may draw.
    fn check_numpy(&self, findings: &mut Findings) {
        for (parameter, place) in self.named() {
            if matches!(parameter, Parameter::DataSeed | Parameter::TrainingSeed) {
                let key = parameter.key();
                findings.mistakes.push(
                    Mistake::at(place, format!("`{key}` has no meaning with rng = \"numpy_legacy\""))
                        .label("one generator draws everything")
                        .help("write rng.seed instead"),
                );
            }
        }
        for parameter in [Parameter::InitialWeight, Parameter::InitialBias] {
            let swept = self.swept.iter().find(|swept| swept.axis.parameter == parameter);
            let fixed = self.fixed.iter().find(|fixed| fixed.parameter == parameter);
            let place = match (swept, fixed) {
                (Some(swept), _) if matches!(&swept.axis.values, Values::List(list) if list.iter().any(drawn)) => Some(&swept.place),
                (Some(_), _) => None,
                (None, Some(fixed)) => drawn(&fixed.value).then_some(&fixed.place),
                (None, None) => parameter.facts().default.as_ref().is_some_and(drawn).then_some(self.rng_place.as_ref()).flatten(),
            };
            if let Some(place) = place {
                let key = keys::qualified(parameter);
                findings.mistakes.push(
                    Mistake::at(place, format!("`{key}` would be drawn, and rng = \"numpy_legacy\" draws no start"))
                        .label(if fixed.is_none() && swept.is_none() { "left out, the start is glorot_uniform" } else { "drawn" })
                        .help(format!("write the number that the notebook drew: {key} = 0.6")),
                );
            }
        }
    }

    fn space(&self) -> Result<Space, Mistake> {
        let branches = self.specs.iter().flat_map(|spec| self.schedules.all.iter().map(|&schedule| self.branch(spec, schedule)));
        Space::new(branches.collect()).map_err(|error| {
            let axes: Vec<String> =
                self.swept.iter().map(|swept| format!("{} {}", swept.axis.parameter.key(), text::grouped(swept.axis.len()))).collect();
            let mistake = self.parameters.as_ref().map_or_else(
                || Mistake::whole(error.to_string()),
                |place| Mistake::at(place, error.to_string()).label("its axes multiply"),
            );
            mistake.help("take fewer values").note(format!("values of each: {}", axes.join(", ")))
        })
    }

    fn branch(&self, spec: &OptimizerSpec, schedule: Schedule) -> Branch {
        let optimizer = spec.optimizer;
        let mut settings = Settings::default();
        for parameter in Parameter::all() {
            settings.set(parameter, self.setting(spec, schedule, parameter));
        }
        let has = |parameter: Parameter| {
            let own_rate = parameter == Parameter::LearningRate && schedule == Schedule::PiecewiseConstantDecay;
            let field = schedules::is_field(parameter) && !schedule.has(parameter);
            !own_rate && !field && (optimizer.has(parameter) || !optimizers::is_argument(parameter))
        };
        let own = spec.axes.iter().filter(|axis| has(axis.parameter));
        let others = self.swept.iter().map(|swept| &swept.axis).filter(|axis| !spec.decides(axis.parameter) && has(axis.parameter));
        let axes: Vec<Axis> = own.chain(others).cloned().collect();
        for axis in &axes {
            settings.set(axis.parameter, Some(axis.value(0)));
        }
        Branch { optimizer, settings, axes, first: 0, len: 0 }
    }

    /// What a run of a spec has where no axis says otherwise: its own table, then the config, then the default.
    fn setting(&self, spec: &OptimizerSpec, schedule: Schedule, parameter: Parameter) -> Option<Value> {
        let numpy = self.rng == Rng::NumpyLegacy;
        let fixed = || self.fixed.iter().find(|fixed| fixed.parameter == parameter).map(|fixed| fixed.value);
        match parameter {
            Parameter::Optimizer => Some(Value::Choice(spec.optimizer.name())),
            Parameter::RngSeed if !numpy => None,
            Parameter::DataSeed | Parameter::TrainingSeed if numpy => None,
            Parameter::ScheduleName => Some(Value::Choice(schedule.name())),
            // What the first batch has: a schedule with rates of its own has no other.
            Parameter::LearningRate if schedule == Schedule::PiecewiseConstantDecay => {
                self.schedules.piecewise.values.first().map(|&rate| Value::Float(rate))
            }
            _ if schedules::is_field(parameter) => schedule.has(parameter).then(|| fixed().or(schedule.default(parameter)))?,
            _ if optimizers::is_argument(parameter) => {
                let own = spec.fixed.iter().find(|(own, _)| *own == parameter).map(|&(_, value)| value);
                if !spec.optimizer.has(parameter) {
                    return None;
                }
                own.or_else(fixed).or(spec.optimizer.default(parameter))
            }
            _ => fixed().or(parameter.facts().default),
        }
    }

    /// Where a hyperparameter is written, if it is: its axis, or else its fixed value.
    pub fn place(&self, parameter: Parameter) -> Option<&Place> {
        let swept = self.swept.iter().find(|swept| swept.axis.parameter == parameter).map(|swept| &swept.place);
        swept.or_else(|| self.fixed.iter().find(|fixed| fixed.parameter == parameter).map(|fixed| &fixed.place))
    }
}

/// Whether a start is drawn.
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

/// The hyperparameters of a section, but for the optimizer.
fn fixed_of(section: &Checked, home: In, findings: &mut Findings) -> Vec<Fixed> {
    let named = section.table.0.iter().filter_map(|entry| Some((entry, keys::in_table(home, &entry.key)?)));
    named
        .filter(|(_, parameter)| *parameter != Parameter::Optimizer)
        .filter_map(|(entry, parameter)| {
            let key = keys::qualified(parameter);
            let value = match (&entry.node.value, parameter) {
                (Raw::Table(_), Parameter::InitialWeight | Parameter::InitialBias) => {
                    values::value(&entry.node, parameter.facts().kind, &key)
                }
                (Raw::List(_) | Raw::Table(_), _) => Err(optimizers::fixed_only(&entry.node, &key, parameter.key())),
                _ => values::value(&entry.node, parameter.facts().kind, &key),
            };
            Some(Fixed { parameter, value: findings.take(value)?, place: entry.node.place.clone() })
        })
        .collect()
}

/// `rng = "numpy_legacy"` or `rng = { name = "numpy_legacy", seed = 2 }`; left out: the house generator.
fn rng(entry: Option<&Entry>, fixed: &mut Vec<Fixed>, findings: &mut Findings) -> Option<Rng> {
    let Some(entry) = entry else { return Some(Rng::Threefry) };
    let checked = match &entry.node.value {
        Raw::Text(_) => Checked::default(),
        _ => findings.section(Some(entry), Section::Rng),
    };
    fixed.extend(fixed_of(&checked, In::Rng, findings));
    let node = match (&entry.node.value, checked.get("name")) {
        (_, Some(name)) => &name.node,
        (Raw::Text(_), None) => &entry.node,
        (_, None) => {
            let missing = Mistake::at(&entry.node.place, "`rng` has no `name`").label("which generator?");
            findings.mistakes.push(missing.help("write { name = \"numpy_legacy\", seed = 2 }, or leave rng out for the house generator"));
            return None;
        }
    };
    let name = findings.take(values::text(node, "rng.name"))?;
    if name == "numpy_legacy" {
        return Some(Rng::NumpyLegacy);
    }
    let mistake = Mistake::at(&node.place, format!("there is no rng {}", node.text)).label("no such generator");
    findings.mistakes.push(mistake.help("write \"numpy_legacy\", or leave rng out for the house generator"));
    None
}

/// The axes of [sweep.parameters] but for the optimizer, in the order written.
fn axes(parameters: &Checked, findings: &mut Findings) -> Vec<Swept> {
    let named = parameters.table.0.iter().filter_map(|entry| Some((entry, keys::swept(&entry.key)?)));
    named
        .filter(|(_, parameter)| *parameter != Parameter::Optimizer)
        .filter_map(|(entry, parameter)| {
            let values = ranges::values(&entry.node, parameter, parameter.key(), findings)?;
            Some(Swept { axis: Axis { parameter, values }, place: entry.place.clone() })
        })
        .collect()
}

/// A `--set training.optimizer=..` beside a swept optimizer.
fn warn_of_override(fixed: &Entry, swept: &Entry, findings: &mut Findings) {
    if Sources::is_set(&fixed.place) && !Sources::is_set(&swept.place) {
        findings.warn(format!(
            "--set training.optimizer={} changes nothing: the sweep varies it. For one: --set 'sweep.parameters.optimizer=[{}]'",
            fixed.node.text, fixed.node.text
        ));
    }
}
