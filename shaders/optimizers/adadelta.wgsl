// Adadelta. Twin: src/kernel/optimizers/adadelta.rs, which has the formulas.

fn adadelta(hyper: Hyper, clock: Clock, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let rho = vec2<f32>(hyper[1]);
    let square = fma(rho, pair(state, 0u), hyper[2] * (g * g));
    let old = pair(state, 2u);
    let delta = -((sqrt(old + hyper[3]) / sqrt(square + hyper[3])) * g);
    keep(state, 0u, square);
    keep(state, 2u, fma(rho, old, hyper[2] * (delta * delta)));
    return fma(vec2<f32>(hyper[0]), delta, theta);
}
