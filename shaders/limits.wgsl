// What the device can do at most, for `gradsweep bench`: loops that do nothing but one thing. Their numbers mean nothing; they are timed.
// The host is src/backend/gpu/limits.rs.

const WORKGROUP: u32 = 64u;
// Rounds of a thread: many against what a thread costs to start, few against what ends loops.
const LIMIT_ROUNDS: u32 = 1024u;

// 0: eight chains of multiply-adds; 1: four times two roots and a division; 2: writes.
override WORK: u32 = 0u;

struct Params {
    threads: u32,
    // Of `output`: a thread writes every threads-th of them.
    vectors: u32,
    padding_0: u32,
    padding_1: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;

fn fused(start: f32) -> vec4<f32> {
    var a = vec4<f32>(start, start + 1.0, start + 2.0, start + 3.0);
    var b = a + 4.0;
    let factor = vec4<f32>(0.999);
    let term = vec4<f32>(1e-3);
    for (var round = 0u; round < LIMIT_ROUNDS; round += 1u) {
        a = fma(a, factor, term);
        b = fma(b, factor, term);
    }
    return a + b;
}

fn roots(start: f32) -> vec4<f32> {
    var sums = vec4<f32>(0.0);
    for (var round = 0u; round < LIMIT_ROUNDS; round += 1u) {
        let own = vec4<f32>(0.0, 1.0, 2.0, 3.0) + (start + f32(round));
        sums += sqrt(own + 1.7) + sqrt(own + 2.3) + 1.0 / (own + 1.9);
    }
    return sums;
}

@compute @workgroup_size(WORKGROUP)
fn limits(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let thread = id.y * groups.x * WORKGROUP + id.x;
    if thread >= params.threads {
        return;
    }
    if WORK == 0u {
        output[thread] = fused(f32(thread % 64u));
    } else if WORK == 1u {
        output[thread] = roots(f32(thread % 64u));
    } else {
        for (var at = thread; at < params.vectors; at += params.threads) {
            output[at] = vec4<f32>(f32(at));
        }
    }
}
