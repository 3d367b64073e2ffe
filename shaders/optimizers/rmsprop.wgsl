// RMSprop. Twin: src/kernel/optimizers/rmsprop.rs, which has the formulas.

fn rmsprop(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let rho = vec2<f32>(coefficients[1]);
    let square = fma(g, g, rho * pair(state, 0u));
    set_pair(state, 0u, square);
    var radicand = fma(vec2<f32>(coefficients[2]), square, vec2<f32>(coefficients[4]));
    if FLAG {
        let mean = fma(rho, pair(state, 2u), coefficients[2] * g);
        set_pair(state, 2u, mean);
        radicand = (coefficients[2] * square - mean * mean) + coefficients[4];
    }
    let root = sqrt(radicand);
    let scale = coefficients[0] / (root.x * root.y);
    let product = g * root.yx;
    var next = fma(-product, vec2<f32>(scale), theta);
    if MOMENTUM {
        let velocity = fma(vec2<f32>(coefficients[3]), pair(state, 4u), product * scale);
        set_pair(state, 4u, velocity);
        next = select(next, theta - velocity, coefficients[3] > 0.0);
    }
    if FLAG {
        return select(vec2<f32>(LARGEST), next, radicand > vec2<f32>(0.0));
    }
    return next;
}
