//! Muon: orthogonalised momentum for the weight, which is a 1×1 kernel, and Adam for the bias. Twin: `shaders/optimizers/muon.wgsl`.
//!
//! ```text
//! θ ← θ − θλη, each with its own λ
//! m ← μm + g     d = g + μm (nesterov) or m     x = d/(|d| + 1e-7)     n times: x ← ax + bx³ + cx⁵     w ← w − rηx
//! b: Adam with η·adam_lr_ratio
//! ```
//!
//! For one number, the Newton-Schulz orthogonalisation of a matrix is an odd polynomial, applied n times, that approximates the sign.
//! Source: Keras 3, `Muon`.

use super::rule::{Rule, State, Update, decayed};
use crate::kernel::number::Number;
use crate::model::Params;
use crate::model::hyperparameters::NS_STEPS_MAX;

/// Coefficients: η, μ, a, b, c, n, r, λ of the weight, λ of the bias, 1−β₁, 1−β₂, ε, adam_lr_ratio. Step factors: Adam's. State: m of the
/// weight; m, v of the bias.
pub struct Muon<const NESTEROV: bool>;

impl<const NESTEROV: bool> Rule for Muon<NESTEROV> {
    const STATE: usize = 3;
    const COEFFICIENTS: usize = 13;
    const STEP_FACTORS: usize = 1;

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients, factors, theta, g } = *update;
        let [rate, momentum, a, b, c, iterations, scale, decay, bias_decay, one_minus_beta_1, one_minus_beta_2, epsilon, ratio] =
            *coefficients;
        state[0] = momentum.mul_add(state[0], g[0]);
        let direction = if NESTEROV { momentum.mul_add(state[0], g[0]) } else { state[0] };
        let mut x = direction / (direction.abs() + T::splat(1e-7));
        for iteration in 0..NS_STEPS_MAX {
            let square = x * x;
            let next = x * square.mul_add(c.mul_add(square, b), a);
            x = T::select(T::splat(iteration as f32).less(iterations), next, x);
        }
        let weight = decayed(theta[0], decay, rate) - (scale * rate) * x;
        state[1] = one_minus_beta_1.mul_add(g[1] - state[1], state[1]);
        state[2] = one_minus_beta_2.mul_add(g[1].mul_add(g[1], -state[2]), state[2]);
        let alpha = (rate * ratio) * factors[0];
        let bias = decayed(theta[1], bias_decay, rate) - (alpha * state[1]) / (state[2].sqrt() + epsilon);
        Params([weight, bias])
    }
}
