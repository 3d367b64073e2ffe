//! How much a dispatch does: decided from the last one's size and duration alone, and never visible in a result.
//!
//! A dispatch that takes seconds makes drivers reset the device; one that takes microseconds is all overhead.

/// What a dispatch should take, in seconds, with some room below the 100 ms that are the aim.
const AIM: f64 = 0.06;
/// The first dispatch: small enough for a slow software adapter.
const FIRST: u64 = 1 << 20;
/// The most that one dispatch grows over the last.
const GROWTH: f64 = 4.0;

/// The size of the next dispatch, in updates of all its runs together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slices {
    budget: u64,
}

impl Default for Slices {
    fn default() -> Self {
        Self { budget: FIRST }
    }
}

impl Slices {
    /// How many runs of `steps` updates the next dispatch takes: whole workgroups of `workgroup`, at least one.
    pub fn runs(&self, steps: u64, workgroup: u64) -> u64 {
        (self.budget / steps.max(1) / workgroup).max(1) * workgroup
    }

    /// Takes note of a dispatch.
    pub fn took(&mut self, updates: u64, seconds: f64) {
        let factor = (AIM / seconds.max(1e-6)).min(GROWTH);
        self.budget = (updates as f64 * factor).clamp(1.0, 1e15) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispatches_settle_below_a_tenth_of_a_second() {
        for updates_per_second in [1e6, 4e8, 1e12] {
            let mut slices = Slices::default();
            let mut seconds = 0.0;
            for _ in 0..30 {
                let updates = slices.runs(100, 64) * 100;
                seconds = updates as f64 / updates_per_second;
                slices.took(updates, seconds);
            }
            assert!(seconds <= 0.1, "{seconds}");
            assert!(seconds >= 0.01 || updates_per_second < 1e6, "{seconds}");
        }
    }

    #[test]
    fn a_slice_is_whole_workgroups() {
        assert_eq!(Slices::default().runs(u64::MAX, 64), 64);
        assert_eq!(Slices::default().runs(160, 64) % 64, 0);
    }
}
