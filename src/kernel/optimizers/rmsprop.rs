//! RMSprop, with momentum and centering. Twin: `shaders/optimizers/rmsprop.wgsl`.
//!
//! ```text
//! v ← ρv + (1−ρ)g²     centered: a ← ρa + (1−ρ)g
//! s = ηg / √(v [− a²] + ε)
//! θ ← θ − s            momentum: m ← μm + s, θ ← θ − m
//! ```
//!
//! ε stands inside the root. One division serves both parameters: 1/p = q·(1/(pq)). Kept is u = v/(1−ρ), so that u ← ρu + g² takes one
//! multiplication less. Where μ is 0, s is not rounded before it is taken off, with or without the text of momentum. A radicand ≤ 0
//! (centered only, where float32 loses v − a²) is NaN in Keras; here the parameter leaves the range, which ends the run at this batch.
//! Source: Keras 3, `RMSprop`.

use super::{Between, Coefficients, Number, Real, Rule, Stages, State, StepFactors, stages};

/// The least ε whose reciprocal is far inside float32.
const SAFE: f32 = 1e-20;

/// Coefficients: η, ρ, 1−ρ, μ, ε. State: v/(1−ρ), a, m of weight and bias.
#[derive(Debug)]
pub struct Rmsprop<const MOMENTUM: bool, const CENTERED: bool>;

impl<const MOMENTUM: bool, const CENTERED: bool> Rule for Rmsprop<MOMENTUM, CENTERED> {
    type Stages = Self;

    const STATE: usize = if MOMENTUM {
        6
    } else if CENTERED {
        4
    } else {
        2
    };
    const COEFFICIENTS: usize = 5;
    const STEP_FACTORS: usize = 0;
    const BOUNDED: bool = !CENTERED && !MOMENTUM;

    /// v is at least (1−ρ)g².
    fn stride(coefficients: &Coefficients<f32>) -> f32 {
        let [_, _, rest, _, epsilon, ..] = *coefficients;
        if Self::BOUNDED && epsilon >= SAFE { 1.0 / rest.sqrt() } else { f32::INFINITY }
    }

    #[inline(always)]
    fn step<T: Real>(coefficients: &Coefficients<T>, factors: &StepFactors<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2] {
        stages::through::<Self, T>(coefficients, factors, theta, g, state)
    }
}

/// Between, with p and q the roots of weight and bias: the gradients and twice the radicands, of which the first two become p and q; then g·q,
/// g·p, η/(pq) and the radicands.
impl<const MOMENTUM: bool, const CENTERED: bool> Stages for Rmsprop<MOMENTUM, CENTERED> {
    const FUSED: bool = true;
    const STREAMS: bool = !MOMENTUM && !CENTERED;
    const BEGUN: usize = if CENTERED { 6 } else { 4 };
    const DIVIDED: usize = if CENTERED { 5 } else { 3 };

    #[inline(always)]
    fn begin<T: Number>(coefficients: &Coefficients<T>, g: [T; 2], state: &mut State<T>) -> Between<T> {
        let [_, rho, rest, _, epsilon, ..] = *coefficients;
        let mut radicand = [epsilon; 2];
        for i in 0..2 {
            state[i] = g[i].mul_add(g[i], rho * state[i]);
            radicand[i] = rest.mul_add(state[i], epsilon);
            if CENTERED {
                state[2 + i] = rho.mul_add(state[2 + i], rest * g[i]);
                radicand[i] = (rest * state[i] - state[2 + i] * state[2 + i]) + epsilon;
            }
        }
        [g[0], g[1], radicand[0], radicand[1], radicand[0], radicand[1]]
    }

    #[inline(always)]
    fn root<T: Number>(_: &Coefficients<T>, begun: Between<T>) -> Between<T> {
        let [by_weight, by_bias, weight, bias, radicands @ ..] = begun;
        [by_weight, by_bias, weight.sqrt(), bias.sqrt(), radicands[0], radicands[1]]
    }

    #[inline(always)]
    fn divide<T: Number>(coefficients: &Coefficients<T>, _: &StepFactors<T>, begun: Between<T>) -> Between<T> {
        let [by_weight, by_bias, p, q, radicands @ ..] = begun;
        let share = coefficients[0] / (p * q);
        [by_weight * q, by_bias * p, share, radicands[0], radicands[1], share]
    }

    #[inline(always)]
    fn finish<T: Number>(coefficients: &Coefficients<T>, theta: [T; 2], divided: Between<T>, state: &mut State<T>) -> [T; 2] {
        let [by_weight, by_bias, share, radicands @ ..] = divided;
        let (momentum, mut next) = (coefficients[3], theta);
        for (i, product) in [by_weight, by_bias].into_iter().enumerate() {
            next[i] = (-product).mul_add(share, theta[i]);
            if MOMENTUM {
                state[4 + i] = momentum.mul_add(state[4 + i], product * share);
                next[i] = (theta[i] - state[4 + i]).where_positive(momentum, next[i]);
            }
            if CENTERED {
                next[i] = next[i].where_positive(radicands[i], T::of(f32::MAX));
            }
        }
        next
    }
}
