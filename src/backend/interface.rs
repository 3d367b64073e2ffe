//! The interface of a backend.

use serde::Serialize;

use super::error::Error;
use super::group::Group;
use super::limits::Limits;
use super::outcome::Outcome;
use crate::model::{Neuron, Rows};

/// Mean loss, squared error and absolute error of a neuron over some rows, one value for each point; NaN without rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// Mean loss.
    pub loss: Vec<f32>,
    /// Mean squared error.
    pub mse: Vec<f32>,
    /// Mean absolute error.
    pub mae: Vec<f32>,
}

impl Metrics {
    /// The metrics of `points` points without rows: NaN.
    pub fn unknown(points: usize) -> Self {
        let unknown = vec![f32::NAN; points];
        Self { loss: unknown.clone(), mse: unknown.clone(), mae: unknown }
    }
}

/// Backend and device, for the manifest and the benchmark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// `reference`, `cpu` or `gpu`.
    pub backend: &'static str,
    /// CPU model or name of the GPU adapter.
    pub device: String,
    /// Instruction set and number of threads, or driver and API.
    pub detail: String,
    /// Whether the GPU adapter is a software renderer.
    pub software: bool,
}

/// The chunks of runs that a backend trains at full speed. They depend on the device alone, so the chunks of a sweep are a function of device and config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkLimits {
    /// The fewest runs that keep every unit of the device busy. A chunk has at least these, if they fit `bytes`, however many updates they take.
    pub fewest_runs: u64,
    /// The most runs; more are not faster, but delay the first results.
    pub most_runs: u64,
    /// The updates of a chunk of more than `fewest_runs`.
    pub updates: u64,
    /// Bytes of inputs, results and recorded rows on the host. Two chunks are in memory: one is trained while the last one is written.
    pub bytes: u64,
}

impl ChunkLimits {
    /// The limits of the host: tiles of 64 runs, and progress several times a second.
    pub const HOST: Self = Self { fewest_runs: 64, most_runs: 1 << 16, updates: 4_000_000_000, bytes: 32 << 20 };
}

/// Where the time of a device went, in seconds of waiting; the remaining time is work of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DeviceTimes {
    /// Submitting dispatches and waiting for them.
    pub dispatches_s: f64,
    /// Waiting for results to be copied to the host.
    pub readback_s: f64,
    /// Compilation of pipelines: translation of WGSL and the call of the driver. Drivers may compile later, in the first dispatch.
    pub compilation_s: f64,
    /// Number of compiled pipelines.
    pub pipelines: u32,
    /// The longest dispatch whose duration is known, without the first one of each pipeline.
    pub longest_dispatch_s: f64,
}

/// A device that trains runs and evaluates them.
pub trait Backend {
    /// Describes the backend and its device.
    fn describe(&self) -> Description;

    /// The chunks that the backend trains at full speed.
    fn chunk_limits(&self) -> ChunkLimits {
        ChunkLimits::HOST
    }

    /// Returns the times since the last call; `None` for a backend on the host.
    fn take_times(&self) -> Option<DeviceTimes> {
        None
    }

    /// Measures the peak rates of the device, in less than a second; `None` for a backend without such a measurement.
    ///
    /// # Errors
    ///
    /// If the device fails or its memory is too small.
    fn limits(&self) -> Result<Option<Limits>, Error> {
        Ok(None)
    }

    /// Trains every run of each group. `outcomes` has an element per group; its buffers are reused.
    ///
    /// # Errors
    ///
    /// If the device fails or its memory is too small.
    fn train(&self, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<(), Error>;

    /// Loss, MSE and MAE of `rows` at each `(weight, bias)`.
    ///
    /// # Errors
    ///
    /// If the device fails or its memory is too small.
    fn metrics(&self, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, Error>;

    /// J over `rows` at each cell of a grid, `[bias][weight]` in row-major order.
    ///
    /// The linear neuron under the mean squared error uses the closed form. Values above the largest float32 are replaced by it. The bias of a
    /// cell is applied even if the neuron has no trainable bias.
    ///
    /// # Errors
    ///
    /// If the device fails or its memory is too small.
    fn surface(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, Error>;
}
