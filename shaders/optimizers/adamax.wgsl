// Adamax. Twin: src/kernel/optimizers/adamax.rs, which has the formulas.

fn adamax(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let old = pair(state, 0u);
    let mean = fma(vec2<f32>(coefficients[1]), g - old, old);
    let largest = max(coefficients[2] * pair(state, 2u), abs(g));
    set_pair(state, 0u, mean);
    set_pair(state, 2u, largest);
    return theta - (coefficients[0] * mean) / (factors[0] * (largest + coefficients[3]));
}
