// Muon. Twin: src/kernel/optimizers/muon.rs, which has the formulas.

fn muon(hyper: Hyper, clock: Clock, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let momentum = fma(hyper[1], (*state)[0], g.x);
    let direction = select(momentum, fma(hyper[1], momentum, g.x), FLAG);
    var x = direction / (abs(direction) + 1e-7);
    for (var done = 0u; done < u32(hyper[5]); done += 1u) {
        let square = x * x;
        x = x * fma(square, fma(hyper[4], square, hyper[3]), hyper[2]);
    }
    let mean = fma(hyper[9], g.y - (*state)[1], (*state)[1]);
    let square = fma(hyper[10], fma(g.y, g.y, -(*state)[2]), (*state)[2]);
    (*state)[0] = momentum;
    (*state)[1] = mean;
    (*state)[2] = square;
    let weight = decayed(theta.x, hyper[7], hyper[0]) - (hyper[6] * hyper[0]) * x;
    let alpha = (hyper[0] * hyper[12]) * clock[0];
    let bias = decayed(theta.y, hyper[8], hyper[0]) - (alpha * mean) / (sqrt(square) + hyper[11]);
    return vec2<f32>(weight, bias);
}
