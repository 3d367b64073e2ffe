//! The division of the steps of an epoch into blocks. Twin: `shaders/blocks.wgsl`.
//!
//! Divergence is tested, and partial sums are added to the sums of the epoch, at the end of each block. The division depends on the number of batches
//! only, so it is identical for every backend, vector width and chunk size.

/// The largest number of steps of a block.
pub const BLOCK_STEPS: usize = 64;

/// Consecutive steps of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepBlock {
    /// The first batch of the epoch in this block, from 0.
    pub first: usize,
    /// Number of steps.
    pub len: usize,
}

/// The blocks of an epoch of `batches` steps.
pub fn blocks(batches: usize) -> Vec<StepBlock> {
    (0..batches).step_by(BLOCK_STEPS).map(|first| StepBlock { first, len: BLOCK_STEPS.min(batches - first) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_in_one_block_and_no_block_is_too_long() {
        for batches in [1, 63, 64, 65, 1000] {
            let blocks = blocks(batches);
            let mut next = 0;
            for block in &blocks {
                assert_eq!(block.first, next);
                assert!(block.len >= 1 && block.len <= BLOCK_STEPS);
                next += block.len;
            }
            assert_eq!(next, batches);
        }
    }
}
