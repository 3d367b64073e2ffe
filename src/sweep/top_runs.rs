//! The rows of a sweep that stay in memory for its summary: the best runs and an evenly spaced sample.

use crate::config::{HistoryRuns, RecordingPlan};
use crate::model::Verdict;
use crate::space::spread;
use crate::table::RunTable;

/// The number of best runs that stay in memory.
const BEST_RUNS: usize = 100;
/// The number of sampled runs that stay in memory; all rows of a sweep of at most this size stay in memory.
const SAMPLED_RUNS: u64 = 10_000;

/// Collects the best runs of a sweep, and the rows of the best runs and of an evenly spaced sample.
pub struct TopRuns {
    runs: u64,
    rows: RunTable,
    /// The best runs: the bits of the training loss, and the run number, ascending. Bits of floats order like the losses, because no
    /// loss is negative.
    best: Vec<(u32, u64)>,
    capacity: usize,
}

impl TopRuns {
    /// Prepares for a sweep of `runs` runs.
    pub fn new(runs: u64, recorded: &RecordingPlan) -> Self {
        let best = |which: &HistoryRuns| if let HistoryRuns::Best(count) = which { *count as usize } else { 0 };
        let capacity = recorded.runs.iter().map(best).max().unwrap_or(0).max(BEST_RUNS);
        Self { runs, rows: RunTable::default(), best: Vec::new(), capacity }
    }

    /// Adds the rows of a chunk that are sampled, or among the best so far.
    pub fn add(&mut self, table: &RunTable) {
        let key = |row: usize| (table.train_loss[row].to_bits(), table.run[row]);
        let is_candidate = |row: &usize| table.verdict[*row] != Verdict::Diverged && table.train_loss[*row].is_finite();
        self.add_candidates((0..table.run.len()).filter(is_candidate).map(key));
        let worst = self.best.last();
        // Most rows are worse than the worst best run, so the comparison avoids the search.
        let is_best = |row: usize| worst.is_some_and(|worst| key(row) <= *worst) && self.best.binary_search(&key(row)).is_ok();
        let stride = self.runs.div_ceil(SAMPLED_RUNS).max(1);
        let is_sampled = |run: u64| run.is_multiple_of(stride) || run + 1 == self.runs;
        let rows: Vec<usize> = (0..table.run.len()).filter(|&row| is_sampled(table.run[row]) || is_best(row)).collect();
        if rows.len() == table.run.len() { self.rows.append(table) } else { self.rows.append(&table.select(&rows)) }
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
