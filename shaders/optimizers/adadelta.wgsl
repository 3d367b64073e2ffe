// Adadelta. Twin: src/kernel/optimizers/adadelta.rs, which has the formulas.

fn adadelta(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let rho = vec2<f32>(coefficients[1]);
    let square = fma(rho, pair(state, 0u), coefficients[2] * (g * g));
    let old = pair(state, 2u);
    let delta = -((sqrt(old + coefficients[3]) / sqrt(square + coefficients[3])) * g);
    set_pair(state, 0u, square);
    set_pair(state, 2u, fma(rho, old, coefficients[2] * (delta * delta)));
    return fma(vec2<f32>(coefficients[0]), delta, theta);
}
