//! The error of any backend.

use super::cpu;
#[cfg(feature = "gpu")]
use super::gpu;

/// An error of a backend.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is the error of a backend")]
pub enum Error {
    #[cfg(feature = "gpu")]
    #[error(transparent)]
    Gpu(#[from] gpu::Error),
    #[error(transparent)]
    Cpu(#[from] cpu::Error),
}
