//! Errors of data files, with the remedies that fit what the cells of a malformed file show. `csv` reads the files.

use std::collections::BTreeSet;

use crate::text;

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
    #[error("every row of the data file lacks a value, so no row is left")]
    AllDropped,
    #[error("line {line} of the data file is not UTF-8")]
    NotUtf8 { line: usize, utf16: bool },
    #[error("line {line} of the data file has {cells} cells, but its header has {expected}")]
    Ragged { line: u64, cells: u64, expected: u64, is_comment: bool },
    #[error("the quote that opens in the row at line {line} of the data file is never closed")]
    UnclosedQuote { line: u64 },
    #[error("the data file has no column \"{column}\"")]
    NoColumn { column: String, columns: Vec<String> },
    #[error("the header contains \"{column}\" twice, as columns {first} and {second}")]
    TwiceInHeader { column: String, first: usize, second: usize },
    #[error("{count} of {rows} values in column \"{column}\" are not finite numbers; the first is {first}, in line {line} of the file")]
    NoNumbers { column: String, count: usize, rows: usize, first: String, line: u64, remedy: String },
    #[error("column \"{column}\" has no cell \"{positive}\"")]
    NoPositive { column: String, positive: String, values: Vec<String> },
    #[error("column \"{column}\" has more than two different texts, so `positive` does not define two classes")]
    ManyClasses { column: String, values: Vec<String> },
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
            Self::Ragged { is_comment: true, .. } => Some(NO_COMMENTS.into()),
            Self::Ragged { .. } => Some("quote values that contain a separator; every line needs the same number of cells".into()),
            Self::UnclosedQuote { .. } => Some("close the quote, or double it where it is part of a text: \"\"".into()),
            Self::TwiceInHeader { .. } => Some("rename one of the two columns".into()),
            Self::NoColumn { columns, .. } => header_remedy(columns),
            Self::NoNumbers { remedy, .. } => Some(remedy.clone()),
            Self::NoPositive { values, .. } => Some(format!("the values are {}", quoted(values))),
            Self::ManyClasses { values, .. } => Some(format!("keep two of {}, or encode them as numbers", quoted(values))),
            Self::AllDropped | Self::Absent { .. } | Self::Folder { .. } | Self::Read { .. } | Self::Csv(_) => None,
        }
    }
}

const NO_COMMENTS: &str = "comments are not part of a CSV file: remove the lines that start with #";

/// The remedy for a header that lacks a column, if its cells show what is wrong.
fn header_remedy(columns: &[String]) -> Option<String> {
    if columns[0].starts_with('#') {
        return Some(NO_COMMENTS.into());
    }
    if columns.iter().all(|name| name.parse::<f64>().is_ok()) {
        return Some("the first line has numbers instead of column names: add a header line such as x,y".into());
    }
    let [only] = columns else { return None };
    if let Some(separator) = [';', '\t', '|'].into_iter().find(|&separator| only.contains(separator)) {
        return Some(format!("the cells are not separated by commas: set delimiter = {:?} in [data]", separator.to_string()));
    }
    match only.split_whitespace().count() {
        1 => None,
        words if only.split(' ').count() == words => Some("if spaces separate the cells, set delimiter = \" \" in [data]".into()),
        _ => Some("if spaces separate the cells, replace each run of spaces by one comma".into()),
    }
}

/// The first texts of a list in quotes.
fn quoted(values: &[String]) -> String {
    const SHOWN: usize = 6;
    let mut shown: Vec<String> = values.iter().take(SHOWN).map(|value| format!("\"{value}\"")).collect();
    if values.len() > SHOWN {
        shown.push("others".into());
    }
    text::list(&shown)
}

/// The cells that are not numbers.
#[derive(Default)]
pub struct Refused {
    pub count: usize,
    /// The first one and its line.
    pub first: Option<(String, u64)>,
    /// How many of them are missing values.
    pub missing: usize,
    /// How many of them are numbers with a decimal comma.
    pub with_comma: usize,
}

impl Refused {
    /// The remedy for refused cells in a column of `rows` cells; `texts` are distinct ones of them.
    pub fn remedy(&self, rows: usize, texts: &BTreeSet<String>, is_target: bool) -> String {
        let all_rows = self.count == rows;
        if self.missing == self.count {
            return "set missing = \"drop\" in [data] to leave out rows with missing values".into();
        }
        if self.first.as_ref().is_some_and(|(first, _)| first.contains('#')) {
            return NO_COMMENTS.into();
        }
        if self.with_comma == self.count {
            return "set decimal = \",\" in [data]".into();
        }
        if all_rows && is_target && texts.len() == 2 {
            let texts: Vec<String> = texts.iter().map(|text| shortened(text)).collect();
            return format!("set positive = {:?} in [data] if {:?} stands for 0, or the other way round", texts[1], texts[0]);
        }
        if all_rows && self.count > 1 { "choose a numeric column".into() } else { "remove these rows or fill in finite numbers".into() }
    }
}

/// The start of a cell, for messages.
pub fn shortened(cell: &str) -> String {
    text::shortened(cell, 40)
}
