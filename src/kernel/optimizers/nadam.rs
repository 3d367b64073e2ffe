//! Nadam: Adam with Nesterov momentum. Twin: `shaders/optimizers/nadam.wgsl`.
//!
//! ```text
//! μ(t) = β₁(1 − ½·0.96ᵗ)     P ← P·μ(t)     m, v as Adam's
//! m̂ = μ(t+1)m/(1 − Pμ(t+1)) + (1−μ(t))g/(1 − P)     v̂ = v/(1−β₂ᵗ)     θ ← θ − ηm̂/(√v̂ + ε)
//! ```
//!
//! ε is added to the bias-corrected root, unlike in Adam. Source: Keras 3, `Nadam`.

use super::rule::{Rule, State, Update};
use crate::kernel::number::Number;
use crate::model::Params;

/// Coefficients: η, 1−β₁, 1−β₂, ε. Step factors: μ(t+1)/(1 − Pμ(t+1)), (1−μ(t))/(1 − P), 1−β₂ᵗ. State: m, v of weight and bias.
pub struct Nadam;

impl Rule for Nadam {
    const STATE: usize = 4;
    const COEFFICIENTS: usize = 4;
    const STEP_FACTORS: usize = 3;

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, one_minus_beta_1, one_minus_beta_2, epsilon, ..], factors, theta, g } = *update;
        let mut next = theta;
        for i in 0..2 {
            state[i] = one_minus_beta_1.mul_add(g[i] - state[i], state[i]);
            state[2 + i] = one_minus_beta_2.mul_add(g[i].mul_add(g[i], -state[2 + i]), state[2 + i]);
            let corrected_mean = factors[0].mul_add(state[i], factors[1] * g[i]);
            next[i] = theta[i] - (rate * corrected_mean) / ((state[2 + i] / factors[2]).sqrt() + epsilon);
        }
        next
    }
}
