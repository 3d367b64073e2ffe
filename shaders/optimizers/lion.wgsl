// Lion. Twin: src/kernel/optimizers/lion.rs, which has the formulas.

fn lion(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let mean = pair(state, 0u);
    set_pair(state, 0u, coefficients[3] * mean + coefficients[4] * g);
    return theta - coefficients[0] * sign(coefficients[1] * mean + coefficients[2] * g);
}
