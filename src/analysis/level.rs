//! The value of a hyperparameter in a run, in a form that can be compared, grouped and printed.

use std::cmp::Ordering;

use crate::model::Value;
use crate::text;

/// What a run has for a hyperparameter.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    /// The run does not have the hyperparameter.
    Absent,
    Number(f64),
    Word(&'static str),
}

impl From<Option<Value>> for Level {
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

impl Ord for Level {
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

impl PartialOrd for Level {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Level {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Level {}

impl std::fmt::Display for Level {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => formatter.write_str("(none)"),
            Self::Number(value) => formatter.write_str(&text::short(*value, 4)),
            Self::Word(word) => formatter.write_str(word),
        }
    }
}

impl Level {
    /// The number, where it is one.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(value),
            Self::Absent | Self::Word(_) => None,
        }
    }

    /// Whether a person who typed `text` means this value: the same number, or the digits that are printed of it.
    pub fn is_meant_by(self, text: &str) -> bool {
        let same_number = self.number().is_some_and(|value| text.parse() == Ok(value));
        same_number || self.to_string().eq_ignore_ascii_case(text)
    }
}
