//! Errors of a sweep.

#[cfg(feature = "cli")]
use crate::store;
use crate::{backend, data, model};

/// An error that stops a sweep.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error(transparent)]
    Backend(#[from] backend::Error),
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The data of a problem cannot be scaled or trained on.
    #[error("problem {id} ({scale}, split seed {seed}): {source}", seed = seed.map_or("none".to_owned(), |seed| seed.to_string()))]
    Problem { id: usize, scale: &'static str, seed: Option<u32>, source: model::problem::Error },
    #[error("{0}")]
    Split(#[from] data::SplitError),
    /// Every problem holds its rows in memory.
    #[error(
        "the sweep has {count} problems, one for each combination of data.scale, model and seed of the split; at most {max} fit in \
         memory at once: split the sweep with --set"
    )]
    TooManyProblems { count: u64, max: u64 },
    /// The table of problems belongs to another sweep.
    #[error("problems.parquet has {stored} problems, but the config has {expected}")]
    WrongProblems { stored: usize, expected: usize },
    /// The settings of a run do not match any prepared problem.
    #[error("internal error: no problem was prepared for {0:?}")]
    UnknownProblem(model::ProblemKey),
    #[error(transparent)]
    MissingParameter(#[from] model::MissingParameter),
    /// The system starts no further thread.
    #[error("cannot start a thread: {0}; end other programs, or raise the limit of processes (`ulimit -u`)")]
    Thread(std::io::Error),
    /// One run records more than a computer can hold.
    #[error(
        "one run records {points} points and {epochs} epochs, which take {} GB of memory; record fewer of them: [history] every = {every}, epochs = false",
        bytes.div_ceil(1_000_000_000)
    )]
    TooManyPoints { points: String, epochs: String, bytes: u128, every: u64 },
    #[error("run {run} does not exist: the sweep has runs 0 to {last}")]
    NoSuchRun { run: u64, last: u64 },
}
