//! What can go wrong in a sweep.

/// Why a sweep stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Backend(#[from] crate::backend::Error),
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    #[error("problem {id} ({scale}, split seed {seed}): {source}", seed = seed.map_or("none".to_owned(), |seed| seed.to_string()))]
    Problem { id: usize, scale: &'static str, seed: Option<u32>, source: crate::model::problem::Error },
    #[error("{0}")]
    Split(#[from] crate::data::SplitError),
    #[error(
        "the sweep has {count} problems (data.scale and the seeds of the split make a new one each); at most {max} are held at once: \
         split the sweep by --set"
    )]
    TooManyProblems { count: u64, max: u64 },
    #[error("internal error: no problem was prepared for {scale}, split seed {seed:?}, {neuron:?}")]
    UnknownProblem { scale: &'static str, seed: Option<u32>, neuron: crate::model::Neuron },
    #[error(transparent)]
    MissingParameter(#[from] crate::model::MissingParameter),
    #[error("run {run} does not exist: the sweep has runs 0 to {last}")]
    NoSuchRun { run: u64, last: u64 },
}
