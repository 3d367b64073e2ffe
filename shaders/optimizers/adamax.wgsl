// Adamax. Twin: src/kernel/optimizers/adamax.rs, which has the formulas.

fn adamax(hyper: Hyper, clock: Clock, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let old = pair(state, 0u);
    let mean = fma(vec2<f32>(hyper[1]), g - old, old);
    let largest = max(hyper[2] * pair(state, 2u), abs(g));
    keep(state, 0u, mean);
    keep(state, 2u, largest);
    return theta - (hyper[0] * mean) / (clock[0] * (largest + hyper[3]));
}
