//! The rows of a sweep that stay in memory for its summary: all rows, or of a very large sweep the best runs and an evenly spaced sample.

use super::problems::Problems;
use crate::config::{Experiment, HistoryRuns, RecordingPlan};
use crate::model::problem::ranked_by_excess;
use crate::space::{Axis, Space, spread};
use crate::table::RunTable;

/// The number of best runs that stay in memory.
const BEST_RUNS: usize = 100;
/// The number of sampled runs that stay in memory; all rows of a sweep of at most this size stay in memory. A row takes about 130 bytes.
const SAMPLED_RUNS: u64 = 1 << 20;

/// Collects the best runs of a sweep, and the rows for its summary.
pub struct TopRuns {
    runs: u64,
    /// Whether J − J* ranks the runs of a problem, rather than J, by problem number.
    by_excess: Vec<bool>,
    /// Every run whose number is a multiple of this is sampled.
    stride: u64,
    /// Without the columns of hyperparameters, whose values follow from the numbers of the runs.
    rows: RunTable,
    /// The best runs, ascending: the cost in the order of floats, and the run number.
    best: Vec<(u32, u64)>,
    capacity: usize,
}

impl TopRuns {
    /// Prepares for a sweep.
    pub fn new(experiment: &Experiment, problems: &Problems, recorded: &RecordingPlan) -> Self {
        let best = |which: &HistoryRuns| if let HistoryRuns::Best(count) = which { *count as usize } else { 0 };
        let capacity = recorded.runs.iter().map(best).max().unwrap_or(0).max(BEST_RUNS);
        let runs = experiment.space.len();
        let by_excess = ranked_by_excess(&problems.all.iter().collect::<Vec<_>>());
        Self { runs, by_excess, stride: stride(&experiment.space), rows: RunTable::default(), best: Vec::new(), capacity }
    }

    /// Adds the rows of a chunk that are sampled, or among the best so far.
    pub fn add(&mut self, mut table: RunTable) {
        table.settings.clear();
        let costs: Vec<f32> = (0..table.run.len()).map(|row| table.cost(row, self.by_excess[table.problem[row] as usize])).collect();
        let key = |row: usize| (ordered_bits(costs[row]), table.run[row]);
        self.add_candidates((0..table.run.len()).filter(|&row| costs[row].is_finite()).map(key));
        if self.stride == 1 {
            self.rows.append(&table);
            // One allocation per column: growing columns would leave holes in the heap.
            self.rows.reserve(self.runs as usize - self.rows.run.len());
            return;
        }
        let worst = self.best.last();
        // Most rows are worse than the worst best run, so the comparison avoids the search.
        let is_best = |row: usize| worst.is_some_and(|worst| key(row) <= *worst) && self.best.binary_search(&key(row)).is_ok();
        let is_sampled = |run: u64| run.is_multiple_of(self.stride) || run + 1 == self.runs;
        let rows: Vec<usize> = (0..table.run.len()).filter(|&row| is_sampled(table.run[row]) || is_best(row)).collect();
        self.rows.append(&table.select(&rows));
    }

    fn add_candidates(&mut self, runs: impl Iterator<Item = (u32, u64)>) {
        let worst = if self.best.len() < self.capacity { None } else { self.best.last().copied() };
        self.best.extend(runs.filter(|run| worst.is_none_or(|worst| *run < worst)));
        if self.best.len() > self.capacity {
            self.best.select_nth_unstable(self.capacity);
            self.best.truncate(self.capacity);
        }
        self.best.sort_unstable();
    }

    /// The runs whose histories are stored after the sweep, ascending.
    pub fn history_runs(&self, recorded: &RecordingPlan) -> Vec<u64> {
        let mut runs: Vec<u64> = Vec::new();
        for which in &recorded.runs {
            match which {
                HistoryRuns::All => {}
                HistoryRuns::Best(count) => runs.extend(self.best.iter().take(*count as usize).map(|&(_, run)| run)),
                HistoryRuns::Sample(count) => runs.extend(spread(self.runs, *count)),
                HistoryRuns::List(list) => runs.extend(list),
            }
        }
        runs.sort_unstable();
        runs.dedup();
        runs
    }

    /// The rows in memory, ascending by run.
    pub fn into_rows(self) -> RunTable {
        self.rows
    }
}

/// Bits that are in the order of the floats, which may be negative.
fn ordered_bits(value: f32) -> u32 {
    let bits = value.to_bits();
    if value.is_sign_negative() { !bits } else { bits | 1 << 31 }
}

/// The distance of sampled runs. It has no common divisor with the length of an axis, so that the sample has every value of each axis.
fn stride(space: &Space) -> u64 {
    let smallest = space.len().div_ceil(SAMPLED_RUNS).max(1);
    // Sobol points are stratified in blocks of powers of two.
    let lengths: Vec<u64> =
        if space.sampling().is_some() { vec![2] } else { space.branches.iter().flat_map(|branch| &branch.axes).map(Axis::len).collect() };
    let divides_evenly = |stride: &u64| *stride == 1 || lengths.iter().all(|&len| common_divisor(*stride, len) == 1);
    (smallest..=smallest.saturating_mul(100)).find(divides_evenly).unwrap_or(smallest)
}

/// The greatest common divisor.
fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Optimizer, Parameter, Settings};
    use crate::space::{Branch, Values};

    #[test]
    fn a_sample_has_every_value_of_each_axis() {
        let axis = |parameter, count| Axis { parameter, values: Values::IntSteps { min: 0, step: 1, count } };
        let axes = vec![axis(Parameter::BatchSize, 1000), axis(Parameter::TrainingSeed, 100), axis(Parameter::Epochs, 100)];
        let branch = Branch { optimizer: Optimizer::Sgd, settings: Settings::default(), axes, first: 0, len: 0 };
        let space = Space::new(vec![branch]).unwrap();
        let stride = stride(&space);
        assert!(stride == 11, "10,000,000 / 1,048,576 is 9.5; 10 divides 1,000: {stride}");
        let values: std::collections::HashSet<u64> = (0..1000).map(|sample| sample * stride % 100).collect();
        assert_eq!(values.len(), 100);
    }

    #[test]
    fn bits_are_in_the_order_of_floats() {
        let ascending = [-f32::INFINITY, -2.5, -1e-40, -0.0, 0.0, 1e-40, 1.0, 3.5, f32::INFINITY];
        assert!(ascending.windows(2).all(|pair| ordered_bits(pair[0]) < ordered_bits(pair[1])));
    }
}
