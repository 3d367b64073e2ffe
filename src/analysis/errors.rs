//! The errors of analysis.

/// An error of the function that supplies paths.
pub type PathError = Box<dyn std::error::Error + Send + Sync>;

/// An error in the analysis of a sweep.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("the paths of {runs} cannot be read or replayed")]
    Paths {
        /// The number of runs, or the number of a single run: `12 runs`, `run 7`.
        runs: String,
        source: PathError,
    },
    #[error(transparent)]
    MissingParameter(#[from] crate::model::MissingParameter),
    #[error("the sweep has no runs to compare")]
    NoRuns,
    #[error("unknown key `{key}`{}", nearest.map_or_else(|| format!("; the keys are {known}"), |key| format!(": did you mean `{key}`?")))]
    UnknownKey { key: String, nearest: Option<&'static str>, known: String },
    #[error("{first} and {second} cannot be compared, because {reason}")]
    OtherData {
        /// The names of two run directories.
        first: String,
        second: String,
        reason: String,
    },
    #[error("the results have no run {run}; they have {available}")]
    NoSuchRun {
        run: u64,
        /// The number of runs, with their smallest and largest number.
        available: String,
    },
    #[error("{key} cannot be {value}; docs/supported.md lists its type and bounds")]
    InvalidValue { key: &'static str, value: String },
    #[error("the request is too large: it may have up to {} runs and {} updates", crate::text::grouped(*runs), crate::text::grouped(*updates))]
    TooLarge { runs: u64, updates: u128 },
    #[error("{count} runs are too many for one animation; name up to {limit} of them with --run")]
    TooManyRuns { count: usize, limit: usize },
    #[error("runs {first} and {second} have different cost surfaces ({first_problem}; {second_problem}); animate them one at a time")]
    OtherSurface {
        first: u64,
        second: u64,
        /// What distinguishes their problems: `data.scale none`.
        first_problem: String,
        second_problem: String,
    },
    #[error("no picture has the name `{name}`; the names are {known}")]
    NoSuchFigure { name: String, known: String },
    #[error("no run has {filter}; {available}")]
    NoMatch {
        /// The filters as given.
        filter: String,
        /// The values that each filtered key has in the sweep.
        available: String,
    },
}

impl Error {
    /// Whether the command line is wrong, as opposed to a failure at run time.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::UnknownKey { .. }
                | Self::NoSuchRun { .. }
                | Self::NoSuchFigure { .. }
                | Self::TooManyRuns { .. }
                | Self::OtherSurface { .. }
        )
    }
}
