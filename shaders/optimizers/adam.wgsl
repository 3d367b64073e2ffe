// Adam and AMSGrad. Twin: src/kernel/optimizers/adam.rs, which has the formulas.

override MOMENTUM: bool = false; // Adam has none
override FLAG: bool = false; // amsgrad

const USED_STATE: u32 = 6u;

// hyper: rate, 1 - beta_1, 1 - beta_2, epsilon. clock: sqrt(1 - beta_2^t) / (1 - beta_1^t). state: m, v, the largest v.
fn step(hyper: array<f32, 6>, clock: f32, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, array<f32, 6>>) -> vec2<f32> {
    let alpha = hyper[0] * clock;
    let old_m = vec2<f32>((*state)[0], (*state)[1]);
    let old_v = vec2<f32>((*state)[2], (*state)[3]);
    let m = fma(vec2<f32>(hyper[1]), g - old_m, old_m);
    let v = fma(vec2<f32>(hyper[2]), fma(g, g, -old_v), old_v);
    (*state)[0] = m.x;
    (*state)[1] = m.y;
    (*state)[2] = v.x;
    (*state)[3] = v.y;
    var square = v;
    if FLAG {
        square = max(vec2<f32>((*state)[4], (*state)[5]), v);
        (*state)[4] = square.x;
        (*state)[5] = square.y;
    }
    let divisor = sqrt(square) + hyper[3];
    let inverse = 1.0 / (divisor.x * divisor.y);
    return theta - (alpha * m) * (divisor.yx * inverse);
}
