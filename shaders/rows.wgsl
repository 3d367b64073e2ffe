// Loss and gradient of a neuron from rows. Twin: src/kernel/rows.rs, which has the formulas. The host concatenates it after activations.wgsl, losses.wgsl and
// the functions of one neuron: `activate(z)` returns φ(z) and φ′(z), `loss_at(z, activated, y)` returns ℓ and ∂ℓ/∂z, `USE_BIAS` is whether the neuron has
// a bias.

// The terms of one row in the sums over rows.
struct RowTerms {
    // ∂ℓ/∂z times x, and ∂ℓ/∂z; 0 without a bias.
    gradient: vec2<f32>,
    loss: f32,
    // Prediction minus label.
    error: f32,
}

// The pre-activation w·x + b. Not fused, because an exact 0 selects the branch at a kink.
fn pre_activation(theta: vec2<f32>, x: f32) -> f32 {
    return theta.x * x + theta.y;
}

// The terms of a row (x, y) at the parameters.
fn row_terms(theta: vec2<f32>, x: f32, y: f32) -> RowTerms {
    let z = pre_activation(theta, x);
    let activated = activate(z);
    let at = loss_at(z, activated, y);
    return RowTerms(vec2<f32>(at.y * x, select(0.0, at.y, USE_BIAS)), at.x, activated.x - y);
}
