//! A hyperparameter as a column of the run table.

use super::cells::{Cells, StoredColumn};
use crate::model::{Kind, Parameter, Value};

/// The values of a hyperparameter, one per run; `None` is null: the optimizer or schedule of the run does not have it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants are types of values; `None` is null")]
pub enum SettingColumn {
    Float(Vec<Option<f64>>),
    Integer(Vec<Option<i64>>),
    Boolean(Vec<Option<bool>>),
    Text(Vec<Option<&'static str>>),
}

impl SettingColumn {
    /// An empty column for a hyperparameter.
    pub fn new(parameter: Parameter) -> Self {
        match parameter.facts().kind {
            Kind::Float { .. } | Kind::FloatOr { .. } => Self::Float(Vec::new()),
            Kind::Integer { .. } | Kind::IntegerOr { .. } => Self::Integer(Vec::new()),
            Kind::Boolean => Self::Boolean(Vec::new()),
            Kind::Choice(_) | Kind::Name(..) => Self::Text(Vec::new()),
        }
    }

    /// Appends the value `count` times; null if it is not of the column's type.
    pub fn push(&mut self, value: Option<Value>, count: usize) {
        fn push<T: Clone>(cells: &mut Vec<Option<T>>, cell: Option<T>, count: usize) {
            if count == 1 {
                cells.push(cell);
            } else {
                cells.resize(cells.len() + count, cell);
            }
        }
        match self {
            Self::Float(cells) => push(cells, value.and_then(Value::number), count),
            Self::Integer(cells) => push(cells, if let Some(Value::Integer(value)) = value { Some(value) } else { None }, count),
            Self::Boolean(cells) => push(cells, if let Some(Value::Boolean(value)) = value { Some(value) } else { None }, count),
            Self::Text(cells) => push(cells, if let Some(Value::Choice(word)) = value { Some(word) } else { None }, count),
        }
    }

    /// The cells, to be written.
    pub fn cells(&self) -> Cells<'_> {
        match self {
            Self::Float(cells) => Cells::OptionalF64(cells),
            Self::Integer(cells) => Cells::OptionalI64(cells),
            Self::Boolean(cells) => Cells::OptionalBool(cells),
            Self::Text(cells) => Cells::OptionalWord(cells),
        }
    }

    /// Converts a column that was read; `None` if it has another type than the hyperparameter, or an unknown word.
    pub(super) fn from_stored(parameter: Parameter, column: StoredColumn) -> Option<Self> {
        Some(match column {
            StoredColumn::Double(cells) => Self::Float(cells),
            StoredColumn::Integer(cells) => Self::Integer(cells),
            StoredColumn::Boolean(cells) => Self::Boolean(cells),
            StoredColumn::Text(cells) => {
                let words: &[&'static str] = match parameter.facts().kind {
                    Kind::Choice(words) | Kind::Name(words, _) => words,
                    _ => &[],
                };
                let word = |cell: Option<String>| match cell {
                    None => Some(None),
                    Some(text) => words.iter().find(|word| **word == text).map(|word| Some(*word)),
                };
                Self::Text(cells.into_iter().map(word).collect::<Option<_>>()?)
            }
            StoredColumn::Float(_) => return None,
        })
    }

    /// Whether a column is the float32 start of the runs, and not the float64 column of a start that the sweep varies.
    pub(super) fn is_drawn_start(parameter: Parameter, column: &StoredColumn) -> bool {
        matches!(parameter, Parameter::InitialWeight | Parameter::InitialBias) && matches!(column, StoredColumn::Float(_))
    }

    /// The values at these rows.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::Float(cells) => Self::Float(rows.iter().map(|&row| cells[row]).collect()),
            Self::Integer(cells) => Self::Integer(rows.iter().map(|&row| cells[row]).collect()),
            Self::Boolean(cells) => Self::Boolean(rows.iter().map(|&row| cells[row]).collect()),
            Self::Text(cells) => Self::Text(rows.iter().map(|&row| cells[row]).collect()),
        }
    }

    /// Allocates memory for more cells.
    pub(super) fn reserve(&mut self, rows: usize) {
        match self {
            Self::Float(cells) => cells.reserve_exact(rows),
            Self::Integer(cells) => cells.reserve_exact(rows),
            Self::Boolean(cells) => cells.reserve_exact(rows),
            Self::Text(cells) => cells.reserve_exact(rows),
        }
    }

    /// Appends the values of another column of the same hyperparameter.
    pub(super) fn append(&mut self, other: &Self) {
        match (self, other) {
            (Self::Float(cells), Self::Float(more)) => cells.extend(more),
            (Self::Integer(cells), Self::Integer(more)) => cells.extend(more),
            (Self::Boolean(cells), Self::Boolean(more)) => cells.extend(more),
            (Self::Text(cells), Self::Text(more)) => cells.extend(more),
            _ => {}
        }
    }
}
