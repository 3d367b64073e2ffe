// Muon. Twin: src/kernel/optimizers/muon.rs, which has the formulas.

fn muon(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let momentum = fma(coefficients[1], (*state)[0], g.x);
    let direction = select(momentum, fma(coefficients[1], momentum, g.x), FLAG);
    var x = direction / (abs(direction) + 1e-7);
    for (var iteration = 0u; iteration < u32(coefficients[5]); iteration += 1u) {
        let square = x * x;
        x = x * fma(square, fma(coefficients[4], square, coefficients[3]), coefficients[2]);
    }
    let mean = fma(coefficients[9], g.y - (*state)[1], (*state)[1]);
    let square = fma(coefficients[10], fma(g.y, g.y, -(*state)[2]), (*state)[2]);
    (*state)[0] = momentum;
    (*state)[1] = mean;
    (*state)[2] = square;
    let weight = decayed(theta.x, coefficients[7], coefficients[0]) - (coefficients[6] * coefficients[0]) * x;
    let alpha = (coefficients[0] * coefficients[12]) * factors[0];
    let bias = decayed(theta.y, coefficients[8], coefficients[0]) - (alpha * mean) / (sqrt(square) + coefficients[11]);
    return vec2<f32>(weight, bias);
}
