//! The size of the next dispatch of a pipeline, from size and duration of its last one. It never changes a result.
//!
//! Each pipeline has a budget of its own, because one update takes 6 to 18 times as long from rows as from moments. The first dispatch of a pipeline is
//! not timed, because many drivers compile the pipeline during this dispatch.
//!
//! A dispatch of seconds makes drivers reset the device; a dispatch of microseconds is dominated by its overhead. A dispatch is made smaller by
//! fewer runs; if one workgroup through a whole window is still too long, by fewer steps too.

/// Target duration of a dispatch in seconds, below the limit of 100 ms.
const TARGET_SECONDS: f64 = 0.06;
/// The largest growth from one dispatch to the next.
const MAX_GROWTH: f64 = 4.0;

/// The work of the next dispatch, summed over its runs, in updates or rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DispatchBudget {
    work: u64,
    /// Whether a dispatch of the pipeline has ended.
    is_compiled: bool,
}

impl DispatchBudget {
    /// A budget whose first dispatch has this work.
    pub fn new(work: u64) -> Self {
        Self { work, is_compiled: false }
    }

    /// Runs of the next dispatch if each takes `work_per_run`: whole workgroups, at least one.
    pub fn runs(&self, work_per_run: u64, runs_per_workgroup: u64) -> u64 {
        (self.work / work_per_run.max(1) / runs_per_workgroup).max(1) * runs_per_workgroup
    }

    /// Work of each of `runs` runs in the next dispatch: at least 1.
    pub fn work_per_run(&self, runs: u64) -> u64 {
        (self.work / runs.max(1)).max(1)
    }

    /// Adapts the budget to the duration of a dispatch, unless it is the first one. A dispatch that was shorter than the target because little work was left
    /// does not reduce the budget. Returns whether the duration counts.
    pub fn record(&mut self, work: u64, seconds: f64) -> bool {
        if !std::mem::replace(&mut self.is_compiled, true) {
            return false;
        }
        let factor = (TARGET_SECONDS / seconds.max(1e-6)).min(MAX_GROWTH);
        let next = (work as f64 * factor).clamp(1.0, 1e15) as u64;
        self.work = if factor < 1.0 { next } else { next.max(self.work) };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispatches_settle_below_a_tenth_of_a_second() {
        for updates_per_second in [1e6, 4e8, 1e12] {
            let mut budget = DispatchBudget::new(1 << 20);
            let mut seconds = 0.0;
            for _ in 0..30 {
                let work = budget.runs(100, 64) * 100;
                seconds = work as f64 / updates_per_second;
                budget.record(work, seconds);
            }
            assert!(seconds <= 0.1, "{seconds}");
            assert!(seconds >= 0.01 || updates_per_second < 1e6, "{seconds}");
        }
    }

    #[test]
    fn a_dispatch_has_whole_workgroups() {
        assert_eq!(DispatchBudget::new(1 << 20).runs(u64::MAX, 64), 64);
        assert_eq!(DispatchBudget::new(1 << 20).runs(160, 64) % 64, 0);
    }

    #[test]
    fn the_first_dispatch_is_not_timed() {
        let mut budget = DispatchBudget::new(1 << 20);
        // Ten seconds of compilation would reduce the budget to one workgroup.
        budget.record(1 << 20, 10.0);
        assert_eq!(budget.runs(1, 64), 1 << 20);
        budget.record(1 << 20, 0.12);
        assert_eq!(budget.runs(1, 64), 1 << 19);
    }

    #[test]
    fn a_small_remainder_does_not_reduce_the_budget() {
        let mut budget = DispatchBudget::new(1 << 30);
        budget.record(6400, 1.0);
        budget.record(6400, 1e-4);
        assert_eq!(budget.work_per_run(1), 1 << 30);
        budget.record(6400, 0.6);
        assert_eq!(budget.work_per_run(1), 640);
    }
}
