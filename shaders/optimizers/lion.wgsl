// Lion. Twin: src/kernel/optimizers/lion.rs, which has the formulas.

fn lion(hyper: Hyper, clock: Clock, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let mean = pair(state, 0u);
    keep(state, 0u, hyper[3] * mean + hyper[4] * g);
    return theta - hyper[0] * sign(hyper[1] * mean + hyper[2] * g);
}
