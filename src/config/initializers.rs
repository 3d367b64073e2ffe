//! Reads an initializer with arguments, named as in Keras: `{ name = "random_normal", stddev = 0.05 }`.

use super::error::Diagnostic;
use super::keys;
use super::scalars;
use super::toml_tree::{TomlNode, TomlTable};
use crate::model::hyperparameters::DIVERGENCE_LIMIT;
use crate::model::initializer::INITIALIZERS;
use crate::model::{Initializer, Start, Value};

/// The arguments of an initializer.
pub fn arguments(name: &str) -> &'static [&'static str] {
    match name {
        "constant" => &["value"],
        "random_uniform" => &["minval", "maxval"],
        "random_normal" | "truncated_normal" => &["mean", "stddev"],
        _ => &[],
    }
}

/// Reads the table of an initializer. `key` is the name of the hyperparameter in messages.
pub fn read(node: &TomlNode, table: &TomlTable, key: &str) -> Result<Value, Diagnostic> {
    let Some(entry) = table.get("name") else {
        let missing = Diagnostic::at(&node.location, format!("`{key}` is a table without a `name`")).label("which initializer?");
        return Err(missing.help("write { name = \"random_normal\", stddev = 0.05 }, or a number"));
    };
    let name = scalars::string(&entry.node, &format!("{key}.name"))?;
    let Some(default) = Start::from_name(&name) else {
        let diagnostic =
            Diagnostic::at(&entry.node.location, format!("there is no initializer {}", entry.node.text)).label("no such initializer");
        return Err(match keys::nearest(&name, INITIALIZERS.iter().copied()) {
            Some(guess) => diagnostic.help(format!("did you mean \"{guess}\"?")),
            None => diagnostic.help(format!("use one of {}", INITIALIZERS.join(", "))),
        });
    };
    let own = arguments(&name);
    if let Some(wrong) = table.0.iter().find(|entry| entry.key != "name" && !own.contains(&entry.key.as_str())) {
        return Err(unknown(&name, wrong, own));
    }
    let number = |argument: &str, default: f64| match table.get(argument) {
        Some(entry) => bounded(&entry.node, &format!("{key}.{argument}")),
        None => Ok(default),
    };
    let start = match default {
        Start::Number(value) => Start::Number(number("value", value)?),
        Start::Drawn(Initializer::Uniform { min, max }) => {
            Start::Drawn(Initializer::Uniform { min: number("minval", min)?, max: number("maxval", max)? })
        }
        Start::Drawn(Initializer::Normal { mean, stddev }) => {
            Start::Drawn(Initializer::Normal { mean: number("mean", mean)?, stddev: number("stddev", stddev)? })
        }
        Start::Drawn(Initializer::TruncatedNormal { mean, stddev }) => {
            Start::Drawn(Initializer::TruncatedNormal { mean: number("mean", mean)?, stddev: number("stddev", stddev)? })
        }
    };
    match start {
        Start::Number(value) => Ok(Value::Float(value)),
        Start::Drawn(Initializer::Uniform { min, max }) if min > max => {
            Err(Diagnostic::at(&node.location, format!("`{key}` has minval {min} above maxval {max}")).label("empty range"))
        }
        Start::Drawn(Initializer::Normal { stddev, .. } | Initializer::TruncatedNormal { stddev, .. }) if stddev < 0.0 => {
            Err(Diagnostic::at(&node.location, format!("`{key}` has the stddev {stddev}")).label("must be at least 0"))
        }
        Start::Drawn(initializer) => Ok(Value::Drawn(initializer)),
    }
}

fn unknown(name: &str, entry: &super::toml_tree::TomlEntry, own: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::at(&entry.location, format!("{name} has no argument `{}`", entry.key)).label("unknown argument");
    match entry.key.as_str() {
        "seed" => diagnostic.help("remove it: initial values are drawn with training.seed"),
        _ if own.is_empty() => diagnostic.help(format!("write \"{name}\", which has no arguments")),
        _ => diagnostic.help(format!("its arguments: {}", own.join(", "))),
    }
}

/// Reads a number within the divergence limit.
pub fn bounded(node: &TomlNode, key: &str) -> Result<f64, Diagnostic> {
    let value = scalars::float(node, key)?;
    if value.abs() <= DIVERGENCE_LIMIT {
        return Ok(value);
    }
    Err(Diagnostic::at(&node.location, format!("`{key}` is out of bounds: {}", node.text))
        .label(format!("must be from -{DIVERGENCE_LIMIT:e} to {DIVERGENCE_LIMIT:e}")))
}
