//! The run directory of `gradsweep run`: a new one, or with `--resume` the one of an interrupted sweep.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use gradsweep::config::{self, Experiment};
use gradsweep::internals::text;
use gradsweep::store::{
    Manifest, Pictures, RunDirectory, Status, create_directory, holds_sweep, latest_directory, require_begun, require_free, require_same,
};
use gradsweep::sweep::Problems;

use super::args;
use super::failure::Failure;
use super::output::note;

/// The folder of the run directories that have no `--out`.
const RUNS: &str = "runs";

/// A run directory before the sweep.
pub struct Target {
    /// `None` if its name is chosen when it is created.
    path: Option<PathBuf>,
    /// The sweep that is resumed.
    pub stored: Option<RunDirectory>,
}

impl Target {
    /// Finds the directory, and checks that it is free or, with `--resume`, that it holds this sweep. Creates nothing.
    pub fn find(arguments: &args::Run, experiment: &Experiment) -> Result<Self, Failure> {
        if !arguments.resume {
            arguments.out.as_deref().map_or(Ok(()), require_free)?;
            return Ok(Self { path: arguments.out.clone(), stored: None });
        }
        let path = arguments.out.clone().or_else(|| latest_directory(Path::new(RUNS), &experiment.name));
        let name = || path.clone().unwrap_or_else(|| Path::new(RUNS).join(&experiment.name)).display().to_string();
        let Some(directory) = path.as_deref().filter(|path| holds_sweep(path)) else {
            if let Some(path) = path.as_deref().filter(|path| path.exists()) {
                require_begun(path, &experiment.text, &experiment.dataset.bytes)?;
            }
            note(&format!("{} holds no sweep yet, so a new sweep starts", name()));
            return Ok(Self { path, stored: None });
        };
        let stored = RunDirectory::open(directory)?;
        let given = Manifest::new(&experiment.name, config::resolved(experiment));
        require_same(directory, stored.manifest(), &given, &experiment.dataset.bytes)?;
        Ok(Self { stored: Some(stored), path })
    }

    /// Whether nothing is left to do.
    pub fn is_finished(&self, draws: bool) -> bool {
        self.stored.as_ref().is_some_and(|stored| {
            let manifest = stored.manifest();
            manifest.status == Status::Complete && !(draws && manifest.pictures == Pictures::Pending)
        })
    }

    /// The problems, with the optima that a resumed sweep has stored.
    pub fn problems(&self, experiment: &Experiment) -> Result<Problems, Failure> {
        Ok(match &self.stored {
            Some(stored) => Problems::with_optima(experiment, &stored.optima()?)?,
            None => Problems::new(experiment)?,
        })
    }

    /// The directory; one without a given name is created.
    pub fn create(&self, experiment: &Experiment) -> Result<PathBuf, Failure> {
        if let Some(stored) = &self.stored {
            let [done, all] = [stored.manifest().counts.runs_done, experiment.space.len()].map(text::grouped);
            note(&format!("resuming the sweep in {}, which has {done} of {all} runs", stored.path().display()));
        }
        match &self.path {
            Some(path) => Ok(path.clone()),
            None => Ok(create_directory(Path::new(RUNS), &experiment.name)?),
        }
    }
}

/// The command that goes on with the sweep which this process has begun in `directory`.
pub fn resume_command(directory: &Path) -> String {
    let mut words: Vec<String> = std::env::args_os().skip(1).map(|word| quoted(&word)).collect();
    if !words.iter().any(|word| word == "--resume") {
        words.push("--resume".into());
    }
    if !words.iter().any(|word| word == "--out" || word.starts_with("--out=")) {
        words.extend(["--out".into(), quoted(directory.as_os_str())]);
    }
    format!("gradsweep {}", words.join(" "))
}

/// A word for a POSIX shell.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) { word.into_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, text) in [("a.toml", "a.toml"), ("my sweep", "'my sweep'"), ("it's", "'it'\\''s'"), ("", "''"), ("[1,2]", "'[1,2]'")] {
            assert_eq!(quoted(OsStr::new(word)), text);
        }
    }
}
