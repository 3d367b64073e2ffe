// Adagrad. Twin: src/kernel/optimizers/adagrad.rs, which has the formulas.

fn adagrad(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let sum = fma(g, g, pair(state, 0u));
    set_pair(state, 0u, sum);
    let root = sqrt(sum + coefficients[1]);
    let inverse = 1.0 / (root.x * root.y);
    return theta - (coefficients[0] * g) * (root.yx * inverse);
}
