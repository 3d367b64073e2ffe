//! The value of a hyperparameter in one run, for comparing, grouping and printing.

use std::cmp::Ordering;

use serde::{Serialize, Serializer};

use crate::model::Value;
use crate::text;

/// The value of a hyperparameter in one run. Absent values come first in the order, then numbers, then words.
#[derive(Clone, Copy, Debug)]
pub enum Setting {
    /// The run does not have the hyperparameter.
    Absent,
    /// A number; integers too.
    Number(f64),
    /// A word, or `true` or `false`.
    Word(&'static str),
}

impl From<Option<Value>> for Setting {
    fn from(value: Option<Value>) -> Self {
        match value {
            None => Self::Absent,
            Some(Value::Float(value)) => Self::Number(value),
            Some(Value::Integer(value)) => Self::Number(value as f64),
            Some(Value::Boolean(value)) => Self::Word(if value { "true" } else { "false" }),
            Some(Value::Choice(word)) => Self::Word(word),
            Some(Value::Drawn(_)) => Self::Word("drawn"),
        }
    }
}

impl Ord for Setting {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Word(a), Self::Word(b)) => a.cmp(b),
            (Self::Absent, Self::Absent) => Ordering::Equal,
            (Self::Absent, _) | (Self::Number(_), Self::Word(_)) => Ordering::Less,
            (_, Self::Absent) | (Self::Word(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Setting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Setting {}

impl std::fmt::Display for Setting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => formatter.write_str("none"),
            Self::Number(value) => formatter.write_str(&text::short(*value, 4)),
            Self::Word(word) => formatter.write_str(word),
        }
    }
}

/// A number, a word, or null.
impl Serialize for Setting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Word(word) => serializer.serialize_str(word),
        }
    }
}

impl Setting {
    /// The value as a number; `None` for words and absent values.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(value),
            Self::Absent | Self::Word(_) => None,
        }
    }

    /// The value with all its digits; empty if it is absent.
    pub fn exact(self) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Number(value) => text::exact(value),
            Self::Word(word) => word.to_owned(),
        }
    }

    /// Whether a filter value given as text matches: as an equal number, or as the printed form.
    pub fn matches(self, text: &str) -> bool {
        let equal_number = self.number().is_some_and(|value| text.parse() == Ok(value));
        equal_number || self.to_string().eq_ignore_ascii_case(text)
    }
}
