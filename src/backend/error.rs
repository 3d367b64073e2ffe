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

impl Error {
    /// Whether the device was lost or has too little memory, so that the same work can succeed on another device.
    pub fn is_device_failure(&self) -> bool {
        match self {
            #[cfg(feature = "gpu")]
            Self::Gpu(error) => error.is_device_failure(),
            Self::Cpu(_) => false,
        }
    }
}
