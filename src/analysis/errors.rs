//! The errors of analysis.

/// The error of a source of paths.
pub type PathError = Box<dyn std::error::Error + Send + Sync>;

/// Why a sweep cannot be analysed as requested.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("the paths of {runs} cannot be read or replayed")]
    Paths {
        /// The number of runs, or the run where it is one: `run 7`, `12 runs`.
        runs: String,
        source: PathError,
    },
    #[error(transparent)]
    MissingParameter(#[from] crate::model::MissingParameter),
    #[error("the sweep has no runs to compare")]
    NoRuns,
    #[error("unknown key `{key}`{}; the keys are {known}", nearest.map(|key| format!(": did you mean `{key}`?")).unwrap_or_default())]
    UnknownKey { key: String, nearest: Option<&'static str>, known: String },
    #[error("no run has {filter}; {available}")]
    NoMatch {
        /// The filters as given.
        filter: String,
        /// The values that each filtered key has in the sweep.
        available: String,
    },
}
