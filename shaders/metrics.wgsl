// Adds the neuron's loss, squared and absolute error over some rows, RUNS points a thread. Composed behind the shape of the dispatch and
// rows.wgsl.

// Pairs of rows of a dispatch, at most: what any device takes as a uniform, which is read at no cost where all threads read the same.
const PAIRS: u32 = 4096u;
// Pairs between two foldings of a sum: keeps float32 sums of long columns accurate.
const FOLD: u32 = 128u;

struct Params {
    points: u32,
    // Of this dispatch.
    rows: u32,
    // How often the last loop goes round.
    rounds: u32,
    padding: u32,
}

alias Points = array<vec2<f32>, RUNS>;
alias Sums = array<vec3<f32>, RUNS>;

@group(0) @binding(0) var<uniform> params: Params;
// x, y of two rows.
@group(0) @binding(1) var<uniform> pairs: array<vec4<f32>, PAIRS>;
@group(0) @binding(2) var<storage, read> thetas: array<vec2<f32>>;
// Loss, squared and absolute error; the fourth grows by `rounds` with each dispatch whose loops still went round in the end.
@group(0) @binding(3) var<storage, read_write> sums: array<vec4<f32>>;

fn add(points: ptr<function, Points>, row: vec2<f32>, to: ptr<function, Sums>) {
    for (var j = 0u; j < RUNS; j += 1u) {
        let own = share((*points)[j], row.x, row.y);
        (*to)[j] += vec3<f32>(own.loss, own.error * own.error, abs(own.error));
    }
}

@compute @workgroup_size(WORKGROUP)
fn metrics(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let first = (group.y * groups.x + group.x) * WORKGROUP * RUNS + local;
    if first >= params.points {
        return;
    }
    var points: Points;
    for (var j = 0u; j < RUNS; j += 1u) {
        points[j] = thetas[min(first + j * WORKGROUP, params.points - 1u)];
    }
    var all: Sums;
    let count = params.rows / 2u;
    for (var begin = 0u; begin < count; begin += FOLD) {
        var part: Sums;
        for (var i = begin; i < min(begin + FOLD, count); i += 1u) {
            let pair = pairs[i];
            add(&points, pair.xy, &part);
            add(&points, pair.zw, &part);
        }
        for (var j = 0u; j < RUNS; j += 1u) {
            all[j] += part[j];
        }
    }
    if params.rows % 2u == 1u {
        add(&points, pairs[count].xy, &all);
    }
    var rounds = 0u;
    for (var i = 0u; i < params.rounds; i += 1u) {
        rounds += 1u;
    }
    for (var j = 0u; j < RUNS; j += 1u) {
        let point = first + j * WORKGROUP;
        if point < params.points {
            sums[point] += vec4<f32>(all[j], f32(rounds));
        }
    }
}
