//! How the cells of a column are written: as they lie in memory, as a list and places in it, or, where neither serves, by the crate's
//! encoders. Knows no column by name.

use std::collections::HashMap;
use std::sync::Arc;

use ::parquet::basic::Type as Physical;
use ::parquet::data_type::{BoolType, ByteArray, DataType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::statistics::Statistics;
use ::parquet::file::writer::SerializedRowGroupWriter;
use ::parquet::schema::types::ColumnDescPtr;

use super::pages::{Pages, Plain, range};
use super::parquet::{Cells, Output};

/// A row group, and the column that comes next.
pub struct Next<'g, 'w> {
    pub group: &'g mut SerializedRowGroupWriter<'w, Output>,
    pub column: &'g ColumnDescPtr,
}

/// The cells of a column that are known.
struct Known<T> {
    values: Vec<T>,
    /// Of each row.
    known: Vec<bool>,
}

impl<T> Known<T> {
    fn of(cells: impl ExactSizeIterator<Item = Option<T>>) -> Self {
        let (mut values, mut known) = (Vec::with_capacity(cells.len()), Vec::with_capacity(cells.len()));
        for cell in cells {
            known.push(cell.is_some());
            if let Some(value) = cell {
                values.push(value);
            }
        }
        Self { values, known }
    }

    fn rows(&self) -> usize {
        self.known.len()
    }

    fn nulls(&self) -> u64 {
        (self.known.len() - self.values.len()) as u64
    }
}

/// The most distinct values of a list.
const LISTED: usize = 1 << 12;

/// Distinct values, and the place of each; `None` where they are too many. Neighbours are mostly alike.
fn listed<T: Copy>(values: &[T], bits: impl Fn(T) -> u64) -> Option<(Vec<T>, Vec<u16>)> {
    let (mut list, mut places, mut met) = (Vec::new(), Vec::with_capacity(values.len()), HashMap::new());
    let mut last = None;
    for &value in values {
        let own = bits(value);
        let place = match last {
            Some((other, place)) if other == own => place,
            _ => *met.entry(own).or_insert_with(|| {
                list.push(value);
                (list.len() - 1) as u16
            }),
        };
        if list.len() > LISTED {
            return None;
        }
        places.push(place);
        last = Some((own, place));
    }
    Some((list, places))
}

/// Smallest and largest; `None` where there is none. A plain loop: as closures of iterators these comparisons are calls.
fn ends<T: Copy + PartialOrd>(values: &[T]) -> Option<[T; 2]> {
    let (mut low, mut high) = (*values.first()?, *values.first()?);
    for &value in values {
        low = if value < low { value } else { low };
        high = if value > high { value } else { high };
    }
    Some([low, high])
}

impl Next<'_, '_> {
    pub fn write(&mut self, cells: &Cells<'_>) -> Result<(), ParquetError> {
        match cells {
            Cells::Integer(cells) => self.optional_integers(&Known::of(cells.iter().copied())),
            Cells::Double(cells) => self.doubles(&Known::of(cells.iter().map(|cell| cell.filter(|value| value.is_finite())))),
            Cells::Boolean(cells) => {
                let Known { values, known } = Known::of(cells.iter().copied());
                let levels: Vec<i16> = known.into_iter().map(i16::from).collect();
                write::<BoolType>(self.group, &values, Some(&levels))
            }
            Cells::Text(_) => Err(ParquetError::NYI("text is written as words".into())),
            Cells::Words(cells) => self.words(cells),
            Cells::Integers(values) => self.integers(values),
            Cells::Runs(runs) => self.runs(runs),
            Cells::Listed { list, places, range } => self.listed(list, places, *range),
            Cells::Finite { values, range } => self.finite(values, *range),
            Cells::Floats(values) => match range(values) {
                Some(range) => self.finite(values, range),
                None => self.floats(&Known::of(values.iter().map(|&value| value.is_finite().then_some(value)))),
            },
        }
    }

    fn column(&self) -> ColumnDescPtr {
        Arc::clone(self.column)
    }

    fn nulls(&mut self, rows: usize) -> Result<(), ParquetError> {
        let empty = match self.column.physical_type() {
            Physical::DOUBLE => Statistics::double(None, None, None, Some(rows as u64), false),
            Physical::FLOAT => Statistics::float(None, None, None, Some(rows as u64), false),
            Physical::BYTE_ARRAY => Statistics::byte_array(None, None, None, Some(rows as u64), false),
            _ => Statistics::int64(None, None, None, Some(rows as u64), false),
        };
        Pages::nulls(self.column(), rows)?.append(self.group, empty)
    }

    fn runs(&mut self, runs: &[(i64, u32)]) -> Result<(), ParquetError> {
        let values: Vec<i64> = runs.iter().map(|run| run.0).collect();
        let pages = Pages::runs(self.column(), &Plain::numbers(&values), runs.iter().map(|run| run.1))?;
        pages.append(self.group, Statistics::int64(values.iter().min().copied(), values.iter().max().copied(), None, Some(0), false))
    }

    fn finite(&mut self, values: &[f32], [low, high]: [f32; 2]) -> Result<(), ParquetError> {
        Pages::plain(self.column(), values)?.append(self.group, Statistics::float(Some(low), Some(high), None, Some(0), false))
    }

    fn floats(&mut self, cells: &Known<f32>) -> Result<(), ParquetError> {
        let Some([low, high]) = range(&cells.values) else { return self.nulls(cells.rows()) };
        let statistics = Statistics::float(Some(low), Some(high), None, Some(cells.nulls()), false);
        Pages::sparse(self.column(), &cells.values, &cells.known)?.append(self.group, statistics)
    }

    /// Numbers that lie close together are told by their distance from the smallest, a byte each.
    fn integers(&mut self, values: &[i64]) -> Result<(), ParquetError> {
        let Some([low, high]) = ends(values) else {
            return write::<Int64Type>(self.group, values, None);
        };
        if low == high {
            return self.runs(&[(low, values.len() as u32)]);
        }
        // The difference alone rules out nearly all that is not so.
        if high.abs_diff(low) == values.len() as u64 - 1 && values.windows(2).all(|pair| pair[0] + 1 == pair[1]) {
            let statistics = Statistics::int64(Some(low), Some(high), None, Some(0), false);
            return Pages::consecutive(self.column(), low, values.len())?.append(self.group, statistics);
        }
        if high.abs_diff(low) > u64::from(u8::MAX) {
            return write::<Int64Type>(self.group, values, None);
        }
        let list: Vec<i64> = (low..=high).collect();
        let places: Vec<u16> = values.iter().map(|value| (value - low) as u16).collect();
        self.listed(&list, &places, [low, high])
    }

    fn listed(&mut self, list: &[i64], places: &[u16], [low, high]: [i64; 2]) -> Result<(), ParquetError> {
        let pages = Pages::listed(self.column(), &Plain::numbers(list), places)?;
        pages.append(self.group, Statistics::int64(Some(low), Some(high), None, Some(0), false))
    }

    fn optional_integers(&mut self, cells: &Known<i64>) -> Result<(), ParquetError> {
        let Some([low, high]) = ends(&cells.values) else { return self.nulls(cells.rows()) };
        if let Some((list, places)) = listed(&cells.values, i64::cast_unsigned) {
            let statistics = Statistics::int64(Some(low), Some(high), None, Some(cells.nulls()), false);
            return Pages::sparse_listed(self.column(), &Plain::numbers(&list), &places, &cells.known)?.append(self.group, statistics);
        }
        let levels: Vec<i16> = cells.known.iter().map(|&known| i16::from(known)).collect();
        write::<Int64Type>(self.group, &cells.values, Some(&levels))
    }

    /// Numbers that recur are listed.
    fn doubles(&mut self, cells: &Known<f64>) -> Result<(), ParquetError> {
        let Some([low, high]) = ends(&cells.values) else { return self.nulls(cells.rows()) };
        // The format tells 0 from -0, and asks for the outer one.
        let outer = |value: f64, zero: f64| Some(if value == 0.0 { zero } else { value });
        let statistics = Statistics::double(outer(low, -0.0), outer(high, 0.0), None, Some(cells.nulls()), false);
        let pages = match listed(&cells.values, f64::to_bits) {
            Some((list, places)) => Pages::sparse_listed(self.column(), &Plain::numbers(&list), &places, &cells.known)?,
            None => Pages::sparse(self.column(), &cells.values, &cells.known)?,
        };
        pages.append(self.group, statistics)
    }

    /// Each word is stored once.
    fn words(&mut self, cells: &[Option<&'static str>]) -> Result<(), ParquetError> {
        let cells = Known::of(cells.iter().copied());
        let mut met: Vec<&'static str> = Vec::new();
        let place = |word: &&'static str| {
            let known = met.iter().position(|other| std::ptr::eq(*other, *word) || other == word);
            known.unwrap_or_else(|| {
                met.push(word);
                met.len() - 1
            }) as u16
        };
        let places: Vec<u16> = cells.values.iter().map(place).collect();
        let end = |word: Option<&&'static str>| word.map(|word| ByteArray::from(*word));
        let statistics = Statistics::byte_array(end(met.iter().min()), end(met.iter().max()), None, Some(cells.nulls()), false);
        if met.is_empty() {
            return self.nulls(cells.rows());
        }
        Pages::sparse_listed(self.column(), &Plain::words(&met), &places, &cells.known)?.append(self.group, statistics)
    }
}

/// `levels` tells null (0) from known (1); a column without nulls has none.
fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Output>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let column = group.next_column()?;
    let Some(mut column) = column else { return Err(ParquetError::General("more columns than the schema has".into())) };
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
