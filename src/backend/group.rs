//! A group of runs that a backend trains together.

use super::broadcast::Broadcast;
use crate::data::BatchOrder;
use crate::kernel::coefficients::COEFFICIENTS;
use crate::kernel::options::OptionValues;
use crate::kernel::{Coefficients, FactorInputs, Options, Variant, VerdictWindow};
use crate::model::Problem;

/// Runs that differ only in numeric inputs: initial parameters, coefficients, step factors and option values.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// Data set and neuron.
    pub problem: &'a Problem,
    /// Order and size of the batches.
    pub order: BatchOrder,
    /// Number of epochs.
    pub epochs: u64,
    /// Optimizer and its compiled variant.
    pub variant: Variant,
    /// Options of Keras' base class that the runs use.
    pub options: Options,
    /// Values that may differ between the runs.
    pub inputs: &'a RunInputs,
    /// The series that are recorded in addition to the results.
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

    /// The updates over which the figures of the verdict are means.
    pub fn verdict_window(&self) -> VerdictWindow {
        let from_rows = !self.problem.neuron.is_quadratic();
        VerdictWindow::new(self.order.batches() as u64, self.epochs, u64::from(self.options.accumulation), from_rows)
    }
}

/// The numeric inputs of the runs of a group, one column for each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunInputs {
    runs: usize,
    /// Weight before the first update.
    pub initial_weight: Broadcast<f32>,
    /// Bias before the first update.
    pub initial_bias: Broadcast<f32>,
    /// Coefficients of the update rule, one column for each slot.
    pub coefficients: [Broadcast<f32>; COEFFICIENTS],
    /// Inputs of the step factors.
    pub factor_inputs: Broadcast<FactorInputs>,
    /// Values of the options.
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

    /// Appends a run.
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

    /// Appends runs that differ from the last run only in the learning rate.
    pub fn push_with_rates(&mut self, rates: impl ExactSizeIterator<Item = f32>) {
        let [learning_rate, coefficients @ ..] = &mut self.coefficients;
        let more = rates.len();
        for (run, rate) in (self.runs..).zip(rates) {
            learning_rate.push(run, &rate);
        }
        for slot in coefficients {
            slot.repeat_last(more);
        }
        self.initial_weight.repeat_last(more);
        self.initial_bias.repeat_last(more);
        self.factor_inputs.repeat_last(more);
        self.values.repeat_last(more);
        self.runs += more;
    }

    /// Appends the runs of another group.
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

    /// The coefficients of a run.
    pub fn coefficients(&self, run: usize) -> Coefficients<f32> {
        let mut coefficients = [0.0; COEFFICIENTS];
        for (slot, column) in coefficients.iter_mut().zip(&self.coefficients) {
            *slot = *column.of(run);
        }
        coefficients
    }
}

/// The series that are recorded for each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordOptions {
    /// Batches between two recorded points; the first and the last point are always recorded. 0: no history.
    pub every: u64,
    /// Whether loss and MAE of each epoch are recorded, on training and test rows.
    pub epochs: bool,
}
