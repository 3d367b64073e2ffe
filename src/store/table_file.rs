//! A Parquet file of named columns: written row group by row group under a temporary name, and read column by column.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::column::writer::ColumnCloseResult;
use ::parquet::data_type::ByteArray;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use ::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use ::parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use ::parquet::file::statistics::Statistics;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::{Type, TypePtr};

use super::encode;
use super::errors::{Error, file};
use super::files::TemporaryFile;
use crate::table::{Cells, ColumnSource, Columns, StoredColumn};

/// Rows of a row group. They bound the memory of the writer, and the rows that a reader decodes for one run.
pub const GROUP_ROWS: usize = 1 << 17;

/// The size of the output buffer in bytes; the default of 8 KiB needs more system calls.
const OUTPUT_BYTES: usize = 1 << 18;

/// A Parquet file that is being written.
pub struct TableFile {
    path: PathBuf,
    temporary: TemporaryFile,
    writer: SerializedFileWriter<BufWriter<File>>,
}

fn parquet_error(path: &Path) -> impl Fn(ParquetError) -> Error + '_ {
    |source| Error::Parquet { path: path.to_path_buf(), source }
}

/// The error of a write; that of a full disk is one of the file system.
fn write_error(path: &Path) -> impl Fn(ParquetError) -> Error + '_ {
    |source| match source {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => Error::File { action: "write", path: path.to_path_buf(), source: *source },
            Err(source) => Error::Parquet { path: path.to_path_buf(), source: ParquetError::External(source) },
        },
        source => Error::Parquet { path: path.to_path_buf(), source },
    }
}

impl TableFile {
    /// Creates the file for these columns; it gets the name `path` when [`TableFile::finish`] is called.
    pub fn create(path: &Path, columns: &Columns<'_>) -> Result<Self, Error> {
        let schema = schema(columns).map_err(parquet_error(path))?;
        Self::with_schema(path, schema, properties(columns))
    }

    /// Creates a file with the schema of another one, for [`TableFile::append_file`].
    pub fn with_schema_of(path: &Path, other: &Path) -> Result<Self, Error> {
        let reader = TableReader::open(other)?;
        let schema = reader.reader.metadata().file_metadata().schema_descr().root_schema_ptr();
        Self::with_schema(path, schema, properties(&Vec::new()))
    }

    fn with_schema(path: &Path, schema: TypePtr, properties: WriterPropertiesPtr) -> Result<Self, Error> {
        let (temporary, output) = TemporaryFile::create(path)?;
        let output = BufWriter::with_capacity(OUTPUT_BYTES, output);
        let writer = SerializedFileWriter::new(output, schema, properties).map_err(write_error(path))?;
        Ok(Self { path: path.to_path_buf(), temporary, writer })
    }

    /// Writes a row group: the columns of the schema, all of one length.
    pub fn write(&mut self, columns: &Columns<'_>) -> Result<(), Error> {
        let explain = write_error(&self.path);
        let mut group = self.writer.next_row_group().map_err(&explain)?;
        for (_, cells) in columns {
            if let Some(mut column) = group.next_column().map_err(&explain)? {
                encode::write(cells, &mut column).and_then(|()| column.close()).map_err(&explain)?;
            }
        }
        group.close().map_err(&explain)?;
        Ok(())
    }

    /// Appends every row group of a file with the same schema; encoded columns are copied as they are.
    pub fn append_file(&mut self, part: &Path) -> Result<(), Error> {
        let input = file("open", part, File::open(part))?;
        let metadata_input = file("open", part, input.try_clone())?;
        let reader = SerializedFileReader::new(metadata_input).map_err(parquet_error(part))?;
        let explain = write_error(&self.path);
        for group in reader.metadata().row_groups() {
            let mut output = self.writer.next_row_group().map_err(&explain)?;
            for column in group.columns() {
                let closed = ColumnCloseResult {
                    bytes_written: column.compressed_size() as u64,
                    rows_written: group.num_rows() as u64,
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                output.append_column(&input, closed).map_err(&explain)?;
            }
            output.close().map_err(&explain)?;
        }
        Ok(())
    }

    /// Completes the file, syncs it to the disk and gives it its final name.
    pub fn finish(self) -> Result<(), Error> {
        self.finish_hidden()?.publish()
    }

    /// Completes the file; it keeps its temporary name until it is published.
    pub fn finish_hidden(self) -> Result<FinishedFile, Error> {
        let output = self.writer.into_inner().map_err(write_error(&self.path))?;
        let output = self.temporary.written(output.into_inner().map_err(std::io::IntoInnerError::into_error))?;
        Ok(FinishedFile { temporary: self.temporary, output })
    }
}

/// A complete file under its temporary name.
pub struct FinishedFile {
    temporary: TemporaryFile,
    output: File,
}

impl FinishedFile {
    /// Gives the file its final name.
    pub fn publish(self) -> Result<(), Error> {
        self.temporary.publish(&self.output)
    }
}

/// The Parquet schema of a file with these columns.
fn schema(columns: &Columns<'_>) -> Result<TypePtr, ParquetError> {
    let fields = columns.iter().map(|(name, cells)| encode::field(name, cells).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("schema").with_fields(fields).build().map(Arc::new)
}

/// Size limit of the dictionary of a column in bytes: 4,096 float64. Further values have the plain encoding.
const DICTIONARY_BYTES: usize = 1 << 15;

/// The writer properties of a file with these columns.
fn properties(columns: &Columns<'_>) -> WriterPropertiesPtr {
    let properties = WriterProperties::builder()
        .set_created_by(format!("gradsweep {}", env!("CARGO_PKG_VERSION")))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None)
        .set_data_page_row_count_limit(GROUP_ROWS)
        .set_dictionary_enabled(false)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES);
    let set = |properties, (name, cells): &(&'static str, Cells<'_>)| encode::set_encoding(properties, name, cells);
    Arc::new(columns.iter().fold(properties, set).build())
}

/// Runs code of the Parquet crate on a file that may come from anybody. The crate panics on some damaged files.
fn catch_panic<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    caught.unwrap_or_else(|_| Err(ParquetError::General("the file is damaged".into())))
}

/// The largest number of rows in a row group. A longer one would need more memory than a computer has.
const MAX_GROUP_ROWS: i64 = 1 << 32;

/// What is impossible in the footer of a file of `size` bytes; `None` if everything in it can be true.
fn impossible(metadata: &ParquetMetaData, size: u64) -> Option<&'static str> {
    let mut rows: i64 = 0;
    for group in metadata.row_groups() {
        if !(0..=MAX_GROUP_ROWS).contains(&group.num_rows()) {
            return Some("the number of rows of a row group is impossible");
        }
        rows = rows.saturating_add(group.num_rows());
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or(i64::MAX).min(column.data_page_offset());
            let end = start.checked_add(column.compressed_size()).and_then(|end| u64::try_from(end).ok());
            if start < 0 || column.data_page_offset() < 0 || column.compressed_size() < 0 || end.is_none_or(|end| end > size) {
                return Some("a column lies outside the file");
            }
        }
    }
    (rows != metadata.file_metadata().num_rows()).then_some("the row groups have another number of rows than the file")
}

/// A Parquet file that is read column by column.
pub struct TableReader {
    path: PathBuf,
    reader: SerializedFileReader<File>,
}

impl TableReader {
    /// Opens a file and checks its footer.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let input = file("open", path, File::open(path))?;
        let size = file("read", path, input.metadata())?.len();
        let reader = catch_panic(|| SerializedFileReader::new(input)).map_err(parquet_error(path))?;
        match impossible(reader.metadata(), size) {
            Some(problem) => Err(Error::Damaged { path: path.to_path_buf(), problem: problem.to_owned() }),
            None => Ok(Self { path: path.to_path_buf(), reader }),
        }
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.reader.metadata().file_metadata().schema_descr().columns().iter().map(|column| column.name().to_owned()).collect()
    }

    /// All row groups, by number.
    pub fn groups(&self) -> Vec<usize> {
        (0..self.reader.num_row_groups()).collect()
    }

    /// The row groups whose statistics allow this value in an integer column.
    pub fn groups_with(&self, name: &str, value: i64) -> Vec<usize> {
        let Some(index) = self.names().iter().position(|other| other == name) else { return self.groups() };
        let excludes = |statistics: &Statistics| match statistics {
            Statistics::Int64(bounds) => {
                bounds.min_opt().is_some_and(|&min| value < min) || bounds.max_opt().is_some_and(|&max| value > max)
            }
            _ => false,
        };
        let group = |group: &usize| self.reader.metadata().row_group(*group).column(index).statistics().is_some_and(excludes);
        self.groups().into_iter().filter(|number| !group(number)).collect()
    }

    /// The smallest and the largest value of an integer column whose values ascend, from the statistics; `None` without rows.
    pub fn bounds(&self, name: &str) -> Option<[i64; 2]> {
        let index = self.names().iter().position(|other| other == name)?;
        let groups = self.reader.metadata().row_groups();
        let statistics = |group: &RowGroupMetaData| match group.column(index).statistics() {
            Some(Statistics::Int64(bounds)) => Some([*bounds.min_opt()?, *bounds.max_opt()?]),
            _ => None,
        };
        let ([first, _], [_, last]) = (statistics(groups.first()?)?, statistics(groups.last()?)?);
        Some([first, last])
    }

    /// The rows of these row groups.
    pub fn rows_of(&self, groups: Vec<usize>) -> RowGroups<'_> {
        RowGroups { file: self, groups }
    }
}

/// Row groups of a file.
pub struct RowGroups<'a> {
    file: &'a TableReader,
    groups: Vec<usize>,
}

impl ColumnSource for RowGroups<'_> {
    type Error = Error;

    fn names(&self) -> Vec<String> {
        self.file.names()
    }

    fn rows(&self) -> usize {
        self.groups.iter().map(|&group| self.file.reader.metadata().row_group(group).num_rows() as usize).sum()
    }

    fn stored(&self, name: &str) -> Result<Option<StoredColumn>, Error> {
        let Some(index) = self.file.names().iter().position(|other| other == name) else { return Ok(None) };
        let mut all: Option<StoredColumn> = None;
        for &group in &self.groups {
            let cells = catch_panic(|| self.file.reader.get_row_group(group).and_then(|group| read_column(group.as_ref(), index)));
            let cells = cells.map_err(parquet_error(&self.file.path))?;
            match &mut all {
                None => all = Some(cells),
                Some(all) => append(all, cells),
            }
        }
        Ok(all)
    }

    fn missing_column(&self, name: &str) -> Error {
        Error::Damaged { path: self.file.path.clone(), problem: format!("it has no column `{name}`") }
    }

    fn wrong_column(&self, name: &str) -> Error {
        Error::Damaged {
            path: self.file.path.clone(),
            problem: format!("column `{name}` has another type, or a value that this version does not know"),
        }
    }
}

/// Appends the rows of another row group; the types are equal because both come from one file.
fn append(column: &mut StoredColumn, other: StoredColumn) {
    match (column, other) {
        (StoredColumn::Integer(cells), StoredColumn::Integer(more)) => cells.extend(more),
        (StoredColumn::Double(cells), StoredColumn::Double(more)) => cells.extend(more),
        (StoredColumn::Float(cells), StoredColumn::Float(more)) => cells.extend(more),
        (StoredColumn::Boolean(cells), StoredColumn::Boolean(more)) => cells.extend(more),
        (StoredColumn::Text(cells), StoredColumn::Text(more)) => cells.extend(more),
        _ => {}
    }
}

/// Cells that are decoded at a time. A file may claim any number of rows, so memory is allocated as rows are found.
const READ_ROWS: usize = 1 << 16;

/// Reads a column of a row group.
fn read_column(group: &dyn RowGroupReader, index: usize) -> Result<StoredColumn, ParquetError> {
    use ::parquet::column::reader::ColumnReader as Reader;
    let rows = group.metadata().num_rows() as usize;
    macro_rules! read {
        ($reader:ident) => {{
            let (mut values, mut levels) = (Vec::new(), Vec::new());
            let mut read = 0;
            while read < rows {
                let (records, ..) = $reader.read_records(READ_ROWS.min(rows - read), Some(&mut levels), None, &mut values)?;
                if records == 0 {
                    return Err(ParquetError::EOF("a column is shorter than its row group".into()));
                }
                read += records;
            }
            // A column that allows no null has no levels.
            levels.resize(rows, 1);
            let mut values = values.into_iter();
            levels.into_iter().map(move |level| if level == 1 { values.next() } else { None })
        }};
    }
    Ok(match group.get_column_reader(index)? {
        Reader::Int64ColumnReader(mut reader) => StoredColumn::Integer(read!(reader).collect()),
        Reader::DoubleColumnReader(mut reader) => StoredColumn::Double(read!(reader).collect()),
        Reader::BoolColumnReader(mut reader) => StoredColumn::Boolean(read!(reader).collect()),
        Reader::FloatColumnReader(mut reader) => StoredColumn::Float(read!(reader).map(|value| value.unwrap_or(f32::NAN)).collect()),
        Reader::ByteArrayColumnReader(mut reader) => {
            let text = |bytes: ByteArray| bytes.as_utf8().map(str::to_owned);
            StoredColumn::Text(read!(reader).map(|cell| cell.map(text).transpose()).collect::<Result<_, _>>()?)
        }
        _ => return Err(ParquetError::NYI("a column type that run directories do not have".into())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[u64]) -> Columns<'_> {
        vec![("number", Cells::U64(cells))]
    }

    fn write(path: &Path, groups: &[Vec<u64>]) {
        let mut table = TableFile::create(path, &column(&[])).unwrap();
        for group in groups {
            table.write(&column(group)).unwrap();
        }
        table.finish().unwrap();
    }

    #[test]
    fn integers_of_every_shape_are_read_back_with_their_statistics() {
        let consecutive = |first: u64, count: u64| (first..first + count).collect::<Vec<u64>>();
        let mut shapes: Vec<Vec<u64>> = [1, 2, 3, 127, 128, 129, 130, 257, 1000].map(|count| consecutive(5, count)).into();
        let largest = i64::MAX as u64;
        shapes.extend([consecutive(largest - 300, 301), vec![7; 9], vec![1, 1, 3, 4], vec![3, 2, 1], vec![0, 1, 2, 4, 3]]);
        shapes.extend([vec![0, largest], vec![largest, 0, 1], vec![0, 1000, 2000]]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("whole.parquet");
        write(&path, &shapes);
        let reader = TableReader::open(&path).unwrap();
        for (group, shape) in shapes.iter().enumerate() {
            assert_eq!(reader.rows_of(vec![group]).column::<u64>("number").unwrap(), *shape);
            for value in shape {
                assert!(reader.groups_with("number", *value as i64).contains(&group));
            }
        }
        assert_eq!(reader.groups_with("number", 2_500), [14, 15]);
    }

    #[test]
    fn an_unfinished_file_is_hidden_and_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part-00000.parquet");
        let table = TableFile::create(&path, &column(&[])).unwrap();
        let names = || std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
        assert_eq!(names(), [".part-00000.parquet.tmp"]);
        drop(table);
        assert!(names().is_empty());
    }

    #[test]
    fn files_are_joined_without_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second, joined] = ["a", "b", "c"].map(|name| folder.path().join(name).with_extension("parquet"));
        write(&first, &[vec![1, 2], vec![3]]);
        write(&second, &[vec![4; 500]]);
        let mut table = TableFile::with_schema_of(&joined, &first).unwrap();
        for part in [&first, &second] {
            table.append_file(part).unwrap();
        }
        table.finish().unwrap();
        let reader = TableReader::open(&joined).unwrap();
        let expected: Vec<u64> = [1, 2, 3].into_iter().chain([4; 500]).collect();
        assert_eq!(reader.rows_of(reader.groups()).column::<u64>("number").unwrap(), expected);
        assert_eq!(reader.groups_with("number", 4), [2]);
    }
}
