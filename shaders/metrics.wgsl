// Mean squared and mean absolute error of all rows, a point a thread. Composed behind neuron.wgsl.

const WORKGROUP: u32 = 64u;
// Rows between two foldings of a sum, as on the CPU.
const FOLD: u32 = 256u;

struct Params {
    points: u32,
    rows: u32,
    padding_0: u32,
    padding_1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> thetas: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> errors: array<vec2<f32>>;

@compute @workgroup_size(WORKGROUP)
fn metrics(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let point = id.y * groups.x * WORKGROUP + id.x;
    if point >= params.points {
        return;
    }
    let theta = thetas[point];
    var sums = vec2<f32>(0.0);
    for (var first = 0u; first < params.rows; first += FOLD) {
        var part = vec2<f32>(0.0);
        for (var i = first; i < min(first + FOLD, params.rows); i += 1u) {
            let e = error(theta, rows[i].x, rows[i].y);
            part += vec2<f32>(e * e, abs(e));
        }
        sums += part;
    }
    errors[point] = sums / f32(params.rows);
}
