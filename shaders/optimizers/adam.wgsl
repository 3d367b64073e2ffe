// Adam and AMSGrad. Twin: src/kernel/optimizers/adam.rs, which has the formulas.

// Updates the means m and v with a gradient. `one_minus_beta` is (1 − β₁, 1 − β₂). Nadam and Lamb use it too.
fn update_means(one_minus_beta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) {
    let old_m = pair(state, 0u);
    let old_v = pair(state, 2u);
    set_pair(state, 0u, fma(vec2<f32>(one_minus_beta.x), g - old_m, old_m));
    set_pair(state, 2u, fma(vec2<f32>(one_minus_beta.y), fma(g, g, -old_v), old_v));
}

fn adam(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    update_means(vec2<f32>(coefficients[1], coefficients[2]), g, state);
    let alpha = coefficients[0] * factors[0];
    var square = pair(state, 2u);
    if FLAG {
        square = max(pair(state, 4u), square);
        set_pair(state, 4u, square);
    }
    let divisor = sqrt(square) + coefficients[3];
    let scale = alpha / (divisor.x * divisor.y);
    return fma(-(pair(state, 0u) * divisor.yx), vec2<f32>(scale), theta);
}
