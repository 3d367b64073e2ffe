//! Errors of the CPU backend.

use super::isa::Simd;

/// An error on opening the CPU backend.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("this CPU has no {wanted}; it has {}", names(available))]
    NoSuchLevel { wanted: &'static str, available: Vec<Simd> },
    #[error("cannot start {threads} threads: {source}")]
    Threads { threads: usize, source: rayon::ThreadPoolBuildError },
}

fn names(levels: &[Simd]) -> String {
    levels.iter().map(|level| level.name()).collect::<Vec<_>>().join(", ")
}
