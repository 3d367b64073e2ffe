//! [training.schedule]: which schedules a sweep has, their fields, and the lists of the piecewise one.

use std::sync::Arc;

use super::findings::{Checked, Findings};
use super::keys;
use super::mistake::{Mistake, Place};
use super::optimizers::and;
use super::raw::{Entry, Raw};
use super::values;
use crate::model::hyperparameters::{Kind, Table};
use crate::model::schedule::PiecewiseRates;
use crate::model::{Parameter, Schedule, Value};
use crate::space::Values;

/// What [training.schedule] and [sweep.parameters] say about schedules.
pub struct Schedules {
    /// In the order written; each is a branch of runs of every optimizer.
    pub all: Vec<Schedule>,
    pub piecewise: Arc<PiecewiseRates>,
    /// Where the name is written, or the table that lacks it.
    place: Option<Place>,
    /// Fields that [training.schedule] does not try to give.
    missed: Vec<Parameter>,
}

/// Whether a hyperparameter is a field of some schedule.
pub fn is_field(parameter: Parameter) -> bool {
    parameter != Parameter::ScheduleName && parameter.facts().table == Table::Schedule
}

/// Reads the names and the lists. `swept` are the values of `schedule.name` in [sweep.parameters], `fixed` is its value in
/// [training.schedule]; both with their places.
pub fn read(
    table: &Checked,
    swept: Option<(&Values, &Place)>,
    fixed: Option<(Value, &Place)>,
    findings: &mut Findings,
) -> Option<Schedules> {
    let of = |value: Value| if let Value::Choice(name) = value { Schedule::from_name(name) } else { None };
    let (all, place) = match (swept, fixed, &table.header) {
        (Some((Values::List(names), place)), ..) => (names.iter().filter_map(|&name| of(name)).collect(), Some(place.clone())),
        (_, Some((name, place)), _) => (of(name).into_iter().collect(), Some(place.clone())),
        (_, None, Some(header)) => {
            if table.misses("name") {
                let missing = Mistake::at(&header.place, "[training.schedule] has no `name`").label("which schedule?");
                findings
                    .mistakes
                    .push(missing.help("write name = \"cosine_decay\"").note(format!("known: {}", Schedule::NAMES.join(", "))));
            }
            return None;
        }
        (_, None, None) => (vec![Schedule::None], None),
    };
    let piecewise = piecewise(table, &all, place.as_ref(), findings)?;
    let missed = Parameter::all().filter(|&parameter| is_field(parameter) && table.misses(parameter.facts().name)).collect();
    Some(Schedules { all, piecewise: Arc::new(piecewise), place, missed })
}

impl Schedules {
    /// Whether every run's rates are the schedule's own.
    pub fn has_own_rates(&self) -> bool {
        self.all.iter().all(|&schedule| schedule == Schedule::PiecewiseConstantDecay)
    }

    /// Fields that are named and belong to no schedule, and fields that are needed and not named.
    pub fn check<'a>(&self, named: impl Iterator<Item = (Parameter, &'a Place)> + Clone, findings: &mut Findings) {
        for (parameter, place) in named.clone().filter(|(parameter, _)| is_field(*parameter)) {
            if !self.all.iter().any(|schedule| schedule.has(parameter)) {
                findings.mistakes.push(self.nobody_has(parameter, place));
            }
        }
        for schedule in &self.all {
            for (parameter, default) in schedule.arguments() {
                if default.is_none() && self.missed.contains(parameter) && !named.clone().any(|(own, _)| own == *parameter) {
                    let name = parameter.facts().name;
                    let title = format!("{} needs `{name}`", schedule.name());
                    let mistake =
                        self.place.as_ref().map_or_else(|| Mistake::whole(title.clone()), |place| Mistake::at(place, title.clone()));
                    findings.mistakes.push(
                        mistake
                            .label(parameter.facts().meaning)
                            .help(format!("write {name} in [training.schedule], or \"{}\" in [sweep.parameters]", parameter.key())),
                    );
                }
            }
        }
        for (_, place) in named.filter(|(parameter, _)| *parameter == Parameter::LearningRate && self.has_own_rates()) {
            findings.mistakes.push(own_rates(place));
        }
    }

    fn nobody_has(&self, parameter: Parameter, place: &Place) -> Mistake {
        let name = parameter.facts().name;
        let here: Vec<&str> = self.all.iter().map(|schedule| schedule.name()).collect();
        let owners: Vec<&str> = Schedule::ALL.into_iter().filter(|schedule| schedule.has(parameter)).map(Schedule::name).collect();
        Mistake::at(place, format!("no schedule of this sweep has `{name}`"))
            .label(format!("the schedule is {}", and(&here)))
            .help(format!("remove it, or take a schedule that has it: {}", owners.join(", ")))
    }
}

/// A learning rate beside a schedule that has its own.
pub fn own_rates(place: &Place) -> Mistake {
    Mistake::at(place, "`learning_rate` has no meaning with piecewise_constant_decay")
        .label("the schedule has its own rates")
        .help("remove it: the rates are the schedule's `values`")
}

/// The lists of a piecewise schedule.
fn piecewise(table: &Checked, all: &[Schedule], place: Option<&Place>, findings: &mut Findings) -> Option<PiecewiseRates> {
    let lists = ["boundaries", "values"].map(|key| table.get(key));
    if !all.contains(&Schedule::PiecewiseConstantDecay) {
        for entry in lists.into_iter().flatten() {
            let mistake = Mistake::at(&entry.place, format!("`{}` is for piecewise_constant_decay", entry.key));
            findings.mistakes.push(mistake.label("no schedule of this sweep has it").help("remove it"));
        }
        return Some(PiecewiseRates::default());
    }
    let [Some(boundaries), Some(rates)] = lists else {
        let title = "piecewise_constant_decay needs `boundaries` and `values`";
        let mistake = place.map_or_else(|| Mistake::whole(title), |place| Mistake::at(place, title));
        findings.mistakes.push(mistake.label("a list is missing").help("write boundaries = [100, 200] and values = [0.1, 0.05, 0.01]"));
        return None;
    };
    let counts = list(boundaries, Kind::Integer { min: 0, max: i64::from(u32::MAX) }, findings)?;
    let values = list(rates, Parameter::LearningRate.facts().kind, findings)?;
    let piecewise = PiecewiseRates {
        boundaries: counts
            .into_iter()
            .filter_map(|value| if let Value::Integer(value) = value { Some(value as u64) } else { None })
            .collect(),
        values: values.into_iter().filter_map(|value| if let Value::Float(value) = value { Some(value) } else { None }).collect(),
    };
    if piecewise.values.len() != piecewise.boundaries.len() + 1 {
        let title = format!("`values` has {} rates for {} boundaries", piecewise.values.len(), piecewise.boundaries.len());
        findings.mistakes.push(Mistake::at(&rates.node.place, title).label("one more than boundaries"));
        return None;
    }
    if !piecewise.boundaries.is_sorted_by(|a, b| a < b) {
        let mistake = Mistake::at(&boundaries.node.place, "`boundaries` must ascend").label("batches, counted from 0 over all epochs");
        findings.mistakes.push(mistake.help("write them in order, each once"));
        return None;
    }
    Some(piecewise)
}

fn list(entry: &Entry, kind: Kind, findings: &mut Findings) -> Option<Vec<Value>> {
    let key = format!("schedule.{}", entry.key);
    let Raw::List(items) = &entry.node.value else {
        let mistake = Mistake::at(&entry.node.place, format!("{} must be a list, not {}", keys::quoted(&key), entry.node.value.kind()));
        findings.mistakes.push(mistake.label(entry.node.value.kind()));
        return None;
    };
    let read: Vec<_> = items.iter().map(|item| findings.take(values::value(item, kind, &key))).collect();
    read.into_iter().collect()
}
