// Adam and AMSGrad. Twin: src/kernel/optimizers/adam.rs, which has the formulas.

// Updates the means m and v with a gradient. Nadam and Lamb use it too.
fn means(rest: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) {
    let old_m = pair(state, 0u);
    let old_v = pair(state, 2u);
    keep(state, 0u, fma(vec2<f32>(rest.x), g - old_m, old_m));
    keep(state, 2u, fma(vec2<f32>(rest.y), fma(g, g, -old_v), old_v));
}

fn adam(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    means(vec2<f32>(coefficients[1], coefficients[2]), g, state);
    let alpha = coefficients[0] * factors[0];
    var square = pair(state, 2u);
    if FLAG {
        square = max(pair(state, 4u), square);
        keep(state, 4u, square);
    }
    let divisor = sqrt(square) + coefficients[3];
    let share = alpha / (divisor.x * divisor.y);
    return fma(-(pair(state, 0u) * divisor.yx), vec2<f32>(share), theta);
}
