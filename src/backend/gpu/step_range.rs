//! The steps of one dispatch within a window of epochs.

use crate::kernel::blocks::StepBlock;

/// Consecutive batches of a window: whole epochs, or some blocks of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRange {
    /// The first epoch, counted from the first epoch of the window.
    pub first_epoch: usize,
    pub epochs: usize,
    /// The batches in each of these epochs: all batches, or with a single epoch those of some blocks.
    pub first_batch: usize,
    pub end_batch: usize,
}

impl StepRange {
    /// The range of at most `max_steps` steps, but at least one block, that follows `previous` in a window of `epochs` epochs with these blocks each.
    /// `None` at the end of the window.
    pub fn after(previous: Option<Self>, blocks: &[StepBlock], epochs: usize, max_steps: u64) -> Option<Self> {
        let batches = blocks.last().map_or(0, |block| block.first + block.len);
        let (first_epoch, first_batch) = match previous {
            None => (0, 0),
            Some(previous) if previous.end_batch == batches => (previous.first_epoch + previous.epochs, 0),
            Some(previous) => (previous.first_epoch, previous.end_batch),
        };
        if first_epoch >= epochs {
            return None;
        }
        let whole_epochs = (max_steps / batches.max(1) as u64).min((epochs - first_epoch) as u64) as usize;
        if first_batch == 0 && whole_epochs > 0 {
            return Some(Self { first_epoch, epochs: whole_epochs, first_batch, end_batch: batches });
        }
        let remaining = blocks.iter().filter(|block| block.first >= first_batch);
        let fitting =
            remaining.enumerate().take_while(|(index, block)| *index == 0 || (block.first + block.len - first_batch) as u64 <= max_steps);
        let end_batch = fitting.last().map_or(batches, |(_, block)| block.first + block.len);
        Some(Self { first_epoch, epochs: 1, first_batch, end_batch })
    }

    /// Steps per run.
    pub fn steps(&self) -> usize {
        self.epochs * (self.end_batch - self.first_batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::blocks::blocks;

    #[test]
    fn ranges_cover_each_step_once_in_order_and_end_with_blocks() {
        for (batches, epochs) in [(1, 5), (16, 7), (200, 3), (1000, 1)] {
            let blocks = blocks(batches);
            for steps in [1, 63, 64, 100, 250, 1_000_000] {
                let (mut next, mut previous) = (0, None);
                while let Some(range) = StepRange::after(previous, &blocks, epochs, steps) {
                    assert_eq!(range.first_epoch * batches + range.first_batch, next);
                    assert!(range.epochs == 1 || (range.first_batch, range.end_batch) == (0, batches));
                    assert!(blocks.iter().any(|block| block.first + block.len == range.end_batch));
                    assert!(range.steps() as u64 <= steps.max(64), "{range:?} has more than {steps} steps");
                    next += range.steps();
                    previous = Some(range);
                }
                assert_eq!(next, batches * epochs);
            }
        }
    }
}
