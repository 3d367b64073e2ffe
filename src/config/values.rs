//! A node becomes a value. Its type follows the key, never the literal, and its bounds are those of the table.

use crate::model::Value;
use crate::model::hyperparameters::Kind;
use crate::model::initializer::INITIALIZERS;
use crate::text;

use super::mistake::{Mistake, Place};
use super::raw::{Node, Raw};
use super::{initializers, keys};

/// Words that people write for another.
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

/// What a kind of value must be, in words.
pub fn rule(kind: Kind) -> String {
    let words = |words: &[&str]| words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    match kind {
        Kind::Float { min, min_open, max, max_open } => {
            let low = if min_open { format!("above {}", text::exact(min)) } else { format!("from {}", text::exact(min)) };
            let high = if max_open { format!("below {}", text::exact(max)) } else { format!("to {}", text::exact(max)) };
            format!("a number {low} {high}")
        }
        Kind::Integer { min, max: i64::MAX } => format!("an integer of at least {min}"),
        Kind::Integer { min, max } => format!("an integer from {min} to {max}"),
        Kind::IntegerOr { min, max: i64::MAX, words: others } => format!("an integer of at least {min}, or {}", words(others)),
        Kind::IntegerOr { min, max, words: others } => format!("an integer from {min} to {max}, or {}", words(others)),
        Kind::FloatOr { min, max, words: others } => {
            format!("a number from {} to {}, or one of {}", text::exact(min), text::exact(max), words(others))
        }
        Kind::Boolean => "true or false".into(),
        Kind::Choice(choices) | Kind::Name(choices, _) => format!("one of {}", words(choices)),
    }
}

/// Reads a single value. `key` is its name in messages.
pub fn value(node: &Node, kind: Kind, key: &str) -> Result<Value, Mistake> {
    if let (Kind::Name(_, aliases), Raw::Text(text)) = (kind, &node.value)
        && let Some(&(_, word)) = aliases.iter().find(|(alias, _)| alias == text)
    {
        return Ok(Value::Choice(word));
    }
    if let (Kind::FloatOr { words, .. }, Raw::Table(table)) = (kind, &node.value)
        && words == INITIALIZERS
    {
        return initializers::read(node, table, key);
    }
    match (kind, &node.value) {
        (Kind::Float { .. } | Kind::FloatOr { .. }, Raw::Float(value)) => in_bounds(*value, kind, node, key).map(Value::Float),
        (Kind::Float { .. } | Kind::FloatOr { .. }, Raw::Integer(Some(value))) => {
            in_bounds(*value as f64, kind, node, key).map(Value::Float)
        }
        (Kind::Integer { min, max } | Kind::IntegerOr { min, max, .. }, Raw::Integer(value)) => match value {
            Some(value) if (min..=max).contains(value) => Ok(Value::Integer(*value)),
            _ => Err(out_of_bounds(node, kind, key)),
        },
        (Kind::Boolean, Raw::Boolean(value)) => Ok(Value::Boolean(*value)),
        (Kind::Name(words, _) | Kind::Choice(words) | Kind::IntegerOr { words, .. } | Kind::FloatOr { words, .. }, Raw::Text(text)) => {
            words
                .iter()
                .find(|word| *word == text)
                .map(|&word| Value::Choice(word))
                .ok_or_else(|| unknown_word(node, text, kind, words, key))
        }
        _ => Err(wrong_type(node, kind, key)),
    }
}

fn in_bounds(value: f64, kind: Kind, node: &Node, key: &str) -> Result<f64, Mistake> {
    let (min, min_open, max, max_open) = match kind {
        Kind::Float { min, min_open, max, max_open } => (min, min_open, max, max_open),
        Kind::FloatOr { min, max, .. } => (min, false, max, false),
        _ => (f64::NEG_INFINITY, false, f64::INFINITY, false),
    };
    if !value.is_finite() {
        return Err(Mistake::at(&node.place, format!("`{key}` must be a finite number, not {}", node.text))
            .label("not finite")
            .help(format!("write {}", rule(kind))));
    }
    let inside = if min_open { value > min } else { value >= min } && if max_open { value < max } else { value <= max };
    // −0 is 0: a sign on a zero must not make two runs of one.
    if inside { Ok(value + 0.0) } else { Err(out_of_bounds(node, kind, key)) }
}

fn out_of_bounds(node: &Node, kind: Kind, key: &str) -> Mistake {
    Mistake::at(&node.place, format!("`{key}` is out of bounds: {}", node.text)).label(format!("must be {}", rule(kind)))
}

fn unknown_word(node: &Node, text: &str, kind: Kind, words: &[&'static str], key: &str) -> Mistake {
    if !matches!(kind, Kind::Choice(_) | Kind::Name(..))
        && let Ok(number) = text.trim().parse::<f64>()
        && number.is_finite()
    {
        return quoted_number(node, text, kind, key);
    }
    let alias = WORDS.iter().find(|(wrong, _)| wrong.eq_ignore_ascii_case(text)).map(|&(_, right)| right);
    let guess = alias.filter(|right| words.contains(right)).or_else(|| keys::nearest(text, words.iter().copied()));
    let mistake = Mistake::at(&node.place, format!("`{key}` cannot be {}", node.text)).label(format!("must be {}", rule(kind)));
    match guess {
        Some(guess) => mistake.help(format!("did you mean \"{guess}\"?")),
        None => mistake,
    }
}

fn quoted_number(node: &Node, text: &str, kind: Kind, key: &str) -> Mistake {
    Mistake::at(&node.place, format!("`{key}` must be {}, not the text {}", rule(kind), node.text))
        .label("text, because of the quotes")
        .help(format!("remove the quotes: {}", text.trim()))
}

fn wrong_type(node: &Node, kind: Kind, key: &str) -> Mistake {
    let numeric = !matches!(kind, Kind::Boolean | Kind::Choice(_) | Kind::Name(..));
    let title = match &node.value {
        Raw::List(_) | Raw::Table(_) => format!("`{key}` must be {}, not {}", rule(kind), node.value.kind()),
        Raw::Text(_) => format!("`{key}` must be {}, not the text {}", rule(kind), node.text),
        _ => format!("`{key}` must be {}, not {} like {}", rule(kind), node.value.kind(), node.text),
    };
    let mistake = Mistake::at(&node.place, title).label(node.value.kind());
    match &node.value {
        Raw::Text(text) if numeric && text.trim().parse::<f64>().is_ok_and(f64::is_finite) => quoted_number(node, text, kind, key),
        Raw::Float(value) if numeric && value.fract() == 0.0 && value.abs() < 1e15 => mistake.help(format!("write {value:.0}")),
        Raw::Text(text) if kind == Kind::Boolean => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" => mistake.help("write true, without quotes"),
            "false" | "no" | "off" => mistake.help("write false, without quotes"),
            _ => mistake,
        },
        Raw::Integer(Some(value @ (0 | 1))) if kind == Kind::Boolean => mistake.help(format!("write {}", *value == 1)),
        _ => mistake,
    }
}

/// Text, for keys that are no hyperparameters.
pub fn text(node: &Node, key: &str) -> Result<String, Mistake> {
    match &node.value {
        Raw::Text(text) if !text.trim().is_empty() => Ok(text.clone()),
        Raw::Text(_) => Err(Mistake::at(&node.place, format!("`{key}` is empty")).label("must be text")),
        Raw::Integer(_) | Raw::Float(_) | Raw::Boolean(_) | Raw::Date => {
            Err(Mistake::at(&node.place, format!("`{key}` must be text, not {}", node.value.kind()))
                .label(node.value.kind())
                .help(format!("put it in quotes: \"{}\"", node.text)))
        }
        Raw::List(_) | Raw::Table(_) => {
            Err(Mistake::at(&node.place, format!("`{key}` must be text, not {}", node.value.kind())).label(node.value.kind()))
        }
    }
}

/// An integer, for keys that are no hyperparameters.
pub fn integer(node: &Node, min: i64, max: i64, key: &str) -> Result<i64, Mistake> {
    match value(node, Kind::Integer { min, max }, key)? {
        Value::Integer(value) => Ok(value),
        _ => Err(wrong_type(node, Kind::Integer { min, max }, key)),
    }
}

/// A finite number, for keys that are no hyperparameters.
pub fn float(node: &Node, key: &str) -> Result<f64, Mistake> {
    let kind = Kind::Float { min: f64::MIN, min_open: false, max: f64::MAX, max_open: false };
    match value(node, kind, key) {
        Ok(Value::Float(value)) => Ok(value),
        _ => Err(Mistake::at(&node.place, format!("`{key}` must be a finite number, not {}", node.text)).label(node.value.kind())),
    }
}

/// A boolean, for keys that are no hyperparameters.
pub fn boolean(node: &Node, key: &str) -> Result<bool, Mistake> {
    Ok(value(node, Kind::Boolean, key)? == Value::Boolean(true))
}

/// What gradsweep will have and has not yet.
pub fn not_in_this_version(place: &Place, key: &str, value: &str, remedy: &str) -> Mistake {
    Mistake::at(place, format!("`{key}` = {value} is not in this version of gradsweep")).label("not supported yet").help(remedy)
}
