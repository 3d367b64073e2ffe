//! Writing a run directory chunk by chunk. Every file is written under a hidden temporary name and then renamed.
//!
//! While the sweep runs, runs.parquet and epochs.parquet exist as parts, one or more per chunk. [`Writer::finish`] joins them without
//! encoding them again, so that an interrupted sweep leaves readable parts.
//!
//! The order of the files makes the directory readable at every moment, also after a crash: the copies of config and data, then problems.parquet, then
//! the manifest; of each chunk the histories and epochs, then the rows of runs.parquet, and at times the counts in the manifest.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::directory::{RunDirectory, holds_sweep};
use super::errors::{Error, file};
use super::files::{TemporaryFile, remove_temporaries, sync_folder, write_file};
use super::lock::DirectoryLock;
use super::manifest::{Counts, Manifest, Pictures, Status, Timings};
use super::parts::{PROBLEMS, PartTable, part_name};
use super::problem_table::ProblemTable;
use super::resume::{self, Expected, require_same};
use super::table_file::{GROUP_ROWS, TableFile};
use crate::data::sha256;
use crate::model::Problem;
use crate::table::{EpochTable, HistoryTable, RowSource, RunTable, Table};

/// The number of rows from which a part is encoded by a thread of its own.
const PART_ROWS: usize = 1 << 18;

/// A run directory that is being written.
pub struct Writer {
    directory: PathBuf,
    lock: DirectoryLock,
    manifest: Manifest,
    /// The number of parts of each [`PartTable`].
    parts: [usize; 3],
    /// Row groups in memory, one per thread. They are reused because page faults of new memory cost more than the copy into it.
    epoch_tables: Vec<EpochTable>,
    history_tables: Vec<HistoryTable>,
}

impl Writer {
    /// Creates the directory, locks it, and writes the config and a copy of the data, which are enough to plot and to replay. The manifest follows with
    /// [`Writer::save_manifest`].
    ///
    /// # Errors
    /// If a file cannot be written, if the directory has a manifest already, or if another process writes to it.
    pub fn create(directory: &Path, manifest: Manifest, config: &str, data: &[u8]) -> Result<Self, Error> {
        file("create", directory, std::fs::create_dir_all(directory))?;
        let lock = DirectoryLock::acquire(directory)?;
        if holds_sweep(directory) {
            return Err(Error::HoldsSweep { path: directory.to_path_buf() });
        }
        remove_temporaries(directory);
        let manifest = Manifest { config_sha256: sha256(config.as_bytes()), data_sha256: sha256(data), ..manifest };
        let writer = Self::new(directory, lock, manifest)?;
        write_file(&directory.join("sweep.toml"), config.as_bytes())?;
        write_file(&directory.join("data.csv"), data)?;
        Ok(writer)
    }

    /// Opens the directory of an interrupted sweep and locks it; [`Writer::keep_stored`] follows.
    ///
    /// # Errors
    /// If another process writes to the directory, if it holds another sweep, if its copies of config and data have changed, or if a file cannot be
    /// read or written.
    pub fn resume(directory: &Path, given: &Manifest, data: &[u8]) -> Result<Self, Error> {
        let lock = DirectoryLock::acquire(directory)?;
        let stored = RunDirectory::open(directory)?;
        let mut manifest = stored.manifest().clone();
        require_same(directory, &manifest, given, data)?;
        stored.config()?;
        stored.data_path()?;
        if manifest.pictures != Pictures::Drawn {
            manifest.pictures = given.pictures;
        }
        let device = |manifest: &Manifest| format!("{} ({}, {})", manifest.backend, manifest.device, manifest.detail);
        if manifest.status == Status::Incomplete && !device(&manifest).starts_with(device(given).trim_end_matches(')')) {
            manifest.detail = format!("{}; resumed on {}", manifest.detail, device(given));
        }
        remove_temporaries(directory);
        for table in [PartTable::Runs, PartTable::Epochs] {
            resume::recover_join(directory, table)?;
        }
        Self::new(directory, lock, manifest)
    }

    fn new(directory: &Path, lock: DirectoryLock, manifest: Manifest) -> Result<Self, Error> {
        if manifest.status == Status::Incomplete {
            for table in [PartTable::Runs, PartTable::Epochs, PartTable::History] {
                let folder = directory.join(table.folder());
                file("create", &folder, std::fs::create_dir_all(&folder))?;
            }
        }
        let directory = directory.to_path_buf();
        Ok(Self { directory, lock, manifest, parts: [0; 3], epoch_tables: Vec::new(), history_tables: Vec::new() })
    }

    /// Keeps the stored rows that are whole, removes the others, and passes the rows of runs.parquet to `visit`. Returns the number of stored runs, or
    /// `None` if the rows turned out to be damaged: the damaged file is removed, and the call is to be repeated.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn keep_stored(&mut self, expected: &Expected, visit: &mut dyn FnMut(RunTable)) -> Result<Option<u64>, Error> {
        let (runs, parts) = resume::keep_whole(&self.directory, expected)?;
        let whole = PartTable::Runs.file(&self.directory);
        let is_whole = whole.exists();
        let files: Vec<PathBuf> =
            if is_whole { vec![whole] } else { (0..parts[0]).map(|number| self.part_path(PartTable::Runs, number)).collect() };
        // A table that is joined has no parts.
        self.parts = parts;
        let mut next = expected.runs.start;
        for path in files {
            if resume::read_runs(&path, &mut next, expected, visit).is_none() {
                resume::remove(&path)?;
                self.manifest.status = Status::Incomplete;
                return Ok(None);
            }
        }
        if next < expected.runs.end {
            self.manifest.status = Status::Incomplete;
        }
        let is_complete = self.manifest.status == Status::Complete;
        if !expected.histories && !is_complete {
            // The runs whose histories are selected after the sweep are trained once more.
            resume::remove_parts(&self.directory, PartTable::History, &[])?;
        }
        for table in [PartTable::Runs, PartTable::Epochs, PartTable::History].into_iter().filter(|_| !is_complete) {
            let folder = self.directory.join(table.folder());
            file("create", &folder, std::fs::create_dir_all(&folder))?;
        }
        let Counts { runs: all, histories, saturated_cells, .. } = self.manifest.counts;
        let histories = if is_complete && !expected.histories { histories } else { 0 };
        self.manifest.counts = Counts { runs: all, histories, saturated_cells, ..Counts::default() };
        Ok(Some(runs))
    }

    /// The manifest, whose counts and timings the caller fills in; [`Writer::save_manifest`] writes it.
    pub fn manifest_mut(&mut self) -> &mut Manifest {
        &mut self.manifest
    }

    /// Copies a part of another directory; the runs of the parts of a table ascend.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub(super) fn copy_part(&mut self, table: PartTable, part: &Path) -> Result<(), Error> {
        let (temporary, mut output) = TemporaryFile::create(&self.next_part(table))?;
        let mut input = file("open", part, File::open(part))?;
        temporary.written(std::io::copy(&mut input, &mut output))?;
        temporary.publish(&output)
    }

    /// Writes problems.parquet.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_problems(&mut self, problems: &[Problem]) -> Result<(), Error> {
        let problems = ProblemTable::new(problems);
        let columns = problems.columns();
        let mut table = TableFile::create(&self.directory.join(PROBLEMS), &columns)?;
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

    /// Joins the parts of runs and of epochs into one file each, and marks the directory complete. The lock is held until the caller drops it.
    ///
    /// # Errors
    /// If a file cannot be written; the parts are readable then.
    pub fn finish(mut self) -> Result<(Manifest, DirectoryLock), Error> {
        for table in [PartTable::Runs, PartTable::Epochs] {
            self.join_parts(table)?;
        }
        let folder = self.directory.join(PartTable::History.folder());
        if self.parts[PartTable::History as usize] == 0 && is_empty(&folder) {
            file("remove", &folder, std::fs::remove_dir(&folder))?;
        }
        self.manifest.status = Status::Complete;
        self.save_manifest()?;
        Ok((self.manifest, self.lock))
    }

    /// Saves the manifest of an interrupted sweep; the directory stays incomplete and readable.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn close_incomplete(self) -> Result<(Manifest, DirectoryLock), Error> {
        self.save_manifest()?;
        Ok((self.manifest, self.lock))
    }

    /// Writes the manifest, after the names of the files that it counts are synced to the disk.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save_manifest(&self) -> Result<(), Error> {
        for (table, &parts) in [PartTable::Runs, PartTable::Epochs, PartTable::History].into_iter().zip(&self.parts) {
            let folder = self.directory.join(table.folder());
            if parts > 0 && folder.exists() {
                sync_folder(&folder)?;
            }
        }
        self.manifest.save(&self.directory)?;
        sync_folder(&self.directory)
    }

    /// Removes everything that belongs to runs, to store all of them again.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn discard_parts(&mut self) -> Result<(), Error> {
        for table in [PartTable::Runs, PartTable::Epochs, PartTable::History] {
            for number in 0..std::mem::take(&mut self.parts[table as usize]) {
                resume::remove(&self.part_path(table, number))?;
            }
            sync_folder(&self.directory.join(table.folder()))?;
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
        self.directory.join(table.folder()).join(part_name(number))
    }

    /// Joins the parts into one file. The folder of the parts is hidden before the file appears, so that no reader of both finds a row twice.
    fn join_parts(&self, table: PartTable) -> Result<(), Error> {
        let folder = self.directory.join(table.folder());
        let whole = table.file(&self.directory);
        let parts: Vec<PathBuf> = (0..self.parts[table as usize]).map(|number| self.part_path(table, number)).collect();
        match parts.as_slice() {
            _ if whole.exists() => {}
            [] => {}
            [only] => file("rename", only, std::fs::rename(only, &whole))?,
            [first, ..] => {
                let mut joined = TableFile::with_schema_of(&whole, first)?;
                parts.iter().try_for_each(|part| joined.append_file(part))?;
                let joined = joined.finish_hidden()?;
                let hidden = table.hidden_folder(&self.directory);
                file("rename", &folder, std::fs::rename(&folder, &hidden))?;
                joined.publish()?;
                return file("remove", &hidden, std::fs::remove_dir_all(&hidden));
            }
        }
        if is_empty(&folder) {
            file("remove", &folder, std::fs::remove_dir(&folder))?;
        }
        Ok(())
    }
}

/// Whether a folder exists and has no entries.
fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
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
