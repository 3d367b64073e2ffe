// Follow the regularized leader. Twin: src/kernel/optimizers/ftrl.rs, which has the formulas. The host concatenates it after functions.wgsl.

// n^power.
fn raised(n: f32, power: f32) -> f32 {
    if FLAG {
        return exponential(power * logarithm(n));
    }
    return sqrt(n);
}

fn ftrl_parameter(coefficients: Coefficients, theta: f32, g: f32, i: u32, state: ptr<function, State>) -> f32 {
    let old = (*state)[i];
    let sum = fma(g, g, old);
    let scaled = raised(sum, coefficients[1]);
    let inverse = 1.0 / coefficients[0];
    let sigma = (scaled - raised(old, coefficients[1])) * inverse;
    let z = (*state)[2u + i] + fma(coefficients[5], theta, g) - sigma * theta;
    (*state)[i] = sum;
    (*state)[2u + i] = z;
    let divisor = fma(scaled, inverse, fma(coefficients[6], inverse, coefficients[4]));
    return select(LARGEST, (clip(z, coefficients[3]) - z) / divisor, divisor > 0.0);
}

fn ftrl(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    return vec2<f32>(ftrl_parameter(coefficients, theta.x, g.x, 0u, state), ftrl_parameter(coefficients, theta.y, g.y, 1u, state));
}
