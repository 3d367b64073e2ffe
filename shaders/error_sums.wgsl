// Sums of squared and absolute errors of the linear neuron over rows. The host composes it after moments.wgsl and run_state.wgsl.

// Rows of a partial sum. Partial sums keep float32 sums over many rows accurate.
const PARTIAL_SUM_ROWS: u32 = 256u;

// Sums e² and |e| over the rows first .. first + count for each run; `own_order`: in the batch order of the run.
fn sum_errors(
    runs: ptr<function, Runs>,
    own_order: bool,
    first: u32,
    count: u32,
    sums: ptr<function, array<vec2<f32>, RUNS_PER_THREAD>>,
) {
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        (*sums)[j] = vec2<f32>(0.0);
    }
    for (var begin = 0u; begin < count; begin += PARTIAL_SUM_ROWS) {
        var partial_sums: array<vec2<f32>, RUNS_PER_THREAD>;
        for (var i = begin; i < min(begin + PARTIAL_SUM_ROWS, count); i += 1u) {
            let common_row = rows[first + i];
            for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
                let row = row_of((*runs)[j].row_offset, own_order, first + i, common_row);
                let e = error((*runs)[j].theta, row.x, row.y);
                partial_sums[j] += vec2<f32>(e * e, abs(e));
            }
        }
        for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
            (*sums)[j] += partial_sums[j];
        }
    }
}
