// AdamW. Twin: src/kernel/optimizers/adamw.rs. Behind adam.wgsl.

fn adamw(hyper: Hyper, clock: Clock, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let rest = vec2<f32>(decayed(theta.x, hyper[4], hyper[0]), decayed(theta.y, hyper[4], hyper[0]));
    return adam(hyper, clock, rest, g, state);
}
