// The neuron's mean loss, mean squared and mean absolute error of all rows, a point a thread. Composed behind direct.wgsl.

const WORKGROUP: u32 = 64u;
// Rows between two foldings of a sum: keeps float32 sums of long columns accurate.
const FOLD: u32 = 256u;

struct Params {
    points: u32,
    rows: u32,
    // How often the last loop goes round.
    rounds: u32,
    padding: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> thetas: array<vec2<f32>>;
// Loss, squared and absolute error; the fourth is `rounds` where loops still went round in the end.
@group(0) @binding(3) var<storage, read_write> means: array<vec4<f32>>;

@compute @workgroup_size(WORKGROUP)
fn metrics(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let point = id.y * groups.x * WORKGROUP + id.x;
    if point >= params.points {
        return;
    }
    let theta = thetas[point];
    var sums = vec3<f32>(0.0);
    for (var begin = 0u; begin < params.rows; begin += FOLD) {
        var part = vec3<f32>(0.0);
        for (var i = begin; i < min(begin + FOLD, params.rows); i += 1u) {
            let own = share(theta, rows[i].x, rows[i].y);
            part += vec3<f32>(own.loss, own.error * own.error, abs(own.error));
        }
        sums += part;
    }
    var rounds = 0u;
    for (var i = 0u; i < params.rounds; i += 1u) {
        rounds += 1u;
    }
    means[point] = vec4<f32>(sums / f32(params.rows), f32(rounds));
}
