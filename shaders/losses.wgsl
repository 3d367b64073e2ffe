// Loss functions of one row: value and derivative at a prediction. Twin: src/kernel/losses.rs, which has the formulas. The host concatenates it after
// functions.wgsl.

const EPSILON: f32 = 1e-7;
const ALMOST_ONE: f32 = 0.9999999;
const LN_2: f32 = 0.6931472;

fn loss_mse(prediction: f32, target_value: f32) -> vec2<f32> {
    let e = prediction - target_value;
    return vec2<f32>(e * e, e + e);
}

fn loss_mae(prediction: f32, target_value: f32) -> vec2<f32> {
    let e = prediction - target_value;
    return vec2<f32>(abs(e), sign(e));
}

fn loss_huber(prediction: f32, target_value: f32) -> vec2<f32> {
    let e = prediction - target_value;
    return select(vec2<f32>(0.5 * (e * e), e), vec2<f32>(abs(e) - 0.5, sign(e)), abs(e) > 1.0);
}

fn loss_log_cosh(prediction: f32, target_value: f32) -> vec2<f32> {
    let e = prediction - target_value;
    return vec2<f32>(abs(e) + (softplus(-2.0 * abs(e)) - LN_2), hyperbolic_tangent(e));
}

fn loss_binary_crossentropy(prediction: f32, target_value: f32) -> vec2<f32> {
    let p = clamp(prediction, EPSILON, ALMOST_ONE);
    let inside = prediction >= EPSILON && prediction <= ALMOST_ONE;
    let value = -(target_value * logarithm(p) + (1.0 - target_value) * logarithm(1.0 - p));
    return vec2<f32>(value, select(0.0, (p - target_value) / (p * (1.0 - p)), inside));
}

// Binary crossentropy of a sigmoid's output, as a function of its input z.
fn loss_logits(z: f32, target_value: f32) -> vec2<f32> {
    return vec2<f32>(softplus(z) - target_value * z, logistic(z) - target_value);
}

fn loss_hinge(prediction: f32, target_value: f32) -> vec2<f32> {
    let margin_loss = 1.0 - target_value * prediction;
    return select(vec2<f32>(margin_loss, -target_value), vec2<f32>(0.0), margin_loss < 0.0);
}

fn loss_squared_hinge(prediction: f32, target_value: f32) -> vec2<f32> {
    let at = loss_hinge(prediction, target_value);
    return vec2<f32>(at.x * at.x, (at.x + at.x) * at.y);
}

fn loss_hinge_zero_one(prediction: f32, target_value: f32) -> vec2<f32> {
    return loss_hinge(prediction, (target_value + target_value) - 1.0);
}

fn loss_squared_hinge_zero_one(prediction: f32, target_value: f32) -> vec2<f32> {
    return loss_squared_hinge(prediction, (target_value + target_value) - 1.0);
}

fn loss_mape(prediction: f32, target_value: f32) -> vec2<f32> {
    let e = prediction - target_value;
    return (100.0 / max(abs(target_value), EPSILON)) * vec2<f32>(abs(e), sign(e));
}

fn loss_msle(prediction: f32, target_value: f32) -> vec2<f32> {
    let above = 1.0 + max(prediction, EPSILON);
    let difference = logarithm(above) - logarithm(1.0 + max(target_value, EPSILON));
    return vec2<f32>(difference * difference, select((difference + difference) / above, 0.0, prediction < EPSILON));
}

fn loss_poisson(prediction: f32, target_value: f32) -> vec2<f32> {
    let shifted = prediction + EPSILON;
    return vec2<f32>(prediction - target_value * logarithm(shifted), 1.0 - target_value / shifted);
}
