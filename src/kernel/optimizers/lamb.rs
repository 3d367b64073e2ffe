//! LAMB: Adam with a trust ratio, which scales the update to the norm of the parameter. Twin: `shaders/optimizers/lamb.wgsl`.
//!
//! ```text
//! m, v as Adam's     u = m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε)     r = |θ|/|u| where both are above 0, else 1     θ ← θ − rηu
//! ```
//!
//! For one number r·u is |θ|·sign(u), so the size of the step is η|θ|. Source: Keras 3, `Lamb`.

use super::rule::{Rule, State, Update};
use crate::kernel::number::{Mask, Number};
use crate::model::Params;

/// Coefficients: η, 1−β₁, 1−β₂, ε. Step factors: 1−β₁ᵗ, 1−β₂ᵗ. State: m, v of weight and bias.
pub struct Lamb;

impl Rule for Lamb {
    const STATE: usize = 4;
    const COEFFICIENTS: usize = 4;
    const STEP_FACTORS: usize = 2;

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, one_minus_beta_1, one_minus_beta_2, epsilon, ..], factors, theta, g } = *update;
        let zero = T::splat(0.0);
        let mut next = theta;
        for i in 0..2 {
            state[i] = one_minus_beta_1.mul_add(g[i] - state[i], state[i]);
            state[2 + i] = one_minus_beta_2.mul_add(g[i].mul_add(g[i], -state[2 + i]), state[2 + i]);
            let update = (state[i] / factors[0]) / ((state[2 + i] / factors[1]).sqrt() + epsilon);
            let (theta_norm, update_norm) = (theta[i].abs(), update.abs());
            // A subnormal norm counts as the smallest normal number, because some devices flush subnormal numbers to 0.
            let scaled = theta_norm / update_norm.larger(T::splat(f32::MIN_POSITIVE));
            let ratio = T::select(zero.less(theta_norm).and(zero.less(update_norm)), scaled, T::splat(1.0));
            next[i] = theta[i] - (ratio * rate) * update;
        }
        next
    }
}
