//! Reads `[data]`: the file, its columns and its test rows. The file is opened here to check column names and row numbers.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::diagnostics::{CheckedTable, Diagnostics};
use super::error::{Diagnostic, Location};
use super::experiment::DataSpec;
use super::keys;
use super::scalars;
use super::toml_tree::{TomlEntry, TomlNode, TomlValue};
use crate::data::{CsvFormat, Dataset, Error, TestSize};
use crate::text;

/// The location of the data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataLocation<'a> {
    /// `data.path`, relative to this folder.
    Folder(&'a Path),
    /// This file instead of `data.path`: a run directory has its own copy.
    File(&'a Path),
    /// These bytes instead of `data.path`: the built-in sweep has its data in memory.
    Bytes(&'a [u8]),
}

/// Reads the table `[data]` and the file that it names.
pub fn read(section: &CheckedTable, from: DataLocation<'_>, diagnostics: &mut Diagnostics) -> Option<(DataSpec, Dataset)> {
    let [path, feature, target] = ["path", "feature", "target"].map(|key| required(section, key, diagnostics));
    let rows = ["train_rows", "test_rows"].map(|key| section.get(key).and_then(|entry| diagnostics.ok(rows(entry))));
    let size = section.get("test_size").and_then(|entry| diagnostics.ok(test_size(&entry.node)));
    if let (Some(size), Some(rows)) = (section.get("test_size"), section.get("train_rows").or_else(|| section.get("test_rows"))) {
        let both =
            Diagnostic::at(&size.location, format!("`test_size` and `{}` both define the test rows", rows.key)).label("remove one of them");
        diagnostics.errors.push(both.help("keep one of them"));
    }
    let format = csv_format(section, diagnostics);
    let (path, feature, target) = (path?, feature?, target?);
    let format = CsvFormat { feature: feature.0.clone(), target: target.0.clone(), ..format? };
    let named = PathBuf::from(&path.0);
    let file = match from {
        DataLocation::Folder(folder) => folder.join(&named),
        DataLocation::File(file) => file.to_path_buf(),
        DataLocation::Bytes(_) => named.clone(),
    };
    let dataset = match from {
        DataLocation::Bytes(bytes) => Dataset::parse(bytes.to_vec(), &format),
        DataLocation::Folder(_) | DataLocation::File(_) => Dataset::read(&file, &format),
    };
    let dataset = match dataset {
        Ok(dataset) => dataset,
        Err(error) => {
            diagnostics.errors.push(explain(&error, &file, &path, &feature, &target));
            return None;
        }
    };
    if dataset.dropped > 0 {
        let [dropped, rest] = [dataset.dropped, dataset.x.len()].map(|rows| text::count(rows, "row"));
        let [are, remain] =
            [(dataset.dropped, ["is", "are"]), (dataset.x.len(), ["remains", "remain"])].map(|(rows, words)| words[usize::from(rows != 1)]);
        diagnostics.warn(format!("{dropped} without a feature or a target {are} left out; {rest} {remain}"));
    }
    if feature.0 == target.0 {
        diagnostics.warn(format!("feature and target are the same column, \"{}\"", feature.0));
    }
    let test = match rows {
        [None, None] => size.unwrap_or(TestSize::None),
        [train, test] => diagnostics.ok(chosen_rows(train, test, dataset.x.len()))?,
    };
    if let TestSize::Rows { train, test } = &test
        && let trains = train.iter().collect::<HashSet<_>>()
        && let Some(row) = test.iter().find(|row| trains.contains(row))
    {
        diagnostics.warn(format!("row {row} is both a training row and a test row"));
    }
    Some((DataSpec { path: named, format, test }, dataset))
}

/// The error for a config without `[data]`.
pub fn missing() -> Diagnostic {
    Diagnostic::whole("the config has no table [data]")
        .help("add a table [data] with path, feature and target, or the line: data = { path = \"data/advertising.csv\", feature = \"TV\", target = \"sales\" }")
        .note("`gradsweep init` writes a commented starter config")
}

/// A string and its location.
type Named = (String, Location);

fn required(section: &CheckedTable, key: &str, diagnostics: &mut Diagnostics) -> Option<Named> {
    if let Some(entry) = section.get(key) {
        let text = diagnostics.ok(scalars::string(&entry.node, &format!("data.{key}")))?;
        return Some((text, entry.node.location.clone()));
    }
    if let Some(header) = section.header.as_ref().filter(|_| section.lacks(key)) {
        let example = match key {
            "path" => "path = \"data/advertising.csv\": a CSV file, relative to the config",
            "feature" => "feature = \"TV\": the input column",
            _ => "target = \"sales\": the column to predict",
        };
        let diagnostic = Diagnostic::at(&header.location, format!("[data] has no `{key}`")).label("incomplete");
        diagnostics.errors.push(diagnostic.help(format!("add {example}")));
    }
    None
}

/// Reads the notation of the data file; the names of the columns stay empty.
fn csv_format(section: &CheckedTable, diagnostics: &mut Diagnostics) -> Option<CsvFormat> {
    let plain = CsvFormat::new("", "");
    let delimiter = choice(section, "delimiter", plain.delimiter, "must be one ASCII character, such as \";\" or \"\\t\"", |text| {
        let [byte] = text.as_bytes() else { return None };
        (byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n.+-".contains(byte)).then_some(*byte)
    });
    let decimal = choice(section, "decimal", plain.decimal, "must be \".\" or \",\"", |text| match text {
        "." => Some('.'),
        "," => Some(','),
        _ => None,
    });
    let drops_missing = choice(section, "missing", plain.drops_missing, "must be \"refuse\" or \"drop\"", |text| match text {
        "refuse" => Some(false),
        "drop" => Some(true),
        _ => None,
    });
    let positive = section.get("positive").map(|entry| diagnostics.ok(scalars::string(&entry.node, "data.positive")));
    let (delimiter, decimal, drops_missing) = (diagnostics.ok(delimiter)?, diagnostics.ok(decimal)?, diagnostics.ok(drops_missing)?);
    if delimiter == b',' && decimal == ',' {
        let location = &section.get("decimal")?.node.location;
        let both =
            Diagnostic::at(location, "the comma cannot be both the decimal sign and the separator of cells").label("also the separator");
        diagnostics.errors.push(both.help("set delimiter = \";\" if semicolons separate the cells"));
        return None;
    }
    let positive = match positive {
        Some(text) => Some(text?.trim().to_owned()),
        None => None,
    };
    Some(CsvFormat { delimiter, decimal, drops_missing, positive, ..plain })
}

/// The value of an optional key that `read` accepts as a text; `rule` says which texts it accepts.
fn choice<T>(section: &CheckedTable, key: &str, default: T, rule: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Diagnostic> {
    let Some(entry) = section.get(key) else { return Ok(default) };
    let value = if let TomlValue::String(text) = &entry.node.value { read(text) } else { None };
    value.ok_or_else(|| Diagnostic::at(&entry.node.location, format!("`data.{key}` cannot be {}", entry.node.text)).label(rule))
}

/// Converts an error of the CSV reader into an error at the key that caused it.
fn explain(error: &Error, file: &Path, path: &Named, feature: &Named, target: &Named) -> Diagnostic {
    let column = |name: &str| if name == feature.0 { &feature.1 } else { &target.1 };
    let (location, label) = match error {
        Error::NoColumn { column: name, .. } => (column(name), "no such column"),
        Error::TwiceInHeader { column: name, .. } => (column(name), "ambiguous"),
        Error::NoNumbers { column: name, .. } => (column(name), "must contain only numbers"),
        Error::NoPositive { column: name, .. } | Error::ManyClasses { column: name, .. } => (column(name), "must have two classes"),
        Error::Absent { .. } => (&path.1, "file not found"),
        _ => (&path.1, "this file"),
    };
    let mut diagnostic = Diagnostic::at(location, error.to_string()).label(label);
    let guess = match error {
        Error::NoColumn { column, columns } if columns.len() > 1 => {
            keys::nearest(column, columns.iter().map(String::as_str)).map(|guess| format!("\"{guess}\""))
        }
        Error::Absent { .. } => nearest_file(file).map(|guess| guess.display().to_string()),
        _ => None,
    };
    if let Some(guess) = guess {
        diagnostic = diagnostic.help(format!("did you mean {guess}?"));
    }
    if let Some(remedy) = error.remedy() {
        diagnostic = diagnostic.help(remedy);
    }
    match error {
        Error::NoColumn { columns, .. } => {
            const SHOWN: usize = 20;
            let names: Vec<String> = columns.iter().take(SHOWN).map(|name| format!("\"{}\"", text::shortened(name, 40))).collect();
            let more = columns.len().saturating_sub(SHOWN) as u64;
            let rest = if more > 0 { format!(" and {} more", text::grouped(more)) } else { String::new() };
            diagnostic.note(format!("columns of the file: {}{rest}", names.join(", ")))
        }
        Error::Absent { .. } => diagnostic.note("data.path is relative to the folder of the config"),
        _ => diagnostic,
    }
}

/// The file in the folder of `path` with the most similar name.
pub fn nearest_file(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_file())?.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    let name = keys::nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(path.with_file_name(name))
}

/// Reads `test_size` as scikit-learn does: a fraction between 0 and 1, or a number of rows.
fn test_size(node: &TomlNode) -> Result<TestSize, Diagnostic> {
    match node.value {
        TomlValue::Integer(Some(0)) | TomlValue::Float(0.0) => Ok(TestSize::None),
        TomlValue::Integer(Some(count)) if count > 0 => Ok(TestSize::Count(count as u64)),
        TomlValue::Float(share) if share > 0.0 && share < 1.0 => Ok(TestSize::Fraction(share)),
        _ => Err(Diagnostic::at(&node.location, format!("`data.test_size` cannot be {}", node.text))
            .label("must be a fraction below 1, such as 0.2, or a number of rows, such as 40")),
    }
}

/// Rows as the config gives them.
enum Rows {
    Range { start: u64, end: u64, location: Location },
    List(Vec<(u64, Location)>),
}

fn rows(entry: &TomlEntry) -> Result<Rows, Diagnostic> {
    let (node, key) = (&entry.node, format!("data.{}", entry.key));
    match &node.value {
        TomlValue::String(text) => {
            let ends = text.split_once("..").and_then(|(start, end)| Some((start.trim().parse().ok()?, end.trim().parse().ok()?)));
            match ends {
                Some((start, end)) if start < end => Ok(Rows::Range { start, end, location: node.location.clone() }),
                _ => Err(Diagnostic::at(&node.location, format!("`{key}` = {} is not a range of rows", node.text))
                    .label("must be \"start..end\" with start < end")
                    .note("rows are counted from 0, without the header; the end is excluded: \"0..160\" is the first 160 rows")),
            }
        }
        TomlValue::List(items) if !items.is_empty() => {
            let read =
                |item: &TomlNode| scalars::integer(item, 0, i64::from(u32::MAX), &key).map(|row| (row as u64, item.location.clone()));
            items.iter().map(read).collect::<Result<_, _>>().map(Rows::List)
        }
        _ => Err(Diagnostic::at(&node.location, format!("`{key}` must be a range such as \"0..160\" or a list of row numbers"))
            .label(node.value.kind())),
    }
}

/// The rows of `train_rows` and `test_rows`. Rows in neither list are not used; without `train_rows`, all other rows are training rows.
fn chosen_rows(train: Option<Rows>, test: Option<Rows>, count: usize) -> Result<TestSize, Diagnostic> {
    let materialize = |rows: Option<Rows>| rows.map_or(Ok(Vec::new()), |rows| row_numbers(rows, count));
    let rest = train.is_none();
    let (mut train, test) = (materialize(train)?, materialize(test)?);
    if rest {
        let tests: HashSet<u32> = test.iter().copied().collect();
        train = (0..count as u32).filter(|row| !tests.contains(row)).collect();
    }
    Ok(TestSize::Rows { train, test })
}

fn row_numbers(rows: Rows, count: usize) -> Result<Vec<u32>, Diagnostic> {
    let past = |row: u64, location: &Location| {
        Diagnostic::at(location, format!("row {row} does not exist"))
            .label(format!("the file has {count} rows"))
            .note("rows are counted from 0, without the header; the end of a range is excluded")
    };
    match rows {
        Rows::Range { end, location, .. } if end > count as u64 => Err(past(end - 1, &location)),
        Rows::Range { start, end, .. } => Ok((start as u32..end as u32).collect()),
        Rows::List(rows) => {
            rows.into_iter().map(|(row, location)| if row < count as u64 { Ok(row as u32) } else { Err(past(row, &location)) }).collect()
        }
    }
}
