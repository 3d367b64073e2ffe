//! Adam and AMSGrad. Twin: `shaders/optimizers/adam.wgsl`.
//!
//! ```text
//! m ← m + (1−β₁)(g − m)     v ← v + (1−β₂)(g² − v)     amsgrad: h ← max(h, v), v̂ = h, else v̂ = v
//! α = η·√(1−β₂ᵗ)/(1−β₁ᵗ)    θ ← θ − αm/(√v̂ + ε)
//! ```
//!
//! ε stands outside the root, beside the uncorrected √v. One division serves both parameters: 1/p = q·(1/(pq)). Source: Keras
//! 3, `Adam`.

use super::{Between, Coefficients, Number, Real, Rule, Stages, State, StepFactors, stages};

/// The least ε the reciprocal of whose square is far inside float32.
const SAFE: f32 = 1e-10;

/// Coefficients: η, 1−β₁, 1−β₂, ε. Step factors: √(1−β₂ᵗ)/(1−β₁ᵗ). State: m, v, h of weight and bias.
#[derive(Debug)]
pub struct Adam<const AMSGRAD: bool>;

impl<const AMSGRAD: bool> Rule for Adam<AMSGRAD> {
    type Stages = Self;

    const STATE: usize = if AMSGRAD { 6 } else { 4 };
    const COEFFICIENTS: usize = 4;
    const STEP_FACTORS: usize = 1;
    const BOUNDED: bool = true;

    /// Of the k-th last gradient g, m has at most (1−β₁)β₁ᵏg and v at least (1−β₂)β₂ᵏg²; √(1−β₂ᵗ)/(1−β₁ᵗ) is at most 1/(1−β₁).
    fn stride(coefficients: &Coefficients<f32>) -> f32 {
        let [_, rest_1, rest_2, epsilon, ..] = *coefficients;
        let kept = (1.0 - rest_1) / (1.0 - rest_2).sqrt();
        if kept < 1.0 && epsilon >= SAFE { 1.0 / (rest_2.sqrt() * (1.0 - kept)) } else { f32::INFINITY }
    }

    #[inline(always)]
    fn step<T: Real>(coefficients: &Coefficients<T>, factors: &StepFactors<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2] {
        stages::through::<Self, T>(coefficients, factors, theta, g, state)
    }
}

/// Between, with p and q the divisors √v̂ + ε of weight and bias: both m and both v̂, which become p and q; then m·q, m·p, α/(pq).
impl<const AMSGRAD: bool> Stages for Adam<AMSGRAD> {
    const FUSED: bool = true;
    const STREAMS: bool = !AMSGRAD;
    const BEGUN: usize = 4;
    const DIVIDED: usize = 3;

    #[inline(always)]
    fn begin<T: Number>(coefficients: &Coefficients<T>, g: [T; 2], state: &mut State<T>) -> Between<T> {
        let [_, rest_1, rest_2, epsilon, ..] = *coefficients;
        let mut squares = [epsilon; 2];
        for i in 0..2 {
            state[i] = rest_1.mul_add(g[i] - state[i], state[i]);
            state[2 + i] = rest_2.mul_add(g[i].mul_add(g[i], -state[2 + i]), state[2 + i]);
            let mut square = state[2 + i];
            if AMSGRAD {
                state[4 + i] = state[4 + i].larger(square);
                square = state[4 + i];
            }
            squares[i] = square;
        }
        [state[0], state[1], squares[0], squares[1], epsilon, epsilon]
    }

    #[inline(always)]
    fn root<T: Number>(coefficients: &Coefficients<T>, begun: Between<T>) -> Between<T> {
        let ([first, second, weight, bias, ..], epsilon) = (begun, coefficients[3]);
        [first, second, weight.sqrt() + epsilon, bias.sqrt() + epsilon, epsilon, epsilon]
    }

    #[inline(always)]
    fn divide<T: Number>(coefficients: &Coefficients<T>, factors: &StepFactors<T>, begun: Between<T>) -> Between<T> {
        let [by_weight, by_bias, p, q, ..] = begun;
        let share = (coefficients[0] * factors[0]) / (p * q);
        [by_weight * q, by_bias * p, share, share, share, share]
    }

    #[inline(always)]
    fn finish<T: Number>(_: &Coefficients<T>, theta: [T; 2], divided: Between<T>, _: &mut State<T>) -> [T; 2] {
        let [by_weight, by_bias, share, ..] = divided;
        [(-by_weight).mul_add(share, theta[0]), (-by_bias).mul_add(share, theta[1])]
    }
}
