// What training takes from a batch and from all rows, by their rows: any neuron. Composed behind rows.wgsl and train_moments.wgsl,
// which has the bindings.

// Rows between two foldings of a sum: keeps float32 sums of long columns accurate.
const FOLD: u32 = 256u;

// Sums over rows first .. first + count, of each run's own order or the same for all: gradient, loss, |e|.
fn sums_of(
    runs: ptr<function, Runs>,
    own: bool,
    first: u32,
    count: u32,
    sums: ptr<function, array<vec4<f32>, RUNS>>,
) {
    for (var j = 0u; j < RUNS; j += 1u) {
        (*sums)[j] = vec4<f32>(0.0);
    }
    for (var begin = 0u; begin < count; begin += FOLD) {
        var part: array<vec4<f32>, RUNS>;
        for (var i = begin; i < min(begin + FOLD, count); i += 1u) {
            let same = rows[first + i];
            for (var j = 0u; j < RUNS; j += 1u) {
                let row = row_of((*runs)[j].rows, own, first + i, same);
                let added = share((*runs)[j].theta, row.x, row.y);
                part[j] += vec4<f32>(added.gradient, added.loss, abs(added.error));
            }
        }
        for (var j = 0u; j < RUNS; j += 1u) {
            (*sums)[j] += part[j];
        }
    }
}

fn take(runs: ptr<function, Runs>, own: bool, first: u32, count: u32, taken: ptr<function, Takens>) {
    var sums: array<vec4<f32>, RUNS>;
    sums_of(runs, own, first, count, &sums);
    for (var j = 0u; j < RUNS; j += 1u) {
        let means = sums[j] / f32(count);
        (*taken)[j] = Taken(means.xy, means.z, sums[j].w);
    }
}

// Of a batch in an epoch of this dispatch.
fn of_batch(epoch: u32, batch: u32, runs: ptr<function, Runs>, taken: ptr<function, Takens>) {
    take(runs, true, first_row(epoch) + batch * given.batch_size, rows_of(batch), taken);
}

// Of all training rows, in the one order that all runs share.
fn of_all(runs: ptr<function, Runs>, taken: ptr<function, Takens>) {
    take(runs, false, given.test_rows, given.rows, taken);
}

// Sums of the loss and of |e| over the test rows.
fn of_test(runs: ptr<function, Runs>, sums: ptr<function, array<vec2<f32>, RUNS>>) {
    var all: array<vec4<f32>, RUNS>;
    sums_of(runs, false, 0u, given.test_rows, &all);
    for (var j = 0u; j < RUNS; j += 1u) {
        (*sums)[j] = all[j].zw;
    }
}
