//! The factors and scheduled rates that a group's runs read step by step: a table for each factor_inputs, made window by window.

use std::collections::HashMap;
use std::ops::Range;

use crate::backend::Group;
use crate::kernel::coefficients::{STEP_FACTORS, has_step_factors};
use crate::kernel::layout::TICK;
use crate::kernel::{FactorInputs, Options, StepFactorGenerator};
use crate::model::Optimizer;

/// Whether a group reads factors tables at all.
pub fn is_timed(group: &Group<'_>) -> bool {
    has_step_factors(group.variant.optimizer) || group.options.scheduled
}

/// Whether it reads one, and the same for all runs.
pub fn has_one_clock(group: &Group<'_>) -> bool {
    is_timed(group) && group.inputs.factor_inputs.only().is_some()
}

/// The factors tables: one for each factor_inputs.
pub struct Tables {
    optimizer: Optimizer,
    options: Options,
    /// Batches so far.
    batches: u64,
    tickers: Vec<(FactorInputs, StepFactorGenerator)>,
}

impl Tables {
    /// The tables that some runs of a group need, and the number of each run's where they are not all the same.
    pub fn new(group: &Group<'_>, runs: Range<usize>) -> (Self, Vec<u32>) {
        let (factor_inputs, tables) = (&group.inputs.factor_inputs, |tickers| Self {
            optimizer: group.variant.optimizer,
            options: group.options,
            batches: 0,
            tickers,
        });
        if !is_timed(group) {
            return (tables(Vec::new()), Vec::new());
        }
        if let Some(only) = factor_inputs.only() {
            return (tables(vec![(only.clone(), StepFactorGenerator::START)]), Vec::new());
        }
        let mut known = HashMap::new();
        let mut tickers = Vec::new();
        let number = |run: &FactorInputs| {
            *known.entry(run.key()).or_insert_with(|| {
                tickers.push((run.clone(), StepFactorGenerator::START));
                tickers.len() as u32 - 1
            })
        };
        let numbers = factor_inputs.range(runs).map(number).collect();
        (tables(tickers), numbers)
    }

    /// The factors and rates of the next `steps` batches, table by table; zeros where a batch ends without an update.
    pub fn next(&mut self, steps: usize) -> Vec<f32> {
        let mut ticks = Vec::with_capacity(steps * self.tickers.len() * TICK);
        for (factor_inputs, ticker) in &mut self.tickers {
            for batch in self.batches..self.batches + steps as u64 {
                let updates = self.options.updates(batch);
                let rate = if updates { factor_inputs.rate(batch) } else { None };
                ticks.extend(if updates { ticker.next(self.optimizer, factor_inputs) } else { [0.0; STEP_FACTORS] });
                ticks.push(rate.unwrap_or(0.0));
            }
        }
        self.batches += steps as u64;
        ticks
    }
}
