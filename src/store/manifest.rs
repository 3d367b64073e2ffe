//! manifest.json: the config, the backend and the progress of a sweep.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::errors::Error;
use super::files::write_file;
use super::shard::Shard;
use crate::model::Verdict;

/// The name of the file.
pub const MANIFEST: &str = "manifest.json";

/// The version of the run directory's layout.
pub const FORMAT: u32 = 2;

/// Whether the tables of the sweep are complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every table has all of its rows.
    Complete,
    /// The sweep is running or was interrupted.
    Incomplete,
}

/// Whether the sweep has written its pictures, surfaces and report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pictures {
    /// The sweep writes none.
    #[default]
    None,
    /// They follow after the tables; an interruption or an error has prevented them if no process writes to the directory.
    Pending,
    /// They are written.
    Drawn,
}

/// Numbers of runs and steps, updated with each chunk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Runs of the sweep.
    pub runs: u64,
    /// Stored runs.
    pub runs_done: u64,
    /// Updates of the stored runs.
    pub steps_done: u64,
    /// Runs with each verdict; see [`Counts::by_verdict`].
    pub diverged: u64,
    /// Runs with this verdict.
    pub converged: u64,
    /// Runs with this verdict.
    pub cycling: u64,
    /// Runs with this verdict.
    pub overshooting: u64,
    /// Runs with this verdict.
    pub noisy: u64,
    /// Runs with this verdict.
    pub oscillating: u64,
    /// Runs with this verdict.
    pub stuck: u64,
    /// Runs with this verdict.
    pub slow: u64,
    /// Runs with a stored history.
    pub histories: u64,
    /// Surface cells beyond float32, stored as its largest value.
    pub saturated_cells: u64,
}

impl Counts {
    /// Runs with each verdict, in the order of `Verdict::ALL`.
    pub fn by_verdict(&self) -> [u64; Verdict::ALL.len()] {
        let mut counts = self.clone();
        Verdict::ALL.map(|verdict| *counts.of_mut(verdict))
    }

    /// Adds the stored runs of another part of the same sweep.
    pub fn add(&mut self, other: &Self) {
        self.runs_done += other.runs_done;
        self.steps_done += other.steps_done;
        self.histories += other.histories;
        self.saturated_cells += other.saturated_cells;
        for (verdict, count) in Verdict::ALL.into_iter().zip(other.by_verdict()) {
            *self.of_mut(verdict) += count;
        }
    }

    /// The number of runs with a verdict.
    pub fn of_mut(&mut self, verdict: Verdict) -> &mut u64 {
        match verdict {
            Verdict::Diverged => &mut self.diverged,
            Verdict::Converged => &mut self.converged,
            Verdict::Cycling => &mut self.cycling,
            Verdict::Overshooting => &mut self.overshooting,
            Verdict::Noisy => &mut self.noisy,
            Verdict::Oscillating => &mut self.oscillating,
            Verdict::Stuck => &mut self.stuck,
            Verdict::Slow => &mut self.slow,
        }
    }
}

/// Durations in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Time of training.
    pub training_s: f64,
    /// Time of writing; a chunk is written while the next one is trained.
    pub writing_s: f64,
    /// Elapsed time of the sweep.
    pub total_s: f64,
    /// Updates per second of training.
    pub steps_per_s: f64,
    /// The longest dispatch of a GPU, without the first one of each pipeline; `None` on a CPU. Drivers reset a device whose dispatches take seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_dispatch_s: Option<f64>,
}

/// The contents of manifest.json.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the layout, [`FORMAT`].
    pub format: u32,
    /// Version of the program.
    pub version: String,
    /// Name of the sweep.
    pub name: String,
    /// Whether every table has all of its rows.
    pub status: Status,
    /// Whether pictures, surfaces and the report are written; absent in directories of versions that did not store it.
    #[serde(default)]
    pub pictures: Pictures,
    /// The shard that the directory holds, if the sweep is divided. Its status stays "incomplete".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The resolved config, for users and other programs; Gradsweep reads sweep.toml and `set` instead.
    pub config: serde_json::Value,
    /// The `--set` overrides, in the order of the command line.
    pub set: Vec<String>,
    /// The hexadecimal SHA-256 of sweep.toml; empty in directories of versions that did not store it.
    #[serde(default)]
    pub config_sha256: String,
    /// The hexadecimal SHA-256 of the data file, of which data.csv in the same directory is a copy.
    pub data_sha256: String,
    /// `reference`, `cpu` or `gpu`.
    pub backend: String,
    /// CPU model or adapter.
    pub device: String,
    /// SIMD level and threads, or driver.
    pub detail: String,
    /// SIMD level of the CPU backend.
    pub simd: Option<String>,
    /// Threads of the CPU backend.
    pub threads: Option<usize>,
    /// Numbers of runs and steps.
    pub counts: Counts,
    /// Durations.
    pub timings: Timings,
}

impl Manifest {
    /// Writes manifest.json into a run directory.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, directory: &Path) -> Result<(), Error> {
        let path = directory.join(MANIFEST);
        let json = serde_json::to_string_pretty(self).map_err(|error| Error::Damaged { path: path.clone(), problem: error.to_string() })?;
        write_file(&path, (json + "\n").as_bytes())
    }

    /// Whether the directory holds a shard, and all of its runs are stored.
    pub fn is_complete_shard(&self) -> bool {
        self.shard.is_some_and(|shard| {
            let runs = shard.runs(self.counts.runs);
            self.counts.runs_done == runs.end - runs.start
        })
    }

    /// The manifest of a sweep before its first chunk.
    pub fn new(name: &str, config: serde_json::Value) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: name.to_owned(),
            status: Status::Incomplete,
            pictures: Pictures::None,
            shard: None,
            config,
            set: Vec::new(),
            config_sha256: String::new(),
            data_sha256: String::new(),
            backend: String::new(),
            device: String::new(),
            detail: String::new(),
            simd: None,
            threads: None,
            counts: Counts::default(),
            timings: Timings::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_an_older_version_is_read() {
        let manifest = Manifest::new("old", serde_json::Value::Null);
        let mut json = serde_json::to_value(&manifest).unwrap();
        for key in ["config_sha256", "pictures"] {
            assert!(json.as_object_mut().unwrap().remove(key).is_some());
        }
        assert_eq!(serde_json::from_value::<Manifest>(json).unwrap(), manifest);
    }
}
