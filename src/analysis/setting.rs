//! The value of a hyperparameter in one run, for comparing, grouping and printing.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

use crate::model::{Initializer, Value};
use crate::text;

/// The value of a hyperparameter in one run. Absent values come first in the order, then numbers, words and distributions.
#[derive(Clone, Copy, Debug)]
pub enum Setting {
    /// The run does not have the hyperparameter.
    Absent,
    /// A number; integers too.
    Number(f64),
    /// A word, or `true` or `false`.
    Word(&'static str),
    /// The distribution of an initial value.
    Drawn(Initializer),
}

impl From<Option<Value>> for Setting {
    fn from(value: Option<Value>) -> Self {
        match value {
            None => Self::Absent,
            Some(Value::Float(value)) => Self::Number(value),
            Some(Value::Integer(value)) => Self::Number(value as f64),
            Some(Value::Boolean(value)) => Self::Word(if value { "true" } else { "false" }),
            Some(Value::Choice(word)) => Self::Word(word),
            Some(Value::Drawn(initializer)) => Self::Drawn(initializer),
        }
    }
}

impl Ord for Setting {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Word(a), Self::Word(b)) => a.cmp(b),
            (Self::Drawn(a), Self::Drawn(b)) => a.to_string().cmp(&b.to_string()),
            _ => self.kind().cmp(&other.kind()),
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

impl Hash for Setting {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Absent => {}
            Self::Number(value) => value.to_bits().hash(state),
            Self::Word(word) => word.hash(state),
            Self::Drawn(initializer) => initializer.to_string().hash(state),
        }
    }
}

impl std::fmt::Display for Setting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => formatter.write_str("none"),
            Self::Number(value) => formatter.write_str(&text::short(*value, 4)),
            Self::Word(word) => formatter.write_str(word),
            Self::Drawn(initializer) => write!(formatter, "{initializer}"),
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
            Self::Drawn(initializer) => serializer.collect_str(initializer),
        }
    }
}

impl Setting {
    /// The position of the kind of value in the order.
    fn kind(&self) -> u8 {
        match self {
            Self::Absent => 0,
            Self::Number(_) => 1,
            Self::Word(_) => 2,
            Self::Drawn(_) => 3,
        }
    }

    /// The value as a number; `None` for words and absent values.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(value),
            Self::Absent | Self::Word(_) | Self::Drawn(_) => None,
        }
    }

    /// The value with all its digits; empty if it is absent.
    pub fn exact(self) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Number(value) => text::exact(value),
            Self::Word(word) => word.to_owned(),
            Self::Drawn(initializer) => initializer.to_string(),
        }
    }

    /// Whether a filter value given as text matches: as an equal number, or as the printed form.
    pub fn matches(self, text: &str) -> bool {
        let equal_number = self.number().is_some_and(|value| text.parse() == Ok(value));
        equal_number || self.to_string().eq_ignore_ascii_case(text)
    }
}
