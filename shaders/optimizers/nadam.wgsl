// Nadam. Twin: src/kernel/optimizers/nadam.rs, which has the formulas. The host composes it after adam.wgsl.

fn nadam(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    means(vec2<f32>(coefficients[1], coefficients[2]), g, state);
    let ahead = fma(vec2<f32>(factors[0]), pair(state, 0u), factors[1] * g);
    return theta - (coefficients[0] * ahead) / (sqrt(pair(state, 2u) / factors[2]) + coefficients[3]);
}
