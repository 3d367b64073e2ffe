//! The interface of a backend.

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

/// A device that trains runs and evaluates them.
pub trait Backend {
    /// Describes the backend and its device.
    fn describe(&self) -> Description;

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
