//! Reads `[training.schedule]`: the schedules of a sweep and their fields.

use std::sync::Arc;

use super::diagnostics::{CheckedTable, Diagnostics};
use super::error::{Diagnostic, Location};
use super::keys;
use super::toml_tree::{TomlEntry, TomlValue};
use super::values;
use crate::model::schedule::PiecewiseRates;
use crate::model::{Kind, Parameter, Schedule, Value};
use crate::space::Values;
use crate::text;

/// The schedules of a sweep, from `[training.schedule]` and `[sweep.parameters]`.
pub struct Schedules {
    /// The schedules in the order written; each is a branch of runs for every optimizer.
    pub all: Vec<Schedule>,
    pub piecewise: Arc<PiecewiseRates>,
    /// The location of the name, or of the table without one.
    location: Option<Location>,
    /// Fields that are absent from `[training.schedule]`.
    missed: Vec<Parameter>,
}

/// Reads the names and the lists. `swept` are the values of `schedule.name` in `[sweep.parameters]`, `fixed` is its value in
/// `[training.schedule]`; both with their locations.
pub fn read(
    table: &CheckedTable,
    swept: Option<(&Values, &Location)>,
    fixed: Option<(Value, &Location)>,
    diagnostics: &mut Diagnostics,
) -> Option<Schedules> {
    let of = |value: Value| if let Value::Choice(name) = value { Schedule::from_name(name) } else { None };
    let (all, location) = match (swept, fixed, &table.header) {
        (Some((names, location)), ..) => (names.examples().into_iter().filter_map(of).collect(), Some(location.clone())),
        (_, Some((name, location)), _) => (of(name).into_iter().collect(), Some(location.clone())),
        (_, None, Some(header)) => {
            if table.lacks("name") {
                let missing = Diagnostic::at(&header.location, "[training.schedule] has no `name`").label("which schedule?");
                diagnostics
                    .errors
                    .push(missing.help("write name = \"cosine_decay\"").note(format!("known schedules: {}", Schedule::NAMES.join(", "))));
            }
            return None;
        }
        (_, None, None) => (vec![Schedule::None], None),
    };
    let piecewise = piecewise(table, &all, location.as_ref(), diagnostics)?;
    let missed =
        Parameter::all().filter(|&parameter| Schedule::is_field_of_any(parameter) && table.lacks(parameter.facts().name)).collect();
    Some(Schedules { all, piecewise: Arc::new(piecewise), location, missed })
}

impl Schedules {
    /// Whether every schedule of the sweep defines its own rates.
    pub fn all_define_rates(&self) -> bool {
        self.all.iter().all(|&schedule| schedule == Schedule::PiecewiseConstantDecay)
    }

    /// Checks for fields that no schedule of the sweep has, and for required fields that are absent.
    pub fn check<'a>(&self, named: impl Iterator<Item = (Parameter, &'a Location)> + Clone, diagnostics: &mut Diagnostics) {
        for (parameter, location) in named.clone().filter(|(parameter, _)| Schedule::is_field_of_any(*parameter)) {
            if !self.all.iter().any(|schedule| schedule.has(parameter)) {
                diagnostics.errors.push(self.unused_argument(parameter, location));
            }
        }
        for schedule in &self.all {
            for (parameter, default) in schedule.arguments() {
                if default.is_none() && self.missed.contains(parameter) && !named.clone().any(|(own, _)| own == *parameter) {
                    let name = parameter.facts().name;
                    let title = format!("{} needs `{name}`", schedule.name());
                    let diagnostic = self
                        .location
                        .as_ref()
                        .map_or_else(|| Diagnostic::whole(title.clone()), |location| Diagnostic::at(location, title.clone()));
                    diagnostics.errors.push(
                        diagnostic
                            .label(parameter.facts().meaning)
                            .help(format!("add {name} to [training.schedule], or \"{}\" to [sweep.parameters]", parameter.key())),
                    );
                }
            }
        }
        for (_, location) in named.filter(|(parameter, _)| *parameter == Parameter::LearningRate && self.all_define_rates()) {
            diagnostics.errors.push(learning_rate_conflict(location));
        }
    }

    fn unused_argument(&self, parameter: Parameter, location: &Location) -> Diagnostic {
        let name = parameter.facts().name;
        let here: Vec<&str> = self.all.iter().map(|schedule| schedule.name()).collect();
        let owners: Vec<&str> = Schedule::ALL.into_iter().filter(|schedule| schedule.has(parameter)).map(Schedule::name).collect();
        Diagnostic::at(location, format!("no schedule of this sweep has `{name}`"))
            .label(format!("the sweep uses {}", text::list(&here)))
            .help(format!("remove it, or use a schedule that has it: {}", owners.join(", ")))
    }
}

/// The error for a learning rate next to a schedule that defines its own rates.
pub fn learning_rate_conflict(location: &Location) -> Diagnostic {
    Diagnostic::at(location, "`learning_rate` has no effect with piecewise_constant_decay")
        .label("the schedule defines the rates")
        .help("remove it: the rates are the schedule's `values`")
}

/// Reads the boundaries and rates of a piecewise constant schedule.
fn piecewise(table: &CheckedTable, all: &[Schedule], location: Option<&Location>, diagnostics: &mut Diagnostics) -> Option<PiecewiseRates> {
    let lists = ["boundaries", "values"].map(|key| table.get(key));
    if !all.contains(&Schedule::PiecewiseConstantDecay) {
        for entry in lists.into_iter().flatten() {
            let diagnostic = Diagnostic::at(&entry.location, format!("`{}` applies only to piecewise_constant_decay", entry.key));
            diagnostics.errors.push(diagnostic.label("not used by this sweep").help("remove it"));
        }
        return Some(PiecewiseRates::default());
    }
    let [Some(boundaries), Some(rates)] = lists else {
        let title = "piecewise_constant_decay needs `boundaries` and `values`";
        let diagnostic = location.map_or_else(|| Diagnostic::whole(title), |location| Diagnostic::at(location, title));
        diagnostics.errors.push(diagnostic.label("incomplete").help("write boundaries = [100, 200] and values = [0.1, 0.05, 0.01]"));
        return None;
    };
    let counts = list(boundaries, Kind::Integer { min: 0, max: i64::from(u32::MAX) }, diagnostics)?;
    let values = list(rates, Parameter::LearningRate.facts().kind, diagnostics)?;
    let piecewise = PiecewiseRates {
        boundaries: counts
            .into_iter()
            .filter_map(|value| if let Value::Integer(value) = value { Some(value as u64) } else { None })
            .collect(),
        values: values.into_iter().filter_map(|value| if let Value::Float(value) = value { Some(value) } else { None }).collect(),
    };
    if piecewise.values.len() != piecewise.boundaries.len() + 1 {
        let title = format!("`values` has {} rates for {} boundaries", piecewise.values.len(), piecewise.boundaries.len());
        diagnostics.errors.push(Diagnostic::at(&rates.node.location, title).label("must have one rate more than boundaries"));
        return None;
    }
    if !piecewise.boundaries.is_sorted_by(|a, b| a < b) {
        let diagnostic = Diagnostic::at(&boundaries.node.location, "`boundaries` must be strictly increasing")
            .label("batch numbers, counted from 0 over all epochs");
        diagnostics.errors.push(diagnostic.help("sort them and remove duplicates"));
        return None;
    }
    Some(piecewise)
}

fn list(entry: &TomlEntry, kind: Kind, diagnostics: &mut Diagnostics) -> Option<Vec<Value>> {
    let key = format!("schedule.{}", entry.key);
    let TomlValue::List(items) = &entry.node.value else {
        let diagnostic =
            Diagnostic::at(&entry.node.location, format!("{} must be a list, not {}", keys::quoted(&key), entry.node.value.kind()));
        diagnostics.errors.push(diagnostic.label(entry.node.value.kind()));
        return None;
    };
    let read: Vec<_> = items.iter().map(|item| diagnostics.ok(values::value(item, kind, &key))).collect();
    read.into_iter().collect()
}
