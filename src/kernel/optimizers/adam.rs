//! Adam and AMSGrad. Twin: `shaders/optimizers/adam.wgsl`.
//!
//! ```text
//! m ← m + (1−β₁)(g − m)     v ← v + (1−β₂)(g² − v)     amsgrad: h ← max(h, v), v̂ = h, else v̂ = v
//! α = η·√(1−β₂ᵗ)/(1−β₁ᵗ)    θ ← θ − αm/(√v̂ + ε)
//! ```
//!
//! ε stands outside the root, beside the uncorrected √v. One division serves both parameters: 1/p = q·(1/(pq)). Source: Keras
//! 3, `Adam`.

use super::{Clock, Hyper, Real, Rule, State};

/// Hyper: η, 1−β₁, 1−β₂, ε. Clock: √(1−β₂ᵗ)/(1−β₁ᵗ). State: m, v, h of weight and bias.
pub struct Adam<const AMSGRAD: bool>;

impl<const AMSGRAD: bool> Rule for Adam<AMSGRAD> {
    const STATE: usize = if AMSGRAD { 6 } else { 4 };
    const FUSED: bool = true;
    const HYPER: usize = 4;
    const CLOCK: usize = 1;
    const BOUNDED: bool = true;

    /// Of the k-th last gradient g, m has at most (1−β₁)β₁ᵏg and v at least (1−β₂)β₂ᵏg²; √(1−β₂ᵗ)/(1−β₁ᵗ) is at most 1/(1−β₁).
    fn stride(hyper: &Hyper<f32>) -> f32 {
        let [_, rest_1, rest_2, ..] = *hyper;
        let kept = (1.0 - rest_1) / (1.0 - rest_2).sqrt();
        if kept < 1.0 { 1.0 / (rest_2.sqrt() * (1.0 - kept)) } else { f32::INFINITY }
    }

    #[inline(always)]
    fn step<T: Real>(hyper: &Hyper<T>, clock: &Clock<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2] {
        let [rate, rest_1, rest_2, epsilon, ..] = *hyper;
        let alpha = rate * clock[0];
        let mut divisor = [epsilon; 2];
        for i in 0..2 {
            state[i] = rest_1.mul_add(g[i] - state[i], state[i]);
            state[2 + i] = rest_2.mul_add(g[i].mul_add(g[i], -state[2 + i]), state[2 + i]);
            let mut square = state[2 + i];
            if AMSGRAD {
                state[4 + i] = state[4 + i].larger(square);
                square = state[4 + i];
            }
            divisor[i] = square.sqrt() + epsilon;
        }
        let share = alpha / (divisor[0] * divisor[1]);
        let mut next = theta;
        for i in 0..2 {
            next[i] = theta[i] - (state[i] * divisor[1 - i]) * share;
        }
        next
    }
}
