//! Step inputs: the step factors and the scheduled learning rate of each step, which are functions of the step index. One table per distinct
//! `FactorInputs` of a group, made one window at a time.

use std::collections::HashMap;
use std::ops::Range;

use crate::backend::Group;
use crate::kernel::coefficients::{STEP_FACTORS, has_step_factors};
use crate::kernel::layout::STEP_INPUTS;
use crate::kernel::{FactorInputs, Options, StepFactorGenerator};
use crate::model::Optimizer;

/// Whether the runs of a group read step inputs.
pub fn has_step_inputs(group: &Group<'_>) -> bool {
    has_step_factors(group.variant.optimizer) || group.options.scheduled
}

/// Whether all runs of a group read one table of step inputs.
pub fn shares_step_inputs(group: &Group<'_>) -> bool {
    has_step_inputs(group) && group.inputs.factor_inputs.shared_value().is_some()
}

/// The tables of step inputs of a run batch.
pub struct StepTables {
    optimizer: Optimizer,
    options: Options,
    /// Batches of all earlier windows.
    batches: u64,
    generators: Vec<(FactorInputs, StepFactorGenerator)>,
}

impl StepTables {
    /// The tables for some runs of a group, and the table number of each run; no numbers if all runs share one table.
    pub fn new(group: &Group<'_>, runs: Range<usize>) -> (Self, Vec<u32>) {
        let factor_inputs = &group.inputs.factor_inputs;
        let mut generators = Vec::new();
        let mut numbers = Vec::new();
        if let Some(shared) = factor_inputs.shared_value() {
            if has_step_inputs(group) {
                generators.push((shared.clone(), StepFactorGenerator::START));
            }
        } else if has_step_inputs(group) {
            let mut known = HashMap::new();
            let number = |run: &FactorInputs| {
                *known.entry(run.key()).or_insert_with(|| {
                    generators.push((run.clone(), StepFactorGenerator::START));
                    generators.len() as u32 - 1
                })
            };
            numbers = factor_inputs.range(runs).map(number).collect();
        }
        (Self { optimizer: group.variant.optimizer, options: group.options, batches: 0, generators }, numbers)
    }

    /// The step inputs of the next `steps` batches, table by table; zeros for batches without an update.
    pub fn next(&mut self, steps: usize) -> Vec<f32> {
        let mut tables = Vec::with_capacity(steps * self.generators.len() * STEP_INPUTS);
        for (factor_inputs, generator) in &mut self.generators {
            for batch in self.batches..self.batches + steps as u64 {
                let updates = self.options.updates(batch);
                let rate = if updates { factor_inputs.rate(batch) } else { None };
                tables.extend(if updates { generator.next(self.optimizer, factor_inputs) } else { [0.0; STEP_FACTORS] });
                tables.push(rate.unwrap_or(0.0));
            }
        }
        self.batches += steps as u64;
        tables
    }
}
