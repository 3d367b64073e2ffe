//! Reads the values of an axis in `[sweep.parameters]`: a list, or a table with values or a range.

use std::collections::HashSet;

use super::distributions;
use crate::model::{Kind, Parameter, Value};
use crate::space::{Values, running_sums};
use crate::text;

use super::diagnostics::{CheckedTable, Diagnostics};
use super::error::Diagnostic;
use super::keys::{self, TableKind};
use super::range_table::{RangeTable, Shape};
use super::scalars;
use super::toml_tree::{TomlNode, TomlValue};
use super::values;

const SHAPES: [(&str, Shape); 7] = [
    ("uniform", Shape::Uniform),
    ("int_uniform", Shape::IntUniform),
    ("log_uniform", Shape::LogUniform),
    ("log_uniform_values", Shape::LogUniform),
    ("normal", Shape::Normal),
    ("log_normal", Shape::LogNormal),
    ("categorical", Shape::Categorical),
];

/// The names of the distributions.
pub fn shape_names() -> [&'static str; 7] {
    SHAPES.map(|(name, _)| name)
}

/// Distributions of W&B and Optuna that gradsweep does not support.
const UNSUPPORTED: [&str; 8] =
    ["q_uniform", "q_log_uniform", "q_log_uniform_values", "q_normal", "q_log_normal", "inv_log_uniform", "inv_log_uniform_values", "beta"];

/// The axis whose values are read.
#[derive(Clone, Copy)]
pub struct AxisContext<'a> {
    pub kind: Kind,
    /// Its name in messages.
    pub key: &'a str,
    /// Whether runs are drawn, rather than enumerated in a grid.
    pub is_sampled: bool,
}

impl<'a> AxisContext<'a> {
    pub fn new(parameter: Parameter, key: &'a str, is_sampled: bool) -> Self {
        Self { kind: parameter.facts().kind, key, is_sampled }
    }
}

/// Reads the values of an axis.
pub fn values(node: &TomlNode, parameter: Parameter, axis: AxisContext<'_>, diagnostics: &mut Diagnostics) -> Option<Values> {
    let key = axis.key;
    let values = match &node.value {
        TomlValue::List(items) => {
            refuse_empty(node, items, key, diagnostics)?;
            list(items, axis, None, diagnostics)
        }
        TomlValue::Table(_) => {
            let table = diagnostics.inner_table(node, TableKind::Range)?;
            from_table(node, &table, axis, diagnostics)
        }
        _ => {
            diagnostics.errors.push(single(node, parameter, key));
            None
        }
    };
    if let Some(values) = values.as_ref().filter(|_| !axis.is_sampled) {
        warn_of_duplicates(values, key, diagnostics);
    }
    values
}

/// The error for a single value in place of a list or table.
fn single(node: &TomlNode, parameter: Parameter, key: &str) -> Diagnostic {
    Diagnostic::at(&node.location, format!("`{key}` in [sweep.parameters] must be a list or a table, not {}", node.value.kind()))
        .label("a single value")
        .help(format!("write a list, [{}], or move it to {}", node.text, keys::qualified(parameter)))
}

/// The error for a list without items.
fn refuse_empty(node: &TomlNode, items: &[TomlNode], key: &str, diagnostics: &mut Diagnostics) -> Option<()> {
    if items.is_empty() {
        let empty = Diagnostic::at(&node.location, format!("`{key}` has no values"))
            .label("an empty list gives no runs")
            .help("add at least one value, or remove the key");
        diagnostics.errors.push(empty);
        return None;
    }
    Some(())
}

/// Reads a list of values, in a sampled sweep with their probabilities if they are not equal.
fn list(items: &[TomlNode], axis: AxisContext<'_>, probabilities: Option<&[f64]>, diagnostics: &mut Diagnostics) -> Option<Values> {
    if axis.is_sampled {
        return sampled_list(items, axis, probabilities, diagnostics);
    }
    let read: Vec<_> = items.iter().map(|item| diagnostics.ok(values::value(item, axis.kind, axis.key))).collect();
    read.into_iter().collect::<Option<Vec<Value>>>().map(Values::List)
}

/// The keys that describe a range, and not an initializer, in a list.
const RANGE_KEYS: [&str; 5] = ["min", "max", "mu", "sigma", "distribution"];

/// Reads a list whose items, values and ranges, have the given probabilities, or equal ones.
fn sampled_list(items: &[TomlNode], axis: AxisContext<'_>, probabilities: Option<&[f64]>, diagnostics: &mut Diagnostics) -> Option<Values> {
    let is_range = |item: &TomlNode| match &item.value {
        TomlValue::Table(table) => RANGE_KEYS.iter().any(|key| table.get(key).is_some()),
        _ => false,
    };
    let read = |item: &TomlNode, diagnostics: &mut Diagnostics| {
        if is_range(item) {
            let table = diagnostics.inner_table(item, TableKind::Range)?;
            return from_table(item, &table, axis, diagnostics);
        }
        diagnostics.ok(values::value(item, axis.kind, axis.key)).map(|value| Values::List(vec![value]))
    };
    let read: Vec<Option<Values>> = items.iter().map(|item| read(item, diagnostics)).collect();
    let read: Vec<Values> = read.into_iter().collect::<Option<_>>()?;
    if probabilities.is_none() && !items.iter().any(is_range) {
        return Some(Values::List(read.iter().flat_map(Values::examples).collect()));
    }
    let equal = vec![1.0; read.len()];
    let below = running_sums(probabilities.unwrap_or(&equal));
    Some(Values::Mixture(below.into_iter().zip(read).collect()))
}

/// Reads a table with values or a range.
fn from_table(node: &TomlNode, table: &CheckedTable, axis: AxisContext<'_>, diagnostics: &mut Diagnostics) -> Option<Values> {
    let AxisContext { kind, key, is_sampled } = axis;
    let shape = match table.get("distribution") {
        Some(entry) => Some(diagnostics.ok(shape(&entry.node, key))?),
        None => None,
    };
    if !is_sampled {
        diagnostics.ok(distributions::refuse_in_grid(table, shape, key))?;
    }
    if let Some(entry) = table.get("values").or_else(|| table.get("value")) {
        let others = ["min", "max", "count", "step", "q", "mu", "sigma"].into_iter().find_map(|other| table.get(other));
        if let Some(other) = others.or_else(|| table.get("value").filter(|_| entry.key == "values")) {
            let both = Diagnostic::at(&other.location, format!("`{key}` has both `{}` and `{}`", entry.key, other.key))
                .label("remove one of them");
            diagnostics.errors.push(both.help("write either values or a range"));
            return None;
        }
        if !matches!(shape, None | Some(Shape::Categorical)) {
            let location = table.get("distribution").map_or(&node.location, |entry| &entry.node.location);
            diagnostics.errors.push(
                Diagnostic::at(location, format!("`{key}` has `values` and a distribution for ranges")).help("remove `distribution`"),
            );
            return None;
        }
        return match (&entry.node.value, entry.key.as_str()) {
            (TomlValue::List(items), "values") => {
                refuse_empty(&entry.node, items, key, diagnostics)?;
                let probabilities = match table.get("probabilities") {
                    Some(entry) => Some(distributions::probabilities(entry, items.len(), key, diagnostics)?),
                    None => None,
                };
                list(items, axis, probabilities.as_deref(), diagnostics)
            }
            (_, "value") => diagnostics.ok(values::value(&entry.node, kind, key)).map(|value| Values::List(vec![value])),
            (other, _) => {
                let diagnostic = Diagnostic::at(&entry.node.location, format!("`{key}.values` must be a list, not {}", other.kind()));
                diagnostics.errors.push(diagnostic.label(other.kind()));
                None
            }
        };
    }
    if shape == Some(Shape::Categorical) || table.get("probabilities").is_some() {
        let title = if shape.is_some() { "is categorical but has no `values`" } else { "has `probabilities` but no `values`" };
        let missing = Diagnostic::at(&node.location, format!("`{key}` {title}"));
        diagnostics.errors.push(missing.label("no values").help(format!("write {} = [..]", keys::quoted(key))));
        return None;
    }
    if matches!(kind, Kind::Boolean | Kind::Choice(_) | Kind::Name(..)) {
        let diagnostic =
            Diagnostic::at(&node.location, format!("`{key}` cannot be a range; it must be {}", scalars::accepted_values(kind)));
        diagnostics.errors.push(diagnostic.label("a range").help(format!("write a list: {} = [..]", keys::quoted(key))));
        return None;
    }
    let range = RangeTable { node, table, shape, kind, key };
    if is_sampled { distributions::range(&range, diagnostics) } else { range.grid(diagnostics) }
}

/// Reads the name of a distribution.
fn shape(node: &TomlNode, key: &str) -> Result<Shape, Diagnostic> {
    let name = scalars::string(node, &format!("{key}.distribution"))?;
    if let Some((_, shape)) = SHAPES.iter().find(|(known, _)| *known == name) {
        return Ok(*shape);
    }
    let known = SHAPES.map(|(name, _)| name);
    if UNSUPPORTED.contains(&name.as_str()) {
        return Err(scalars::unsupported(
            &node.location,
            &format!("{key}.distribution"),
            &node.text,
            &match name.strip_prefix("q_") {
                Some(name) => format!("write distribution = \"{name}\" and q, in a sampled sweep"),
                None => format!("use one of {}", known.join(", ")),
            },
        ));
    }
    let diagnostic =
        Diagnostic::at(&node.location, format!("unknown distribution {} for `{key}`", node.text)).label("no such distribution");
    let diagnostic = match keys::nearest(&name, known) {
        Some(guess) => diagnostic.help(format!("did you mean \"{guess}\"?")),
        None => diagnostic,
    };
    Err(diagnostic.note(format!("known distributions: {}", known.join(", "))))
}

/// Warns of repeated values. They are kept as runs of their own.
fn warn_of_duplicates(values: &Values, key: &str, diagnostics: &mut Diagnostics) {
    match values {
        Values::List(list) => {
            let mut seen = HashSet::new();
            let repeated = list.iter().map(|&value| format_value(value)).find(|value| !seen.insert(value.clone()));
            if let Some(value) = repeated {
                diagnostics.warn(format!("`{key}` lists {value} more than once; each occurrence is trained"));
            }
        }
        &Values::Uniform { min, max, count } | &Values::LogUniform { min, max, count, .. } if min == max && count > 1 => {
            diagnostics.warn(format!("`{key}` has the value {} {count} times; each occurrence is trained", text::exact(min)));
        }
        &Values::IntUniform { min, max, count } if i128::from(count) > i128::from(max) - i128::from(min) + 1 => {
            diagnostics.warn(format!("`{key}` has {count} values from {min} to {max}: some are equal, and each of them is trained"));
        }
        &Values::IntLogUniform { min, max, count } => {
            let axis = crate::space::Axis { parameter: Parameter::Epochs, values: values.clone() };
            // Neighbouring integers are closest at the lower end.
            if count > 2 && (axis.value(0) == axis.value(1) || min == max) {
                diagnostics.warn(format!("some values of `{key}` are equal after rounding; each of them is trained"));
            }
        }
        _ => {}
    }
}

/// A value in TOML notation.
pub fn format_value(value: Value) -> String {
    match value {
        Value::Float(value) => text::exact(value),
        Value::Integer(value) => value.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Choice(word) => format!("\"{word}\""),
        Value::Drawn(initializer) => initializer.to_string(),
    }
}
