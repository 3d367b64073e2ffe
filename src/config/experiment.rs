//! The resolved experiment: what the program believes it was asked, every default filled in.

use std::path::PathBuf;
use std::sync::Arc;

use crate::data::{Dataset, Permutation, Shuffle, Split, SplitError, TestSize};
use crate::model::schedule::PiecewiseRates;
use crate::model::{MissingParameter, Parameter, Settings};
use crate::space::Space;

/// [data], resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSpec {
    /// As the config names it; relative to the config's folder.
    pub path: PathBuf,
    pub feature: String,
    pub target: String,
    pub test: TestSize,
}

/// Which generator draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rng {
    /// Threefry; seeds are data.seed and training.seed.
    Threefry,
    /// One NumPy `RandomState`, its seed under `Parameter::RngSeed`.
    NumpyLegacy,
}

/// Which runs are recorded.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryRuns {
    All,
    /// The runs with the lowest training loss.
    Best(u64),
    /// Evenly spread over the space.
    Sample(u64),
    /// These run numbers.
    List(Vec<u64>),
}

/// [history]; `runs: None` was left out: all up to [`HistorySpec::ALL_UP_TO`] runs, else the best and a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct HistorySpec {
    /// A point after every n-th batch; 0 records nothing.
    pub every: u64,
    pub runs: Option<HistoryRuns>,
    /// Whether epochs.parquet is written; `None` was left out: as the default of `runs`.
    pub epochs: Option<bool>,
}

/// What of a sweep is recorded, decided.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingPlan {
    pub every: u64,
    /// The runs whose histories are stored while the sweep runs.
    pub runs: Vec<HistoryRuns>,
    pub epochs: bool,
}

impl HistorySpec {
    /// Up to this many runs, everything is recorded when the config does not say.
    pub const ALL_UP_TO: u64 = 10_000;
    /// Above it: so many of the best, and a sample.
    pub const BEST: u64 = 100;
    pub const SAMPLE: u64 = 200;

    /// What is recorded of a sweep of `runs` runs.
    pub fn decide(&self, runs: u64) -> RecordingPlan {
        let few = runs <= Self::ALL_UP_TO;
        let default = || if few { vec![HistoryRuns::All] } else { vec![HistoryRuns::Best(Self::BEST), HistoryRuns::Sample(Self::SAMPLE)] };
        RecordingPlan {
            every: self.every,
            runs: if self.every == 0 { Vec::new() } else { self.runs.clone().map_or_else(default, |runs| vec![runs]) },
            epochs: self.epochs.unwrap_or(few),
        }
    }
}

impl HistoryRuns {
    /// How many of `runs` runs are meant.
    pub fn count(&self, runs: u64) -> u64 {
        match self {
            Self::All => runs,
            Self::Best(count) | Self::Sample(count) => (*count).min(runs),
            Self::List(list) => list.len() as u64,
        }
    }
}

impl RecordingPlan {
    /// Whether every run is recorded as it is trained; else the recorded ones are trained once more, alone.
    pub fn all(&self) -> bool {
        self.runs.contains(&HistoryRuns::All)
    }

    /// How many of `runs` runs are recorded, at most.
    pub fn count(&self, runs: u64) -> u64 {
        self.runs.iter().map(|which| which.count(runs)).sum::<u64>().min(runs)
    }
}

/// One axis of a surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurfaceAxis {
    pub min: f64,
    pub max: f64,
    pub count: u32,
}

/// Which rows a surface is the cost of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurfaceRows {
    Train,
    Test,
    All,
}

/// [surface]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurfaceSpec {
    /// Whether the config has the table: then surfaces are written even without pictures.
    pub requested: bool,
    /// `None`: fitted around the optimum and the recorded paths.
    pub weight: Option<SurfaceAxis>,
    pub bias: Option<SurfaceAxis>,
    pub rows: SurfaceRows,
}

/// A whole sweep, resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    pub name: String,
    /// The config as it was given, and the `--set` overrides on top of it.
    pub text: String,
    pub sets: Vec<String>,
    pub data: DataSpec,
    pub dataset: Dataset,
    pub rng: Rng,
    pub space: Space,
    /// The lists of a piecewise constant schedule; empty without one.
    pub piecewise: Arc<PiecewiseRates>,
    pub history: HistorySpec,
    pub surface: SurfaceSpec,
    /// Accepted, but worth a word on stderr.
    pub warnings: Vec<String>,
}

impl Experiment {
    /// Splits the rows of the data file; `seed` is that of [`Self::split_seed`].
    pub fn split(&self, seed: Option<u32>) -> Result<Split, SplitError> {
        let seed = seed.unwrap_or_default();
        let permutation = match self.rng {
            Rng::Threefry => Permutation::Threefry { seed },
            Rng::NumpyLegacy => Permutation::NumpyLegacy { seed },
        };
        self.data.test.split(self.dataset.x.len(), permutation)
    }

    /// The seed of a run's split; `None` if the split is not random.
    pub fn split_seed(&self, settings: &Settings) -> Result<Option<u32>, MissingParameter> {
        let seed = match self.rng {
            Rng::Threefry => Parameter::DataSeed,
            Rng::NumpyLegacy => Parameter::RngSeed,
        };
        if self.data.test.is_random() { settings.required_number(seed).map(|seed| Some(seed as u32)) } else { Ok(None) }
    }

    /// How a run shuffles its training rows.
    pub fn shuffle(&self, settings: &Settings) -> Result<Shuffle, MissingParameter> {
        if !settings.required_flag(Parameter::Shuffle)? {
            return Ok(Shuffle::None);
        }
        let seed = |parameter: Parameter| settings.required_number(parameter).map(|seed| seed as u32);
        Ok(match self.rng {
            Rng::Threefry => Shuffle::Threefry { seed: seed(Parameter::TrainingSeed)? },
            Rng::NumpyLegacy => Shuffle::NumpyLegacy {
                seed: seed(Parameter::RngSeed)?,
                all_rows: if self.data.test.is_random() { self.dataset.x.len() as u32 } else { 0 },
            },
        })
    }

    /// The split of the first run; `None` if the sweep has no run. All splits of a sweep have equally many rows.
    pub fn first_split(&self) -> Option<Result<Split, SplitError>> {
        let seed = self.split_seed(&self.space.branches.first()?.settings).ok()?;
        Some(self.split(seed))
    }
}
