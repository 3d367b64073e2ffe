//! Tables of numbers in Parquet files, column by column: the few types that the run directory has.
//!
//! Knows no column by name. Nulls are definition levels 0; a cell that is not finite is written as null.

use std::borrow::Cow;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::basic::{Compression, ConvertedType, Encoding, Repetition, Type as Physical};
use ::parquet::column::writer::ColumnCloseResult;
use ::parquet::data_type::ByteArray;
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use ::parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use ::parquet::file::statistics::Statistics;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::Error;
use super::columns::Next;

/// Rows of a row group: bounds the memory, and what a reader of one run decodes.
pub const GROUP_ROWS: usize = 1 << 17;

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
    temporary: Temporary,
    writer: SerializedFileWriter<Output>,
}

/// A file that goes away again unless it is given another name.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It was renamed, or nobody misses it.
        let _ = std::fs::remove_file(&self.0);
    }
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
        let temporary = Temporary(temporary);
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
        super::errors::file("write", &self.temporary.0, output.into_inner().map_err(std::io::IntoInnerError::into_error))?;
        super::errors::file("rename", &self.path, std::fs::rename(&self.temporary.0, &self.path))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns without a null are told in four ways: of one value, consecutive, close together, and others.
    #[test]
    fn whole_numbers_of_every_shape_are_read_back() {
        let consecutive = |first: i64, count: usize| (0..count as i64).map(move |i| first + i).collect::<Vec<_>>();
        let mut shapes: Vec<Vec<i64>> = [1, 2, 3, 127, 128, 129, 130, 257, 1000].map(|count| consecutive(5, count)).into();
        shapes.extend([consecutive(-70, 140), consecutive(i64::MAX - 300, 301), consecutive(i64::MIN, 200)]);
        shapes.extend([vec![7; 9], vec![1, 1, 3, 4], vec![3, 2, 1], vec![0, 1, 2, 4, 3], vec![i64::MIN, i64::MAX], vec![0, 1000, 2000]]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("whole.parquet");
        let mut table = TableFile::create(&path, &[Field::known("number")]).unwrap();
        for shape in &shapes {
            table.group(&[Cells::Integers(Cow::Borrowed(shape))]).unwrap();
        }
        table.finish().unwrap();
        let reader = TableReader::open(&path).unwrap();
        for (group, shape) in shapes.iter().enumerate() {
            let Some(Cells::Integer(found)) = reader.column("number", &[group]).unwrap() else { panic!("no column of whole numbers") };
            assert_eq!(found.iter().copied().map(Option::unwrap).collect::<Vec<_>>(), *shape);
            assert_eq!(reader.bounds("number")[group], Some((*shape.iter().min().unwrap(), *shape.iter().max().unwrap())));
        }
    }
}
