//! LAMB: Adam's direction, scaled to the parameter. Twin: `shaders/optimizers/lamb.wgsl`.
//!
//! ```text
//! m, v as Adam's     u = m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε)     r = |θ|/|u| where both are above 0, else 1     θ ← θ − rηu
//! ```
//!
//! For one number r·u is |θ|·sign(u): the step is a share of the parameter. Source: Keras 3, `Lamb`.

use super::{Coefficients, Real, Rule, State, StepFactors, Whole};

/// Coefficients: η, 1−β₁, 1−β₂, ε. Step factors: 1−β₁ᵗ, 1−β₂ᵗ. State: m, v of weight and bias.
pub struct Lamb;

impl Rule for Lamb {
    type Stages = Whole;

    const STATE: usize = 4;
    const COEFFICIENTS: usize = 4;
    const STEP_FACTORS: usize = 2;

    #[inline(always)]
    fn step<T: Real>(coefficients: &Coefficients<T>, factors: &StepFactors<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2] {
        let [rate, rest_1, rest_2, epsilon, ..] = *coefficients;
        let zero = T::of(0.0);
        let mut next = theta;
        for i in 0..2 {
            state[i] = rest_1.mul_add(g[i] - state[i], state[i]);
            state[2 + i] = rest_2.mul_add(g[i].mul_add(g[i], -state[2 + i]), state[2 + i]);
            let update = (state[i] / factors[0]) / ((state[2 + i] / factors[1]).sqrt() + epsilon);
            let (length, size) = (theta[i].abs(), update.abs());
            // A size below the normal numbers counts as the smallest of them, as on devices that flush it.
            let ratio = if length > zero && size > zero { length / size.larger(T::of(f32::MIN_POSITIVE)) } else { T::of(1.0) };
            next[i] = theta[i] - (ratio * rate) * update;
        }
        next
    }
}
