//! Entry points that ask one function of a module alone: a case a thread, numbers in, numbers out.

/// Calls that return a number or a vector, from `arguments` numbers a case: `{i}` stands for the place of the first.
pub fn call(call: &str, arguments: usize, results: usize) -> String {
    let call = call.replace("{i}", "first");
    let place = |k: usize| if results == 1 { String::new() } else { format!("[{k}u]") };
    let outputs: Vec<String> = (0..results).map(|k| format!("probe_output[out + {k}u] = result{};", place(k))).collect();
    let outputs = outputs.join("\n        ");
    format!(
        "{BINDINGS}
@compute @workgroup_size(64)
fn probe(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {{
    let number = id.y * groups.x * 64u + id.x;
    let out = number * {results}u;
    if out < arrayLength(&probe_output) {{
        let first = number * {arguments}u;
        let result = {call};
        {outputs}
    }}
}}
"
    )
}

const BINDINGS: &str = "
@group(0) @binding(0) var<storage, read> probe_input: array<f32>;
@group(0) @binding(1) var<storage, read_write> probe_output: array<f32>;
";

/// Gradient, loss and error of the neuron, from moments (6), centre (3), parameters (2) and a row (2).
pub const NEURON: &str = "
fn probe_neuron(i: u32) -> vec4<f32> {
    var v: array<f32, 13>;
    for (var k = 0u; k < 13u; k += 1u) {
        v[k] = probe_input[i + k];
    }
    let moments = Moments(v[0], v[1], v[2], v[3], v[4], v[5]);
    let theta = vec2<f32>(v[9], v[10]);
    let at = slope(moments, Centre(v[6], v[7], v[8]), theta);
    return vec4<f32>(at.gradient, loss(moments, at), error(theta, v[11], v[12]));
}
";

/// Parameters (2) and state behind a rule's step, from hyperparameters, clock, parameters (2), gradient (2) and state.
pub const STEP: &str = "
fn probe_step(i: u32) -> array<f32, 2u + STATE> {
    var hyper: Hyper;
    var clock: Clock;
    var memory: State;
    for (var k = 0u; k < HYPER; k += 1u) {
        hyper[k] = probe_input[i + k];
    }
    for (var k = 0u; k < CLOCK; k += 1u) {
        clock[k] = probe_input[i + HYPER + k];
    }
    let pairs = i + HYPER + CLOCK;
    for (var k = 0u; k < STATE; k += 1u) {
        memory[k] = probe_input[pairs + 4u + k];
    }
    let theta = vec2<f32>(probe_input[pairs], probe_input[pairs + 1u]);
    let gradient = vec2<f32>(probe_input[pairs + 2u], probe_input[pairs + 3u]);
    let next = step(hyper, clock, theta, gradient, &memory);
    var result: array<f32, 2u + STATE>;
    result[0] = next.x;
    result[1] = next.y;
    for (var k = 0u; k < STATE; k += 1u) {
        result[2u + k] = memory[k];
    }
    return result;
}
";
