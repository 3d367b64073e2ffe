//! Reads `optimizer`: a name, a table with arguments, or a list of both.

use crate::model::{Optimizer, Parameter, ParameterTable, Value};
use crate::space::Axis;
use crate::text;

use super::diagnostics::Diagnostics;
use super::error::{Diagnostic, Location};
use super::keys::{self, TableKind};
use super::ranges::{self, AxisContext};
use super::scalars;
use super::toml_tree::{TomlNode, TomlValue};
use super::unknown_keys;
use super::values;

/// An optimizer with the fixed values and axes of its own table.
#[derive(Clone, Debug)]
pub struct OptimizerSpec {
    pub optimizer: Optimizer,
    pub fixed: Vec<(Parameter, Value)>,
    /// In the order written.
    pub axes: Vec<Axis>,
    /// The locations of the keys in its table.
    locations: Vec<(Parameter, Location)>,
}

impl OptimizerSpec {
    pub fn new(optimizer: Optimizer) -> Self {
        Self { optimizer, fixed: Vec::new(), axes: Vec::new(), locations: Vec::new() }
    }

    /// A description of the runs, equal for specs with equal runs.
    pub fn runs(&self) -> String {
        format!("{:?} {:?} {:?}", self.optimizer, self.fixed, self.axes)
    }

    /// The location of a hyperparameter in the optimizer's own table.
    pub fn location(&self, parameter: Parameter) -> Option<&Location> {
        self.locations.iter().find(|(own, _)| *own == parameter).map(|(_, location)| location)
    }

    /// Whether the optimizer's own table fixes or varies a hyperparameter.
    pub fn sets(&self, parameter: Parameter) -> bool {
        self.fixed.iter().any(|(own, _)| *own == parameter) || self.axes.iter().any(|axis| axis.parameter == parameter)
    }
}

/// The key under which an optimizer is written. Only in `[sweep.parameters]` may it vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptimizerKey {
    Training,
    Sweep { is_sampled: bool },
}

/// Reads `optimizer` in the order written; `None` after an error.
pub fn specs(node: &TomlNode, written_in: OptimizerKey, diagnostics: &mut Diagnostics) -> Option<Vec<OptimizerSpec>> {
    match (&node.value, written_in) {
        (TomlValue::List(_), OptimizerKey::Training) => {
            diagnostics.errors.push(list_not_allowed(node, "training.optimizer", "optimizer"));
            None
        }
        (TomlValue::List(items), OptimizerKey::Sweep { .. }) if items.is_empty() => {
            let diagnostic = Diagnostic::at(&node.location, "`optimizer` has no values").label("an empty list gives no runs");
            diagnostics.errors.push(diagnostic.help("add at least one optimizer, or remove the key"));
            None
        }
        (TomlValue::List(items), OptimizerKey::Sweep { .. }) => {
            let specs: Vec<_> = items.iter().map(|item| spec(item, written_in, diagnostics)).collect();
            specs.into_iter().collect()
        }
        (TomlValue::Table(table), OptimizerKey::Sweep { .. }) if table.get("name").is_none() && table.get("values").is_some() => {
            let values = table.get("values")?.node.clone();
            diagnostics.inner_table(node, TableKind::Range)?;
            specs(&values, written_in, diagnostics)
        }
        _ => spec(node, written_in, diagnostics).map(|spec| vec![spec]),
    }
}

/// The error for a list or range in place of a single value.
pub fn list_not_allowed(node: &TomlNode, key: &str, swept: &str) -> Diagnostic {
    Diagnostic::at(&node.location, format!("`{key}` must be a single value, not {}", node.value.kind()))
        .label("must be one value here")
        .help(format!("to sweep over it, write in [sweep.parameters]: {} = {}", keys::quoted(swept), one_line(&node.text)))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn spec(node: &TomlNode, written_in: OptimizerKey, diagnostics: &mut Diagnostics) -> Option<OptimizerSpec> {
    match &node.value {
        TomlValue::String(name) => diagnostics.ok(optimizer(name, &node.location)).map(OptimizerSpec::new),
        TomlValue::Table(table) => {
            let Some(name) = table.get("name") else {
                let diagnostic = Diagnostic::at(&node.location, "an optimizer's table needs a `name`").label("which optimizer?");
                diagnostics.errors.push(diagnostic.help("write { name = \"sgd\", momentum = 0.9 }"));
                return None;
            };
            let text = diagnostics.ok(scalars::string(&name.node, "optimizer.name"))?;
            let optimizer = diagnostics.ok(optimizer(&text, &name.node.location))?;
            from_table(node, optimizer, written_in, diagnostics)
        }
        other => {
            let diagnostic = Diagnostic::at(&node.location, format!("`optimizer` must be a name or a table, not {}", other.kind()));
            diagnostics.errors.push(diagnostic.label(other.kind()).help("write \"sgd\" or { name = \"sgd\", momentum = 0.9 }"));
            None
        }
    }
}

fn from_table(node: &TomlNode, optimizer: Optimizer, written_in: OptimizerKey, diagnostics: &mut Diagnostics) -> Option<OptimizerSpec> {
    let TomlValue::Table(table) = &node.value else { return None };
    let mut spec = OptimizerSpec::new(optimizer);
    for entry in table.0.iter().filter(|entry| entry.key != "name") {
        let own = keys::in_table(ParameterTable::Training, &entry.key);
        let Some(parameter) = own.filter(|&own| optimizer.has(own)) else {
            diagnostics.errors.push(match own {
                Some(other) => not_of(optimizer, other, &entry.location),
                None => unknown_keys::unknown(&entry.key, &entry.location, TableKind::OptimizerTable, Some(optimizer)).0,
            });
            continue;
        };
        let key = format!("{}.{}", optimizer.name(), entry.key);
        spec.locations.push((parameter, entry.location.clone()));
        match (&entry.node.value, written_in) {
            (TomlValue::List(_) | TomlValue::Table(_), OptimizerKey::Sweep { is_sampled }) => {
                let axis = AxisContext::new(parameter, &key, is_sampled);
                if let Some(values) = ranges::values(&entry.node, parameter, axis, diagnostics) {
                    spec.axes.push(Axis { parameter, values });
                }
            }
            (TomlValue::List(_) | TomlValue::Table(_), OptimizerKey::Training) => {
                diagnostics.errors.push(list_not_allowed(&entry.node, &key, parameter.key()));
            }
            _ => {
                let value = diagnostics.ok(values::value(&entry.node, parameter.facts().kind, &key));
                spec.fixed.extend(value.map(|value| (parameter, value)));
            }
        }
    }
    Some(spec)
}

/// The error for an argument of another optimizer, or a key of `[training]`, in an optimizer's table.
fn not_of(optimizer: Optimizer, parameter: Parameter, location: &Location) -> Diagnostic {
    let name = parameter.facts().name;
    let owners = owners(parameter);
    let arguments: Vec<&str> = optimizer.arguments().iter().map(|(own, _)| own.facts().name).collect();
    let diagnostic = Diagnostic::at(location, format!("{} has no `{name}`", optimizer.name()));
    if owners.is_empty() {
        diagnostic
            .label("not an argument of an optimizer")
            .help(format!("write it in [training], or in [sweep.parameters] as {}", parameter.key()))
    } else {
        diagnostic
            .label("unknown argument")
            .help(format!("{} {} it; remove it here", text::list(&owners), if owners.len() == 1 { "has" } else { "have" }))
            .note(format!("arguments of {}: {}", optimizer.name(), arguments.join(", ")))
    }
}

/// The error for an argument that no optimizer of the sweep has.
pub fn unused_argument(parameter: Parameter, location: &Location, specs: &[OptimizerSpec]) -> Diagnostic {
    let name = parameter.facts().name;
    let mut here: Vec<&str> = specs.iter().map(|spec| spec.optimizer.name()).collect();
    here.dedup();
    Diagnostic::at(location, format!("no optimizer of this sweep has `{name}`"))
        .label(format!("the sweep uses {}", here.join(", ")))
        .help(format!("remove it, or use an optimizer that has it: {}", owners(parameter).join(", ")))
}

fn owners(parameter: Parameter) -> Vec<&'static str> {
    Optimizer::ALL.into_iter().filter(|optimizer| optimizer.has(parameter)).map(Optimizer::name).collect()
}

fn optimizer(name: &str, location: &Location) -> Result<Optimizer, Diagnostic> {
    if let Some(optimizer) = Optimizer::from_name(name) {
        return Ok(optimizer);
    }
    let known = Optimizer::NAMES;
    let diagnostic = Diagnostic::at(location, format!("there is no optimizer \"{name}\"")).label("no such optimizer");
    let diagnostic = match keys::nearest(name, known) {
        Some(guess) => diagnostic.help(format!("did you mean \"{guess}\"?")),
        None => diagnostic,
    };
    Err(diagnostic.note(format!("known optimizers: {}", known.join(", "))))
}
