// Cycle detection: whether the parameters at epoch ends return to an earlier point periodically. Twin: src/kernel/cycle.rs, which explains the criterion and
// decides from the detector's final state.

const OBSERVED_EPOCHS: u32 = 32u;
const RETURN_TOLERANCE: f32 = 1e-3;
const MISSED_RETURN: u32 = 0xffffffffu;

struct CycleDetector {
    // The parameters at the first observed epoch end.
    anchor: vec2<f32>,
    // The largest distance from the anchor, in the maximum norm.
    reach: f32,
    // Epochs until the first return to the anchor; 0: none yet; MISSED_RETURN: a later return was missed.
    period: u32,
}

// The detector after the epoch that ended at `theta`, `elapsed` epochs after the anchor.
fn after_epoch(before: CycleDetector, theta: vec2<f32>, elapsed: u32) -> CycleDetector {
    if elapsed == 0u {
        return CycleDetector(theta, 0.0, 0u);
    }
    let displacement = abs(theta - before.anchor);
    let distance = max(displacement.x, displacement.y);
    let has_returned = distance <= RETURN_TOLERANCE * before.reach;
    var period = before.period;
    if period == 0u {
        period = select(0u, elapsed, has_returned);
    } else if period != MISSED_RETURN && elapsed % period == 0u && !has_returned {
        period = MISSED_RETURN;
    }
    return CycleDetector(before.anchor, max(before.reach, distance), period);
}
