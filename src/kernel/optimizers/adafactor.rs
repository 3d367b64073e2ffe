//! Adafactor. Twin: `shaders/optimizers/adafactor.wgsl`.
//!
//! ```text
//! α = min(η, 1/√t)·max(ε₂, |θ|)     v ← βv + (1−β)(g² + ε₁), β = 1 − t^decay     u = g/√v
//! θ ← θ − αu/max(1, |u|/d)
//! ```
//!
//! β is 0 at t = 1. Keras factors the second moment of the 1×1 kernel and not that of the bias; for one number both are equal.
//! `relative_step` has no effect, because α contains min(η, 1/√t) in any case. Source: Keras 3, `Adafactor`.

use super::rule::{Rule, State, Update};
use crate::kernel::number::Number;
use crate::model::Params;

/// Coefficients: η, ε₁, ε₂, 1/d. Step factors: 1/√t, β. State: v of weight and bias.
pub struct Adafactor;

impl Rule for Adafactor {
    const STATE: usize = 2;
    const COEFFICIENTS: usize = 4;
    const STEP_FACTORS: usize = 2;

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, epsilon_1, epsilon_2, inverse_threshold, ..], factors, theta, g } = *update;
        let (zero, one) = (T::splat(0.0), T::splat(1.0));
        let relative = rate.smaller(factors[0]);
        let mut next = theta;
        for i in 0..2 {
            let alpha = relative * epsilon_2.larger(theta[i].abs());
            state[i] = factors[1].mul_add(state[i], (one - factors[1]) * g[i].mul_add(g[i], epsilon_1));
            let root = state[i].sqrt();
            let update = T::select(zero.less(root), g[i] / root, zero);
            next[i] = theta[i] - (alpha * update) / one.larger(update.abs() * inverse_threshold);
        }
        next
    }
}
