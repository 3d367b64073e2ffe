//! The division of the steps of an epoch into blocks. Twin: `shaders/blocks.wgsl`.
//!
//! Divergence is tested, and partial sums are added to the sums of the epoch, at the end of each block. The division depends on the number of batches and
//! epochs only, so it is identical for every backend, vector width and chunk size.

/// The largest number of steps of a block.
pub const BLOCK_STEPS: usize = 64;

/// Consecutive steps of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepBlock {
    /// The first batch of the epoch in this block, from 0.
    pub first: usize,
    /// Number of steps.
    pub len: usize,
    /// Whether J is evaluated for the verdict after the block: at the end of an epoch, or of each quarter of a single epoch.
    pub evaluates_loss: bool,
}

/// The blocks of an epoch of `batches` steps, in a run of `epochs` epochs.
pub fn blocks(batches: usize, epochs: u64) -> Vec<StepBlock> {
    let ends: Vec<usize> = if epochs == 1 {
        let mut ends: Vec<usize> = (1..=4).map(|quarter| (batches * quarter).div_ceil(4)).collect();
        ends.dedup();
        ends
    } else {
        vec![batches]
    };
    let mut blocks = Vec::new();
    let mut first = 0;
    for end in ends {
        while first < end {
            let len = BLOCK_STEPS.min(end - first);
            blocks.push(StepBlock { first, len, evaluates_loss: first + len == end });
            first += len;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_epoch_evaluates_the_loss_at_its_quarters() {
        let ends: Vec<_> = blocks(10, 1).iter().filter(|block| block.evaluates_loss).map(|block| block.first + block.len).collect();
        assert_eq!(ends, [3, 5, 8, 10]);
        assert_eq!(blocks(1, 1), [StepBlock { first: 0, len: 1, evaluates_loss: true }]);
    }

    #[test]
    fn every_step_is_in_one_block_and_no_block_is_too_long() {
        for (batches, epochs) in [(1, 2), (63, 3), (64, 2), (65, 2), (1000, 1), (1000, 7)] {
            let blocks = blocks(batches, epochs);
            let mut next = 0;
            for block in &blocks {
                assert_eq!(block.first, next);
                assert!(block.len >= 1 && block.len <= BLOCK_STEPS);
                next += block.len;
            }
            assert_eq!(next, batches);
            assert!(blocks.last().is_some_and(|block| block.evaluates_loss));
        }
    }
}
