// Gradient and loss of a batch from its moments, for the linear neuron under the mean squared error. Twin: src/kernel/moments.rs, which has the
// formulas.

struct Moments {
    u: f32,
    uu: f32,
    r: f32,
    ru: f32,
    rr: f32,
    rows: f32,
}

// The point about which moments are taken: weight, bias and abscissa.
alias Centre = vec3<f32>;

// The gradient, and the intermediate values from which `loss` continues.
struct MomentGradient {
    // ∂L/∂w and ∂L/∂b.
    gradient: vec2<f32>,
    dw: f32,
    deviation: f32,
    gradient_u: f32,
}

// The gradient of the mean loss of a batch.
fn moment_gradient(moments: Moments, centre: Centre, theta: vec2<f32>) -> MomentGradient {
    let dw = theta.x - centre.x;
    let deviation = fma(dw, centre.z, theta.y - centre.y);
    let gradient_b = fma(moments.u, dw, fma(2.0, deviation, -moments.r));
    let gradient_u = fma(moments.uu, dw, fma(moments.u, deviation, -moments.ru));
    return MomentGradient(vec2<f32>(fma(centre.z, gradient_b, gradient_u), gradient_b), dw, deviation, gradient_u);
}

// The mean loss of the batch at the point of its gradient.
fn loss(moments: Moments, at: MomentGradient) -> f32 {
    let of_deviation = (0.5 * at.deviation) * (at.gradient.y - moments.r);
    return fma(0.5 * at.dw, at.gradient_u - moments.ru, of_deviation) + moments.rr;
}

// The deviation of the mean prediction, from the mean of x and the deviation of the parameters from the optimum.
fn mean_deviation(mean: f32, deviation: vec2<f32>) -> f32 {
    return fma(deviation.x, mean, deviation.y);
}

// Prediction minus target of one row.
fn error(theta: vec2<f32>, x: f32, y: f32) -> f32 {
    return fma(theta.x, x, theta.y) - y;
}
