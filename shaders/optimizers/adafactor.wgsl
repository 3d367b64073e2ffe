// Adafactor. Twin: src/kernel/optimizers/adafactor.rs, which has the formulas.

fn adafactor(hyper: Hyper, clock: Clock, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let alpha = min(hyper[0], clock[0]) * max(vec2<f32>(hyper[2]), abs(theta));
    let square = fma(vec2<f32>(clock[1]), pair(state, 0u), (1.0 - clock[1]) * fma(g, g, vec2<f32>(hyper[1])));
    keep(state, 0u, square);
    let root = sqrt(square);
    let update = select(vec2<f32>(0.0), g / root, root > vec2<f32>(0.0));
    return theta - (alpha * update) / max(vec2<f32>(1.0), abs(update) * hyper[3]);
}
