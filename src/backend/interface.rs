//! The interface of a backend.

use super::error::Error;
use super::group::Group;
use super::limits::Limits;
use super::outcome::Outcome;
use crate::model::{Neuron, Rows};

/// The neuron's loss, mean squared and mean absolute error over some rows, a value per point; NaN without rows.
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
    /// Of so many points without rows.
    pub fn unknown(points: usize) -> Self {
        let unknown = vec![f32::NAN; points];
        Self { loss: unknown.clone(), mse: unknown.clone(), mae: unknown }
    }
}

/// Who did the work, for the manifest and the benchmark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// `reference`, `cpu` or `gpu`.
    pub backend: &'static str,
    /// CPU model, or the adapter's name.
    pub device: String,
    /// SIMD level and threads, or driver and API.
    pub detail: String,
    /// Whether a GPU's work is done in software.
    pub software: bool,
}

/// A device that trains runs and evaluates them.
pub trait Backend {
    /// Name and device, for the manifest and the benchmark.
    fn describe(&self) -> Description;

    /// What the machine behind it can do at most, measured now, in less than a second; `None` where nothing is known to reach it.
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

    /// J over `rows` at each cell, `[bias][weight]` in row-major order, from the closed form where there is one. Cells beyond float32
    /// saturate at its largest value. Without a bias a cell is what it would be with that one.
    ///
    /// # Errors
    ///
    /// If the device fails or its memory is too small.
    fn surface(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, Error>;
}
