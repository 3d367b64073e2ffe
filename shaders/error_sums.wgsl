// Sums of squared and absolute errors of the linear neuron over rows. The host concatenates it after moments.wgsl and run_state.wgsl.

// Rows of a partial sum. Partial sums keep float32 sums over many rows accurate.
const PARTIAL_SUM_ROWS: u32 = 256u;

// Adds e² and |e| of a row to the sums of each run.
fn add_error(runs: ptr<function, Runs>, own_order: bool, row_index: u32, sums: ptr<function, array<vec2<f32>, RUNS_PER_THREAD>>) {
    let common_row = rows[row_index];
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        let row = row_of((*runs)[j].row_offset, own_order, row_index, common_row);
        let e = error((*runs)[j].theta, row.x, row.y);
        (*sums)[j] += vec2<f32>(e * e, abs(e));
    }
}

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
        let end = min(begin + PARTIAL_SUM_ROWS, count);
        var i = begin;
        // ROWS_PER_TURN rows are written out, see from_rows.wgsl.
        if ROWS_PER_TURN > 1u {
            for (; i + ROWS_PER_TURN <= end; i += ROWS_PER_TURN) {
                for (var turn = 0u; turn < ROWS_PER_TURN; turn += 1u) {
                    add_error(runs, own_order, first + i + turn, &partial_sums);
                }
            }
        }
        for (; i < end; i += 1u) {
            add_error(runs, own_order, first + i, &partial_sums);
        }
        for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
            (*sums)[j] += partial_sums[j];
        }
    }
}
