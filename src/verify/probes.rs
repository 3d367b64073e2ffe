//! Probes: entry points that call one function of a module, one case per thread, numbers in and numbers out.

use crate::backend::Error;
use crate::backend::gpu::{Gpu, Probe, ProbeConstants};

/// A call of a WGSL function on many cases.
pub struct Call<'c> {
    pub module: String,
    /// An expression of a number, vector or array; `{i}` stands for the index of the case's first argument in `probe_input`.
    pub expression: &'c str,
    pub constants: ProbeConstants,
    /// The arguments of all cases.
    pub inputs: &'c [f32],
    /// Numbers per case.
    pub arguments: usize,
    pub results: usize,
}

impl Call<'_> {
    /// The results of all cases; `None` without a device.
    pub fn run(self, gpu: Option<&Gpu>) -> Result<Option<Vec<f32>>, Error> {
        let Some(gpu) = gpu else { return Ok(None) };
        let entry_point = self.entry_point();
        let cases = self.inputs.len() / self.arguments;
        let module = self.module + &entry_point;
        let probe = Probe { module: &module, constants: self.constants, threads: cases, input: self.inputs, outputs: self.results * cases };
        gpu.probe(&probe).map(Some)
    }

    fn entry_point(&self) -> String {
        let (arguments, results) = (self.arguments, self.results);
        let expression = self.expression.replace("{i}", "first");
        let element = |k: usize| if results == 1 { String::new() } else { format!("[{k}u]") };
        let stores: Vec<String> = (0..results).map(|k| format!("probe_output[out + {k}u] = result{};", element(k))).collect();
        let stores = stores.join("\n        ");
        format!(
            "{BINDINGS}
@compute @workgroup_size(64)
fn probe(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {{
    let number = id.y * groups.x * 64u + id.x;
    let out = number * {results}u;
    if out < arrayLength(&probe_output) {{
        let first = number * {arguments}u;
        let result = {expression};
        {stores}
    }}
}}
"
        )
    }
}

const BINDINGS: &str = "
@group(0) @binding(0) var<storage, read> probe_input: array<f32>;
@group(0) @binding(1) var<storage, read_write> probe_output: array<f32>;
";

/// Gradient, loss and error by moments. Arguments: moments (6), centre (3), parameters (2) and a row (2).
pub const MOMENTS: &str = "
fn probe_moments(i: u32) -> vec4<f32> {
    var v: array<f32, 13>;
    for (var k = 0u; k < 13u; k += 1u) {
        v[k] = probe_input[i + k];
    }
    let moments = Moments(v[0], v[1], v[2], v[3], v[4], v[5]);
    let theta = vec2<f32>(v[9], v[10]);
    let at = moment_gradient(moments, Centre(v[6], v[7], v[8]), theta);
    return vec4<f32>(at.gradient, loss(moments, at), error(theta, v[11], v[12]));
}
";

/// Parameters (2) and state after a step of a rule. Arguments: coefficients, step factors, parameters (2), gradient (2) and state.
pub const STEP: &str = "
fn probe_step(i: u32) -> array<f32, 2u + STATE> {
    var coefficients: Coefficients;
    var factors: StepFactors;
    var rule_state: State;
    for (var k = 0u; k < COEFFICIENTS; k += 1u) {
        coefficients[k] = probe_input[i + k];
    }
    for (var k = 0u; k < STEP_FACTORS; k += 1u) {
        factors[k] = probe_input[i + COEFFICIENTS + k];
    }
    let pairs = i + COEFFICIENTS + STEP_FACTORS;
    for (var k = 0u; k < STATE; k += 1u) {
        rule_state[k] = probe_input[pairs + 4u + k];
    }
    let theta = vec2<f32>(probe_input[pairs], probe_input[pairs + 1u]);
    let gradient = vec2<f32>(probe_input[pairs + 2u], probe_input[pairs + 3u]);
    let next = step(coefficients, factors, theta, gradient, &rule_state);
    var result: array<f32, 2u + STATE>;
    result[0] = next.x;
    result[1] = next.y;
    for (var k = 0u; k < STATE; k += 1u) {
        result[2u + k] = rule_state[k];
    }
    return result;
}
";

/// Parameters, gradient sum and average after a batch of plain SGD. Arguments: batch number, option values, coefficients, and pairs:
/// parameters, gradient, gradient sum, average.
pub const BATCH: &str = "
fn probe_batch(i: u32) -> array<f32, 6> {
    var values: OptionValues;
    for (var k = 0u; k < OPTION_VALUES; k += 1u) {
        values[k] = probe_input[i + 1u + k];
    }
    var coefficients: Coefficients;
    for (var k = 0u; k < COEFFICIENTS; k += 1u) {
        coefficients[k] = probe_input[i + 1u + OPTION_VALUES + k];
    }
    let pairs = i + 1u + OPTION_VALUES + COEFFICIENTS;
    var pair: array<vec2<f32>, 4>;
    for (var k = 0u; k < 4u; k += 1u) {
        pair[k] = vec2<f32>(probe_input[pairs + 2u * k], probe_input[pairs + 2u * k + 1u]);
    }
    var factors: StepFactors;
    var rule_state: State;
    var option_state = OptionState(pair[2], pair[3]);
    let next = batch_step(u32(probe_input[i]), values, coefficients, factors, pair[0], pair[1], &rule_state, &option_state);
    return array<f32, 6>(next.x, next.y, option_state.sum.x, option_state.sum.y, option_state.average.x, option_state.average.y);
}
";

/// The cycle detector after an epoch. Arguments: the detector before it (4, the period as bits), the parameters (2) and the epochs since the anchor.
pub const AFTER_EPOCH: &str = "
fn probe_after_epoch(i: u32) -> vec4<f32> {
    let anchor = vec2<f32>(probe_input[i], probe_input[i + 1u]);
    let before = CycleDetector(anchor, probe_input[i + 2u], bitcast<u32>(probe_input[i + 3u]));
    let now = after_epoch(before, vec2<f32>(probe_input[i + 4u], probe_input[i + 5u]), u32(probe_input[i + 6u]));
    return vec4<f32>(now.anchor, now.reach, f32(now.period));
}
";

/// A function that composes a word from its upper and lower 16 bits.
pub const WORD: &str = "
fn probe_word(i: u32) -> u32 {
    return (u32(probe_input[i]) << 16u) | u32(probe_input[i + 1u]);
}
";

/// The order of 16 rows. Arguments: seed and epoch, each as its upper and lower 16 bits.
pub const ORDER: &str = "
fn probe_order(i: u32) -> array<f32, 16> {
    var rows: array<f32, 16>;
    for (var row = 0u; row < 16u; row += 1u) {
        rows[row] = f32(row);
    }
    var words = words_of(probe_word(i), STREAM_ORDER, probe_word(i + 2u));
    for (var row = 15u; row > 0u; row -= 1u) {
        let there = up_to(&words, row);
        let swapped = rows[there];
        rows[there] = rows[row];
        rows[row] = swapped;
    }
    return rows;
}
";

/// A mean in float64 and in float32. Arguments: four terms in float64 and a divisor, each word as its upper and lower 16 bits.
pub const MEAN: &str = "
fn probe_mean(i: u32) -> array<f32, 6> {
    var total: Double;
    for (var term = 0u; term < 4u; term += 1u) {
        total = sum(total, Double(probe_word(i + 4u * term), probe_word(i + 4u * term + 2u)));
    }
    let mean = quotient(total, probe_word(i + 16u));
    let words = vec3<u32>(mean, narrowed(mean));
    let upper = vec3<f32>(words >> vec3<u32>(16u));
    let lower = vec3<f32>(words & vec3<u32>(0xffffu));
    return array<f32, 6>(upper.x, lower.x, upper.y, lower.y, upper.z, lower.z);
}
";
