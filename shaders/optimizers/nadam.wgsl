// Nadam. Twin: src/kernel/optimizers/nadam.rs, which has the formulas. The host concatenates it after adam.wgsl.

fn nadam(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    update_means(vec2<f32>(coefficients[1], coefficients[2]), g, state);
    let corrected_mean = fma(vec2<f32>(factors[0]), pair(state, 0u), factors[1] * g);
    return theta - (coefficients[0] * corrected_mean) / (sqrt(pair(state, 2u) / factors[2]) + coefficients[3]);
}
