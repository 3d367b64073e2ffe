// AdamW. Twin: src/kernel/optimizers/adamw.rs. The host concatenates it after adam.wgsl.

fn adamw(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let decayed_theta = vec2<f32>(decayed(theta.x, coefficients[4], coefficients[0]), decayed(theta.y, coefficients[4], coefficients[0]));
    return adam(coefficients, factors, decayed_theta, g, state);
}
