// Nadam. Twin: src/kernel/optimizers/nadam.rs, which has the formulas. Behind adam.wgsl.

fn nadam(hyper: Hyper, clock: Clock, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    means(vec2<f32>(hyper[1], hyper[2]), g, state);
    let ahead = fma(vec2<f32>(clock[0]), pair(state, 0u), clock[1] * g);
    return theta - (hyper[0] * ahead) / (sqrt(pair(state, 2u) / clock[2]) + hyper[3]);
}
