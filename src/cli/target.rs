//! The run directory of `gradsweep run`: a new one, or with `--resume` the one of an interrupted sweep.

use std::path::{Path, PathBuf};

use gradsweep::config::{self, Experiment};
use gradsweep::internals::text;
use gradsweep::store::{
    Manifest, Pictures, RunDirectory, Shard, Status, create_directory, holds_sweep, latest_directory, require_begun, require_free,
    require_same,
};
use gradsweep::sweep::Problems;

use super::args;
use super::failure::Failure;
use super::output::note;
use super::shard;

/// The folder of the run directories that have no `--out`.
const RUNS: &str = "runs";

/// A run directory before the sweep.
pub struct Target {
    /// `None` if its name is chosen when it is created.
    path: Option<PathBuf>,
    /// The sweep that is resumed.
    pub stored: Option<RunDirectory>,
    /// The part of the runs that this process trains, if not all.
    pub shard: Option<Shard>,
}

impl Target {
    /// Finds the directory, and checks that it is free or, with `--resume`, that it holds this sweep. Creates nothing.
    pub fn find(arguments: &args::Run, experiment: &Experiment) -> Result<Self, Failure> {
        let shard = arguments.shard.map(shard::Choice::resolve).transpose()?;
        let out = match shard {
            // All tasks of an array have one command, so each has a folder of its own in the directory.
            Some(shard) => {
                let parent = arguments.out.clone().unwrap_or_else(|| Path::new(RUNS).join(&experiment.name));
                Some(parent.join(shard.folder()))
            }
            None => arguments.out.clone(),
        };
        if !arguments.resume {
            out.as_deref().map_or(Ok(()), require_free)?;
            return Ok(Self { path: out, stored: None, shard });
        }
        let path = out.or_else(|| latest_directory(Path::new(RUNS), &experiment.name));
        let name = || path.clone().unwrap_or_else(|| Path::new(RUNS).join(&experiment.name)).display().to_string();
        let Some(directory) = path.as_deref().filter(|path| holds_sweep(path)) else {
            if let Some(path) = path.as_deref().filter(|path| path.exists()) {
                require_begun(path, &experiment.text, &experiment.dataset.bytes)?;
            }
            note(&format!("{} holds no sweep yet, so a new sweep starts", name()));
            return Ok(Self { path, stored: None, shard });
        };
        let stored = RunDirectory::open(directory)?;
        let given = Manifest { shard, ..Manifest::new(&experiment.name, config::resolved(experiment)) };
        require_same(directory, stored.manifest(), &given, &experiment.dataset.bytes)?;
        Ok(Self { stored: Some(stored), path, shard })
    }

    /// Whether nothing is left to do.
    pub fn is_finished(&self, draws: bool) -> bool {
        self.stored.as_ref().is_some_and(|stored| {
            let manifest = stored.manifest();
            manifest.is_complete_shard() || manifest.status == Status::Complete && !(draws && manifest.pictures == Pictures::Pending)
        })
    }

    /// The problems, with the optima that a resumed sweep has stored.
    pub fn problems(&self, experiment: &Experiment) -> Result<Problems, Failure> {
        Ok(match &self.stored {
            Some(stored) => Problems::with_optima(experiment, &stored.optima()?)?,
            None => Problems::new(experiment)?,
        })
    }

    /// The number of runs that this process and those before it train.
    pub fn runs(&self, experiment: &Experiment) -> u64 {
        let all = experiment.space.len();
        self.shard.map_or(all, |shard| {
            let runs = shard.runs(all);
            runs.end - runs.start
        })
    }

    /// The directory; one without a given name is created.
    pub fn create(&self, experiment: &Experiment) -> Result<PathBuf, Failure> {
        if let Some(stored) = &self.stored {
            // The manifest of a killed process does not count its last runs, so no count is printed here.
            note(&format!("resuming the sweep in {}", stored.path().display()));
        }
        match &self.path {
            Some(path) => Ok(path.clone()),
            None => Ok(create_directory(Path::new(RUNS), &experiment.name)?),
        }
    }
}

/// The command that goes on with the sweep which this process has begun in `directory`.
pub fn resume_command(directory: &Path) -> String {
    let mut words: Vec<String> = std::env::args_os().skip(1).map(|word| text::shell_word(&word.to_string_lossy())).collect();
    let out = text::shell_word(&directory.to_string_lossy());
    if words.first().is_some_and(|word| word != "run") {
        return format!("gradsweep run CONFIG --resume --out {out}");
    }
    if !words.iter().any(|word| word == "--resume") {
        words.push("--resume".into());
    }
    let has = |flag: &str| words.iter().any(|word| word.split('=').next() == Some(flag));
    // A shard has a directory of its own already.
    if !has("--out") && !has("--shard") {
        words.extend(["--out".into(), out]);
    }
    format!("gradsweep {}", words.join(" "))
}
