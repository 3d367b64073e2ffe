//! Reads two columns of numbers from a CSV file. Other values are an error with the column, the first line and their count; other columns
//! may hold anything.
//!
//! A byte order mark, CRLF, quotes, blanks around a value and empty lines are accepted. The separator is a comma, the decimal
//! sign a point, the encoding UTF-8. Splitting and scaling are elsewhere.

use std::path::Path;

use sha2::{Digest, Sha256};

/// The feature and the target of a data file.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Name of the feature column.
    pub feature: String,
    /// Name of the target column.
    pub target: String,
    /// The feature of each row. Both columns have the same length of at least one, and all values are finite.
    pub x: Vec<f64>,
    /// Target values, one per row.
    pub y: Vec<f64>,
    /// The bytes of the file, which a run directory keeps a copy of.
    pub bytes: Vec<u8>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// An error while reading a data file. Lines are counted from 1, the header included.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("there is no file {path}")]
    Absent { path: String },
    #[error("{path} is a folder, not a CSV file")]
    Folder { path: String },
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("the data file is empty (0 bytes)")]
    Empty,
    #[error("the data file has a header but no rows")]
    NoRows,
    #[error("line {line} of the data file is not UTF-8")]
    NotUtf8 { line: usize, utf16: bool },
    #[error("line {line} of the data file has {cells} cells, but its header has {expected}")]
    Ragged { line: u64, cells: u64, expected: u64 },
    #[error("the data file has no column \"{column}\"")]
    NoColumn { column: String, columns: Vec<String> },
    #[error("the header contains \"{column}\" twice, as columns {first} and {second}")]
    TwiceInHeader { column: String, first: usize, second: usize },
    #[error("{count} of {rows} values in column \"{column}\" are not finite numbers; the first is {what}, in line {line} of the file")]
    NoNumbers { column: String, count: usize, rows: usize, what: String, line: u64 },
    #[error("cannot read the data file: {0}")]
    Csv(#[from] csv::Error),
}

impl Error {
    /// The remedy, if there is a specific one.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Empty | Self::NoRows => Some("a data file starts with a line of column names, followed by one line per row".into()),
            Self::NotUtf8 { utf16: true, .. } => Some("it looks like UTF-16: save it as UTF-8".into()),
            Self::NotUtf8 { utf16: false, .. } => Some("save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\")".into()),
            Self::Ragged { .. } => Some("quote values that contain a comma; every line needs the same number of cells".into()),
            Self::TwiceInHeader { .. } => Some("rename one of the two columns".into()),
            Self::NoColumn { columns, .. } => match columns.as_slice() {
                [only] if only.contains([';', '\t']) => Some("the columns are not separated by commas: save the file with commas".into()),
                _ => None,
            },
            Self::NoNumbers { count, rows, .. } if count == rows && *rows > 1 => Some("choose a numeric column".into()),
            Self::NoNumbers { what, .. } if what.contains(',') => Some("use a decimal point instead of a comma".into()),
            Self::NoNumbers { .. } => Some("remove these rows or fill in finite numbers".into()),
            Self::Absent { .. } | Self::Folder { .. } | Self::Read { .. } | Self::Csv(_) => None,
        }
    }
}

impl Dataset {
    /// Reads the columns `feature` and `target` of the CSV at `path`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or as in [`Dataset::parse`].
    pub fn read(path: &Path, feature: &str, target: &str) -> Result<Self, Error> {
        let name = || path.display().to_string();
        if path.is_dir() {
            return Err(Error::Folder { path: name() });
        }
        let bytes = std::fs::read(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::Absent { path: name() },
            _ => Error::Read { path: name(), source },
        })?;
        Self::parse(bytes, feature, target)
    }

    /// Parses the bytes of a CSV file.
    ///
    /// # Errors
    ///
    /// If the bytes are not a CSV with a header, a column is missing, or one of its cells is not a finite number.
    pub fn parse(bytes: Vec<u8>, feature: &str, target: &str) -> Result<Self, Error> {
        let text = text_of(&bytes)?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers()?.clone();
        if header.is_empty() {
            return Err(Error::Empty);
        }
        let mut columns = [Column::find(&header, feature)?, Column::find(&header, target)?];
        for record in reader.records() {
            let record = record.map_err(|error| ragged(error, text))?;
            for column in &mut columns {
                column.push(&record);
            }
        }
        let [x, y] = columns.map(|column| column.finish(text));
        let (x, y) = (x?, y?);
        let sha256 = sha256(&bytes);
        Ok(Self { feature: feature.into(), target: target.into(), x, y, bytes, sha256 })
    }
}

/// The hexadecimal SHA-256 of a file's bytes.
pub fn sha256(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    Sha256::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Decodes a file, without its byte order mark.
fn text_of(bytes: &[u8]) -> Result<&str, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Error::NotUtf8 {
        line: bytes[..error.valid_up_to()].split(|&byte| byte == b'\n').count(),
        utf16: bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]),
    })?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

fn ragged(error: csv::Error, text: &str) -> Error {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            Error::Ragged { line: line_at(text, pos.as_ref()), cells: *len, expected: *expected_len }
        }
        _ => Error::Csv(error),
    }
}

/// The line of a row. The reader reports the end of the previous row, so empty lines in between are skipped here.
fn line_at(text: &str, position: Option<&csv::Position>) -> u64 {
    let rest = text.get(position.map_or(0, |position| position.byte() as usize)..).unwrap_or_default();
    let start = text.len() - rest.trim_start_matches(['\r', '\n']).len();
    1 + text[..start].matches('\n').count() as u64
}

/// A column while the file is read.
struct Column {
    name: String,
    position: usize,
    values: Vec<f64>,
    refused: usize,
    /// The first unusable value, in words, and the start of its row.
    first: Option<(String, Option<csv::Position>)>,
}

impl Column {
    fn find(header: &csv::StringRecord, name: &str) -> Result<Self, Error> {
        let mut positions = header.iter().enumerate().filter(|(_, column)| *column == name).map(|(position, _)| position);
        let Some(position) = positions.next() else {
            return Err(Error::NoColumn { column: name.into(), columns: header.iter().map(String::from).collect() });
        };
        if let Some(second) = positions.next() {
            return Err(Error::TwiceInHeader { column: name.into(), first: position + 1, second: second + 1 });
        }
        Ok(Self { name: name.into(), position, values: Vec::new(), refused: 0, first: None })
    }

    fn push(&mut self, record: &csv::StringRecord) {
        let cell = record.get(self.position).unwrap_or_default();
        let value = cell.parse::<f64>().unwrap_or(f64::NAN);
        self.values.push(value);
        if !value.is_finite() {
            self.refused += 1;
            let words = || if cell.is_empty() { "a missing value".into() } else { format!("\"{cell}\"") };
            self.first.get_or_insert_with(|| (words(), record.position().cloned()));
        }
    }

    fn finish(self, text: &str) -> Result<Vec<f64>, Error> {
        match self.first {
            Some((what, position)) => {
                let line = line_at(text, position.as_ref());
                Err(Error::NoNumbers { column: self.name, count: self.refused, rows: self.values.len(), what, line })
            }
            None if self.values.is_empty() => Err(Error::NoRows),
            None => Ok(self.values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &[u8] = include_bytes!("../../configs/data/advertising.csv");

    fn parse(text: &str) -> Result<Dataset, Error> {
        Dataset::parse(text.as_bytes().to_vec(), "x", "y")
    }

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_published_file_is_read_as_it_is() {
        let data = Dataset::parse(PUBLISHED.to_vec(), "TV", "sales").unwrap();
        assert_eq!((data.x.len(), data.x[0], data.y[0]), (200, 230.1, 22.1));
        assert_eq!((data.x[199], data.y[199]), (232.1, 13.4));
        assert_eq!(data.bytes, PUBLISHED);
    }

    #[test]
    fn the_hash_is_that_of_sha256() {
        let data = parse("x,y\n1,2\n").unwrap();
        assert_eq!(data.sha256, "81bf9fa83c6f7f151bd491a98cd7d933de3965289e3ebd77c6c425f7eaa16392");
    }

    #[test]
    fn marks_quotes_blanks_and_empty_lines_change_nothing() {
        let plain = parse("x,y\n1,2\n3,-4.5e1\n").unwrap();
        for same in [
            "\u{FEFF}x,y\r\n1,2\r\n3,-45\r\n",
            "\"x\",\"y\"\n\"1\",\"2\"\n\"3\",\"-45.0\"\n\n\n",
            "x, y\n 1 , 2\n+3.,-45",
            "y,x\n2,1\n-45,3",
        ] {
            let data = parse(same).unwrap();
            assert_eq!((&data.x, &data.y), (&plain.x, &plain.y), "{same:?}");
        }
        let text = "\"Größe, in m²\",y\n1,2\n";
        assert_eq!(Dataset::parse(text.into(), "Größe, in m²", "y").unwrap().x, [1.0]);
    }

    #[test]
    fn other_columns_may_hold_anything() {
        assert_eq!(parse("x,name,name,y\n1,\"a\nb\",,2\n").unwrap().y, [2.0]);
    }

    #[test]
    fn what_is_no_number_is_counted_and_its_first_line_named() {
        for (cell, what) in [
            ("", "a missing value"),
            ("NaN", "\"NaN\""),
            ("inf", "\"inf\""),
            ("1e999", "\"1e999\""),
            ("n/a", "\"n/a\""),
            ("\"3,5\"", "\"3,5\""),
        ] {
            let message = refusal(&format!("x,y\n1,2\n\n3,{cell}\n4,no\n"));
            assert_eq!(
                message,
                format!("2 of 3 values in column \"y\" are not finite numbers; the first is {what}, in line 4 of the file")
            );
        }
    }

    #[test]
    fn files_that_are_no_tables_are_refused() {
        assert_eq!(refusal(""), "the data file is empty (0 bytes)");
        assert_eq!(refusal("\n\n"), "the data file is empty (0 bytes)");
        assert_eq!(refusal("x,y\n"), "the data file has a header but no rows");
        assert_eq!(refusal("x,y\n1,2\n1,2,3\n"), "line 3 of the data file has 3 cells, but its header has 2");
        assert_eq!(refusal("x,y,x\n1,2,3\n"), "the header contains \"x\" twice, as columns 1 and 3");
        assert_eq!(refusal("a,b\n1,2\n"), "the data file has no column \"x\"");
        let latin = Dataset::parse(b"x,y\n1,\xE4\n".to_vec(), "x", "y").unwrap_err();
        assert_eq!(latin.to_string(), "line 2 of the data file is not UTF-8");
        assert!(Dataset::parse(b"\xFF\xFEx\0".to_vec(), "x", "y").unwrap_err().remedy().unwrap().contains("UTF-16"));
        assert!(parse("x;y\n1;2\n").unwrap_err().remedy().unwrap().contains("commas"));
    }

    #[test]
    fn paths_that_are_no_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Dataset::read(folder.path(), "x", "y"), Err(Error::Folder { .. })));
        assert!(matches!(Dataset::read(&folder.path().join("none.csv"), "x", "y"), Err(Error::Absent { .. })));
    }
}
