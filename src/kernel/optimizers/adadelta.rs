//! Adadelta. Twin: `shaders/optimizers/adadelta.wgsl`.
//!
//! ```text
//! a ← ρa + (1−ρ)g²     δ = −g√(d + ε)/√(a + ε), with the old d     d ← ρd + (1−ρ)δ²     θ ← θ + ηδ
//! ```
//!
//! d is the mean square of δ, which does not contain the learning rate. Source: Keras 3, `Adadelta`.

use super::rule::{Rule, State, Update};
use crate::kernel::number::Number;
use crate::model::Params;

/// Coefficients: η, ρ, 1−ρ, ε. State: a, d of weight and bias.
pub struct Adadelta;

impl Rule for Adadelta {
    const STATE: usize = 4;
    const COEFFICIENTS: usize = 4;
    const STEP_FACTORS: usize = 0;

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, rho, one_minus_rho, epsilon, ..], theta, g, .. } = *update;
        let mut next = theta;
        for i in 0..2 {
            state[i] = rho.mul_add(state[i], one_minus_rho * (g[i] * g[i]));
            let delta = -(((state[2 + i] + epsilon).sqrt() / (state[i] + epsilon).sqrt()) * g[i]);
            state[2 + i] = rho.mul_add(state[2 + i], one_minus_rho * (delta * delta));
            next[i] = rate.mul_add(delta, theta[i]);
        }
        next
    }
}
