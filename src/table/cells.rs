//! The types of a column: a vector of numbers, flags or words with one cell per row.

use crate::model::Verdict;

/// The cells of a column, to be written. Integers and verdicts without an option are never null.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the variants are types of cells")]
pub enum Cells<'a> {
    U64(&'a [u64]),
    U32(&'a [u32]),
    /// A number that is not finite is null.
    F32(&'a [f32]),
    OptionalU64(&'a [Option<u64>]),
    OptionalU32(&'a [Option<u32>]),
    OptionalI64(&'a [Option<i64>]),
    /// A number that is not finite is null.
    OptionalF64(&'a [Option<f64>]),
    OptionalBool(&'a [Option<bool>]),
    OptionalWord(&'a [Option<&'static str>]),
    Verdict(&'a [Verdict]),
}

/// A column that was read; `None` and NaN are null.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants are types of cells")]
pub enum StoredColumn {
    Integer(Vec<Option<i64>>),
    Double(Vec<Option<f64>>),
    Float(Vec<f32>),
    Boolean(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
}

/// Columns by name, read from a file.
pub trait ColumnSource {
    /// The error of a column that cannot be read.
    type Error;

    /// The names of the columns.
    fn names(&self) -> Vec<String>;
    /// The number of rows.
    fn rows(&self) -> usize;
    /// A column; `None` if there is none of this name.
    ///
    /// # Errors
    /// If the column cannot be read.
    fn stored(&self, name: &str) -> Result<Option<StoredColumn>, Self::Error>;
    /// The error for a column that is missing.
    fn missing_column(&self, name: &str) -> Self::Error;
    /// The error for a column of another type, or with a value that is not known.
    fn wrong_column(&self, name: &str) -> Self::Error;

    /// A column of a known type.
    ///
    /// # Errors
    /// If the column cannot be read, is missing, or has another type.
    fn column<T: Cell>(&self, name: &str) -> Result<Vec<T>, Self::Error> {
        match (self.stored(name)?, T::ABSENT) {
            (Some(column), _) => T::from_stored(column).ok_or_else(|| self.wrong_column(name)),
            (None, Some(absent)) => Ok(vec![absent; self.rows()]),
            (None, None) => Err(self.missing_column(name)),
        }
    }
}

/// A type of the cells of a column.
pub trait Cell: Clone {
    /// The value of each row in a file without the column, which an older version wrote; `None` if every version writes the column.
    const ABSENT: Option<Self> = None;

    /// The cells of a column of this type.
    fn cells(column: &[Self]) -> Cells<'_>;
    /// Converts a column that was read; `None` if it has another type, or a null where this type has none.
    fn from_stored(column: StoredColumn) -> Option<Vec<Self>>;
}

/// Implements [`Cell`] for an unsigned integer, without and with null.
macro_rules! integer_cells {
    ($integer:ty, $cells:ident, $optional_cells:ident) => {
        impl Cell for $integer {
            fn cells(column: &[Self]) -> Cells<'_> {
                Cells::$cells(column)
            }

            fn from_stored(column: StoredColumn) -> Option<Vec<Self>> {
                let StoredColumn::Integer(cells) = column else { return None };
                cells.into_iter().map(|cell| cell?.try_into().ok()).collect()
            }
        }

        impl Cell for Option<$integer> {
            const ABSENT: Option<Self> = Some(None);

            fn cells(column: &[Self]) -> Cells<'_> {
                Cells::$optional_cells(column)
            }

            fn from_stored(column: StoredColumn) -> Option<Vec<Self>> {
                let StoredColumn::Integer(cells) = column else { return None };
                cells.into_iter().map(|cell| cell.map_or(Some(None), |value| value.try_into().ok().map(Some))).collect()
            }
        }
    };
}

integer_cells!(u32, U32, OptionalU32);
integer_cells!(u64, U64, OptionalU64);

impl Cell for f32 {
    fn cells(column: &[Self]) -> Cells<'_> {
        Cells::F32(column)
    }

    fn from_stored(column: StoredColumn) -> Option<Vec<Self>> {
        match column {
            StoredColumn::Float(cells) => Some(cells),
            // A start that the sweep varies is stored in float64, as the config gives it.
            StoredColumn::Double(cells) => Some(cells.into_iter().map(|cell| cell.map_or(f32::NAN, |value| value as f32)).collect()),
            _ => None,
        }
    }
}

impl Cell for Verdict {
    fn cells(column: &[Self]) -> Cells<'_> {
        Cells::Verdict(column)
    }

    fn from_stored(column: StoredColumn) -> Option<Vec<Self>> {
        let StoredColumn::Text(cells) = column else { return None };
        cells.into_iter().map(|cell| Self::from_name(&cell?)).collect()
    }
}
