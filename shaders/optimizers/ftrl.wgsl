// Follow the regularized leader. Twin: src/kernel/optimizers/ftrl.rs, which has the formulas. Behind functions.wgsl.

fn raised(n: f32, power: f32) -> f32 {
    if FLAG {
        return exponential(power * logarithm(n));
    }
    return sqrt(n);
}

fn ftrl_part(hyper: Hyper, theta: f32, g: f32, i: u32, state: ptr<function, State>) -> f32 {
    let old = (*state)[i];
    let sum = fma(g, g, old);
    let scaled = raised(sum, hyper[1]);
    let inverse = 1.0 / hyper[0];
    let share = (scaled - raised(old, hyper[1])) * inverse;
    let z = (*state)[2u + i] + fma(hyper[5], theta, g) - share * theta;
    (*state)[i] = sum;
    (*state)[2u + i] = z;
    let divisor = fma(scaled, inverse, fma(hyper[6], inverse, hyper[4]));
    return select(LARGEST, (clip(z, hyper[3]) - z) / divisor, divisor > 0.0);
}

fn ftrl(hyper: Hyper, clock: Clock, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    return vec2<f32>(ftrl_part(hyper, theta.x, g.x, 0u, state), ftrl_part(hyper, theta.y, g.y, 1u, state));
}
