// How the steps of an epoch are cut into blocks. Twin: src/kernel/blocks.rs.

const BLOCK_STEPS: u32 = 64u;

// The end of the stretch, judged or not, in which batch `first` of the epoch lies: an epoch's end, or with one epoch the end of
// a quarter of its steps.
fn judged_end(first: u32, batches: u32, epochs: u32) -> u32 {
    if epochs != 1u {
        return batches;
    }
    var quarter = 1u;
    loop {
        // ceil(batches * quarter / 4) without leaving 32 bits.
        let end = (batches / 4u) * quarter + ((batches % 4u) * quarter + 3u) / 4u;
        if end > first || quarter == 4u {
            return end;
        }
        quarter += 1u;
    }
    return batches;
}
