// Stochastic gradient descent. Twin: src/kernel/optimizers/sgd.rs, which has the formulas.

fn sgd(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let change = -(coefficients[0] * g);
    if !MOMENTUM {
        return theta + change;
    }
    let momentum = vec2<f32>(coefficients[1]);
    let velocity = fma(momentum, pair(state, 0u), change);
    set_pair(state, 0u, velocity);
    return theta + select(velocity, fma(momentum, velocity, change), FLAG);
}
