// LAMB. Twin: src/kernel/optimizers/lamb.rs, which has the formulas. The host concatenates it after adam.wgsl.

fn lamb(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    update_means(vec2<f32>(coefficients[1], coefficients[2]), g, state);
    let update = (pair(state, 0u) / factors[0]) / (sqrt(pair(state, 2u) / factors[1]) + coefficients[3]);
    let theta_norm = abs(theta);
    let update_norm = abs(update);
    let is_scaled = (theta_norm > vec2<f32>(0.0)) & (update_norm > vec2<f32>(0.0));
    let ratio = select(vec2<f32>(1.0), theta_norm / max(update_norm, vec2<f32>(SMALLEST)), is_scaled);
    return theta - (ratio * coefficients[0]) * update;
}
