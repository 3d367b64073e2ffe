//! Merging the shards of a sweep into one run directory.

use std::path::Path;

use super::directory::RunDirectory;
use super::errors::{Error, file};
use super::files::write_file;
use super::manifest::{Manifest, Status};
use super::parts::{PROBLEMS, PartTable};
use super::resume::require_same_sweep;
use super::shard::Shard;
use super::writer::Writer;

/// Copies the rows of all shards of a sweep into a new directory, which then holds a sweep whose runs are all trained but not finished: resuming it
/// joins the tables. Returns the manifest of the new directory.
///
/// # Errors
/// If the directories do not hold all shards of one sweep, each complete and once, or if a file cannot be read or written.
pub fn merge(shards: &[RunDirectory], out: &Path) -> Result<Manifest, Error> {
    let shards = sorted(shards)?;
    let first = shards[0];
    let data_path = first.data_path()?;
    let data = file("read", &data_path, std::fs::read(&data_path))?;
    let problems = |shard: &RunDirectory| {
        let path = shard.path().join(PROBLEMS);
        file("read", &path, std::fs::read(&path))
    };
    let problems_of_first = problems(first)?;
    for other in &shards[1..] {
        require_same_sweep(other.path(), other.manifest(), first.manifest(), &data).map_err(|error| match error {
            Error::OtherSweep { key, stored, given, .. } => {
                mismatch(other, &format!("{key} is {stored} there and {given} in {}", first.path().display()))
            }
            error => error,
        })?;
        if problems(other)? != problems_of_first {
            return Err(mismatch(
                other,
                "its problems have other optima than those of the first directory; train it again with --shard and merge then",
            ));
        }
    }
    let mut manifest = Manifest { shard: None, status: Status::Incomplete, ..first.manifest().clone() };
    shards[1..].iter().for_each(|shard| manifest.counts.add(&shard.manifest().counts));
    manifest.timings.training_s = shards.iter().map(|shard| shard.manifest().timings.training_s).sum();
    manifest.timings.writing_s = shards.iter().map(|shard| shard.manifest().timings.writing_s).sum();
    manifest.timings.total_s = shards.iter().map(|shard| shard.manifest().timings.total_s).sum();
    let mut writer = Writer::create(out, manifest, &first.config()?, &data)?;
    write_file(&out.join(PROBLEMS), &problems_of_first)?;
    for shard in shards {
        // The rows of runs.parquet go last, as in a sweep.
        for table in [PartTable::History, PartTable::Epochs, PartTable::Runs] {
            for part in shard.files(table.folder())? {
                writer.copy_part(table, &part)?;
            }
        }
    }
    writer.save_manifest()?;
    Ok(writer.manifest_mut().clone())
}

/// The shards by number, after a check that each is there once and complete.
fn sorted(shards: &[RunDirectory]) -> Result<Vec<&RunDirectory>, Error> {
    let mut by_number = Vec::with_capacity(shards.len());
    for directory in shards {
        let Some(shard) = directory.manifest().shard else {
            return Err(mismatch(directory, "it holds no shard: `gradsweep run CONFIG --shard I/N` writes one"));
        };
        if !directory.manifest().is_complete_shard() {
            return Err(mismatch(
                directory,
                "its runs are not all stored; go on with `gradsweep run` and the same --shard, --out and --resume",
            ));
        }
        by_number.push((shard, directory));
    }
    by_number.sort_by_key(|(shard, _)| *shard);
    let count = by_number.first().map_or(0, |(shard, _)| shard.count);
    for (position, (shard, directory)) in by_number.iter().enumerate() {
        let expected = Shard { index: position as u64 + 1, count };
        if shard.count != count {
            return Err(mismatch(directory, &format!("it is shard {shard}, and others are one of {count}")));
        }
        if shard.index < expected.index {
            return Err(mismatch(directory, &format!("shard {shard} is given twice")));
        }
        if shard.index > expected.index {
            return Err(mismatch(directory, &format!("shard {expected} is missing")));
        }
    }
    if let Some((_, last)) = by_number.last()
        && by_number.len() as u64 != count
    {
        return Err(mismatch(last, &format!("shard {}/{count} is missing", by_number.len() + 1)));
    }
    Ok(by_number.into_iter().map(|(_, directory)| directory).collect())
}

fn mismatch(directory: &RunDirectory, problem: &str) -> Error {
    Error::Shard { path: directory.path().to_path_buf(), problem: problem.to_owned() }
}
