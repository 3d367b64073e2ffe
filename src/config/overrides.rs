//! The `--set` argument that gives every run of an experiment a value, wherever the config has the key.

use super::experiment::Experiment;
use super::toml_tree::{self, TomlTable, TomlValue};
use crate::model::{Parameter, ParameterTable, Value};

impl Experiment {
    /// The argument `KEY=VALUE` for `--set`; `None` if the value is out of bounds, or if a table of `sweep.parameters.optimizer` has the key, which no
    /// single argument reaches.
    pub fn override_for(&self, parameter: Parameter, value: Value) -> Option<String> {
        if let Some(number) = value.number()
            && !parameter.facts().kind.contains(number)
        {
            return None;
        }
        let mut root = toml_tree::parse(&self.text).ok()?;
        for (index, set) in self.sets.iter().enumerate() {
            toml_tree::set(&mut root, set, index + 1).ok()?;
        }
        let facts = parameter.facts();
        let swept = below(&root, &["sweep", "parameters"]);
        let own = swept.and_then(|table| table.get("optimizer")).is_some_and(|entry| mentions(&entry.node.value, facts.name));
        if own {
            return None;
        }
        if swept.is_some_and(|table| table.get(parameter.key()).is_some()) {
            let quotes = if matches!(value, Value::Choice(_)) { "\"" } else { "" };
            return Some(format!("sweep.parameters.{}=[{quotes}{}{quotes}]", parameter.key(), toml(value)?));
        }
        let table = match facts.table {
            ParameterTable::Data => "data",
            ParameterTable::Model => "model",
            ParameterTable::Rng => "rng",
            ParameterTable::Schedule => "training.schedule",
            ParameterTable::Training if below(&root, &["training", "optimizer"]).is_some_and(|table| table.get(facts.name).is_some()) => {
                "training.optimizer"
            }
            ParameterTable::Training => "training",
        };
        Some(format!("{table}.{}={}", facts.name, toml(value)?))
    }
}

/// A value in the syntax of TOML, words without quotes; `None` for a distribution.
pub fn toml(value: Value) -> Option<String> {
    match value {
        Value::Float(value) if value != 0.0 && !(1e-3..1e6).contains(&value.abs()) => Some(format!("{value:e}")),
        Value::Float(value) => Some(format!("{value}")),
        Value::Integer(value) => Some(value.to_string()),
        Value::Boolean(value) => Some(value.to_string()),
        Value::Choice(word) => Some(word.into()),
        Value::Drawn(_) => None,
    }
}

fn below<'a>(table: &'a TomlTable, path: &[&str]) -> Option<&'a TomlTable> {
    path.iter().try_fold(table, |table, key| match &table.get(key)?.node.value {
        TomlValue::Table(inner) => Some(inner),
        _ => None,
    })
}

/// Whether an optimizer's table, or one in a list of tables, has the key.
fn mentions(value: &TomlValue, key: &str) -> bool {
    match value {
        TomlValue::Table(table) => table.get(key).is_some() || table.get("values").is_some_and(|entry| mentions(&entry.node.value, key)),
        TomlValue::List(items) => items.iter().any(|item| mentions(&item.value, key)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_in_the_syntax_of_toml() {
        let values = [Value::Float(0.2), Value::Float(9e-6), Value::Float(1.0), Value::Integer(20), Value::Choice("standard")];
        assert_eq!(values.map(|value| toml(value).unwrap()), ["0.2", "9e-6", "1", "20", "standard"]);
    }
}
