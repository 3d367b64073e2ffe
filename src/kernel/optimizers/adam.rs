//! Adam and AMSGrad. Twin: `shaders/optimizers/adam.wgsl`.
//!
//! ```text
//! m ← m + (1−β₁)(g − m)     v ← v + (1−β₂)(g² − v)     amsgrad: h ← max(h, v), v̂ = h, else v̂ = v
//! α = η·√(1−β₂ᵗ)/(1−β₁ᵗ)    θ ← θ − αm/(√v̂ + ε)
//! ```
//!
//! ε is outside the root and is added to √v̂ without bias correction. One division serves both parameters: 1/p = q·(1/(pq)).
//! Source: Keras 3, `Adam`.

use super::rule::{Rule, State, Update};
use crate::kernel::coefficients::Coefficients;
use crate::kernel::number::Number;
use crate::model::{PARAMS, Params};

/// The smallest ε for which 1/ε² is far below the largest float32.
const MIN_EPSILON: f32 = 1e-10;

/// Coefficients: η, 1−β₁, 1−β₂, ε. Step factors: √(1−β₂ᵗ)/(1−β₁ᵗ). State: m, v, h of weight and bias.
#[derive(Debug)]
pub struct Adam<const AMSGRAD: bool>;

impl<const AMSGRAD: bool> Rule for Adam<AMSGRAD> {
    const STATE: usize = if AMSGRAD { 6 } else { 4 };
    const COEFFICIENTS: usize = 4;
    const STEP_FACTORS: usize = 1;

    /// The gradient g of k updates ago contributes at most (1−β₁)β₁ᵏ|g| to |m|, and v is at least (1−β₂)β₂ᵏg². The bias correction
    /// √(1−β₂ᵗ)/(1−β₁ᵗ) is at most 1/(1−β₁). With q = β₁/√β₂ < 1, the sum over k is at most 1/(√(1−β₂)(1 − q)).
    fn max_step(coefficients: &Coefficients<f32>) -> f32 {
        let [_, one_minus_beta_1, one_minus_beta_2, epsilon, ..] = *coefficients;
        let ratio = (1.0 - one_minus_beta_1) / (1.0 - one_minus_beta_2).sqrt();
        if ratio < 1.0 && epsilon >= MIN_EPSILON { 1.0 / (one_minus_beta_2.sqrt() * (1.0 - ratio)) } else { f32::INFINITY }
    }

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, one_minus_beta_1, one_minus_beta_2, epsilon, ..], factors, theta, g } = *update;
        let mut divisor = Params::splat(epsilon);
        for i in 0..PARAMS {
            state[i] = one_minus_beta_1.mul_add(g[i] - state[i], state[i]);
            state[2 + i] = one_minus_beta_2.mul_add(g[i].mul_add(g[i], -state[2 + i]), state[2 + i]);
            let mut square = state[2 + i];
            if AMSGRAD {
                state[4 + i] = state[4 + i].larger(square);
                square = state[4 + i];
            }
            divisor[i] = square.sqrt() + epsilon;
        }
        let (p, q) = (divisor[0], divisor[1]);
        let scale = (rate * factors[0]) / (p * q);
        Params([(-(state[0] * q)).mul_add(scale, theta[0]), (-(state[1] * p)).mul_add(scale, theta[1])])
    }
}
