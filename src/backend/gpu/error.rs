//! Errors of the GPU backend: the fact, then the remedy.

use super::adapters::AdapterList;

/// An error of the GPU backend.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("no GPU adapter{wanted}{adapters}")]
    NoAdapter { wanted: String, adapters: AdapterList },
    #[error("the only GPU adapter, {adapter}, is a software adapter; add --software to measure it")]
    OnlySoftware { adapter: String },
    #[error("{adapter} cannot be opened: {source}")]
    NoDevice { adapter: String, source: wgpu::RequestDeviceError },
    #[error("the GPU reported an error: {0}; use a smaller --chunk, which needs less GPU memory, or --backend cpu")]
    Reported(String),
    #[error("the GPU has too little free memory: {0}; use a smaller --chunk, or --backend cpu")]
    OutOfMemory(String),
    #[error("the GPU was lost: {0}; its driver was reset or removed: update the driver, or use --backend cpu")]
    Lost(String),
    #[error(
        "a dispatch of `{shader}` stopped early: its results are discarded. Software adapters cap the loops of a thread at 65,535 iterations; use --backend cpu, or update the GPU driver"
    )]
    StoppedEarly { shader: &'static str },
    #[error(
        "{runs} runs need {needed} bytes of {contents}, but the largest buffer of this GPU has {limit}; record fewer points ([history] every), or use --backend cpu"
    )]
    TooLarge { contents: &'static str, runs: u64, needed: u64, limit: u64 },
    #[error("{rows} training rows need {needed} bytes, but the largest buffer of this GPU has {limit}; use fewer rows, or --backend cpu")]
    TooManyRows { rows: usize, needed: u64, limit: u64 },
    #[error("{steps} steps per run exceed the GPU backend's maximum of 4,294,967,294; use fewer epochs, larger batches, or --backend cpu")]
    TooLong { steps: u64 },
}

impl Error {
    /// Whether the device was lost or has too little memory.
    pub fn is_device_failure(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::OutOfMemory(_))
    }
}
