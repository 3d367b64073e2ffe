// Mean squared and mean absolute error of all rows, a point a thread. Composed behind neuron.wgsl and errors.wgsl.

const WORKGROUP: u32 = 64u;

struct Params {
    points: u32,
    rows: u32,
    padding_0: u32,
    padding_1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> thetas: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> mean_errors: array<vec2<f32>>;

@compute @workgroup_size(WORKGROUP)
fn metrics(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let point = id.y * groups.x * WORKGROUP + id.x;
    if point >= params.points {
        return;
    }
    mean_errors[point] = errors(thetas[point], 0u, params.rows) / f32(params.rows);
}
