//! The trunk of the space: a name, a table or a list of both becomes specs, one for each optimizer in the order written.

use crate::model::{Optimizer, Parameter, Value};
use crate::space::Axis;

use super::findings::Findings;
use super::keys::{self, Section};
use super::mistake::{Mistake, Place};
use super::ranges;
use super::raw::{Node, Raw};
use super::values;

/// An optimizer and what its own table says.
#[derive(Clone, Debug)]
pub struct OptimizerSpec {
    pub optimizer: Optimizer,
    pub fixed: Vec<(Parameter, Value)>,
    /// In the order written.
    pub axes: Vec<Axis>,
    /// Where its table has each of them.
    places: Vec<(Parameter, Place)>,
}

impl OptimizerSpec {
    pub fn new(optimizer: Optimizer) -> Self {
        Self { optimizer, fixed: Vec::new(), axes: Vec::new(), places: Vec::new() }
    }

    /// Whether another spec asks for the same runs.
    pub fn repeats(&self, other: &Self) -> bool {
        self.optimizer == other.optimizer && self.fixed == other.fixed && self.axes == other.axes
    }

    /// Where its own table has a parameter.
    pub fn place(&self, parameter: Parameter) -> Option<&Place> {
        self.places.iter().find(|(own, _)| *own == parameter).map(|(_, place)| place)
    }

    /// Whether its own table decides on a parameter.
    pub fn decides(&self, parameter: Parameter) -> bool {
        self.fixed.iter().any(|(own, _)| *own == parameter) || self.axes.iter().any(|axis| axis.parameter == parameter)
    }
}

/// Where an optimizer is written: only below [sweep.parameters] may it vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    Training,
    Sweep,
}

/// The specs that `optimizer` asks for; `None` where a mistake hides them.
pub fn specs(node: &Node, home: Home, findings: &mut Findings) -> Option<Vec<OptimizerSpec>> {
    match (&node.value, home) {
        (Raw::List(_), Home::Training) => {
            findings.mistakes.push(fixed_only(node, "training.optimizer", "optimizer"));
            None
        }
        (Raw::List(items), Home::Sweep) if items.is_empty() => {
            let mistake = Mistake::at(&node.place, "`optimizer` has no values").label("an empty list makes an empty sweep");
            findings.mistakes.push(mistake.help("name at least one optimizer, or remove the key"));
            None
        }
        (Raw::List(items), Home::Sweep) => {
            let specs: Vec<_> = items.iter().map(|item| spec(item, home, findings)).collect();
            specs.into_iter().collect()
        }
        (Raw::Table(table), Home::Sweep) if table.get("name").is_none() && table.get("values").is_some() => {
            let values = table.get("values")?.node.clone();
            findings.checked(node, Section::Range)?;
            specs(&values, home, findings)
        }
        _ => spec(node, home, findings).map(|spec| vec![spec]),
    }
}

/// A list or range where a single value is expected.
pub fn fixed_only(node: &Node, key: &str, swept: &str) -> Mistake {
    Mistake::at(&node.place, format!("`{key}` is {}, but every run has one value of it", node.value.kind()))
        .label("does not vary here")
        .help(format!("vary it in [sweep.parameters]: {} = {}", keys::quoted(swept), one_line(&node.text)))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn spec(node: &Node, home: Home, findings: &mut Findings) -> Option<OptimizerSpec> {
    match &node.value {
        Raw::Text(name) => findings.take(optimizer(name, &node.place)).map(OptimizerSpec::new),
        Raw::Table(table) => {
            let Some(name) = table.get("name") else {
                let mistake = Mistake::at(&node.place, "an optimizer's table needs a `name`").label("which optimizer?");
                findings.mistakes.push(mistake.help("write { name = \"sgd\", momentum = 0.9 }"));
                return None;
            };
            let text = findings.take(values::text(&name.node, "optimizer.name"))?;
            let optimizer = findings.take(optimizer(&text, &name.node.place))?;
            from_table(node, optimizer, home, findings)
        }
        other => {
            let mistake = Mistake::at(&node.place, format!("`optimizer` must be a name or a table, not {}", other.kind()));
            findings.mistakes.push(mistake.label(other.kind()).help("write \"sgd\" or { name = \"sgd\", momentum = 0.9 }"));
            None
        }
    }
}

fn from_table(node: &Node, optimizer: Optimizer, home: Home, findings: &mut Findings) -> Option<OptimizerSpec> {
    let Raw::Table(table) = &node.value else { return None };
    let mut spec = OptimizerSpec::new(optimizer);
    for entry in table.0.iter().filter(|entry| entry.key != "name") {
        let own = keys::in_table(crate::model::hyperparameters::Table::Training, &entry.key);
        let Some(parameter) = own.filter(|&own| optimizer.has(own)) else {
            findings.mistakes.push(match own {
                Some(other) => not_of(optimizer, other, &entry.place),
                None => keys::unknown(&entry.key, &entry.place, Section::OptimizerTable, Some(optimizer)).0,
            });
            continue;
        };
        let key = format!("{}.{}", optimizer.name(), entry.key);
        spec.places.push((parameter, entry.place.clone()));
        match (&entry.node.value, home) {
            (Raw::List(_) | Raw::Table(_), Home::Sweep) => {
                if let Some(values) = ranges::values(&entry.node, parameter, &key, findings) {
                    spec.axes.push(Axis { parameter, values });
                }
            }
            (Raw::List(_) | Raw::Table(_), Home::Training) => {
                findings.mistakes.push(fixed_only(&entry.node, &key, parameter.key()));
            }
            _ => {
                let value = findings.take(values::value(&entry.node, parameter.facts().kind, &key));
                spec.fixed.extend(value.map(|value| (parameter, value)));
            }
        }
    }
    Some(spec)
}

/// An argument of another optimizer, or a key of [training], in an optimizer's table.
fn not_of(optimizer: Optimizer, parameter: Parameter, place: &Place) -> Mistake {
    let name = parameter.facts().name;
    let owners = owners(parameter);
    let arguments: Vec<&str> = optimizer.arguments().iter().map(|(own, _)| own.facts().name).collect();
    let mistake = Mistake::at(place, format!("{} has no `{name}`", optimizer.name()));
    if owners.is_empty() {
        mistake
            .label("not an argument of an optimizer")
            .help(format!("write it in [training], or in [sweep.parameters] as {}", parameter.key()))
    } else {
        mistake
            .label("not one of its arguments")
            .help(format!("{} {} it; remove it here", and(&owners), if owners.len() == 1 { "has" } else { "have" }))
            .note(format!("arguments of {}: {}", optimizer.name(), arguments.join(", ")))
    }
}

/// A parameter that no optimizer of the sweep has.
pub fn nobody_has(parameter: Parameter, place: &Place, specs: &[OptimizerSpec]) -> Mistake {
    let name = parameter.facts().name;
    let mut here: Vec<&str> = specs.iter().map(|spec| spec.optimizer.name()).collect();
    here.dedup();
    Mistake::at(place, format!("no optimizer of this sweep has `{name}`"))
        .label(format!("the sweep has {}", here.join(", ")))
        .help(format!("remove it, or take an optimizer that has it: {}", owners(parameter).join(", ")))
}

/// a, b and c
pub fn and(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

fn owners(parameter: Parameter) -> Vec<&'static str> {
    Optimizer::ALL.into_iter().filter(|optimizer| optimizer.has(parameter)).map(Optimizer::name).collect()
}

/// Whether a parameter is an argument of some optimizer, rather than of every run.
pub fn is_argument(parameter: Parameter) -> bool {
    Optimizer::ALL.into_iter().any(|optimizer| optimizer.has(parameter))
}

fn optimizer(name: &str, place: &Place) -> Result<Optimizer, Mistake> {
    if let Some(optimizer) = Optimizer::from_name(name) {
        return Ok(optimizer);
    }
    let known = Optimizer::NAMES;
    let mistake = Mistake::at(place, format!("there is no optimizer \"{name}\"")).label("no such optimizer");
    let mistake = match keys::nearest(name, known) {
        Some(guess) => mistake.help(format!("did you mean \"{guess}\"?")),
        None => mistake,
    };
    Err(mistake.note(format!("known: {}", known.join(", "))))
}
