//! Writing a run directory chunk by chunk. Every file is written under a hidden temporary name and then renamed.
//!
//! While the sweep runs, runs.parquet and epochs.parquet exist as parts, one or more per chunk. [`Writer::finish`] joins them without
//! encoding them again, so that an interrupted sweep leaves readable parts.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::errors::{Error, file};
use super::manifest::{Counts, Manifest, Status, Timings};
use super::problem_table::ProblemTable;
use super::table_file::{GROUP_ROWS, TableFile, temporary_path};
use crate::data::sha256;
use crate::model::Problem;
use crate::table::{EpochTable, HistoryTable, RowSource, RunTable, Table};

/// The number of rows from which a part is encoded by a thread of its own.
const PART_ROWS: usize = 1 << 18;

/// The tables that are written in parts.
#[derive(Clone, Copy)]
enum PartTable {
    Runs,
    Epochs,
    History,
}

impl PartTable {
    fn folder(self) -> &'static str {
        ["runs", "epochs", "history"][self as usize]
    }
}

/// A run directory that is being written.
pub struct Writer {
    directory: PathBuf,
    manifest: Manifest,
    /// The number of parts of each [`PartTable`].
    parts: [usize; 3],
    /// Row groups in memory, one per thread. They are reused because page faults of new memory cost more than the copy into it.
    epoch_tables: Vec<EpochTable>,
    history_tables: Vec<HistoryTable>,
}

impl Writer {
    /// Creates the directory with the manifest, the config and a copy of the data, which are enough to plot and to replay.
    ///
    /// # Errors
    /// If a file cannot be written, or if the directory has a manifest already: of two sweeps that start in one directory, the second
    /// is refused.
    pub fn create(directory: &Path, manifest: Manifest, config: &str, data: &[u8]) -> Result<Self, Error> {
        for folder in [directory.to_path_buf(), directory.join("runs"), directory.join("epochs"), directory.join("history")] {
            file("create", &folder, std::fs::create_dir_all(&folder))?;
        }
        let directory = directory.to_path_buf();
        let manifest = Manifest { config_sha256: sha256(config.as_bytes()), data_sha256: sha256(data), ..manifest };
        let writer = Self { directory, manifest, parts: [0; 3], epoch_tables: Vec::new(), history_tables: Vec::new() };
        writer.create_manifest()?;
        for (name, bytes) in [("sweep.toml", config.as_bytes()), ("data.csv", data)] {
            let path = writer.directory.join(name);
            file("write", &path, std::fs::write(&path, bytes))?;
        }
        Ok(writer)
    }

    /// The manifest, whose counts and timings the caller fills in; [`Writer::save_manifest`] writes it.
    pub fn manifest_mut(&mut self) -> &mut Manifest {
        &mut self.manifest
    }

    /// Writes problems.parquet.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_problems(&mut self, problems: &[Problem]) -> Result<(), Error> {
        let problems = ProblemTable::new(problems);
        let columns = problems.columns();
        let mut table = TableFile::create(&self.directory.join("problems.parquet"), &columns)?;
        table.write(&columns)?;
        table.finish()
    }

    /// Writes rows of runs.parquet, as a part.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_runs(&mut self, runs: &RunTable) -> Result<(), Error> {
        let path = self.next_part(PartTable::Runs);
        let columns = runs.columns();
        let mut part = TableFile::create(&path, &columns)?;
        part.write(&columns)?;
        part.finish()
    }

    /// Writes rows of epochs.parquet, as parts; runs ascend.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write_epochs(&mut self, rows: &impl RowSource<EpochTable>) -> Result<(), Error> {
        let mut tables = std::mem::take(&mut self.epoch_tables);
        let written = self.write_parts(PartTable::Epochs, rows, &mut tables);
        self.epoch_tables = tables;
        written
    }

    /// Writes rows of history/, as parts; runs ascend.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write_histories(&mut self, rows: &impl RowSource<HistoryTable>) -> Result<(), Error> {
        let mut tables = std::mem::take(&mut self.history_tables);
        let written = self.write_parts(PartTable::History, rows, &mut tables);
        self.history_tables = tables;
        written
    }

    /// Writes one part per thread if there are enough rows, because encoding takes longer than writing to the disk.
    fn write_parts<T: Table>(&mut self, table: PartTable, rows: &impl RowSource<T>, tables: &mut Vec<T>) -> Result<(), Error> {
        let all: usize = (0..rows.runs()).map(|run| rows.rows(run)).sum();
        if all == 0 {
            return Ok(());
        }
        let threads = rayon::current_num_threads().min(all / PART_ROWS).max(1);
        let runs = rows.runs().div_ceil(threads);
        let pieces: Vec<Range<usize>> = (0..rows.runs()).step_by(runs).map(|first| first..rows.runs().min(first + runs)).collect();
        let paths: Vec<PathBuf> = pieces.iter().map(|_| self.next_part(table)).collect();
        tables.resize_with(tables.len().max(pieces.len()), T::default);
        let work = tables.par_iter_mut().zip(paths).zip(pieces);
        work.try_for_each(|((table, path), runs)| write_part(&path, rows, runs, table))
    }

    /// Joins the parts of runs and of epochs into one file each, and marks the directory complete.
    ///
    /// # Errors
    /// If a file cannot be written; the parts are readable then.
    pub fn finish(mut self) -> Result<Manifest, Error> {
        for table in [PartTable::Runs, PartTable::Epochs] {
            self.join_parts(table)?;
        }
        if self.parts[PartTable::History as usize] == 0 {
            let folder = self.directory.join(PartTable::History.folder());
            file("remove", &folder, std::fs::remove_dir(&folder))?;
        }
        self.manifest.status = Status::Complete;
        self.save_manifest()?;
        Ok(self.manifest)
    }

    /// Saves the manifest of an interrupted sweep; the directory stays incomplete and readable.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn close_incomplete(self) -> Result<Manifest, Error> {
        self.save_manifest()?;
        Ok(self.manifest)
    }

    /// Writes the manifest.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save_manifest(&self) -> Result<(), Error> {
        let path = self.manifest_path();
        let temporary = temporary_path(&path);
        file("write", &temporary, std::fs::write(&temporary, self.manifest_json()?))?;
        file("rename", &path, std::fs::rename(&temporary, &path))
    }

    /// Removes everything that belongs to runs, to store all of them again.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn discard_parts(&mut self) -> Result<(), Error> {
        for table in [PartTable::Runs, PartTable::Epochs, PartTable::History] {
            for number in 0..std::mem::take(&mut self.parts[table as usize]) {
                let path = self.part_path(table, number);
                file("remove", &path, std::fs::remove_file(&path))?;
            }
        }
        self.manifest.counts = Counts { runs: self.manifest.counts.runs, ..Counts::default() };
        self.manifest.timings = Timings::default();
        Ok(())
    }

    fn next_part(&mut self, table: PartTable) -> PathBuf {
        let number = &mut self.parts[table as usize];
        *number += 1;
        self.part_path(table, self.parts[table as usize] - 1)
    }

    fn part_path(&self, table: PartTable, number: usize) -> PathBuf {
        self.directory.join(table.folder()).join(format!("part-{number:05}.parquet"))
    }

    /// Joins the parts into one file; a single part is renamed.
    fn join_parts(&self, table: PartTable) -> Result<(), Error> {
        let folder = self.directory.join(table.folder());
        let whole = folder.with_extension("parquet");
        let parts: Vec<PathBuf> = (0..self.parts[table as usize]).map(|number| self.part_path(table, number)).collect();
        match parts.as_slice() {
            [] => {}
            [only] => file("rename", only, std::fs::rename(only, &whole))?,
            [first, ..] => {
                let mut joined = TableFile::with_schema_of(&whole, first)?;
                parts.iter().try_for_each(|part| joined.append_file(part))?;
                joined.finish()?;
                parts.iter().try_for_each(|part| file("remove", part, std::fs::remove_file(part)))?;
            }
        }
        file("remove", &folder, std::fs::remove_dir(&folder))
    }

    fn manifest_path(&self) -> PathBuf {
        self.directory.join("manifest.json")
    }

    fn manifest_json(&self) -> Result<String, Error> {
        let json = serde_json::to_string_pretty(&self.manifest);
        json.map(|json| json + "\n").map_err(|error| Error::Damaged { path: self.manifest_path(), problem: error.to_string() })
    }

    /// Creates the manifest, and fails if there is one: its creator owns the directory.
    fn create_manifest(&self) -> Result<(), Error> {
        let (path, json) = (self.manifest_path(), self.manifest_json()?);
        match File::create_new(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Error::NotEmpty { path: self.directory.clone() }),
            created => file("create", &path, created.and_then(|mut output| output.write_all(json.as_bytes()))),
        }
    }
}

/// Writes the rows of some runs as one part. A row group ends between two runs.
fn write_part<T: Table>(path: &Path, rows: &impl RowSource<T>, runs: Range<usize>, table: &mut T) -> Result<(), Error> {
    table.clear();
    let mut part = TableFile::create(path, &table.columns())?;
    let mut first = runs.start;
    while first < runs.end {
        let (mut end, mut count) = (first + 1, rows.rows(first));
        while end < runs.end && count + rows.rows(end) <= GROUP_ROWS {
            count += rows.rows(end);
            end += 1;
        }
        if count > 0 {
            table.clear();
            rows.append(first..end, table);
            part.write(&table.columns())?;
        }
        first = end;
    }
    part.finish()
}
