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
    /// The numbers of a bin, of a hyperparameter that each run of a sampled sweep draws for itself.
    Range {
        /// The smallest number.
        low: f64,
        /// The end of the bin: the largest integer, or the first number of the next bin.
        high: f64,
        /// The number in the middle, where figures draw the bin.
        middle: f64,
    },
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
            (Self::Word(a), Self::Word(b)) => a.cmp(b),
            (Self::Drawn(a), Self::Drawn(b)) => a.to_string().cmp(&b.to_string()),
            (Self::Range { low, high, .. }, Self::Range { low: other_low, high: other_high, .. }) => {
                low.total_cmp(other_low).then(high.total_cmp(other_high))
            }
            _ => {
                let [own, others] = [self, other].map(|setting| setting.number().unwrap_or(0.0));
                let is_range = |setting: &Self| matches!(setting, Self::Range { .. });
                self.kind().cmp(&other.kind()).then(own.total_cmp(&others)).then(is_range(self).cmp(&is_range(other)))
            }
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
            Self::Range { low, .. } => low.to_bits().hash(state),
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
            Self::Range { low, high, .. } => write!(formatter, "{} to {}", text::short(*low, 3), text::short(*high, 3)),
            Self::Word(word) => formatter.write_str(word),
            Self::Drawn(initializer) => write!(formatter, "{initializer}"),
        }
    }
}

/// A number, a word, or null; a bin is a word.
impl Serialize for Setting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Range { .. } => serializer.collect_str(self),
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
            Self::Number(_) | Self::Range { .. } => 1,
            Self::Word(_) => 2,
            Self::Drawn(_) => 3,
        }
    }

    /// The value as a number, of a bin the middle; `None` for words and absent values.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(value) | Self::Range { middle: value, .. } => Some(value),
            Self::Absent | Self::Word(_) | Self::Drawn(_) => None,
        }
    }

    /// The smallest and the largest number of a bin, or the number twice; `None` for words and absent values.
    pub fn ends(self) -> Option<[f64; 2]> {
        match self {
            Self::Range { low, high, .. } => Some([low, high]),
            other => other.number().map(|number| [number; 2]),
        }
    }

    /// The value with all its digits; empty if it is absent.
    pub fn exact(self) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Number(value) => text::exact(value),
            Self::Range { low, high, .. } => format!("{} to {}", text::exact(low), text::exact(high)),
            Self::Word(word) => word.to_owned(),
            Self::Drawn(initializer) => initializer.to_string(),
        }
    }

    /// Whether a filter value given as text matches: as an equal number, as the printed form, or as a range `0.01 to 0.1` that holds the number.
    pub fn matches(self, text: &str) -> bool {
        let range = text.split_once(" to ").and_then(|(low, high)| Some([low.trim().parse().ok()?, high.trim().parse::<f64>().ok()?]));
        if let (Some(number), Some([low, high])) = (self.number(), range) {
            return (low..=high).contains(&number);
        }
        let equal_number = self.number().is_some_and(|value| text.parse() == Ok(value));
        equal_number || self.to_string().eq_ignore_ascii_case(text)
    }
}
