// Gradient and loss of a batch, and of all training rows, from rows: any neuron. The host concatenates it after rows.wgsl and train.wgsl.

// Rows of a partial sum. Partial sums keep float32 sums over many rows accurate.
const PARTIAL_SUM_ROWS: u32 = 256u;

fn reads_rows() -> bool {
    return true;
}

// Adds the terms of a row to the sums of each run.
fn add_row(runs: ptr<function, Runs>, own_order: bool, row_index: u32, sums: ptr<function, array<vec4<f32>, RUNS_PER_THREAD>>) {
    let common_row = rows[row_index];
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        let row = row_of((*runs)[j].row_offset, own_order, row_index, common_row);
        let terms = row_terms((*runs)[j].theta, row.x, row.y);
        (*sums)[j] += vec4<f32>(terms.gradient, terms.loss, abs(terms.error));
    }
}

// Sums gradient, loss and |e| over the rows first .. first + count for each run; `own_order`: in the batch order of the run.
fn sum_rows(
    runs: ptr<function, Runs>,
    own_order: bool,
    first: u32,
    count: u32,
    sums: ptr<function, array<vec4<f32>, RUNS_PER_THREAD>>,
) {
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        (*sums)[j] = vec4<f32>(0.0);
    }
    for (var begin = 0u; begin < count; begin += PARTIAL_SUM_ROWS) {
        var partial_sums: array<vec4<f32>, RUNS_PER_THREAD>;
        let end = min(begin + PARTIAL_SUM_ROWS, count);
        var i = begin;
        // ROWS_PER_TURN rows are written out, because the counter and the branch of a loop take up to half of the instructions of a row.
        if ROWS_PER_TURN > 1u {
            for (; i + ROWS_PER_TURN <= end; i += ROWS_PER_TURN) {
                for (var turn = 0u; turn < ROWS_PER_TURN; turn += 1u) {
                    add_row(runs, own_order, first + i + turn, &partial_sums);
                }
            }
        }
        for (; i < end; i += 1u) {
            add_row(runs, own_order, first + i, &partial_sums);
        }
        for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
            (*sums)[j] += partial_sums[j];
        }
    }
}

fn evaluate_rows(runs: ptr<function, Runs>, own_order: bool, first: u32, count: u32, evaluations: ptr<function, Evaluations>) {
    var sums: array<vec4<f32>, RUNS_PER_THREAD>;
    sum_rows(runs, own_order, first, count, &sums);
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        let means = sums[j] / f32(count);
        (*evaluations)[j] = Evaluation(means.xy, means.z, sums[j].w);
    }
}

// Evaluates a batch in an epoch of this dispatch at the parameters of each run.
fn evaluate_batch(epoch: u32, batch: u32, runs: ptr<function, Runs>, evaluations: ptr<function, Evaluations>) {
    evaluate_rows(runs, true, first_row(epoch) + batch * dispatch.batch_size, batch_rows(batch), evaluations);
}

// Evaluates all training rows at the parameters of each run, in the order of the split, which all runs share.
fn evaluate_training_rows(runs: ptr<function, Runs>, evaluations: ptr<function, Evaluations>) {
    evaluate_rows(runs, false, dispatch.test_rows, dispatch.training_rows, evaluations);
}

// J of each run over all training rows.
fn window_losses(runs: ptr<function, Runs>, losses: ptr<function, array<f32, RUNS_PER_THREAD>>) {
    var evaluations: Evaluations;
    evaluate_training_rows(runs, &evaluations);
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        (*losses)[j] = evaluations[j].loss;
    }
}

// Sums the loss and |e| over the test rows for each run.
fn sum_test_errors(runs: ptr<function, Runs>, sums: ptr<function, array<vec2<f32>, RUNS_PER_THREAD>>) {
    var all_sums: array<vec4<f32>, RUNS_PER_THREAD>;
    sum_rows(runs, false, 0u, dispatch.test_rows, &all_sums);
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        (*sums)[j] = all_sums[j].zw;
    }
}
