//! Lion: the sign of an interpolated gradient. Twin: `shaders/optimizers/lion.wgsl`.
//!
//! ```text
//! θ ← θ − η·sign(β₁m + (1−β₁)g)     then m ← β₂m + (1−β₂)g
//! ```
//!
//! sign(0) = 0. The interpolation is not fused, so that its sign is identical on every device. Source: Keras 3, `Lion`.

use super::rule::{Rule, State, Update};
use crate::kernel::number::Number;
use crate::model::Params;

/// Coefficients: η, β₁, 1−β₁, β₂, 1−β₂. State: m of weight and bias.
pub struct Lion;

impl Rule for Lion {
    const STATE: usize = 2;
    const COEFFICIENTS: usize = 5;
    const STEP_FACTORS: usize = 0;

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, beta_1, one_minus_beta_1, beta_2, one_minus_beta_2, ..], theta, g, .. } = *update;
        let mut next = theta;
        for i in 0..2 {
            next[i] = theta[i] - rate * (beta_1 * state[i] + one_minus_beta_1 * g[i]).sign();
            state[i] = beta_2 * state[i] + one_minus_beta_2 * g[i];
        }
        next
    }
}
