// Adafactor. Twin: src/kernel/optimizers/adafactor.rs, which has the formulas.

fn adafactor(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let alpha = min(coefficients[0], factors[0]) * max(vec2<f32>(coefficients[2]), abs(theta));
    let square = fma(vec2<f32>(factors[1]), pair(state, 0u), (1.0 - factors[1]) * fma(g, g, vec2<f32>(coefficients[1])));
    set_pair(state, 0u, square);
    let root = sqrt(square);
    let update = select(vec2<f32>(0.0), g / root, root > vec2<f32>(0.0));
    return theta - (alpha * update) / max(vec2<f32>(1.0), abs(update) * coefficients[3]);
}
