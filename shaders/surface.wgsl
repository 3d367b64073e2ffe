// The cost surface of the linear neuron under the mean squared error, one cell per thread: J = J* + Var(x)·δw² + (δb + δw·x̄)². The host computes the
// terms of the columns in float64.

const WORKGROUP_SIZE: u32 = 64u;
const LARGEST: f32 = 3.4028234e38;

struct Params {
    columns: u32,
    cells: u32,
    padding_0: u32,
    padding_1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// J* + Var(x)·δw² and δw·x̄ of each column.
@group(0) @binding(1) var<storage, read> columns: array<vec2<f32>>;
// δb of each row.
@group(0) @binding(2) var<storage, read> bias_offsets: array<f32>;
@group(0) @binding(3) var<storage, read_write> cells: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn surface(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let cell = id.y * groups.x * WORKGROUP_SIZE + id.x;
    if cell >= min(params.cells, arrayLength(&cells)) {
        return;
    }
    let column = columns[min(cell % params.columns, arrayLength(&columns) - 1u)];
    let level = bias_offsets[min(cell / params.columns, arrayLength(&bias_offsets) - 1u)] + column.y;
    cells[cell] = min(level * level + column.x, LARGEST);
}
