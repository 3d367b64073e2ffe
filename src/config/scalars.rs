//! Reads scalar values. The type follows from the key, never from the literal; the bounds come from the table of hyperparameters.

use crate::model::{Kind, Value};
use crate::text;

use super::error::{Diagnostic, Location};
use super::keys;
use super::toml_tree::{TomlNode, TomlValue};

/// Common words from other tools, each with the word that it stands for.
const WORDS: &[(&str, &str)] = &[
    ("standardize", "standard"),
    ("standardise", "standard"),
    ("standardized", "standard"),
    ("z_score", "standard"),
    ("zscore", "standard"),
    ("normalize", "min_max"),
    ("minmax", "min_max"),
    ("false", "none"),
    ("off", "none"),
    ("all", "full"),
    ("zero", "zeros"),
    ("one", "ones"),
];

/// The accepted values of a kind, in words.
pub fn accepted_values(kind: Kind) -> String {
    let words = |words: &[&str]| words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    let grouped = |max: i64| text::grouped(max.unsigned_abs());
    match kind {
        Kind::Float { min, min_open, max, max_open } => {
            let (low, high) = (text::exact(min), text::exact(max));
            match (min_open, max_open) {
                (false, false) => format!("a number from {low} to {high}"),
                (false, true) => format!("a number of at least {low} and below {high}"),
                (true, false) => format!("a number above {low} and at most {high}"),
                (true, true) => format!("a number above {low} and below {high}"),
            }
        }
        Kind::Integer { min, max: i64::MAX } => format!("an integer of at least {min}"),
        Kind::Integer { min, max } => format!("an integer from {min} to {}", grouped(max)),
        Kind::IntegerOr { min, max: i64::MAX, words: others } => format!("an integer of at least {min}, or {}", words(others)),
        Kind::IntegerOr { min, max, words: others } => format!("an integer from {min} to {}, or {}", grouped(max), words(others)),
        Kind::FloatOr { min, max, words: others } => {
            let one_of = if others.len() == 1 { "" } else { "one of " };
            format!("a number from {} to {}, or {one_of}{}", text::exact(min), text::exact(max), words(others))
        }
        Kind::Boolean => "true or false".into(),
        Kind::Choice(choices) | Kind::Name(choices, _) => format!("one of {}", words(choices)),
    }
}

/// Reads one value. `key` is its name in messages.
pub fn scalar(node: &TomlNode, kind: Kind, key: &str) -> Result<Value, Diagnostic> {
    if let (Kind::Name(_, aliases), TomlValue::String(text)) = (kind, &node.value)
        && let Some(&(_, word)) = aliases.iter().find(|(alias, _)| alias == text)
    {
        return Ok(Value::Choice(word));
    }
    match (kind, &node.value) {
        (Kind::Float { .. } | Kind::FloatOr { .. }, TomlValue::Float(value)) => in_bounds(*value, kind, node, key).map(Value::Float),
        (Kind::Float { .. } | Kind::FloatOr { .. }, TomlValue::Integer(Some(value))) => {
            in_bounds(*value as f64, kind, node, key).map(Value::Float)
        }
        (Kind::Integer { min, max } | Kind::IntegerOr { min, max, .. }, TomlValue::Integer(value)) => match value {
            Some(value) if (min..=max).contains(value) => Ok(Value::Integer(*value)),
            _ => Err(out_of_bounds(node, kind, key)),
        },
        (Kind::Boolean, TomlValue::Boolean(value)) => Ok(Value::Boolean(*value)),
        (
            Kind::Name(words, _) | Kind::Choice(words) | Kind::IntegerOr { words, .. } | Kind::FloatOr { words, .. },
            TomlValue::String(text),
        ) => words
            .iter()
            .find(|word| *word == text)
            .map(|&word| Value::Choice(word))
            .ok_or_else(|| unknown_word(node, text, kind, words, key)),
        _ => Err(wrong_type(node, kind, key)),
    }
}

fn in_bounds(value: f64, kind: Kind, node: &TomlNode, key: &str) -> Result<f64, Diagnostic> {
    if !value.is_finite() {
        return Err(Diagnostic::at(&node.location, format!("`{key}` must be a finite number, not {}", node.text))
            .label("not finite")
            .help(format!("write {}", accepted_values(kind))));
    }
    // Maps −0 to 0, so that the sign of a zero does not distinguish two runs.
    if kind.contains(value) { Ok(value + 0.0) } else { Err(out_of_bounds(node, kind, key)) }
}

/// The error for a number out of bounds.
fn out_of_bounds(node: &TomlNode, kind: Kind, key: &str) -> Diagnostic {
    Diagnostic::at(&node.location, format!("`{key}` is out of bounds: {}", node.text)).label(format!("must be {}", accepted_values(kind)))
}

/// The error for a word that the key does not accept.
fn unknown_word(node: &TomlNode, text: &str, kind: Kind, words: &[&'static str], key: &str) -> Diagnostic {
    if !matches!(kind, Kind::Choice(_) | Kind::Name(..))
        && let Ok(number) = text.trim().parse::<f64>()
        && number.is_finite()
    {
        return quoted_number(node, text, kind, key);
    }
    let alias = WORDS.iter().find(|(wrong, _)| wrong.eq_ignore_ascii_case(text)).map(|&(_, right)| right);
    let guess = alias.filter(|right| words.contains(right)).or_else(|| keys::nearest(text, words.iter().copied()));
    let diagnostic =
        Diagnostic::at(&node.location, format!("`{key}` cannot be {}", node.text)).label(format!("must be {}", accepted_values(kind)));
    match guess {
        Some(guess) => diagnostic.help(format!("did you mean \"{guess}\"?")),
        None => diagnostic,
    }
}

/// The error for a number in quotes.
fn quoted_number(node: &TomlNode, text: &str, kind: Kind, key: &str) -> Diagnostic {
    Diagnostic::at(&node.location, format!("`{key}` must be {}, not the string {}", accepted_values(kind), node.text))
        .label("a string, because of the quotes")
        .help(format!("remove the quotes: {}", text.trim()))
}

/// The error for a value of another type.
fn wrong_type(node: &TomlNode, kind: Kind, key: &str) -> Diagnostic {
    let numeric = !matches!(kind, Kind::Boolean | Kind::Choice(_) | Kind::Name(..));
    let title = match &node.value {
        TomlValue::List(_) | TomlValue::Table(_) => format!("`{key}` must be {}, not {}", accepted_values(kind), node.value.kind()),
        TomlValue::String(_) => format!("`{key}` must be {}, not the string {}", accepted_values(kind), node.text),
        _ => format!("`{key}` must be {}, not {} like {}", accepted_values(kind), node.value.kind(), node.text),
    };
    let diagnostic = Diagnostic::at(&node.location, title).label(node.value.kind());
    match &node.value {
        TomlValue::String(text) if numeric && text.trim().parse::<f64>().is_ok_and(f64::is_finite) => quoted_number(node, text, kind, key),
        TomlValue::Float(value) if numeric && value.fract() == 0.0 && value.abs() < 1e15 => diagnostic.help(format!("write {value:.0}")),
        TomlValue::String(text) if kind == Kind::Boolean => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" => diagnostic.help("write true, without quotes"),
            "false" | "no" | "off" => diagnostic.help("write false, without quotes"),
            _ => diagnostic,
        },
        TomlValue::Integer(Some(value @ (0 | 1))) if kind == Kind::Boolean => diagnostic.help(format!("write {}", *value == 1)),
        _ => diagnostic,
    }
}

/// Reads a string of a key that is not a hyperparameter.
pub fn string(node: &TomlNode, key: &str) -> Result<String, Diagnostic> {
    match &node.value {
        TomlValue::String(text) if !text.trim().is_empty() => Ok(text.clone()),
        TomlValue::String(_) => Err(Diagnostic::at(&node.location, format!("`{key}` is empty")).label("must not be empty")),
        TomlValue::Integer(_) | TomlValue::Float(_) | TomlValue::Boolean(_) | TomlValue::Date => {
            Err(Diagnostic::at(&node.location, format!("`{key}` must be a string, not {}", node.value.kind()))
                .label(node.value.kind())
                .help(format!("put it in quotes: \"{}\"", node.text)))
        }
        TomlValue::List(_) | TomlValue::Table(_) => {
            Err(Diagnostic::at(&node.location, format!("`{key}` must be a string, not {}", node.value.kind())).label(node.value.kind()))
        }
    }
}

/// Reads an integer of a key that is not a hyperparameter.
pub fn integer(node: &TomlNode, min: i64, max: i64, key: &str) -> Result<i64, Diagnostic> {
    match scalar(node, Kind::Integer { min, max }, key)? {
        Value::Integer(value) => Ok(value),
        _ => Err(wrong_type(node, Kind::Integer { min, max }, key)),
    }
}

/// Reads a finite number of a key that is not a hyperparameter.
pub fn float(node: &TomlNode, key: &str) -> Result<f64, Diagnostic> {
    let kind = Kind::Float { min: f64::MIN, min_open: false, max: f64::MAX, max_open: false };
    match scalar(node, kind, key) {
        Ok(Value::Float(value)) => Ok(value),
        _ => Err(Diagnostic::at(&node.location, format!("`{key}` must be a finite number, not {}", node.text)).label(node.value.kind())),
    }
}

/// Reads a boolean of a key that is not a hyperparameter.
pub fn boolean(node: &TomlNode, key: &str) -> Result<bool, Diagnostic> {
    Ok(scalar(node, Kind::Boolean, key)? == Value::Boolean(true))
}

/// The error for a value that gradsweep does not support yet.
pub fn unsupported(location: &Location, key: &str, value: &str, remedy: &str) -> Diagnostic {
    Diagnostic::at(location, format!("gradsweep does not support `{key}` = {value} yet")).label("not supported").help(remedy)
}
