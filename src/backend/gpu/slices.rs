//! How much a dispatch does: decided from the last one's size and duration alone, and never visible in a result.
//!
//! A dispatch that takes seconds makes drivers reset the device; one that takes microseconds is all overhead. A slice is first fewer
//! runs; where even one workgroup through the whole window would take too long, it is fewer steps too.

use crate::kernel::blocks::Block;

/// What a dispatch should take, in seconds, with some room below the 100 ms that are the aim.
const AIM: f64 = 0.06;
/// The first dispatch: small enough for a slow software adapter.
const FIRST: u64 = 1 << 20;
/// The most that one dispatch grows over the last.
const GROWTH: f64 = 4.0;

/// The size of the next dispatch, in pieces of work (updates, or rows looked at) of all its threads together.
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
    /// Starts with dispatches of so much work.
    #[cfg(test)]
    pub fn starting_at(budget: u64) -> Self {
        Self { budget }
    }

    /// How many threads of `work` pieces each the next dispatch takes: whole workgroups of `workgroup`, at least one.
    pub fn threads(&self, work: u64, workgroup: u64) -> u64 {
        (self.budget / work.max(1) / workgroup).max(1) * workgroup
    }

    /// How many pieces each of `threads` threads may take in the next dispatch: at least one.
    pub fn pieces(&self, threads: u64) -> u64 {
        (self.budget / threads.max(1)).max(1)
    }

    /// Takes note of a dispatch. One that was smaller than it might have been, and quick, says nothing against the size.
    pub fn took(&mut self, work: u64, seconds: f64) {
        let factor = (AIM / seconds.max(1e-6)).min(GROWTH);
        let next = (work as f64 * factor).clamp(1.0, 1e15) as u64;
        self.budget = if factor < 1.0 { next } else { next.max(self.budget) };
    }
}

/// Consecutive batches of a window: whole epochs, or some blocks of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The first epoch, counted from the window's first.
    pub epoch: usize,
    pub epochs: usize,
    /// The batches of each of these epochs: all, or of one epoch those of some blocks.
    pub first_batch: usize,
    pub end_batch: usize,
}

impl Stretch {
    /// The stretch of up to `steps` steps (but at least a block) behind `done` of a window of `epochs` epochs that have these blocks.
    /// `None` behind the window's end.
    pub fn behind(done: Option<Self>, blocks: &[Block], epochs: usize, steps: u64) -> Option<Self> {
        let batches = blocks.last().map_or(0, |block| block.first + block.len);
        let (epoch, first_batch) = match done {
            None => (0, 0),
            Some(done) if done.end_batch == batches => (done.epoch + done.epochs, 0),
            Some(done) => (done.epoch, done.end_batch),
        };
        if epoch >= epochs {
            return None;
        }
        let whole = (steps / batches.max(1) as u64).min((epochs - epoch) as u64) as usize;
        if first_batch == 0 && whole > 0 {
            return Some(Self { epoch, epochs: whole, first_batch, end_batch: batches });
        }
        let left = blocks.iter().filter(|block| block.first >= first_batch);
        let fitting = left.enumerate().take_while(|(index, block)| *index == 0 || (block.first + block.len - first_batch) as u64 <= steps);
        let end_batch = fitting.last().map_or(batches, |(_, block)| block.first + block.len);
        Some(Self { epoch, epochs: 1, first_batch, end_batch })
    }

    /// Steps of a run.
    pub fn steps(&self) -> usize {
        self.epochs * (self.end_batch - self.first_batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::blocks::blocks;

    #[test]
    fn dispatches_settle_below_a_tenth_of_a_second() {
        for pieces_per_second in [1e6, 4e8, 1e12] {
            let mut slices = Slices::default();
            let mut seconds = 0.0;
            for _ in 0..30 {
                let work = slices.threads(100, 64) * 100;
                seconds = work as f64 / pieces_per_second;
                slices.took(work, seconds);
            }
            assert!(seconds <= 0.1, "{seconds}");
            assert!(seconds >= 0.01 || pieces_per_second < 1e6, "{seconds}");
        }
    }

    #[test]
    fn a_slice_is_whole_workgroups() {
        assert_eq!(Slices::default().threads(u64::MAX, 64), 64);
        assert_eq!(Slices::default().threads(160, 64) % 64, 0);
    }

    #[test]
    fn a_small_remainder_says_nothing_against_the_size() {
        let mut slices = Slices::starting_at(1 << 30);
        slices.took(6400, 1e-4);
        assert_eq!(slices, Slices::starting_at(1 << 30));
        slices.took(6400, 0.6);
        assert_eq!(slices, Slices::starting_at(640));
    }

    #[test]
    fn stretches_cover_each_step_once_in_order_and_end_with_blocks() {
        for (batches, run_epochs, epochs) in [(1, 5, 5), (16, 10, 7), (200, 3, 3), (1000, 1, 1)] {
            let blocks = blocks(batches, run_epochs);
            for steps in [1, 63, 64, 100, 250, 1_000_000] {
                let (mut next, mut done) = (0, None);
                while let Some(stretch) = Stretch::behind(done, &blocks, epochs, steps) {
                    assert_eq!(stretch.epoch * batches + stretch.first_batch, next);
                    assert!(stretch.epochs == 1 || (stretch.first_batch, stretch.end_batch) == (0, batches));
                    assert!(blocks.iter().any(|block| block.first + block.len == stretch.end_batch));
                    assert!(stretch.steps() as u64 <= steps.max(64), "{stretch:?} of at most {steps}");
                    next += stretch.steps();
                    done = Some(stretch);
                }
                assert_eq!(next, batches * epochs);
            }
        }
    }
}
