//! Choosing and reading a run directory. The parts of an unfinished sweep are read like the tables of a finished one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::errors::{Error, file};
use super::lock::LOCK;
use super::manifest::{FORMAT, MANIFEST, Manifest, Status};
use super::parts::PROBLEMS;
use super::problem_table::read_optima;
use super::table_file::TableReader;
use crate::data::sha256;
use crate::model::Optimum;
use crate::table::{EpochTable, HistoryTable, RunTable, Table as _};

/// Checks that a directory for a new sweep does not exist or is empty. Creates nothing.
///
/// # Errors
/// If the path is a file or a directory with entries, or if it cannot be read.
pub fn require_free(path: &Path) -> Result<(), Error> {
    let path = path.to_path_buf();
    match is_free(&path)? {
        true => Ok(()),
        false if holds_sweep(&path) => Err(Error::HoldsSweep { path }),
        false => Err(Error::NotEmpty { path }),
    }
}

/// Whether a directory has a manifest, so that it holds a sweep.
pub fn holds_sweep(path: &Path) -> bool {
    path.join(MANIFEST).exists()
}

/// The directory that [`create_directory`] created last for a name; `None` if there is none.
pub fn latest_directory(folder: &Path, name: &str) -> Option<PathBuf> {
    let name = file_name(name);
    let numbered = |number: u64| if number == 1 { folder.join(&name) } else { folder.join(format!("{name}-{number}")) };
    (1..u64::MAX).map(numbered).take_while(|path| path.exists()).last()
}

/// Creates the directory for a new sweep: `folder`/`name`, or the first that does not exist of `name`-2, `name`-3, .. Its creation is atomic, so
/// two sweeps that start at the same time get different directories.
///
/// # Errors
/// If a directory cannot be created.
pub fn create_directory(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    file("create", folder, std::fs::create_dir_all(folder))?;
    let name = file_name(name);
    let mut path = folder.join(&name);
    let mut number = 2;
    loop {
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            created => return file("create", &path, created).map(|()| path),
        }
        path = folder.join(format!("{name}-{number}"));
        number += 1;
    }
}

/// The name of a sweep as a file name for every file system: no separator, not hidden, at most 240 bytes.
fn file_name(name: &str) -> String {
    let safe = name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' });
    // A character takes at most 4 of the usual 255 bytes; the others are for the number that may follow.
    let safe: String = safe.skip_while(|&c| c == '.').take(60).collect();
    let safe = safe.trim_end_matches('.');
    if safe.is_empty() { "sweep".to_owned() } else { safe.to_owned() }
}

/// Whether the path does not exist or is an empty directory.
fn is_free(path: &Path) -> Result<bool, Error> {
    match std::fs::read_dir(path) {
        // The lock of a process that was killed is no result.
        Ok(mut entries) => Ok(entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == LOCK))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        Err(error) => file("read", path, Err(error)),
    }
}

/// A recorded point of a run: the number of updates before it (0 at the start), weight and bias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Number of updates before the point; 0 is the start.
    pub step: u64,
    /// Weight.
    pub weight: f32,
    /// Bias.
    pub bias: f32,
}

/// A run directory, opened for reading.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    path: PathBuf,
    manifest: Manifest,
}

impl RunDirectory {
    /// Opens a directory and reads its manifest.
    ///
    /// # Errors
    /// If the directory has no manifest, or a damaged one, or one of another format.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let name = path.join(MANIFEST);
        let text = match std::fs::read(&name) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(Error::NotARunDirectory { path: path.to_path_buf() });
            }
            text => file("read", &name, text)?,
        };
        let damaged = |error: serde_json::Error| Error::Damaged { path: name.clone(), problem: error.to_string() };
        let json: serde_json::Value = serde_json::from_slice(&text).map_err(damaged)?;
        let found = json.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0) as u32;
        if found != FORMAT {
            return Err(Error::Format { path: path.to_path_buf(), found, known: FORMAT });
        }
        Ok(Self { path: path.to_path_buf(), manifest: serde_json::from_value(json).map_err(damaged)? })
    }

    /// The path of the directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The config file of the sweep.
    ///
    /// # Errors
    /// If the file cannot be read, or if it has changed since the sweep.
    pub fn config(&self) -> Result<String, Error> {
        let path = self.path.join("sweep.toml");
        let text = file("read", &path, std::fs::read_to_string(&path))?;
        let recorded = &self.manifest.config_sha256;
        if recorded.is_empty() || *recorded == sha256(text.as_bytes()) { Ok(text) } else { Err(Error::Changed { path }) }
    }

    /// The path of the copy of the data file, after a comparison of its SHA-256 with the one in the manifest.
    ///
    /// # Errors
    /// If the file cannot be read, or if it has changed since the sweep.
    pub fn data_path(&self) -> Result<PathBuf, Error> {
        let path = self.path.join("data.csv");
        let bytes = file("read", &path, std::fs::read(&path))?;
        if self.manifest.data_sha256 == sha256(&bytes) { Ok(path) } else { Err(Error::Changed { path }) }
    }

    /// All stored runs.
    ///
    /// # Errors
    /// If a file cannot be read or is damaged.
    pub fn runs(&self) -> Result<RunTable, Error> {
        let files = self.files("runs")?;
        if files.is_empty() && self.manifest.status == Status::Complete {
            return Err(Error::Damaged { path: self.path.clone(), problem: "it has no runs.parquet".into() });
        }
        let problems = if files.is_empty() { 0 } else { self.optima()?.len() };
        let mut table = RunTable::default();
        for path in files {
            let reader = TableReader::open(&path)?;
            let rows = RunTable::read(&reader.rows_of(reader.groups()))?;
            let follows = table.run.last().zip(rows.run.first()).is_none_or(|(last, first)| last < first);
            let problem = if follows { impossible(&rows, problems, self.manifest.counts.runs) } else { Some("its runs do not ascend") };
            if let Some(problem) = problem {
                return Err(Error::Damaged { path, problem: problem.into() });
            }
            table.append(&rows);
        }
        Ok(table)
    }

    /// The optimum of each problem; `None` if it has none.
    ///
    /// # Errors
    /// If a file cannot be read or is damaged.
    pub fn optima(&self) -> Result<Vec<Option<Optimum>>, Error> {
        let reader = TableReader::open(&self.path.join(PROBLEMS))?;
        read_optima(&reader.rows_of(reader.groups()))
    }

    /// The epochs of a run; empty if they are not stored.
    ///
    /// # Errors
    /// If a file cannot be read or is damaged.
    pub fn epochs(&self, run: u64) -> Result<EpochTable, Error> {
        let mut table = EpochTable::default();
        for path in self.files("epochs")? {
            let reader = TableReader::open(&path)?;
            let groups = reader.groups_with("run", run as i64);
            if groups.is_empty() {
                continue;
            }
            let stored = EpochTable::read(&reader.rows_of(groups))?;
            table.append(&stored.select(&rows_of(run, &stored.run)));
        }
        Ok(table)
    }

    /// The recorded points of a run; empty if its history is not stored.
    ///
    /// # Errors
    /// If a file cannot be read or is damaged.
    pub fn history(&self, run: u64) -> Result<Vec<Point>, Error> {
        let mut points = Vec::new();
        for path in self.files("history")? {
            let reader = TableReader::open(&path)?;
            let groups = reader.groups_with("run", run as i64);
            if groups.is_empty() {
                continue;
            }
            let stored = HistoryTable::read(&reader.rows_of(groups))?;
            let point = |row: usize| Point { step: stored.step[row], weight: stored.weight[row], bias: stored.bias[row] };
            points.extend(rows_of(run, &stored.run).into_iter().map(point));
        }
        Ok(points)
    }

    /// The file of a table, or its parts in order. Hidden files are unfinished and left out.
    pub(super) fn files(&self, table: &str) -> Result<Vec<PathBuf>, Error> {
        let whole = self.path.join(format!("{table}.parquet"));
        if whole.exists() {
            return Ok(vec![whole]);
        }
        // The folder is hidden while a file with all of its rows takes its place; a process that is killed there leaves it hidden.
        let folders = [self.path.join(table), self.path.join(format!(".{table}"))];
        let Some(folder) = folders.into_iter().find(|folder| folder.exists()) else { return Ok(Vec::new()) };
        let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
        let mut parts = Vec::new();
        for entry in entries {
            let path = file("read", &folder, entry)?.path();
            if !is_hidden(&path) && path.extension().is_some_and(|extension| extension == "parquet") {
                parts.push(path);
            }
        }
        // By number: part-100000 comes after part-99999.
        parts.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
        Ok(parts)
    }
}

/// What is impossible in rows of runs.parquet; `None` if everything in it can be true.
pub(super) fn impossible(rows: &RunTable, problems: usize, runs: u64) -> Option<&'static str> {
    if !rows.run.is_sorted_by(|a, b| a < b) {
        return Some("its runs do not ascend");
    }
    if rows.run.last().is_some_and(|&last| last >= runs) {
        return Some("it has a run that the sweep does not have");
    }
    let is_unknown = |&problem: &u32| problem as usize >= problems;
    rows.problem.iter().any(is_unknown).then_some("it has a problem that problems.parquet does not have")
}

/// Whether the name of a file begins with a dot.
pub(super) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The rows of a run, by position.
fn rows_of(run: u64, runs: &[u64]) -> Vec<usize> {
    (0..runs.len()).filter(|&row| runs[row] == run).collect()
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
    fn the_number_of_a_name_is_the_first_free_one() {
        let folder = tempfile::tempdir().unwrap();
        let create = || create_directory(folder.path(), "x").unwrap();
        for expected in ["x", "x-2", "x-3"] {
            assert_eq!(create(), folder.path().join(expected));
        }
        std::fs::write(folder.path().join("x-4"), "a file").unwrap();
        assert_eq!(create(), folder.path().join("x-5"));
    }

    #[test]
    fn sweeps_that_start_at_the_same_time_get_different_directories() {
        let folder = tempfile::tempdir().unwrap();
        let start = || {
            std::thread::scope(|scope| {
                (0..8)
                    .map(|_| scope.spawn(|| create_directory(folder.path(), "x").unwrap()))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|thread| thread.join().unwrap())
                    .collect::<Vec<_>>()
            })
        };
        let mut paths = start();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), 8);
    }

    #[test]
    fn parts_are_read_by_number() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("runs")).unwrap();
        let parts = [2, 99_999, 100_000].map(|number| folder.path().join(format!("runs/part-{number:05}.parquet")));
        for part in &parts {
            std::fs::write(part, "").unwrap();
        }
        // A killed process leaves hidden files.
        for hidden in [".part-00003.parquet.tmp", ".part-00003.parquet"] {
            std::fs::write(folder.path().join("runs").join(hidden), "PAR1 cut off").unwrap();
        }
        let directory = RunDirectory { path: folder.path().to_path_buf(), manifest: Manifest::new("x", serde_json::Value::Null) };
        assert_eq!(directory.files("runs").unwrap(), parts);
    }
}
