//! The error of any backend.

use super::cpu::Error as CpuError;
#[cfg(feature = "gpu")]
use super::gpu::Error as GpuError;

/// An error of a backend.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is the error of a backend")]
pub enum Error {
    #[cfg(feature = "gpu")]
    #[error(transparent)]
    Gpu(#[from] GpuError),
    #[error(transparent)]
    Cpu(#[from] CpuError),
}
