// The direct path: a neuron's loss and gradient from rows. Twin: src/kernel/rows.rs, which has the formulas. Composed behind
// activations.wgsl, losses.wgsl and the choice of one of each: `respond(z)` is φ(z) and φ′(z), `penalize(z, response, y)` is ℓ and ∂ℓ/∂z,
// `USE_BIAS` whether there is one.

struct Share {
    // ∂ℓ/∂z times x, and ∂ℓ/∂z; 0 without a bias.
    gradient: vec2<f32>,
    loss: f32,
    // The prediction less the label.
    error: f32,
}

fn pre_activation(theta: vec2<f32>, x: f32) -> f32 {
    return theta.x * x + theta.y;
}

// What one row adds.
fn share(theta: vec2<f32>, x: f32, y: f32) -> Share {
    let z = pre_activation(theta, x);
    let response = respond(z);
    let at = penalize(z, response, y);
    return Share(vec2<f32>(at.y * x, select(0.0, at.y, USE_BIAS)), at.x, response.x - y);
}
