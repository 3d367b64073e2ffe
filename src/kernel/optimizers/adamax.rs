//! Adamax: Adam with an exponentially weighted infinity norm of the gradient. Twin: `shaders/optimizers/adamax.wgsl`.
//!
//! ```text
//! m ← m + (1−β₁)(g − m)     u ← max(β₂u, |g|)     θ ← θ − ηm/((1−β₁ᵗ)(u + ε))
//! ```
//!
//! Source: Keras 3, `Adamax`.

use super::rule::{Rule, State, Update};
use crate::kernel::number::Number;
use crate::model::Params;

/// Coefficients: η, 1−β₁, β₂, ε. Step factors: 1−β₁ᵗ. State: m, u of weight and bias.
pub struct Adamax;

impl Rule for Adamax {
    const STATE: usize = 4;
    const COEFFICIENTS: usize = 4;
    const STEP_FACTORS: usize = 1;

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, one_minus_beta_1, beta_2, epsilon, ..], factors, theta, g } = *update;
        let mut next = theta;
        for i in 0..2 {
            state[i] = one_minus_beta_1.mul_add(g[i] - state[i], state[i]);
            state[2 + i] = (beta_2 * state[2 + i]).larger(g[i].abs());
            next[i] = theta[i] - (rate * state[i]) / (factors[0] * (state[2 + i] + epsilon));
        }
        next
    }
}
