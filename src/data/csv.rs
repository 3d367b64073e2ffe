//! Reads two columns of numbers from a CSV file. Other values are an error with the column, the line of the first one and their count; other
//! columns may hold anything.
//!
//! A byte order mark, CRLF, quotes, blanks around a value and empty lines are accepted. The encoding is UTF-8. [`CsvFormat`] has the separator,
//! the decimal sign and the treatment of missing values. `csv_errors` has the remedies for malformed files; splitting and scaling are elsewhere.

use std::collections::BTreeSet;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::csv_errors::{Error, Refused, shortened};

/// The columns of a data file and its notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFormat {
    /// Name of the feature column.
    pub feature: String,
    /// Name of the target column.
    pub target: String,
    /// The separator of cells.
    pub delimiter: u8,
    /// The decimal sign, a point or a comma.
    pub decimal: char,
    /// Whether rows without a feature or a target are left out; otherwise they are errors.
    pub drops_missing: bool,
    /// A text in the target column that stands for 1. The one other text stands for 0.
    pub positive: Option<String>,
}

impl CsvFormat {
    /// Two columns of a file with commas and decimal points.
    pub fn new(feature: &str, target: &str) -> Self {
        Self { feature: feature.into(), target: target.into(), delimiter: b',', decimal: '.', drops_missing: false, positive: None }
    }
}

/// The feature and the target of a data file.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The feature of each row. All three columns have the same length of at least one, and all values are finite.
    pub x: Vec<f64>,
    /// Target values, one per row.
    pub y: Vec<f64>,
    /// The line of the file, from 1, in which each row begins.
    pub lines: Vec<u64>,
    /// The number of rows that were left out because a value is missing.
    pub dropped: usize,
    /// The bytes of the file, which a run directory keeps a copy of.
    pub bytes: Vec<u8>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

impl Dataset {
    /// Reads two columns of the CSV file at `path`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or as in [`Dataset::parse`].
    pub fn read(path: &Path, format: &CsvFormat) -> Result<Self, Error> {
        let name = || path.display().to_string();
        if path.is_dir() {
            return Err(Error::Folder { path: name() });
        }
        let bytes = std::fs::read(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::Absent { path: name() },
            _ => Error::Read { path: name(), source },
        })?;
        Self::parse(bytes, format)
    }

    /// Parses the bytes of a CSV file.
    ///
    /// # Errors
    ///
    /// If the bytes are not a CSV with a header, a column is missing, or one of its cells is not a finite number.
    pub fn parse(bytes: Vec<u8>, format: &CsvFormat) -> Result<Self, Error> {
        let text = text_of(&bytes)?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).delimiter(format.delimiter).from_reader(text.as_bytes());
        let header = reader.headers()?.clone();
        if header.is_empty() {
            return Err(Error::Empty);
        }
        let mut counter = LineCounter::default();
        let mut last = counter.start(text, header.position());
        last.check_quotes(header.as_byte_record())?;
        let class = format.positive.as_deref();
        let mut x = Column::find(&header, &format.feature, Content::Numbers(format.decimal))?;
        let mut y = Column::find(&header, &format.target, class.map_or(Content::Numbers(format.decimal), Content::Classes))?;
        // A row has a line break and, for each column, a separator or a digit. The columns grow no further, so a large file needs no second copy of them.
        let line_breaks = text.bytes().filter(|&byte| byte == b'\n').count();
        let most_rows = line_breaks.min(text.len() / (2 * header.len()));
        let (mut lines, mut dropped) = (Vec::with_capacity(most_rows), 0);
        x.values.reserve_exact(most_rows);
        y.values.reserve_exact(most_rows);
        // Bytes instead of strings, and two records instead of one for each row: checks and allocations would take half of the time.
        let (mut record, mut next) = (header.into_byte_record(), csv::ByteRecord::new());
        while reader.read_byte_record(&mut next).map_err(|error| ragged(error, text))? {
            std::mem::swap(&mut record, &mut next);
            last = counter.start(text, record.position());
            let cells = [&x, &y].map(|column| cell(&record, column.position));
            if format.drops_missing && cells.into_iter().any(is_missing) {
                dropped += 1;
                continue;
            }
            lines.push(last.line);
            x.push(cells[0], last.line);
            y.push(cells[1], last.line);
        }
        last.check_quotes(&record)?;
        if lines.is_empty() {
            return Err(if dropped > 0 { Error::AllDropped } else { Error::NoRows });
        }
        let (x, y) = (x.finish(false)?, y.finish(true)?);
        let sha256 = sha256(&bytes);
        Ok(Self { x, y, lines, dropped, bytes, sha256 })
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
        line: 1 + line_breaks(&bytes[..error.valid_up_to()]) as usize,
        utf16: bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]),
    })?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

/// The text of a cell, without blanks around it.
fn cell(record: &csv::ByteRecord, position: usize) -> &str {
    // The whole file is valid UTF-8, and separators and quotes are ASCII.
    record.get(position).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or_default().trim()
}

fn ragged(error: csv::Error, text: &str) -> Error {
    let csv::ErrorKind::UnequalLengths { pos, expected_len, len } = error.kind() else { return Error::Csv(error) };
    let row = LineCounter::default().start(text, pos.as_ref());
    if row.has_odd_quotes() {
        return Error::UnclosedQuote { line: row.line };
    }
    Error::Ragged { line: row.line, cells: *len, expected: *expected_len, is_comment: row.rest.starts_with('#') }
}

/// The number of line breaks, each a line feed, a carriage return, or both.
fn line_breaks(text: &[u8]) -> u64 {
    let mut before = 0;
    let is_line_break = |&&byte: &&u8| {
        let before = std::mem::replace(&mut before, byte);
        byte == b'\r' || (byte == b'\n' && before != b'\r')
    };
    text.iter().filter(is_line_break).count() as u64
}

/// The place of a row in the file.
struct RowText<'a> {
    /// The line in which the row begins.
    line: u64,
    /// The file from there on.
    rest: &'a str,
}

impl RowText<'_> {
    /// Returns an error if the row, the last one that was read, contains the rest of the file because its quote is never closed. Closed quotes have an
    /// even number of marks.
    fn check_quotes(&self, record: &csv::ByteRecord) -> Result<(), Error> {
        let has_line_break = || record.iter().any(|cell| line_breaks(cell.trim_ascii()) > 0);
        if has_line_break() && self.has_odd_quotes() { Err(Error::UnclosedQuote { line: self.line }) } else { Ok(()) }
    }

    fn has_odd_quotes(&self) -> bool {
        self.rest.bytes().filter(|&byte| byte == b'"').count() % 2 == 1
    }
}

/// Counts the lines before rows, in one pass over the file.
#[derive(Default)]
struct LineCounter {
    byte: usize,
    line_breaks: u64,
}

impl LineCounter {
    /// The place of a row. The reader reports the end of the previous row, so empty lines in between are skipped here. Positions must ascend.
    fn start<'a>(&mut self, text: &'a str, position: Option<&csv::Position>) -> RowText<'a> {
        let rest = text.get(position.map_or(0, |position| position.byte() as usize)..).unwrap_or_default();
        let rest = rest.trim_start_matches(['\r', '\n']);
        let start = text.len() - rest.len();
        self.line_breaks += line_breaks(&text.as_bytes()[self.byte..start]);
        self.byte = start;
        RowText { line: 1 + self.line_breaks, rest }
    }
}

/// Whether a cell is empty or one of the usual words for a missing value.
fn is_missing(cell: &str) -> bool {
    const WORDS: [&str; 7] = ["na", "n/a", "nan", "null", "none", "?", "-"];
    cell.is_empty() || WORDS.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// The number in a cell; `None` if it is not finite.
fn number(cell: &str, decimal: char) -> Option<f64> {
    let value = match decimal {
        ',' if cell.contains('.') => return None,
        ',' => cell.replace(',', ".").parse(),
        _ => cell.parse(),
    };
    value.ok().filter(|value: &f64| value.is_finite())
}

/// The content of the cells of a column.
#[derive(Clone, Copy)]
enum Content<'a> {
    /// Numbers with this decimal sign.
    Numbers(char),
    /// Two texts, of which this one stands for 1 and the other one for 0.
    Classes(&'a str),
}

/// A column while the file is read.
struct Column<'a> {
    name: &'a str,
    position: usize,
    content: Content<'a>,
    values: Vec<f64>,
    /// Distinct texts: all cells of classes, or the cells that are not numbers. At most [`Self::TEXTS`].
    texts: BTreeSet<String>,
    refused: Refused,
}

impl<'a> Column<'a> {
    const TEXTS: usize = 8;

    fn find(header: &csv::StringRecord, name: &'a str, content: Content<'a>) -> Result<Self, Error> {
        let mut positions = header.iter().enumerate().filter(|(_, column)| *column == name).map(|(position, _)| position);
        let Some(position) = positions.next() else {
            return Err(Error::NoColumn { column: name.into(), columns: header.iter().map(String::from).collect() });
        };
        if let Some(second) = positions.next() {
            return Err(Error::TwiceInHeader { column: name.into(), first: position + 1, second: second + 1 });
        }
        Ok(Self { name, position, content, values: Vec::new(), texts: BTreeSet::new(), refused: Refused::default() })
    }

    fn push(&mut self, cell: &str, line: u64) {
        let value = match self.content {
            Content::Numbers(decimal) => number(cell, decimal),
            Content::Classes(positive) => Some(f64::from(cell == positive)),
        };
        let is_text = value.is_none() || matches!(self.content, Content::Classes(_));
        if is_text && self.texts.len() < Self::TEXTS && !self.texts.contains(cell) {
            self.texts.insert(cell.into());
        }
        if value.is_none() {
            self.refused.count += 1;
            self.refused.missing += usize::from(is_missing(cell));
            self.refused.with_comma += usize::from(number(cell, ',').is_some());
            self.refused.first.get_or_insert_with(|| (cell.into(), line));
        }
        self.values.push(value.unwrap_or(f64::NAN));
    }

    fn finish(self, is_target: bool) -> Result<Vec<f64>, Error> {
        let texts = || self.texts.iter().map(|text| shortened(text)).collect();
        match (self.content, &self.refused.first) {
            (Content::Classes(_), _) if self.texts.len() > 2 => Err(Error::ManyClasses { column: self.name.into(), values: texts() }),
            (Content::Classes(positive), _) if !self.texts.contains(positive) => {
                Err(Error::NoPositive { column: self.name.into(), positive: positive.into(), values: texts() })
            }
            (Content::Numbers(_), Some((first, line))) => Err(Error::NoNumbers {
                remedy: self.refused.remedy(self.values.len(), &self.texts, is_target),
                count: self.refused.count,
                rows: self.values.len(),
                first: if first.is_empty() { "a missing value".into() } else { format!("\"{}\"", shortened(first)) },
                line: *line,
                column: self.name.into(),
            }),
            _ => Ok(self.values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &[u8] = include_bytes!("../../configs/data/advertising.csv");

    fn parse(text: &str) -> Result<Dataset, Error> {
        Dataset::parse(text.as_bytes().to_vec(), &CsvFormat::new("x", "y"))
    }

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_published_file_is_read_as_it_is() {
        let data = Dataset::parse(PUBLISHED.to_vec(), &CsvFormat::new("TV", "sales")).unwrap();
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
        assert_eq!(Dataset::parse(text.into(), &CsvFormat::new("Größe, in m²", "y")).unwrap().x, [1.0]);
    }

    #[test]
    fn a_carriage_return_ends_a_line() {
        assert_eq!(parse("x,y\r1,2\r\r3,4\r\n5,6").unwrap().lines, [2, 4, 5]);
        assert!(refusal("x,y\r1,2\r3,no\r").ends_with("the first is \"no\", in line 3 of the file"));
        assert_eq!(refusal("x,y\r1,2\r3,\"4\r5,6\r"), "the quote that opens in the row at line 3 of the data file is never closed");
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
        let latin = Dataset::parse(b"x,y\n1,\xE4\n".to_vec(), &CsvFormat::new("x", "y")).unwrap_err();
        assert_eq!(latin.to_string(), "line 2 of the data file is not UTF-8");
        assert!(Dataset::parse(b"\xFF\xFEx\0".to_vec(), &CsvFormat::new("x", "y")).unwrap_err().remedy().unwrap().contains("UTF-16"));
    }

    #[test]
    fn paths_that_are_no_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Dataset::read(folder.path(), &CsvFormat::new("x", "y")), Err(Error::Folder { .. })));
        assert!(matches!(Dataset::read(&folder.path().join("none.csv"), &CsvFormat::new("x", "y")), Err(Error::Absent { .. })));
    }

    /// The message and the remedy of the error for a file.
    fn report(text: &str) -> String {
        let error = parse(text).unwrap_err();
        format!("{error} | {}", error.remedy().unwrap_or_default())
    }

    #[test]
    fn each_notation_of_a_foreign_file_has_its_remedy() {
        for (text, expected) in [
            ("x;y\n1;2\n", "set delimiter = \";\""),
            ("x\ty\n1\t2\n", "set delimiter = \"\\t\""),
            ("x y\n1 2\n", "set delimiter = \" \""),
            ("x   y\n1   2\n", "one comma"),
            ("1.5,2\n3,4\n", "add a header line"),
            ("# x,y\n1,2\n", "start with #"),
            ("x,y\n1,2\n# a note\n3,4\n", "line 3 of the data file has 1 cells"),
            ("x,y\n1,2\n# a note\n3,4\n", "start with #"),
            ("x,y\n1,2\n#3,4\n", "start with #"),
            ("x,y\n1,\"2,5\"\n", "set decimal = \",\""),
            ("x,y\n1,2\n2,NA\n", "set missing = \"drop\""),
            ("x,y\n1,no\n2,yes\n", "set positive = \"yes\""),
            ("x,y\nno,1\nyes,2\n", "numeric column"),
        ] {
            assert!(report(text).contains(expected), "{text:?}: {}", report(text));
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_found_in_its_line() {
        for text in ["x,y\n1,2\n\n3,\"4\n5,6\n", "x,y,z\n1,2,a\n\n3,4,\"b\n5,6,c\n", "y,z,x\n1,2,3\n\n\"4,5,6\n7,8,9\n"] {
            assert_eq!(refusal(text), "the quote that opens in the row at line 4 of the data file is never closed", "{text:?}");
        }
        assert!(refusal("x,\"y\n1,2\n").starts_with("the quote that opens in the row at line 1"));
        // A text may contain line breaks and doubled quotes, and a mark within an unquoted text opens nothing.
        let data = parse("x,y,z\n1,2,\"a\nb \"\"c\"\"\"\n3,4,5\"\n").unwrap();
        assert_eq!((data.x, data.lines), (vec![1.0, 3.0], vec![2, 4]));
    }

    #[test]
    fn foreign_notations_are_read_on_request() {
        let format = CsvFormat { delimiter: b';', decimal: ',', drops_missing: true, ..CsvFormat::new("x", "y") };
        let data = Dataset::parse("x;z;y\n1,5;a;-2e3\n;b;1\n2;c;NA\n\n3;;4,25\n".into(), &format).unwrap();
        assert_eq!((data.x, data.y, data.lines, data.dropped), (vec![1.5, 3.0], vec![-2000.0, 4.25], vec![2, 6], 2));
        let thousands = Dataset::parse("x;y\n1.000,5;2\n".into(), &format).unwrap_err();
        assert!(matches!(thousands, Error::NoNumbers { line: 2, .. }));
        assert!(matches!(Dataset::parse("x;y\n1;\n".into(), &format), Err(Error::AllDropped)));
    }

    #[test]
    fn a_target_of_two_texts_is_zero_or_one() {
        let format = |positive: &str| CsvFormat { positive: Some(positive.into()), ..CsvFormat::new("x", "y") };
        let labels = |text: &str, positive| Dataset::parse(text.into(), &format(positive)).map(|data| data.y);
        assert_eq!(labels("x,y\n1,yes\n2, no\n3,\"yes\"\n", "yes").unwrap(), [1.0, 0.0, 1.0]);
        assert_eq!(labels("x,y\n1,2\n2,1\n", "2").unwrap(), [1.0, 0.0]);
        let error = labels("x,y\n1,a\n2,b\n", "yes").unwrap_err();
        assert_eq!(error.remedy().unwrap(), "the values are \"a\" and \"b\"");
        assert!(matches!(labels("x,y\n1,a\n2,b\n3,c\n", "a"), Err(Error::ManyClasses { .. })));
    }

    proptest::proptest! {
        #[test]
        fn notation_changes_neither_values_nor_lines(
            rows in proptest::collection::vec((proptest::num::f64::NORMAL, proptest::num::f64::ZERO | proptest::num::f64::SUBNORMAL, 0_usize..32), 1..20),
        ) {
            let (mut text, mut lines, mut line) = (String::from("y,note,x\n"), Vec::new(), 2);
            for &(x, y, notation) in &rows {
                let end = if notation & 1 == 0 { "\n" } else { "\r\n" };
                let [blank, quote] = [(2, " "), (4, "\"")].map(|(bit, sign)| if notation & bit == 0 { "" } else { sign });
                let empty_lines = usize::from(notation & 8 != 0);
                text.extend(std::iter::repeat_n(end, empty_lines));
                let note = if notation & 16 == 0 { "é" } else { "\"a\n\"\"b\"" };
                text.extend([format!("{blank}{y:e}{blank},{note},{quote}{blank}{x}{quote}{end}")]);
                line += empty_lines as u64;
                lines.push(line);
                line += 1 + u64::from(notation & 16 != 0);
            }
            let data = parse(&text).unwrap();
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            proptest::prop_assert_eq!(bits(&data.x), bits(&rows.iter().map(|row| row.0).collect::<Vec<_>>()));
            proptest::prop_assert_eq!(bits(&data.y), bits(&rows.iter().map(|row| row.1).collect::<Vec<_>>()));
            proptest::prop_assert_eq!(data.lines, lines);
        }
    }
}
