//! The `--set` argument that gives every run of an experiment a value, wherever the config has the key.

use super::experiment::Experiment;
use super::toml_tree::{self, TomlTable, TomlValue};
use crate::model::Parameter;
use crate::model::ParameterTable;

impl Experiment {
    /// The argument `KEY=VALUE` for `--set`; `None` if the value is out of bounds, or if a table of `sweep.parameters.optimizer` has the key, which no
    /// single argument reaches.
    pub fn override_for(&self, parameter: Parameter, value: &str) -> Option<String> {
        if let Ok(number) = value.parse::<f64>()
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
            return Some(format!("sweep.parameters.{}=[{value}]", parameter.key()));
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
        Some(format!("{table}.{}={value}", facts.name))
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
