// Activation functions: value and derivative at z. Twin: src/kernel/activations.rs, which has the formulas. The host concatenates it after functions.wgsl.

const SCALE: f32 = 1.050701;
const SCALED_ALPHA: f32 = 1.7580993;
const LEAK: f32 = 0.2;

fn activation_linear(z: f32) -> vec2<f32> {
    return vec2<f32>(z, 1.0);
}

fn activation_sigmoid(z: f32) -> vec2<f32> {
    let s = logistic(z);
    return vec2<f32>(s, s * (1.0 - s));
}

fn activation_tanh(z: f32) -> vec2<f32> {
    let t = hyperbolic_tangent(z);
    return vec2<f32>(t, 1.0 - t * t);
}

fn activation_relu(z: f32) -> vec2<f32> {
    return select(vec2<f32>(0.0), vec2<f32>(z, 1.0), z > 0.0);
}

fn activation_relu6(z: f32) -> vec2<f32> {
    return vec2<f32>(clamp(z, 0.0, 6.0), select(0.0, 1.0, z > 0.0 && z < 6.0));
}

fn activation_leaky_relu(z: f32) -> vec2<f32> {
    let slope = select(LEAK, 1.0, z > 0.0);
    return vec2<f32>(z * slope, slope);
}

fn activation_elu(z: f32) -> vec2<f32> {
    let below = exponential_less_one(z);
    return select(vec2<f32>(z, 1.0), vec2<f32>(below, below + 1.0), z < 0.0);
}

fn activation_selu(z: f32) -> vec2<f32> {
    let below = SCALED_ALPHA * exponential_less_one(z);
    return select(vec2<f32>(SCALE * z, SCALE), vec2<f32>(below, below + SCALED_ALPHA), z < 0.0);
}

fn activation_softplus(z: f32) -> vec2<f32> {
    return vec2<f32>(softplus(z), logistic(z));
}

fn activation_softsign(z: f32) -> vec2<f32> {
    let inverse = 1.0 / (1.0 + abs(z));
    return vec2<f32>(z * inverse, inverse * inverse);
}

fn activation_silu(z: f32) -> vec2<f32> {
    let s = logistic(z);
    return vec2<f32>(z * s, s * (1.0 + z * (1.0 - s)));
}

fn activation_gelu(z: f32) -> vec2<f32> {
    let below = 0.5 * (1.0 + error_function(z * 0.70710677));
    let density = 0.3989423 * exponential(-0.5 * (z * z));
    return vec2<f32>(z * below, below + z * density);
}

fn activation_mish(z: f32) -> vec2<f32> {
    let t = hyperbolic_tangent(softplus(z));
    return vec2<f32>(z * t, t + z * ((1.0 - t * t) * logistic(z)));
}

fn activation_exponential(z: f32) -> vec2<f32> {
    return vec2<f32>(exponential(z));
}

fn activation_hard_sigmoid(z: f32) -> vec2<f32> {
    return activation_relu6(z + 3.0) / 6.0;
}
