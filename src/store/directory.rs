//! Choosing and reading a run directory. An interrupted sweep reads like a finished one, as far as it got.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Manifest;
use super::errors::{Error, file};
use super::manifest::FORMAT;
use super::parquet::TableReader;
use super::rows::{read_epochs, read_history, read_runs};
use crate::table::RunTable;

/// The directory for a new sweep: as asked, if it is new or empty; else runs/<name>, or -2, -3 .. behind it.
pub fn choose_directory(out: Option<&Path>, name: &str) -> Result<PathBuf, Error> {
    if let Some(out) = out {
        return if is_free(out)? { Ok(out.to_path_buf()) } else { Err(Error::NotEmpty { path: out.to_path_buf() }) };
    }
    free_below(Path::new("runs"), &file_name(name))
}

/// `folder`/`name`, or the first of `name`-2, `name`-3 .. that is free.
fn free_below(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    let mut path = folder.join(name);
    let mut number = 2;
    while !is_free(&path)? {
        path = folder.join(format!("{name}-{number}"));
        number += 1;
    }
    Ok(path)
}

/// The name of a sweep as one that every file system takes: no separators, not hidden, not too long.
fn file_name(name: &str) -> String {
    let safe = name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' });
    // 4 bytes at most a character, of the usual 255; the rest is for the number behind it.
    let safe: String = safe.skip_while(|&c| c == '.').take(60).collect();
    let safe = safe.trim_end_matches('.');
    if safe.is_empty() { "sweep".to_owned() } else { safe.to_owned() }
}

/// Whether nothing is there, or an empty directory.
fn is_free(path: &Path) -> Result<bool, Error> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        Err(error) => file("read", path, Err(error)),
    }
}

/// Rows of epochs.parquet; NaN stands for null.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpochTable {
    pub run: Vec<u64>,
    pub epoch: Vec<u64>,
    pub loss: Vec<f32>,
    pub mae: Vec<f32>,
    pub val_loss: Vec<f32>,
    pub val_mae: Vec<f32>,
}

/// A recorded point: the update after which it was taken (0: the start), weight and bias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub step: u64,
    pub weight: f32,
    pub bias: f32,
}

/// A run directory that is read.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    path: PathBuf,
    manifest: Manifest,
}

impl RunDirectory {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let name = path.join("manifest.json");
        let text = match std::fs::read(&name) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(Error::NotARunDirectory { path: path.to_path_buf() });
            }
            text => file("read", &name, text)?,
        };
        let damaged = |error: serde_json::Error| Error::Damaged { path: name.clone(), what: error.to_string() };
        let json: serde_json::Value = serde_json::from_slice(&text).map_err(damaged)?;
        let found = json.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0) as u32;
        if found != FORMAT {
            return Err(Error::Format { path: path.to_path_buf(), found, known: FORMAT });
        }
        Ok(Self { path: path.to_path_buf(), manifest: serde_json::from_value(json).map_err(damaged)? })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The config as it was given.
    pub fn config(&self) -> Result<String, Error> {
        let path = self.path.join("sweep.toml");
        file("read", &path, std::fs::read_to_string(&path))
    }

    /// The copy of the data file.
    pub fn data_path(&self) -> PathBuf {
        self.path.join("data.csv")
    }

    /// All runs that are stored.
    pub fn runs(&self) -> Result<RunTable, Error> {
        let mut table = RunTable::default();
        for path in self.files("runs")? {
            table.append(&read_runs(&path)?);
        }
        Ok(table)
    }

    /// The epochs of a run; empty where none are stored.
    pub fn epochs(&self, run: u64) -> Result<EpochTable, Error> {
        let mut table = EpochTable::default();
        for path in self.files("epochs")? {
            let reader = TableReader::open(&path)?;
            let groups = groups_with(&reader, run);
            if groups.is_empty() {
                continue;
            }
            let (runs, epochs, [loss, mae, val_loss, val_mae]) = read_epochs(&path, &reader, groups)?;
            for row in (0..runs.len()).filter(|&row| runs[row] == run) {
                table.run.push(run);
                table.epoch.push(epochs[row]);
                table.loss.push(loss[row]);
                table.mae.push(mae[row]);
                table.val_loss.push(val_loss[row]);
                table.val_mae.push(val_mae[row]);
            }
        }
        Ok(table)
    }

    /// The recorded points of a run; empty where its history is not stored.
    pub fn history(&self, run: u64) -> Result<Vec<Point>, Error> {
        let mut points = Vec::new();
        for path in self.files("history")? {
            let reader = TableReader::open(&path)?;
            let groups = groups_with(&reader, run);
            if groups.is_empty() {
                continue;
            }
            let (runs, steps, [weight, bias]) = read_history(&path, &reader, groups)?;
            let rows = (0..runs.len()).filter(|&row| runs[row] == run);
            points.extend(rows.map(|row| Point { step: steps[row], weight: weight[row], bias: bias[row] }));
        }
        Ok(points)
    }

    /// The file of a table, or its parts in order.
    fn files(&self, table: &str) -> Result<Vec<PathBuf>, Error> {
        let whole = self.path.join(format!("{table}.parquet"));
        if whole.exists() {
            return Ok(vec![whole]);
        }
        let folder = self.path.join(table);
        let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
        let mut parts = Vec::new();
        for entry in entries {
            let path = file("read", &folder, entry)?.path();
            if path.extension().is_some_and(|extension| extension == "parquet") {
                parts.push(path);
            }
        }
        // By number: part-100000 comes after part-99999.
        parts.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
        Ok(parts)
    }
}

/// The row groups that may hold a run.
fn groups_with(reader: &TableReader, run: u64) -> Vec<usize> {
    let run = run as i64;
    let may = |bounds: &Option<(i64, i64)>| bounds.is_none_or(|(min, max)| min <= run && run <= max);
    reader.bounds("run").iter().enumerate().filter(|(_, bounds)| may(bounds)).map(|(group, _)| group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_for_file_systems() {
        for (name, safe) in [
            ("advertising", "advertising"),
            ("größe 2", "größe_2"),
            ("../../etc", "_.._etc"),
            ("a/b\\c:d", "a_b_c_d"),
            (".hidden.", "hidden"),
            ("..", "sweep"),
            ("", "sweep"),
        ] {
            assert_eq!(file_name(name), safe);
        }
        assert!(file_name(&"𝒘".repeat(300)).len() <= 240);
    }

    #[test]
    fn names_count_up_past_what_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let choose = || free_below(folder.path(), "x").unwrap();
        for expected in ["x", "x-2", "x-3"] {
            assert_eq!(choose(), folder.path().join(expected));
            std::fs::create_dir(choose()).unwrap();
            assert_eq!(choose(), folder.path().join(expected), "an empty directory is free");
            std::fs::write(choose().join("a"), "").unwrap();
        }
        std::fs::write(folder.path().join("x-4"), "a file").unwrap();
        assert_eq!(choose(), folder.path().join("x-5"));
    }

    #[test]
    fn parts_are_read_by_number() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("runs")).unwrap();
        let parts = [2, 99_999, 100_000].map(|number| folder.path().join(format!("runs/part-{number:05}.parquet")));
        for part in &parts {
            std::fs::write(part, "").unwrap();
        }
        let directory = RunDirectory { path: folder.path().to_path_buf(), manifest: Manifest::new("x", serde_json::Value::Null) };
        assert_eq!(directory.files("runs").unwrap(), parts);
    }
}
