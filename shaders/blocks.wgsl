// The division of an epoch's steps into blocks. Twin: src/kernel/blocks.rs.

const BLOCK_STEPS: u32 = 64u;

// The end of the segment that contains batch `first` and after which the loss statistics are updated: the end of the epoch, or in a run of one epoch
// the end of a quarter of its steps.
fn loss_segment_end(first: u32, batches: u32, epochs: u32) -> u32 {
    if epochs != 1u {
        return batches;
    }
    var quarter = 1u;
    loop {
        // ceil(batches * quarter / 4) without 32-bit overflow.
        let end = (batches / 4u) * quarter + ((batches % 4u) * quarter + 3u) / 4u;
        if end > first || quarter == 4u {
            return end;
        }
        quarter += 1u;
    }
    return batches;
}
