// LAMB. Twin: src/kernel/optimizers/lamb.rs, which has the formulas. The host composes it after adam.wgsl.

fn lamb(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    means(vec2<f32>(coefficients[1], coefficients[2]), g, state);
    let update = (pair(state, 0u) / factors[0]) / (sqrt(pair(state, 2u) / factors[1]) + coefficients[3]);
    let length = abs(theta);
    let size = abs(update);
    let scaled = (length > vec2<f32>(0.0)) & (size > vec2<f32>(0.0));
    let ratio = select(vec2<f32>(1.0), length / max(size, vec2<f32>(SMALLEST)), scaled);
    return theta - (ratio * coefficients[0]) * update;
}
