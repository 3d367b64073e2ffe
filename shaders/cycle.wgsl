// Whether a run goes round a cycle. Twin: src/kernel/cycle.rs, which says why, and judges what was watched.

const WATCHED: u32 = 32u;
const BACK: f32 = 1e-3;
const BROKEN: u32 = 0xffffffffu;

struct Watch {
    anchor: vec2<f32>,
    reach: f32,
    period: u32,
}

// The watch after an epoch that ended at `theta`, `since` epochs behind the first that is watched.
fn watch(before: Watch, theta: vec2<f32>, since: u32) -> Watch {
    if since == 0u {
        return Watch(theta, 0.0, 0u);
    }
    let way = abs(theta - before.anchor);
    let distance = max(way.x, way.y);
    let back = distance <= BACK * before.reach;
    var period = before.period;
    if period == 0u {
        period = select(0u, since, back);
    } else if period != BROKEN && since % period == 0u && !back {
        period = BROKEN;
    }
    return Watch(before.anchor, max(before.reach, distance), period);
}
