// Detection of cycles: whether the parameters at epoch ends return to an earlier point. Twin: src/kernel/cycle.rs, which explains the criterion and
// decides from the detector's final state.

const WATCHED: u32 = 32u;
const BACK: f32 = 1e-3;
const BROKEN: u32 = 0xffffffffu;

struct CycleDetector {
    // The parameters at the first observed epoch end.
    anchor: vec2<f32>,
    // The largest distance from the anchor.
    reach: f32,
    // Epochs until the first return to the anchor; 0: none; BROKEN: a later return was missed.
    period: u32,
}

// The detector after the epoch that ended at `theta`, `since` epochs after the first observed one.
fn watch(before: CycleDetector, theta: vec2<f32>, since: u32) -> CycleDetector {
    if since == 0u {
        return CycleDetector(theta, 0.0, 0u);
    }
    let displacement = abs(theta - before.anchor);
    let distance = max(displacement.x, displacement.y);
    let has_returned = distance <= BACK * before.reach;
    var period = before.period;
    if period == 0u {
        period = select(0u, since, has_returned);
    } else if period != BROKEN && since % period == 0u && !has_returned {
        period = BROKEN;
    }
    return CycleDetector(before.anchor, max(before.reach, distance), period);
}
