// Microbenchmarks of the device's peak rates for `gradsweep bench`: each kernel repeats one operation. The host times them (src/backend/gpu/limits.rs);
// their results have no meaning.

const WORKGROUP_SIZE: u32 = 64u;
// Repetitions of each operation in a thread: enough to hide the cost of its start, and far below the 65,535 at which software adapters end loops.
const LIMIT_REPETITIONS: u32 = 1024u;

// 0: eight chains of fused multiply-adds; 1: four lanes of two square roots and a division; 2: writes.
override KERNEL: u32 = 0u;

struct Params {
    threads: u32,
    // Vectors of `output`. A thread writes every `threads`-th of them.
    vectors: u32,
    padding_0: u32,
    padding_1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;

// Four dependent multiply-adds per lane.
fn four_multiply_adds(x: vec4<f32>) -> vec4<f32> {
    let factor = vec4<f32>(0.999);
    let term = vec4<f32>(1e-3);
    return fma(fma(fma(fma(x, factor, term), factor, term), factor, term), factor, term);
}

// Sixteen steps are written out per loop iteration. With one step, the instructions of the loop took up to three quarters of the time on hardware, and the
// limit read too low.
fn multiply_adds(start: f32) -> vec4<f32> {
    var a = vec4<f32>(start, start + 1.0, start + 2.0, start + 3.0);
    var b = a + 4.0;
    for (var i = 0u; i < LIMIT_REPETITIONS; i += 16u) {
        a = four_multiply_adds(a);
        b = four_multiply_adds(b);
        a = four_multiply_adds(a);
        b = four_multiply_adds(b);
        a = four_multiply_adds(a);
        b = four_multiply_adds(b);
        a = four_multiply_adds(a);
        b = four_multiply_adds(b);
    }
    return a + b;
}

fn roots_and_division(start: f32) -> vec4<f32> {
    let terms = vec4<f32>(0.0, 1.0, 2.0, 3.0) + start;
    return sqrt(terms + 1.7) + sqrt(terms + 2.3) + 1.0 / (terms + 1.9);
}

fn roots_and_divisions(start: f32) -> vec4<f32> {
    var sums = vec4<f32>(0.0);
    for (var i = 0u; i < LIMIT_REPETITIONS; i += 4u) {
        let first = start + f32(i);
        sums += roots_and_division(first) + roots_and_division(first + 1.0);
        sums += roots_and_division(first + 2.0) + roots_and_division(first + 3.0);
    }
    return sums;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn limits(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let thread = id.y * groups.x * WORKGROUP_SIZE + id.x;
    if thread >= min(params.threads, arrayLength(&output)) {
        return;
    }
    if KERNEL == 0u {
        output[thread] = multiply_adds(f32(thread % 64u));
    } else if KERNEL == 1u {
        output[thread] = roots_and_divisions(f32(thread % 64u));
    } else {
        for (var at = thread; at < min(params.vectors, arrayLength(&output)); at += params.threads) {
            output[at] = vec4<f32>(f32(at));
        }
    }
}
