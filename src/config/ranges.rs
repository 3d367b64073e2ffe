//! Reads the values of an axis in `[sweep.parameters]`: a list, or a table with values or a range.

use std::collections::HashSet;

use crate::model::{Kind, Parameter, Value};
use crate::space::Values;
use crate::text;

use super::diagnostics::{CheckedTable, Diagnostics};
use super::error::Diagnostic;
use super::keys::{self, TableKind};
use super::scalars;
use super::toml_tree::{TomlNode, TomlValue};
use super::values;

/// The distribution of the values of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distribution {
    Uniform,
    IntUniform,
    LogUniform,
    Categorical,
}

const DISTRIBUTIONS: [(&str, Distribution); 5] = [
    ("uniform", Distribution::Uniform),
    ("int_uniform", Distribution::IntUniform),
    ("log_uniform", Distribution::LogUniform),
    ("log_uniform_values", Distribution::LogUniform),
    ("categorical", Distribution::Categorical),
];

/// Distributions of W&B and Optuna that gradsweep does not support.
const UNSUPPORTED: [&str; 10] = [
    "normal",
    "log_normal",
    "q_uniform",
    "q_log_uniform",
    "q_log_uniform_values",
    "q_normal",
    "q_log_normal",
    "inv_log_uniform",
    "inv_log_uniform_values",
    "beta",
];

/// Reads the values of an axis. `key` is its name in messages.
pub fn values(node: &TomlNode, parameter: Parameter, key: &str, diagnostics: &mut Diagnostics) -> Option<Values> {
    let kind = parameter.facts().kind;
    let values = match &node.value {
        TomlValue::List(items) => list(node, items, kind, key, diagnostics),
        TomlValue::Table(_) => {
            let table = diagnostics.inner_table(node, TableKind::Range)?;
            from_table(node, &table, kind, key, diagnostics)
        }
        _ => {
            diagnostics.errors.push(single(node, parameter, key));
            None
        }
    };
    if let Some(values) = &values {
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

/// Reads a list of values.
fn list(node: &TomlNode, items: &[TomlNode], kind: Kind, key: &str, diagnostics: &mut Diagnostics) -> Option<Values> {
    if items.is_empty() {
        let empty = Diagnostic::at(&node.location, format!("`{key}` has no values"))
            .label("an empty list gives no runs")
            .help("add at least one value, or remove the key");
        diagnostics.errors.push(empty);
        return None;
    }
    let read: Vec<_> = items.iter().map(|item| diagnostics.ok(values::value(item, kind, key))).collect();
    read.into_iter().collect::<Option<Vec<Value>>>().map(Values::List)
}

/// Reads a table with values or a range.
fn from_table(node: &TomlNode, table: &CheckedTable, kind: Kind, key: &str, diagnostics: &mut Diagnostics) -> Option<Values> {
    let distribution = match table.get("distribution") {
        Some(entry) => Some(diagnostics.ok(distribution(&entry.node, key))?),
        None => None,
    };
    if let Some(entry) = table.get("values").or_else(|| table.get("value")) {
        let others = ["min", "max", "count", "step"].into_iter().find_map(|other| table.get(other));
        if let Some(other) = others.or_else(|| table.get("value").filter(|_| entry.key == "values")) {
            let both = Diagnostic::at(&other.location, format!("`{key}` has both `{}` and `{}`", entry.key, other.key))
                .label("remove one of them");
            diagnostics.errors.push(both.help("write either values or a range"));
            return None;
        }
        if !matches!(distribution, None | Some(Distribution::Categorical)) {
            let location = table.get("distribution").map_or(&node.location, |entry| &entry.node.location);
            diagnostics.errors.push(
                Diagnostic::at(location, format!("`{key}` has `values` and a distribution for ranges")).help("remove `distribution`"),
            );
            return None;
        }
        return match (&entry.node.value, entry.key.as_str()) {
            (TomlValue::List(items), "values") => list(&entry.node, items, kind, key, diagnostics),
            (_, "value") => diagnostics.ok(values::value(&entry.node, kind, key)).map(|value| Values::List(vec![value])),
            (other, _) => {
                let diagnostic = Diagnostic::at(&entry.node.location, format!("`{key}.values` must be a list, not {}", other.kind()));
                diagnostics.errors.push(diagnostic.label(other.kind()));
                None
            }
        };
    }
    if distribution == Some(Distribution::Categorical) {
        let missing = Diagnostic::at(&node.location, format!("`{key}` is categorical but has no `values`"));
        diagnostics.errors.push(missing.label("no values").help(format!("write {} = [..]", keys::quoted(key))));
        return None;
    }
    range(&RangeTable { node, table, distribution, key }, kind, diagnostics)
}

/// Reads the name of a distribution.
fn distribution(node: &TomlNode, key: &str) -> Result<Distribution, Diagnostic> {
    let name = scalars::string(node, &format!("{key}.distribution"))?;
    if let Some((_, distribution)) = DISTRIBUTIONS.iter().find(|(known, _)| *known == name) {
        return Ok(*distribution);
    }
    let known = DISTRIBUTIONS.map(|(name, _)| name);
    if UNSUPPORTED.contains(&name.as_str()) {
        return Err(scalars::unsupported(
            &node.location,
            &format!("{key}.distribution"),
            &node.text,
            &format!("use one of {}", known.join(", ")),
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

/// Reads a range of numbers.
fn range(range: &RangeTable<'_>, kind: Kind, diagnostics: &mut Diagnostics) -> Option<Values> {
    let &RangeTable { node, table, distribution, key } = range;
    if matches!(kind, Kind::Boolean | Kind::Choice(_) | Kind::Name(..)) {
        let diagnostic =
            Diagnostic::at(&node.location, format!("`{key}` cannot be a range; it must be {}", scalars::accepted_values(kind)));
        diagnostics.errors.push(diagnostic.label("a range").help(format!("write a list: {} = [..]", keys::quoted(key))));
        return None;
    }
    let missing: Vec<&str> = ["min", "max"].into_iter().filter(|end| table.lacks(end)).collect();
    if !missing.is_empty() {
        let title = format!("the range of `{key}` has no `{}`", missing.join("` and no `"));
        diagnostics.errors.push(Diagnostic::at(&node.location, title).label("a range needs min and max"));
        return None;
    }
    let (min, max) = (&table.get("min")?.node, &table.get("max")?.node);
    if distribution == Some(Distribution::LogUniform) {
        diagnostics.ok(positive(min, max, table, key))?;
    }
    let (low, high) = (values::value(min, kind, &format!("{key}.min")), values::value(max, kind, &format!("{key}.max")));
    let (low, high) = (diagnostics.ok(low), diagnostics.ok(high));
    match (low?, high?) {
        (Value::Float(low), Value::Float(high)) => diagnostics.ok(range.floats(low, high)),
        (Value::Integer(low), Value::Integer(high)) => diagnostics.ok(range.integers(low, high)),
        (low, _) => {
            let word = if matches!(low, Value::Choice(_)) { min } else { max };
            let diagnostic = Diagnostic::at(&word.location, format!("a bound of the range of `{key}` is the word {}", word.text));
            diagnostics.errors.push(diagnostic.label("must be a number").help("write a list instead"));
            None
        }
    }
}

/// Checks that the bounds of a logarithmic range are positive. W&B's `log_uniform` takes exponents: the message explains the difference.
fn positive(min: &TomlNode, max: &TomlNode, table: &CheckedTable, key: &str) -> Result<(), Diagnostic> {
    let value = |node: &TomlNode| match node.value {
        TomlValue::Float(value) => Some(value),
        TomlValue::Integer(value) => value.map(|value| value as f64),
        _ => None,
    };
    let (Some(low), Some(high)) = (value(min), value(max)) else { return Ok(()) };
    let Some((end, node)) =
        [("min", low, min), ("max", high, max)].into_iter().find(|(_, value, _)| *value <= 0.0).map(|(end, _, node)| (end, node))
    else {
        return Ok(());
    };
    let diagnostic = Diagnostic::at(&node.location, format!("the logarithmic range of `{key}` needs min > 0, but {end} = {}", node.text))
        .label("must be above 0");
    let exponents = low < 0.0 && low < high && high < 20.0;
    let wandb =
        table.get("distribution").is_some_and(|entry| matches!(&entry.node.value, TomlValue::String(name) if name == "log_uniform"));
    Err(if exponents && wandb {
        let bounds = [low, high].map(|end| text::exact(rounded(libm::exp(end))));
        diagnostic.help(format!("if these are exponents, write the values: min = {}, max = {}", bounds[0], bounds[1])).note(
            "in W&B, the bounds of log_uniform are exponents of e; here they are the values themselves, as in W&B's log_uniform_values",
        )
    } else {
        diagnostic.help("use a small positive min such as 1e-6, or distribution = \"uniform\"")
    })
}

/// Rounds a number to three significant digits for a suggested value.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// A range table, while its values are computed.
struct RangeTable<'a> {
    node: &'a TomlNode,
    table: &'a CheckedTable,
    distribution: Option<Distribution>,
    key: &'a str,
}

impl RangeTable<'_> {
    /// The values of a range of floats.
    fn floats(&self, min: f64, max: f64) -> Result<Values, Diagnostic> {
        if min > max {
            return Err(self.empty());
        }
        if self.distribution == Some(Distribution::IntUniform) {
            return Err(self
                .at("distribution", format!("`{}` is a float, but int_uniform needs integers", self.key))
                .help("remove `distribution` and write step = 1"));
        }
        let log = self.distribution == Some(Distribution::LogUniform);
        match (self.count(min == max)?, self.step()) {
            (Some(count), None) if log => Ok(Values::log_uniform(min, max, count)),
            (Some(count), None) => Ok(Values::Uniform { min, max, count }),
            (None, Some(_)) if log => Err(self.step_in_log()),
            (None, Some(step)) => {
                let step = scalars::float(step, &format!("{}.step", self.key))?;
                if step > 0.0 {
                    Ok(Values::steps(min, max, step))
                } else {
                    Err(self.at("step", format!("`{}.step` must be above 0", self.key)))
                }
            }
            (None, None) => Err(self
                .whole(format!("the range of `{}` needs `count` or `step` in a grid", self.key))
                .label("the number of values is missing")
                .help(if log {
                    "add count = 10 for ten logarithmically spaced values, including min and max"
                } else {
                    "add count = 10 for ten equally spaced values, including min and max; for logarithmic spacing, also distribution = \"log_uniform\""
                })),
            (Some(_), Some(_)) => Err(self.both()),
        }
    }

    /// The values of a range of integers.
    fn integers(&self, min: i64, max: i64) -> Result<Values, Diagnostic> {
        if min > max {
            return Err(self.empty());
        }
        let log = self.distribution == Some(Distribution::LogUniform);
        match (self.count(min == max)?, self.step()) {
            (Some(count), None) if log => Ok(Values::IntLogUniform { min, max, count }),
            (Some(count), None) => Ok(Values::IntUniform { min, max, count }),
            (None, Some(_)) if log => Err(self.step_in_log()),
            (None, None) if log => Err(self
                .whole(format!("the logarithmic range of `{}` needs `count` in a grid", self.key))
                .label("the number of values is missing")
                .help("add count = 10 for ten values, including min and max")),
            (None, step) => {
                let step = step.map_or(Ok(1), |step| scalars::integer(step, 1, i64::MAX, &format!("{}.step", self.key)))?;
                let intervals = (i128::from(max) - i128::from(min)) / i128::from(step);
                Ok(Values::IntSteps { min, step, count: intervals as u64 + 1 })
            }
            (Some(_), Some(_)) => Err(self.both()),
        }
    }

    fn count(&self, one_point: bool) -> Result<Option<u64>, Diagnostic> {
        let Some(entry) = self.table.get("count") else { return Ok(None) };
        let count = scalars::integer(&entry.node, 1, i64::MAX, &format!("{}.count", self.key))?;
        if count == 1 && !one_point {
            return Err(self
                .at("count", format!("`{}` has count = 1, but min and max differ", self.key))
                .label("must be at least 2, because min and max are included")
                .help("use count = 2 or more, or set min = max"));
        }
        Ok(Some(count as u64))
    }

    fn step(&self) -> Option<&TomlNode> {
        self.table.get("step").map(|entry| &entry.node)
    }

    /// An error at the whole range.
    fn whole(&self, title: String) -> Diagnostic {
        Diagnostic::at(&self.node.location, title)
    }

    /// An error at a key of the range.
    fn at(&self, key: &str, title: String) -> Diagnostic {
        Diagnostic::at(self.table.get(key).map_or(&self.node.location, |entry| &entry.node.location), title)
    }

    fn empty(&self) -> Diagnostic {
        self.at("min", format!("the range of `{}` is empty: min is above max", self.key)).label("above max").help("swap min and max")
    }

    fn both(&self) -> Diagnostic {
        self.at("step", format!("the range of `{}` has both `count` and `step`", self.key))
            .label("remove one of them")
            .help("write either `count` or `step`")
    }

    fn step_in_log(&self) -> Diagnostic {
        self.at("step", format!("the logarithmic range of `{}` cannot have a `step`", self.key))
            .label("its values are logarithmically spaced")
            .help("use count instead")
    }
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
