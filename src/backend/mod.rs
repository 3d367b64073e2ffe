//! Backends: where the runs of a group are trained, metrics taken and surfaces evaluated.
//!
//! A backend knows threads, lanes, devices and memory. It holds no formula (`kernel` has them) and does not know configs,
//! run directories or what a run's number is.

mod batches;
mod broadcast;
pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
mod limits;
mod outcome;
mod paraboloid;
mod path;
pub mod reference;

pub use broadcast::Broadcast;
pub use limits::Limits;
pub use outcome::{BlockLayout, EpochSeries, History, NEVER, Outcome};

use crate::data::BatchOrder;
use crate::kernel::coefficients::COEFFICIENTS;
use crate::kernel::options::OptionValues;
use crate::kernel::{Coefficients, FactorInputs, Options, Variant};
use crate::model::{Neuron, Problem, Rows};

/// Runs that share everything but the numbers in their lanes.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// Data and neuron.
    pub problem: &'a Problem,
    /// Batches of every epoch.
    pub order: BatchOrder,
    /// Number of epochs.
    pub epochs: u64,
    /// Optimizer and its compiled variant.
    pub variant: Variant,
    /// Options of Keras' base class that the runs use.
    pub options: Options,
    /// Values that may differ between the runs.
    pub inputs: &'a RunInputs,
    /// What is recorded besides the results.
    pub record: RecordOptions,
}

impl Group<'_> {
    /// Whether steps need the rows of their batches, for gradients or for the MAE of epochs.
    pub fn needs_rows(&self) -> bool {
        self.record.epochs || !self.problem.neuron.is_quadratic()
    }

    /// Updates of a run that does not diverge.
    pub fn steps(&self) -> u64 {
        self.order.batches() as u64 * self.epochs
    }
}

/// What may differ between the runs of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunInputs {
    runs: usize,
    /// Weight before the first update.
    pub initial_weight: Broadcast<f32>,
    /// Bias before the first update.
    pub initial_bias: Broadcast<f32>,
    /// By slot.
    pub coefficients: [Broadcast<f32>; COEFFICIENTS],
    /// Inputs of the step factors.
    pub factor_inputs: Broadcast<FactorInputs>,
    /// Of the options.
    pub values: Broadcast<OptionValues<f32>>,
}

impl RunInputs {
    /// Number of runs.
    pub fn len(&self) -> usize {
        self.runs
    }

    /// Whether there are no runs.
    pub fn is_empty(&self) -> bool {
        self.runs == 0
    }

    /// Adds a run.
    pub fn push(&mut self, start: [f32; 2], coefficients: &Coefficients<f32>, factor_inputs: &FactorInputs, values: &OptionValues<f32>) {
        let runs = self.runs;
        self.initial_weight.push(runs, &start[0]);
        self.initial_bias.push(runs, &start[1]);
        for (column, slot) in self.coefficients.iter_mut().zip(coefficients) {
            column.push(runs, slot);
        }
        self.factor_inputs.push(runs, factor_inputs);
        self.values.push(runs, values);
        self.runs += 1;
    }

    /// Adds runs that differ from the last in their learning rates alone.
    pub fn again(&mut self, rates: impl ExactSizeIterator<Item = f32>) {
        let [own, coefficients @ ..] = &mut self.coefficients;
        let more = rates.len();
        for (run, rate) in (self.runs..).zip(rates) {
            own.push(run, &rate);
        }
        for slot in coefficients {
            slot.again(more);
        }
        self.initial_weight.again(more);
        self.initial_bias.again(more);
        self.factor_inputs.again(more);
        self.values.again(more);
        self.runs += more;
    }

    /// Adds the runs of others behind these.
    pub fn append(&mut self, others: Self) {
        let (runs, more) = (self.runs, others.runs);
        self.initial_weight.append(runs, others.initial_weight, more);
        self.initial_bias.append(runs, others.initial_bias, more);
        for (column, other) in self.coefficients.iter_mut().zip(others.coefficients) {
            column.append(runs, other, more);
        }
        self.factor_inputs.append(runs, others.factor_inputs, more);
        self.values.append(runs, others.values, more);
        self.runs += more;
    }

    /// The hyperparameters of a run.
    pub fn coefficients(&self, run: usize) -> Coefficients<f32> {
        let mut coefficients = [0.0; COEFFICIENTS];
        for (slot, column) in coefficients.iter_mut().zip(&self.coefficients) {
            *slot = *column.of(run);
        }
        coefficients
    }
}

/// What is kept of each run besides its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordOptions {
    /// A point after every n-th batch, the start and the last always; 0: none.
    pub every: u64,
    /// Loss and MAE of each epoch, on training and test rows.
    pub epochs: bool,
}

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

/// Why a backend could not do its work.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is the error of a backend")]
pub enum Error {
    #[cfg(feature = "gpu")]
    #[error(transparent)]
    Gpu(#[from] gpu::Error),
    #[error(transparent)]
    Cpu(#[from] cpu::Error),
}

/// One way to do the work.
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
    fn surface(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, Error> {
        let mut cells = Vec::new();
        self.surface_into(neuron, rows, weight, bias, &mut cells)?;
        Ok(cells)
    }

    /// The same in place of what `cells` holds: large surfaces one after the other take half of their time to touch fresh memory.
    ///
    /// # Errors
    ///
    /// If the device fails or its memory is too small.
    fn surface_into(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64], cells: &mut Vec<f32>) -> Result<(), Error>;
}
