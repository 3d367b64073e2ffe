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

use super::rule::{Rule, State};
use crate::kernel::coefficients::{Coefficients, StepFactors};
use crate::kernel::number::Number;
use crate::model::{PARAMS, Params};

/// The least ε whose reciprocal is far inside float32.
const SAFE: f32 = 1e-20;

/// Coefficients: η, ρ, 1−ρ, μ, ε. State: v/(1−ρ), a, m of weight and bias.
#[derive(Debug)]
pub struct Rmsprop<const MOMENTUM: bool, const CENTERED: bool>;

impl<const MOMENTUM: bool, const CENTERED: bool> Rule for Rmsprop<MOMENTUM, CENTERED> {
    const STATE: usize = if MOMENTUM {
        6
    } else if CENTERED {
        4
    } else {
        2
    };
    const COEFFICIENTS: usize = 5;
    const STEP_FACTORS: usize = 0;

    /// v is at least (1−ρ)g².
    fn max_step(coefficients: &Coefficients<f32>) -> f32 {
        let [_, _, rest, _, epsilon, ..] = *coefficients;
        if !CENTERED && !MOMENTUM && epsilon >= SAFE { 1.0 / rest.sqrt() } else { f32::INFINITY }
    }

    #[inline(always)]
    fn step<T: Number>(
        coefficients: &Coefficients<T>,
        _: &StepFactors<T>,
        theta: Params<T>,
        g: Params<T>,
        state: &mut State<T>,
    ) -> Params<T> {
        let [rate, rho, rest, momentum, epsilon, ..] = *coefficients;
        let zero = T::splat(0.0);
        let mut radicand = Params::splat(epsilon);
        for i in 0..PARAMS {
            state[i] = g[i].mul_add(g[i], rho * state[i]);
            radicand[i] = rest.mul_add(state[i], epsilon);
            if CENTERED {
                state[2 + i] = rho.mul_add(state[2 + i], rest * g[i]);
                radicand[i] = (rest * state[i] - state[2 + i] * state[2 + i]) + epsilon;
            }
        }
        let (p, q) = (radicand[0].sqrt(), radicand[1].sqrt());
        let share = rate / (p * q);
        let product = Params([g[0] * q, g[1] * p]);
        let mut next = theta;
        for i in 0..PARAMS {
            next[i] = (-product[i]).mul_add(share, theta[i]);
            if MOMENTUM {
                state[4 + i] = momentum.mul_add(state[4 + i], product[i] * share);
                next[i] = T::select(zero.less(momentum), theta[i] - state[4 + i], next[i]);
            }
            if CENTERED {
                next[i] = T::select(zero.less(radicand[i]), next[i], T::splat(f32::MAX));
            }
        }
        next
    }
}
