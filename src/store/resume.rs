//! Resuming an interrupted sweep: checks that it is the same sweep, keeps the rows that are whole, and removes the others.
//!
//! A chunk is stored once its rows of runs.parquet are, because they are written last. A part is whole if its footer can be read and its runs follow
//! those of the part before. Everything after the first part that is not whole is removed and trained again, so that files and parts have the numbers
//! that an undisturbed sweep gives them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::directory::{impossible, is_hidden};
use super::errors::{Error, file};
use super::files::sync_folder;
use super::manifest::Manifest;
use super::parts::{PROBLEMS, PartTable, part_name};
use super::table_file::TableReader;
use crate::data::sha256;
use crate::table::{RunTable, Table as _};

/// The rows that a complete run directory has.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The numbers of the runs.
    pub runs: Range<u64>,
    /// The number of problems.
    pub problems: usize,
    /// Whether every run has rows of epochs.parquet.
    pub epochs: bool,
    /// Whether every run has rows of history/.
    pub histories: bool,
}

/// Checks that a directory without a manifest holds only files of this sweep: a killed process leaves them before the manifest.
///
/// # Errors
/// If it holds another file.
pub fn require_begun(path: &Path, config: &str, data: &[u8]) -> Result<(), Error> {
    let not_empty = || Error::NotEmpty { path: path.to_path_buf() };
    for entry in file("read", path, std::fs::read_dir(path))? {
        let entry = file("read", path, entry)?;
        let holds = |bytes: &[u8]| std::fs::read(entry.path()).is_ok_and(|own| own == bytes);
        let is_own = match entry.file_name().to_string_lossy().as_ref() {
            "sweep.toml" => holds(config.as_bytes()),
            "data.csv" => holds(data),
            PROBLEMS => true,
            "runs" | "epochs" | "history" => std::fs::read_dir(entry.path()).is_ok_and(|mut entries| entries.next().is_none()),
            _ => is_hidden(&entry.path()),
        };
        if !is_own {
            return Err(not_empty());
        }
    }
    Ok(())
}

/// Checks that a stored sweep is the one that `given` and the data describe, that it is the same shard, and that this version has written it.
///
/// # Errors
/// If they differ; the error names the key.
pub fn require_same(path: &Path, stored: &Manifest, given: &Manifest, data: &[u8]) -> Result<(), Error> {
    let shard = |manifest: &Manifest| manifest.shard.map_or("not set".to_owned(), |shard| shard.to_string());
    let [own, other] = [stored, given].map(shard);
    if own != other {
        return Err(Error::OtherSweep { path: path.to_path_buf(), key: "--shard".into(), stored: own, given: other });
    }
    require_same_sweep(path, stored, given, data)
}

/// Checks that two directories hold the same sweep or shards of it.
///
/// # Errors
/// If they differ; the error names the key.
pub(super) fn require_same_sweep(path: &Path, stored: &Manifest, given: &Manifest, data: &[u8]) -> Result<(), Error> {
    let other = |key: String, [stored, given]: [String; 2]| Error::OtherSweep { path: path.to_path_buf(), key, stored, given };
    if stored.version != given.version {
        return Err(other("the version of gradsweep".into(), [&stored.version, &given.version].map(Clone::clone)));
    }
    // The stored numbers have been read from text, so the given ones are read from text as well.
    let given: Value = serde_json::from_str(&given.config.to_string()).unwrap_or_default();
    if let Some((key, values)) = difference(&stored.config, &given, &mut Vec::new()) {
        return Err(other(key, values));
    }
    let own = sha256(data);
    if stored.data_sha256 != own {
        let short = |hash: &str| hash.chars().take(12).collect::<String>();
        return Err(other("the SHA-256 of the file in data.path".into(), [short(&stored.data_sha256), short(&own)]));
    }
    Ok(())
}

/// The key of the first difference between two resolved configs, and the values there. The path of the data file is ignored: its contents count.
fn difference(stored: &Value, given: &Value, key: &mut Vec<String>) -> Option<(String, [String; 2])> {
    match (stored, given) {
        (Value::Object(stored), Value::Object(given)) => {
            let mut names: Vec<&String> = stored.keys().chain(given.keys().filter(|name| !stored.contains_key(*name))).collect();
            // These numbers follow from the other keys of a block.
            names.sort_by_key(|name| ["first", "runs"].contains(&name.as_str()));
            names.into_iter().find_map(|name| {
                if key.len() == 1 && key[0] == "data" && name == "path" {
                    return None;
                }
                key.push(name.clone());
                let [stored, given] = [stored, given].map(|object| object.get(name).unwrap_or(&Value::Null));
                let found = difference(stored, given, key);
                key.pop();
                found
            })
        }
        (Value::Array(stored), Value::Array(given)) if stored.len() == given.len() => {
            stored.iter().zip(given).find_map(|(stored, given)| difference(stored, given, key))
        }
        _ if stored == given => None,
        _ => Some((user_key(key), [stored, given].map(short))),
    }
}

/// The key as a config has it: settings of runs are written without the block that holds them.
fn user_key(key: &[String]) -> String {
    match key {
        [sweep, blocks] if sweep == "sweep" && blocks == "blocks" => "the list of optimizers".into(),
        [sweep, blocks, kind, rest @ ..] if sweep == "sweep" && blocks == "blocks" && ["parameters", "axes"].contains(&kind.as_str()) => {
            rest.join(".")
        }
        [sweep, blocks, rest @ ..] if sweep == "sweep" && blocks == "blocks" => rest.join("."),
        _ => key.join("."),
    }
}

/// A value for a message.
fn short(value: &Value) -> String {
    const LENGTH: usize = 60;
    match value {
        Value::Null => "not set".into(),
        Value::Array(blocks) if blocks.iter().all(|block| block.get("optimizer").is_some()) && !blocks.is_empty() => {
            blocks.iter().filter_map(|block| block["optimizer"].as_str()).collect::<Vec<_>>().join(", ")
        }
        value => {
            let text = value.to_string();
            if text.chars().count() <= LENGTH { text } else { text.chars().take(LENGTH).collect::<String>() + ".." }
        }
    }
}

/// The stored rows of a table: its file, or its parts in order, with the runs of each.
#[derive(Debug, Default)]
struct StoredTable {
    /// The first run that the table has.
    start: u64,
    files: Vec<(PathBuf, Range<u64>)>,
}

impl StoredTable {
    /// The files that are whole: each opens, and its runs follow those of the file before.
    fn find(directory: &Path, table: PartTable, start: u64) -> Self {
        let whole = table.file(directory);
        if whole.exists() {
            return Self {
                start,
                files: runs_of(&whole, table)
                    .into_iter()
                    .map(|runs| (whole.clone(), runs))
                    .filter(|(_, runs)| runs.start == start)
                    .collect(),
            };
        }
        let mut found = Self { start, files: Vec::new() };
        for number in 0.. {
            let path = directory.join(table.folder()).join(part_name(number));
            match runs_of(&path, table) {
                Some(runs) if runs.start == found.end() => found.files.push((path, runs)),
                _ => break,
            }
        }
        found
    }

    fn end(&self) -> u64 {
        self.files.last().map_or(self.start, |(_, runs)| runs.end)
    }

    /// The numbers of runs after which a file of the table ends.
    fn ends(&self) -> BTreeSet<u64> {
        std::iter::once(self.start).chain(self.files.iter().map(|(_, runs)| runs.end)).collect()
    }
}

/// The runs of a file, which ascend; `None` if the file is absent or damaged.
fn runs_of(path: &Path, table: PartTable) -> Option<Range<u64>> {
    let reader = TableReader::open(path).ok()?;
    let [first, last] = reader.bounds("run")?.map(u64::try_from);
    let runs = first.ok()?..last.ok()?.checked_add(1)?;
    let rows: usize = crate::table::ColumnSource::rows(&reader.rows_of(reader.groups()));
    let has_all_rows = if table == PartTable::Runs { rows as u64 == runs.end - runs.start } else { rows as u64 >= runs.end - runs.start };
    has_all_rows.then_some(runs)
}

/// Keeps the rows of runs of which all tables have theirs, removes the others, and returns the number of those runs with the number of files that each
/// table keeps.
pub(super) fn keep_whole(directory: &Path, expected: &Expected) -> Result<(u64, [usize; 3]), Error> {
    let tables = [(PartTable::Runs, true), (PartTable::Epochs, expected.epochs), (PartTable::History, expected.histories)];
    let stored = tables.map(
        |(table, is_expected)| if is_expected { StoredTable::find(directory, table, expected.runs.start) } else { StoredTable::default() },
    );
    let is_end_in_all = |end: &u64| *end <= expected.runs.end && (0..3).all(|table| !tables[table].1 || stored[table].ends().contains(end));
    let runs = stored[0].ends().into_iter().rev().find(is_end_in_all).unwrap_or(expected.runs.start);
    let mut parts = [0; 3];
    // The rows of runs.parquet go first: without them the others count as not stored.
    for ((table, is_expected), stored) in tables.into_iter().zip(&stored) {
        if !is_expected {
            continue;
        }
        let kept: Vec<&Path> = stored.files.iter().filter(|(_, own)| own.end <= runs).map(|(path, _)| path.as_path()).collect();
        let whole = table.file(directory);
        if whole.exists() && !kept.contains(&whole.as_path()) {
            remove(&whole)?;
        }
        parts[table as usize] = remove_parts(directory, table, &kept)?;
    }
    Ok((runs, parts))
}

/// Removes the parts of a table that are not kept, and returns the number of parts that are.
pub(super) fn remove_parts(directory: &Path, table: PartTable, kept: &[&Path]) -> Result<usize, Error> {
    let folder = directory.join(table.folder());
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(0) };
    let mut parts = 0;
    for entry in entries {
        let path = file("read", &folder, entry)?.path();
        if kept.contains(&path.as_path()) {
            parts += 1;
        } else if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("part-")) {
            remove(&path)?;
        }
    }
    sync_folder(&folder)?;
    Ok(parts)
}

/// Removes a file.
pub(super) fn remove(path: &Path) -> Result<(), Error> {
    file("remove", path, std::fs::remove_file(path))
}

/// Reads rows of runs.parquet from a file, row group by row group; the runs follow `first`. `None` if the file is damaged.
pub(super) fn read_runs(path: &Path, first: &mut u64, expected: &Expected, visit: &mut dyn FnMut(RunTable)) -> Option<()> {
    let reader = TableReader::open(path).ok()?;
    for group in reader.groups() {
        let rows = RunTable::read(&reader.rows_of(vec![group])).ok()?;
        if !rows.run.iter().copied().eq(*first..*first + rows.run.len() as u64)
            || impossible(&rows, expected.problems, expected.runs.end).is_some()
        {
            return None;
        }
        *first += rows.run.len() as u64;
        visit(rows);
    }
    Some(())
}

/// Finishes or undoes the joining of a table's parts that a killed process began.
pub(super) fn recover_join(directory: &Path, table: PartTable) -> Result<(), Error> {
    let (folder, hidden) = (directory.join(table.folder()), table.hidden_folder(directory));
    if !hidden.exists() {
        return Ok(());
    }
    if runs_of(&table.file(directory), table).is_some() {
        return file("remove", &hidden, std::fs::remove_dir_all(&hidden));
    }
    // The folder of the parts was hidden, so there is none or an empty one.
    let _ = std::fs::remove_dir(&folder);
    file("rename", &folder, std::fs::rename(&hidden, &folder))?;
    sync_folder(directory)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(stored: &Value, given: &Value) -> Option<(String, [String; 2])> {
        difference(stored, given, &mut Vec::new())
    }

    #[test]
    fn a_difference_is_named_as_in_the_config() {
        let config = |epochs: u64, count: u64, path: &str| {
            let block = json!({"optimizer": "sgd", "first": 0, "runs": count, "parameters": {"epochs": epochs}, "axes": {"learning_rate": {"count": count}}});
            json!({"name": "a", "data": {"path": path, "test_size": 0.2}, "sweep": {"runs": count, "blocks": [block]}})
        };
        let same = config(5, 9, "a.csv");
        assert_eq!(found(&same, &config(5, 9, "b.csv")), None, "the path of the data may change");
        let epochs = found(&same, &config(6, 9, "a.csv")).unwrap();
        assert_eq!(epochs, ("epochs".into(), ["5".into(), "6".into()]));
        let count = found(&same, &config(5, 8, "a.csv")).unwrap();
        assert_eq!(count, ("learning_rate.count".into(), ["9".into(), "8".into()]));
        let mut other = same.clone();
        other["data"]["test_size"] = json!(0.25);
        assert_eq!(found(&same, &other).unwrap().0, "data.test_size");
        other = same.clone();
        other["data"]["decimal"] = json!(",");
        assert_eq!(found(&same, &other).unwrap(), ("data.decimal".into(), ["not set".into(), "\",\"".into()]));
        other = same.clone();
        other["sweep"]["blocks"].as_array_mut().unwrap().push(json!({"optimizer": "adam"}));
        assert_eq!(found(&same, &other).unwrap(), ("the list of optimizers".into(), ["sgd".into(), "sgd, adam".into()]));
    }
}
