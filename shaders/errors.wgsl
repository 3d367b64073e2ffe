// Sums over rows, as src/backend/cpu/notes.rs folds them. Composed behind moments.wgsl; run.wgsl has the rows and the runs.

// Rows between two foldings of a sum: keeps float32 sums of long columns accurate.
const FOLD: u32 = 256u;

// Sums of squared and absolute errors over rows first .. first + count, of each run's own order or the same for all.
fn errors(runs: ptr<function, Runs>, own: bool, first: u32, count: u32, sums: ptr<function, array<vec2<f32>, RUNS>>) {
    for (var j = 0u; j < RUNS; j += 1u) {
        (*sums)[j] = vec2<f32>(0.0);
    }
    for (var begin = 0u; begin < count; begin += FOLD) {
        var part: array<vec2<f32>, RUNS>;
        for (var i = begin; i < min(begin + FOLD, count); i += 1u) {
            let same = rows[first + i];
            for (var j = 0u; j < RUNS; j += 1u) {
                let row = row_of((*runs)[j].rows, own, first + i, same);
                let e = error((*runs)[j].theta, row.x, row.y);
                part[j] += vec2<f32>(e * e, abs(e));
            }
        }
        for (var j = 0u; j < RUNS; j += 1u) {
            (*sums)[j] += part[j];
        }
    }
}
