//! The resolved experiment: a config with every default filled in.

use std::path::PathBuf;
use std::sync::Arc;

use crate::data::{CsvFormat, Dataset, Permutation, Shuffle, Split, SplitError, TestSize};
use crate::model::schedule::PiecewiseRates;
use crate::model::{MissingParameter, Parameter, Settings};
use crate::space::Space;

/// The resolved table `[data]`.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSpec {
    /// The path as written in the config, relative to the config's folder.
    pub path: PathBuf,
    /// The columns and the notation of the file.
    pub format: CsvFormat,
    /// Size of the test set.
    pub test: TestSize,
}

/// The random number generator of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rng {
    /// Threefry-2x32, the default; its seeds are data.seed and training.seed.
    Threefry,
    /// One NumPy `RandomState` with the seed `Parameter::RngSeed`.
    NumpyLegacy,
}

/// The runs whose histories are recorded.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryRuns {
    /// All runs.
    All,
    /// The runs with the lowest J − J*, or J without an optimum.
    Best(u64),
    /// This number of runs, evenly spaced over the space.
    Sample(u64),
    /// The runs with these numbers.
    List(Vec<u64>),
}

/// The resolved table `[history]`. Without `runs`, up to [`HistorySpec::ALL_UP_TO`] runs are all recorded; of more runs, the best and a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct HistorySpec {
    /// A point is recorded after every n-th batch; 0 records none.
    pub every: u64,
    /// Recorded runs, if the config names them.
    pub runs: Option<HistoryRuns>,
    /// Whether epochs.parquet is written; `None`: only of up to [`HistorySpec::ALL_UP_TO`] runs.
    pub epochs: Option<bool>,
}

/// The histories that a sweep records.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingPlan {
    /// A point after every n-th batch; 0: no histories.
    pub every: u64,
    /// The runs whose histories are stored while the sweep runs.
    pub runs: Vec<HistoryRuns>,
    /// Whether epoch series are recorded.
    pub epochs: bool,
}

impl HistorySpec {
    /// Up to this number of runs, every run is recorded by default.
    pub const ALL_UP_TO: u64 = 10_000;
    /// Above it, the histories of this number of best runs are recorded by default.
    pub const BEST: u64 = 100;
    /// Above it, the histories of a sample of this size are also recorded by default.
    pub const SAMPLE: u64 = 200;

    /// The recording plan of a sweep of `runs` runs.
    pub fn recording_plan(&self, runs: u64) -> RecordingPlan {
        let is_small = runs <= Self::ALL_UP_TO;
        let default =
            || if is_small { vec![HistoryRuns::All] } else { vec![HistoryRuns::Best(Self::BEST), HistoryRuns::Sample(Self::SAMPLE)] };
        RecordingPlan {
            every: self.every,
            runs: if self.every == 0 { Vec::new() } else { self.runs.clone().map_or_else(default, |runs| vec![runs]) },
            epochs: self.epochs.unwrap_or(is_small),
        }
    }
}

impl HistoryRuns {
    /// The number of selected runs among `runs` runs.
    pub fn count(&self, runs: u64) -> u64 {
        match self {
            Self::All => runs,
            Self::Best(count) | Self::Sample(count) => (*count).min(runs),
            Self::List(list) => list.len() as u64,
        }
    }
}

impl RecordingPlan {
    /// Whether every run is recorded while it is trained. Otherwise the recorded runs are trained a second time.
    pub fn records_all_runs(&self) -> bool {
        self.runs.contains(&HistoryRuns::All)
    }

    /// The largest number of recorded runs among `runs` runs.
    pub fn count(&self, runs: u64) -> u64 {
        self.runs.iter().map(|which| which.count(runs)).sum::<u64>().min(runs)
    }
}

/// One axis of a surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurfaceAxis {
    /// First value.
    pub min: f64,
    /// Last value.
    pub max: f64,
    /// Number of values.
    pub count: u32,
}

/// The rows that a cost surface is computed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are sets of rows")]
pub enum SurfaceRows {
    Train,
    Test,
    All,
}

/// The resolved table `[surface]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurfaceSpec {
    /// Whether the config has the table. Then surfaces are written even without pictures.
    pub requested: bool,
    /// `None`: fitted to the optimum and the recorded paths.
    pub weight: Option<SurfaceAxis>,
    /// Bias axis, if the config has one.
    pub bias: Option<SurfaceAxis>,
    /// Rows over which J is evaluated.
    pub rows: SurfaceRows,
}

/// A sweep, resolved: its data, its space of runs and its outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Name of the sweep.
    pub name: String,
    /// The config as it was given, without the `--set` arguments.
    pub text: String,
    /// `--set` overrides, in order.
    pub sets: Vec<String>,
    /// Description of the data.
    pub data: DataSpec,
    /// The data.
    pub dataset: Dataset,
    /// Random generator of splits, orders and initial values.
    pub rng: Rng,
    /// All runs.
    pub space: Space,
    /// The boundaries and rates of a piecewise constant schedule; empty without one.
    pub piecewise: Arc<PiecewiseRates>,
    /// The recorded histories.
    pub history: HistorySpec,
    /// Axes of the stored cost surface.
    pub surface: SurfaceSpec,
    /// Warnings for stderr.
    pub warnings: Vec<String>,
}

impl Experiment {
    /// Splits the rows of the data file; `seed` is that of [`Self::split_seed`].
    ///
    /// # Errors
    ///
    /// If no training row is left, or a named row does not exist.
    pub fn split(&self, seed: Option<u32>) -> Result<Split, SplitError> {
        let seed = seed.unwrap_or_default();
        let permutation = match self.rng {
            Rng::Threefry => Permutation::Threefry { seed },
            Rng::NumpyLegacy => Permutation::NumpyLegacy { seed },
        };
        self.data.test.split(self.dataset.x.len(), permutation)
    }

    /// The seed of a run's split; `None` if the split is not random.
    ///
    /// # Errors
    ///
    /// If the settings lack a parameter.
    pub fn split_seed(&self, settings: &Settings) -> Result<Option<u32>, MissingParameter> {
        let seed = match self.rng {
            Rng::Threefry => Parameter::DataSeed,
            Rng::NumpyLegacy => Parameter::RngSeed,
        };
        if self.data.test.is_random() { settings.required_number(seed).map(|seed| Some(seed as u32)) } else { Ok(None) }
    }

    /// The shuffling of the training rows of a run.
    ///
    /// # Errors
    ///
    /// If the settings lack a parameter.
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
