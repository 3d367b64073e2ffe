//! Tables of numbers in Parquet files, column by column: the few types that the run directory has.
//!
//! Knows no column by name. Nulls are definition levels 0; a cell that is not finite is written as null.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::basic::{Compression, ConvertedType, Encoding, Repetition, Type as Physical};
use ::parquet::column::writer::ColumnCloseResult;
use ::parquet::data_type::{BoolType, ByteArray, DataType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use ::parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use ::parquet::file::statistics::Statistics;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::{ColumnDescPtr, ColumnPath, Type, TypePtr};

use super::Error;
use super::pages::{Pages, Plain, range};

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Double,
    Float,
    Boolean,
    Text,
}

/// A column: name, type, and whether every cell is known, so that the file spends nothing on nulls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    pub known: bool,
}

impl Field {
    pub fn new(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind, known: false }
    }

    /// A column without nulls; its cells are [`Cells::Integers`].
    pub fn known(name: &str) -> Self {
        Self { name: name.to_owned(), kind: Kind::Integer, known: true }
    }
}

/// Values of a column; `None` is null.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells<'a> {
    Integer(Cow<'a, [Option<i64>]>),
    Double(Cow<'a, [Option<f64>]>),
    Boolean(Cow<'a, [Option<bool>]>),
    Text(Vec<Option<String>>),
    /// Text that is written: one of a few words.
    Words(Cow<'a, [Option<&'static str>]>),
    /// Every cell is known.
    Integers(Cow<'a, [i64]>),
    /// The same, of values that each stand for so many rows.
    Runs(&'a [(i64, u32)]),
    /// The same, as places in a list of distinct values; the smallest and the largest that occur.
    Listed {
        list: &'a [i64],
        places: &'a [u16],
        range: [i64; 2],
    },
    /// Every cell is finite; the smallest and the largest.
    Finite {
        values: &'a [f32],
        range: [f32; 2],
    },
    /// NaN and infinities are null.
    Floats(Cow<'a, [f32]>),
}

/// Where a file's bytes go. The crate writes 8 KiB at a time, which costs the system more than larger pieces do.
pub type Output = BufWriter<File>;
const OUTPUT: usize = 1 << 18;

/// A Parquet file that is being written under a temporary name.
pub struct TableFile {
    path: PathBuf,
    temporary: PathBuf,
    writer: SerializedFileWriter<Output>,
}

fn explain(path: &Path) -> impl Fn(ParquetError) -> Error + '_ {
    |source| Error::Parquet { path: path.to_path_buf(), source }
}

impl TableFile {
    /// Begins `path`; it appears when [`TableFile::finish`] has renamed it.
    pub fn create(path: &Path, fields: &[Field]) -> Result<Self, Error> {
        let schema = schema(fields).map_err(explain(path))?;
        Self::with_schema(path, schema, properties(fields))
    }

    /// Begins `path` with the fields of another file.
    pub fn like(path: &Path, other: &Path) -> Result<Self, Error> {
        let reader = TableReader::open(other)?;
        let schema = reader.reader.metadata().file_metadata().schema_descr().root_schema_ptr();
        Self::with_schema(path, schema, properties(&[]))
    }

    fn with_schema(path: &Path, schema: TypePtr, properties: WriterPropertiesPtr) -> Result<Self, Error> {
        let temporary = path.with_extension("parquet.tmp");
        let file = super::errors::file("create", &temporary, File::create(&temporary))?;
        let output = BufWriter::with_capacity(OUTPUT, file);
        let writer = SerializedFileWriter::new(output, schema, properties).map_err(explain(path))?;
        Ok(Self { path: path.to_path_buf(), temporary, writer })
    }

    /// Writes a row group: the columns in the order of the fields, all of one length.
    pub fn group(&mut self, columns: &[Cells<'_>]) -> Result<(), Error> {
        let explain = explain(&self.path);
        let schema = self.writer.schema_descr().clone();
        let mut group = self.writer.next_row_group().map_err(&explain)?;
        for (cells, column) in columns.iter().zip(schema.columns()) {
            Next { group: &mut group, column }.write(cells).map_err(&explain)?;
        }
        group.close().map_err(&explain)?;
        Ok(())
    }

    /// Copies every row group of a file with the same fields, without encoding it again.
    pub fn splice(&mut self, part: &Path) -> Result<(), Error> {
        let file = super::errors::file("open", part, File::open(part))?;
        let input = super::errors::file("open", part, file.try_clone())?;
        let reader = SerializedFileReader::new(input).map_err(explain(part))?;
        let explain = explain(&self.path);
        for group in reader.metadata().row_groups() {
            let mut output = self.writer.next_row_group().map_err(&explain)?;
            for column in group.columns() {
                let close = ColumnCloseResult {
                    bytes_written: column.compressed_size() as u64,
                    rows_written: group.num_rows() as u64,
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                output.append_column(&file, close).map_err(&explain)?;
            }
            output.close().map_err(&explain)?;
        }
        Ok(())
    }

    /// Ends the file and gives it its name.
    pub fn finish(self) -> Result<(), Error> {
        let output = self.writer.into_inner().map_err(explain(&self.path))?;
        super::errors::file("write", &self.temporary, output.into_inner().map_err(std::io::IntoInnerError::into_error))?;
        super::errors::file("rename", &self.path, std::fs::rename(&self.temporary, &self.path))
    }
}

fn schema(fields: &[Field]) -> Result<TypePtr, ParquetError> {
    let column = |field: &Field| {
        let physical = match field.kind {
            Kind::Integer => Physical::INT64,
            Kind::Double => Physical::DOUBLE,
            Kind::Float => Physical::FLOAT,
            Kind::Boolean => Physical::BOOLEAN,
            Kind::Text => Physical::BYTE_ARRAY,
        };
        let text = if field.kind == Kind::Text { ConvertedType::UTF8 } else { ConvertedType::NONE };
        let repetition = if field.known { Repetition::REQUIRED } else { Repetition::OPTIONAL };
        let column = Type::primitive_type_builder(&field.name, physical).with_repetition(repetition);
        column.with_converted_type(text).build().map(Arc::new)
    };
    let columns = fields.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("schema").with_fields(columns).build().map(Arc::new)
}

/// Values that the encoders are handed at once: at the crate's default of 1,024 its fixed cost outweighs plain numbers.
const BATCH: usize = 1 << 14;

/// For columns that the crate encodes: integers ascend or stand still, and as differences, compressed, they take next to nothing.
fn properties(fields: &[Field]) -> WriterPropertiesPtr {
    let mut properties = WriterProperties::builder()
        .set_created_by(format!("gradsweep {}", env!("CARGO_PKG_VERSION")))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None)
        .set_write_batch_size(BATCH)
        .set_dictionary_enabled(false);
    for field in fields.iter().filter(|field| field.kind == Kind::Integer) {
        let path = ColumnPath::from(field.name.clone());
        properties =
            properties.set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED).set_column_compression(path, Compression::SNAPPY);
    }
    Arc::new(properties.build())
}

/// A row group, and the column that comes next.
struct Next<'g, 'w> {
    group: &'g mut SerializedRowGroupWriter<'w, Output>,
    column: &'g ColumnDescPtr,
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
            values.extend(cell);
        }
        Self { values, known }
    }

    fn rows(&self) -> usize {
        self.known.len()
    }

    fn nulls(&self) -> Option<u64> {
        Some((self.known.len() - self.values.len()) as u64)
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

impl Next<'_, '_> {
    fn write(&mut self, cells: &Cells<'_>) -> Result<(), ParquetError> {
        match cells {
            Cells::Integer(cells) => self.optional_integers(Known::of(cells.iter().copied())),
            Cells::Double(cells) => self.doubles(Known::of(cells.iter().map(|cell| cell.filter(|value| value.is_finite())))),
            Cells::Boolean(cells) => {
                let Known { values, known } = Known::of(cells.iter().copied());
                let levels: Vec<i16> = known.into_iter().map(i16::from).collect();
                write::<BoolType>(self.group, &values, Some(&levels))
            }
            Cells::Text(_) => Err(ParquetError::NYI("text is written as words".into())),
            Cells::Words(cells) => self.words(cells),
            Cells::Integers(values) => self.integers(values),
            Cells::Runs(runs) => self.runs(runs),
            Cells::Listed { list, places, range: [low, high] } => {
                let pages = Pages::listed(self.column(), &Plain::numbers(list), places)?;
                pages.append(self.group, Statistics::int64(Some(*low), Some(*high), None, Some(0), false))
            }
            Cells::Finite { values, range } => self.finite(values, *range),
            Cells::Floats(values) => match range(values) {
                Some(range) => self.finite(values, range),
                None => self.floats(Known::of(values.iter().map(|&value| value.is_finite().then_some(value)))),
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

    fn floats(&mut self, cells: Known<f32>) -> Result<(), ParquetError> {
        let Some([low, high]) = range(&cells.values) else { return self.nulls(cells.rows()) };
        let statistics = Statistics::float(Some(low), Some(high), None, cells.nulls(), false);
        Pages::sparse(self.column(), &cells.values, &cells.known)?.append(self.group, statistics)
    }

    /// Numbers that lie close together are told by their distance from the smallest, a byte each.
    fn integers(&mut self, values: &[i64]) -> Result<(), ParquetError> {
        let (Some(&low), Some(&high)) = (values.iter().min(), values.iter().max()) else {
            return write::<Int64Type>(self.group, values, None);
        };
        if low == high {
            return self.runs(&[(low, values.len() as u32)]);
        }
        if high.abs_diff(low) > u64::from(u8::MAX) {
            return write::<Int64Type>(self.group, values, None);
        }
        let list: Vec<i64> = (low..=high).collect();
        let places: Vec<u16> = values.iter().map(|value| (value - low) as u16).collect();
        self.write(&Cells::Listed { list: &list, places: &places, range: [low, high] })
    }

    fn optional_integers(&mut self, cells: Known<i64>) -> Result<(), ParquetError> {
        let (Some(&low), Some(&high)) = (cells.values.iter().min(), cells.values.iter().max()) else {
            return self.nulls(cells.rows());
        };
        match listed(&cells.values, i64::cast_unsigned) {
            Some((list, places)) => {
                let statistics = Statistics::int64(Some(low), Some(high), None, cells.nulls(), false);
                Pages::sparse_listed(self.column(), &Plain::numbers(&list), &places, &cells.known)?.append(self.group, statistics)
            }
            None => {
                let levels: Vec<i16> = cells.known.iter().map(|&known| i16::from(known)).collect();
                write::<Int64Type>(self.group, &cells.values, Some(&levels))
            }
        }
    }

    /// Numbers that recur are listed.
    fn doubles(&mut self, cells: Known<f64>) -> Result<(), ParquetError> {
        // The format tells 0 from -0, and asks for the outer one.
        let low = cells.values.iter().copied().reduce(f64::min).map(|low| if low == 0.0 { -0.0 } else { low });
        let high = cells.values.iter().copied().reduce(f64::max).map(|high| if high == 0.0 { 0.0 } else { high });
        if low.is_none() {
            return self.nulls(cells.rows());
        }
        let statistics = Statistics::double(low, high, None, cells.nulls(), false);
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
        let statistics = Statistics::byte_array(end(met.iter().min()), end(met.iter().max()), None, cells.nulls(), false);
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

/// A Parquet file that is read column by column.
pub struct TableReader {
    path: PathBuf,
    reader: SerializedFileReader<File>,
}

impl TableReader {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = super::errors::file("open", path, File::open(path))?;
        Ok(Self { path: path.to_path_buf(), reader: SerializedFileReader::new(file).map_err(explain(path))? })
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.reader.metadata().file_metadata().schema_descr().columns().iter().map(|column| column.name().to_owned()).collect()
    }

    /// Smallest and largest value of an integer column in each row group; `None` where the file does not say.
    pub fn bounds(&self, name: &str) -> Vec<Option<(i64, i64)>> {
        let Some(index) = self.names().iter().position(|other| other == name) else { return Vec::new() };
        let bounds = |statistics: &Statistics| match statistics {
            Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
            _ => None,
        };
        let groups = self.reader.metadata().row_groups();
        groups.iter().map(|group| group.column(index).statistics().and_then(bounds)).collect()
    }

    /// A column of some row groups, `None` where the file has no column of that name.
    pub fn column(&self, name: &str, groups: &[usize]) -> Result<Option<Cells<'static>>, Error> {
        let Some(index) = self.names().iter().position(|other| other == name) else { return Ok(None) };
        let mut all: Option<Cells<'static>> = None;
        for &group in groups {
            let rows = self.reader.metadata().row_group(group).num_rows() as usize;
            let cells = self.reader.get_row_group(group).and_then(|group| read_column(group.as_ref(), index, rows));
            let cells = cells.map_err(explain(&self.path))?;
            match &mut all {
                None => all = Some(cells),
                Some(all) => all.append(cells),
            }
        }
        Ok(all)
    }

    pub fn groups(&self) -> Vec<usize> {
        (0..self.reader.num_row_groups()).collect()
    }
}

fn read_column(group: &dyn RowGroupReader, index: usize, rows: usize) -> Result<Cells<'static>, ParquetError> {
    use ::parquet::column::reader::ColumnReader as Reader;
    macro_rules! read {
        ($reader:ident) => {{
            let (mut values, mut levels) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
            let (records, ..) = $reader.read_records(rows, Some(&mut levels), None, &mut values)?;
            if records < rows {
                return Err(ParquetError::EOF("a column is shorter than its row group".into()));
            }
            // A column without nulls has no levels.
            levels.resize(rows, 1);
            let mut values = values.into_iter();
            levels.into_iter().map(move |level| if level == 1 { values.next() } else { None })
        }};
    }
    Ok(match group.get_column_reader(index)? {
        Reader::Int64ColumnReader(mut reader) => Cells::Integer(read!(reader).collect()),
        Reader::DoubleColumnReader(mut reader) => Cells::Double(read!(reader).collect()),
        Reader::BoolColumnReader(mut reader) => Cells::Boolean(read!(reader).collect()),
        Reader::FloatColumnReader(mut reader) => Cells::Floats(read!(reader).map(|value| value.unwrap_or(f32::NAN)).collect()),
        Reader::ByteArrayColumnReader(mut reader) => {
            let text = |bytes: ByteArray| bytes.as_utf8().map(str::to_owned);
            Cells::Text(read!(reader).map(|cell| cell.map(text).transpose()).collect::<Result<_, _>>()?)
        }
        _ => return Err(ParquetError::NYI("a column type that run directories do not have".into())),
    })
}

impl Cells<'_> {
    fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Integer(cells), Self::Integer(more)) => cells.to_mut().extend_from_slice(&more),
            (Self::Double(cells), Self::Double(more)) => cells.to_mut().extend_from_slice(&more),
            (Self::Boolean(cells), Self::Boolean(more)) => cells.to_mut().extend_from_slice(&more),
            (Self::Text(cells), Self::Text(more)) => cells.extend(more),
            (Self::Floats(cells), Self::Floats(more)) => cells.to_mut().extend_from_slice(&more),
            _ => {}
        }
    }
}
