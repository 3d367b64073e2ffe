//! The clocks and scheduled rates that a group's runs read step by step: a table for each timing, made window by window.

use std::collections::HashMap;
use std::ops::Range;

use crate::backend::Group;
use crate::kernel::coefficients::{CLOCK, has_clock};
use crate::kernel::layout::TICK;
use crate::kernel::{Options, Ticker, Timing};
use crate::model::Optimizer;

/// Whether a group reads clock tables at all.
pub fn is_timed(group: &Group<'_>) -> bool {
    has_clock(group.variant.optimizer) || group.options.scheduled
}

/// Whether it reads one, and the same for all runs.
pub fn has_one_clock(group: &Group<'_>) -> bool {
    is_timed(group) && group.lanes.timing.only().is_some()
}

/// The clock tables: one for each timing.
pub struct Tables {
    optimizer: Optimizer,
    options: Options,
    /// Batches so far.
    batches: u64,
    tickers: Vec<(Timing, Ticker)>,
}

impl Tables {
    /// The tables that some runs of a group need, and the number of each run's where they are not all the same.
    pub fn new(group: &Group<'_>, runs: Range<usize>) -> (Self, Vec<u32>) {
        let (timing, tables) =
            (&group.lanes.timing, |tickers| Self { optimizer: group.variant.optimizer, options: group.options, batches: 0, tickers });
        if !is_timed(group) {
            return (tables(Vec::new()), Vec::new());
        }
        if let Some(only) = timing.only() {
            return (tables(vec![(only.clone(), Ticker::START)]), Vec::new());
        }
        let mut known = HashMap::new();
        let mut tickers = Vec::new();
        let number = |run: &Timing| {
            *known.entry(run.key()).or_insert_with(|| {
                tickers.push((run.clone(), Ticker::START));
                tickers.len() as u32 - 1
            })
        };
        let numbers = timing.range(runs).map(number).collect();
        (tables(tickers), numbers)
    }

    /// The clocks and rates of the next `steps` batches, table by table; zeros where a batch ends without an update.
    pub fn next(&mut self, steps: usize) -> Vec<f32> {
        let mut ticks = Vec::with_capacity(steps * self.tickers.len() * TICK);
        for (timing, ticker) in &mut self.tickers {
            for batch in self.batches..self.batches + steps as u64 {
                let updates = self.options.updates(batch);
                let rate = if updates { timing.rate(batch) } else { None };
                ticks.extend(if updates { ticker.next(self.optimizer, timing) } else { [0.0; CLOCK] });
                ticks.push(rate.unwrap_or(0.0));
            }
        }
        self.batches += steps as u64;
        ticks
    }
}
