//! Writing a run directory, chunk by chunk: every file appears whole, under a name that it keeps or until the whole table has its own.

use std::borrow::Cow;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::errors::{Error, file};
use super::histories::Histories;
use super::parquet::{Cells, Field, GROUP_ROWS, TableFile};
use super::rows::{epoch_fields, history_fields, problem_table, run_cells, run_fields};
use super::{Manifest, Status};
use crate::model::Problem;
use crate::table::{RunTable, Selected};

/// Rows of a part that are worth a thread.
const PART_ROWS: usize = 1 << 18;

/// A run directory that is being written.
pub struct Writer {
    directory: PathBuf,
    manifest: Manifest,
    parts: [usize; 3],
    /// Of runs and of epochs.
    wholes: [Whole; 2],
    buffers: Buffers,
    /// For each thread that encodes.
    histories: Vec<Histories>,
}

/// The tables that are written in parts.
#[derive(Clone, Copy)]
enum Part {
    Runs = 0,
    Epochs = 1,
    History = 2,
}

impl Part {
    fn folder(self) -> &'static str {
        ["runs", "epochs", "history"][self as usize]
    }
}

/// All parts of a table in one file, which has its name when the sweep is complete.
enum Whole {
    /// There is one part, or none.
    None,
    /// It grows with each part: while the next chunk is trained, instead of all at once at the end.
    Growing(Box<TableFile>),
    /// It could not grow. Parts are what counts, so the sweep goes on, and the end tries again.
    Failed,
}

/// Columns of epochs, kept from chunk to chunk.
#[derive(Default)]
struct Buffers {
    run: Vec<i64>,
    row: Vec<i64>,
    series: [Vec<f32>; 4],
}

impl Writer {
    /// Makes the directory and writes what is known before the first run: manifest, config, and a copy of the data, so that the
    /// directory is enough to plot and replay. Of two sweeps that begin in one directory at once, the second is refused.
    pub fn create(directory: &Path, manifest: Manifest, config: &str, data: &[u8]) -> Result<Self, Error> {
        for folder in [directory.to_path_buf(), directory.join("runs"), directory.join("epochs"), directory.join("history")] {
            file("create", &folder, std::fs::create_dir_all(&folder))?;
        }
        let writer = Self {
            directory: directory.to_path_buf(),
            manifest,
            parts: [0; 3],
            wholes: [Whole::None, Whole::None],
            buffers: Buffers::default(),
            histories: Vec::new(),
        };
        writer.claim()?;
        for (name, bytes) in [("sweep.toml", config.as_bytes()), ("data.csv", data)] {
            let path = directory.join(name);
            file("write", &path, std::fs::write(&path, bytes))?;
        }
        Ok(writer)
    }

    /// Counts and timings are the caller's to fill in; each chunk writes them.
    pub fn manifest_mut(&mut self) -> &mut Manifest {
        &mut self.manifest
    }

    /// Writes problems.parquet.
    pub fn problems(&mut self, problems: &[Problem]) -> Result<(), Error> {
        let (fields, cells) = problem_table(problems);
        let mut table = TableFile::create(&self.directory.join("problems.parquet"), &fields)?;
        table.group(&cells)?;
        table.finish()
    }

    /// Writes a chunk: rows of runs, and the epochs and histories of the runs named, in ascending order.
    pub fn chunk(&mut self, runs: &RunTable, epochs: &[Selected<'_>], histories: &[Selected<'_>]) -> Result<(), Error> {
        if !runs.run.is_empty() {
            let mut part = self.begin(Part::Runs, &run_fields(runs))?;
            part.group(&run_cells(runs))?;
            part.finish()?;
            self.grow(Part::Runs);
        }
        if !epochs.is_empty() {
            let part = self.begin(Part::Epochs, &epoch_fields())?;
            self.buffers.write_epochs(part, epochs)?;
            self.grow(Part::Epochs);
        }
        self.histories(histories)?;
        self.save_manifest()
    }

    /// Writes histories, a part on each thread that has enough to do: encoding takes longer than the disk.
    fn histories(&mut self, histories: &[Selected<'_>]) -> Result<(), Error> {
        let points = |selected: &Selected<'_>| selected.outcome.history.as_ref().map_or(0, |history| history.blocks.rows);
        let rows: usize = histories.iter().map(points).sum();
        let threads = rayon::current_num_threads().min(rows / PART_ROWS).max(1);
        let pieces: Vec<_> = histories.chunks(histories.len().div_ceil(threads).max(1)).collect();
        let parts = pieces.iter().map(|_| self.begin(Part::History, &history_fields())).collect::<Result<Vec<_>, _>>()?;
        self.histories.resize_with(self.histories.len().max(parts.len()), Histories::default);
        let work = self.histories.par_iter_mut().zip(parts).zip(pieces);
        work.try_for_each(|((columns, part), piece)| columns.write(part, piece))
    }

    /// Gives runs and epochs one file each instead of their parts, and marks the directory complete.
    pub fn finish(mut self) -> Result<Manifest, Error> {
        for part in [Part::Runs, Part::Epochs] {
            self.join(part)?;
        }
        if self.parts[Part::History as usize] == 0 {
            let folder = self.directory.join(Part::History.folder());
            file("remove", &folder, std::fs::remove_dir(&folder))?;
        }
        self.manifest.status = Status::Complete;
        self.save_manifest()?;
        Ok(self.manifest)
    }

    /// Leaves the directory as it is, incomplete and readable.
    pub fn leave(self) -> Result<Manifest, Error> {
        self.save_manifest()?;
        Ok(self.manifest)
    }

    fn begin(&mut self, part: Part, fields: &[Field]) -> Result<TableFile, Error> {
        let path = self.part(part, self.parts[part as usize]);
        self.parts[part as usize] += 1;
        TableFile::create(&path, fields)
    }

    fn part(&self, part: Part, number: usize) -> PathBuf {
        self.directory.join(part.folder()).join(format!("part-{number:05}.parquet"))
    }

    /// Where a table is in one file.
    fn whole(&self, part: Part) -> PathBuf {
        self.directory.join(part.folder()).with_extension("parquet")
    }

    /// Adds the last part of runs or epochs to the whole.
    fn grow(&mut self, part: Part) {
        let parts = self.parts[part as usize];
        let whole = std::mem::replace(&mut self.wholes[part as usize], Whole::None);
        self.wholes[part as usize] = match whole {
            Whole::None if parts == 1 => Whole::None,
            Whole::None => self.spliced(part, None).map_or(Whole::Failed, Whole::Growing),
            Whole::Growing(table) => self.spliced(part, Some(table)).map_or(Whole::Failed, Whole::Growing),
            Whole::Failed => Whole::Failed,
        };
    }

    /// A whole with the last part, or a new one with all of them.
    fn spliced(&self, part: Part, whole: Option<Box<TableFile>>) -> Result<Box<TableFile>, Error> {
        let parts = self.parts[part as usize];
        let (mut table, first) = match whole {
            Some(table) => (table, parts - 1),
            None => (Box::new(TableFile::like(&self.whole(part), &self.part(part, 0))?), 0),
        };
        (first..parts).try_for_each(|number| table.splice(&self.part(part, number)))?;
        Ok(table)
    }

    /// Gives the whole its name; a single part is the whole.
    fn join(&mut self, part: Part) -> Result<(), Error> {
        let parts: Vec<PathBuf> = (0..self.parts[part as usize]).map(|number| self.part(part, number)).collect();
        let whole = match std::mem::replace(&mut self.wholes[part as usize], Whole::None) {
            Whole::None => None,
            Whole::Growing(table) => Some(table),
            Whole::Failed => Some(self.spliced(part, None)?),
        };
        if let Some(whole) = whole {
            whole.finish()?;
            for part in &parts {
                file("remove", part, std::fs::remove_file(part))?;
            }
        } else if let [only] = parts.as_slice() {
            file("rename", only, std::fs::rename(only, self.whole(part)))?;
        }
        let folder = self.directory.join(part.folder());
        file("remove", &folder, std::fs::remove_dir(&folder))
    }

    fn manifest_path(&self) -> PathBuf {
        self.directory.join("manifest.json")
    }

    fn manifest_text(&self) -> Result<String, Error> {
        let text = serde_json::to_string_pretty(&self.manifest);
        text.map(|text| text + "\n").map_err(|error| Error::Damaged { path: self.manifest_path(), what: error.to_string() })
    }

    /// Takes the directory: of several that try, the one that makes the manifest has it.
    fn claim(&self) -> Result<(), Error> {
        let (path, text) = (self.manifest_path(), self.manifest_text()?);
        match std::fs::File::create_new(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Error::NotEmpty { path: self.directory.clone() }),
            made => file("create", &path, made.and_then(|mut made| made.write_all(text.as_bytes()))),
        }
    }

    fn save_manifest(&self) -> Result<(), Error> {
        let path = self.manifest_path();
        let temporary = path.with_extension("json.tmp");
        file("write", &temporary, std::fs::write(&temporary, self.manifest_text()?))?;
        file("rename", &path, std::fs::rename(&temporary, &path))
    }
}

impl Buffers {
    fn write_epochs(&mut self, mut part: TableFile, epochs: &[Selected<'_>]) -> Result<(), Error> {
        for selected in epochs {
            let Some(recorded) = &selected.outcome.epochs else { continue };
            let (count, lane) = (recorded.blocks.rows, selected.lane);
            let figures = selected.outcome.figures(lane);
            let ended = figures.diverged_at.map_or(count, |batch| ((batch - 1) / u64::from(figures.last_epoch_steps.max(1))) as usize);
            if self.run.len() + count > GROUP_ROWS {
                self.flush(&mut part)?;
            }
            self.run.extend(std::iter::repeat_n(selected.run as i64, count));
            self.row.extend(0..count as i64);
            let columns = [&recorded.loss, &recorded.mae, &recorded.val_loss, &recorded.val_mae];
            for (series, column) in self.series.iter_mut().zip(columns) {
                let known = |epoch: usize| if epoch < ended { column.get(recorded.blocks.index(lane, epoch)).copied() } else { None };
                series.extend((0..count).map(|epoch| known(epoch).unwrap_or(f32::NAN)));
            }
        }
        self.flush(&mut part)?;
        part.finish()
    }

    fn flush(&mut self, part: &mut TableFile) -> Result<(), Error> {
        if self.run.is_empty() {
            return Ok(());
        }
        let mut cells = vec![Cells::Integers(Cow::Borrowed(&self.run)), Cells::Integers(Cow::Borrowed(&self.row))];
        cells.extend(self.series.iter().map(|column| Cells::Floats(Cow::Borrowed(column))));
        part.group(&cells)?;
        // The buffers stay: the first touch of fresh memory is the dearer part of a write.
        self.run.clear();
        self.row.clear();
        self.series.iter_mut().for_each(Vec::clear);
        Ok(())
    }
}
