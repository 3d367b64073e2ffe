// Sums over rows, as src/backend/cpu/notes.rs folds them. Composed behind neuron.wgsl; the module has the binding `rows`.

// Rows between two foldings of a sum: keeps float32 sums of long columns accurate.
const FOLD: u32 = 256u;

// Sums of squared and absolute errors over rows first .. first + count.
fn errors(theta: vec2<f32>, first: u32, count: u32) -> vec2<f32> {
    var sums = vec2<f32>(0.0);
    for (var begin = 0u; begin < count; begin += FOLD) {
        var part = vec2<f32>(0.0);
        for (var i = begin; i < min(begin + FOLD, count); i += 1u) {
            let row = rows[first + i];
            let e = error(theta, row.x, row.y);
            part += vec2<f32>(e * e, abs(e));
        }
        sums += part;
    }
    return sums;
}
