//! Reads the value of a hyperparameter: a scalar, or the table of an initializer.

use super::error::Diagnostic;
use super::initializers;
use super::scalars;
use super::toml_tree::{TomlNode, TomlValue};
use crate::model::initializer::INITIALIZERS;
use crate::model::{Kind, Value};

/// Reads one value of a hyperparameter. `key` is its name in messages.
pub fn value(node: &TomlNode, kind: Kind, key: &str) -> Result<Value, Diagnostic> {
    match (kind, &node.value) {
        (Kind::FloatOr { words, .. }, TomlValue::Table(table)) if words == INITIALIZERS => initializers::read(node, table, key),
        _ => scalars::scalar(node, kind, key),
    }
}
