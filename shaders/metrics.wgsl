// Adds the loss, squared error and absolute error of a neuron over some rows to sums, for RUNS_PER_THREAD points (weight, bias) per thread. The host composes it
// after the dispatch constants and rows.wgsl.

// The most pairs of rows of one dispatch: 64 KiB, which every device accepts as a uniform. Threads that read one address of a uniform share one read.
const MAX_ROW_PAIRS: u32 = 4096u;
// Pairs of a partial sum. Partial sums keep float32 sums over many rows accurate.
const PARTIAL_SUM_PAIRS: u32 = 128u;

struct Params {
    // The points of this dispatch: first_point .. end_point.
    first_point: u32,
    end_point: u32,
    // Rows of this dispatch.
    rows: u32,
    // Iterations of the loop that checks the device's loop counter.
    loop_check_iterations: u32,
}

alias Points = array<vec2<f32>, RUNS_PER_THREAD>;
alias Sums = array<vec3<f32>, RUNS_PER_THREAD>;

@group(0) @binding(0) var<uniform> params: Params;
// x and y of one row, x and y of the next.
@group(0) @binding(1) var<uniform> row_pairs: array<vec4<f32>, MAX_ROW_PAIRS>;
@group(0) @binding(2) var<storage, read> points: array<vec2<f32>>;
// Sums of loss, squared and absolute error. Each dispatch whose loop check passes adds `loop_check_iterations` to the fourth element.
@group(0) @binding(3) var<storage, read_write> sums: array<vec4<f32>>;

fn add_row(thread_points: ptr<function, Points>, row: vec2<f32>, thread_sums: ptr<function, Sums>) {
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        let terms = row_terms((*thread_points)[j], row.x, row.y);
        (*thread_sums)[j] += vec3<f32>(terms.loss, terms.error * terms.error, abs(terms.error));
    }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn metrics(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let first = params.first_point + (group.y * groups.x + group.x) * WORKGROUP_SIZE * RUNS_PER_THREAD + local;
    let point_count = min(params.end_point, min(arrayLength(&points), arrayLength(&sums)));
    if first >= point_count {
        return;
    }
    var thread_points: Points;
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        thread_points[j] = points[min(first + j * WORKGROUP_SIZE, point_count - 1u)];
    }
    var thread_sums: Sums;
    let row_count = min(params.rows, 2u * MAX_ROW_PAIRS);
    let pair_count = row_count / 2u;
    for (var begin = 0u; begin < pair_count; begin += PARTIAL_SUM_PAIRS) {
        var partial_sums: Sums;
        for (var i = begin; i < min(begin + PARTIAL_SUM_PAIRS, pair_count); i += 1u) {
            let pair = row_pairs[i];
            add_row(&thread_points, pair.xy, &partial_sums);
            add_row(&thread_points, pair.zw, &partial_sums);
        }
        for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
            thread_sums[j] += partial_sums[j];
        }
    }
    if row_count % 2u == 1u {
        add_row(&thread_points, row_pairs[pair_count].xy, &thread_sums);
    }
    var iterations = 0u;
    for (var i = 0u; i < params.loop_check_iterations; i += 1u) {
        iterations += 1u;
    }
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        let point = first + j * WORKGROUP_SIZE;
        if point < point_count {
            sums[point] += vec4<f32>(thread_sums[j], f32(iterations));
        }
    }
}
