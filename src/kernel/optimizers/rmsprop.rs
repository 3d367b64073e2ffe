//! RMSprop, with momentum and centering. Twin: `shaders/optimizers/rmsprop.wgsl`.
//!
//! ```text
//! v ← ρv + (1−ρ)g²     centered: a ← ρa + (1−ρ)g
//! s = ηg / √(v [− a²] + ε)
//! θ ← θ − s            momentum: m ← μm + s, θ ← θ − m
//! ```
//!
//! ε is inside the root. One division serves both parameters: 1/p = q·(1/(pq)). The state holds u = v/(1−ρ), because u ← ρu + g² takes
//! one multiplication less. For μ = 0 the subtraction of s is fused in both variants, with and without momentum, so their bits are
//! identical. A radicand ≤ 0 (centered only, when v − a² cancels in float32) gives NaN in Keras; here the parameter becomes the largest
//! float32, so the run diverges at this batch.
//! Source: Keras 3, `RMSprop`.

use super::rule::{Rule, State, Update};
use crate::kernel::coefficients::Coefficients;
use crate::kernel::number::Number;
use crate::model::{PARAMS, Params};

/// The smallest ε for which 1/ε is far below the largest float32.
const MIN_EPSILON: f32 = 1e-20;

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

    /// v is at least (1−ρ)g², so |g|/√v is at most 1/√(1−ρ).
    fn max_step(coefficients: &Coefficients<f32>) -> f32 {
        let [_, _, one_minus_rho, _, epsilon, ..] = *coefficients;
        if !CENTERED && !MOMENTUM && epsilon >= MIN_EPSILON { 1.0 / one_minus_rho.sqrt() } else { f32::INFINITY }
    }

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, rho, one_minus_rho, momentum, epsilon, ..], theta, g, .. } = *update;
        let zero = T::splat(0.0);
        let mut radicand = Params::splat(epsilon);
        for i in 0..PARAMS {
            state[i] = g[i].mul_add(g[i], rho * state[i]);
            radicand[i] = one_minus_rho.mul_add(state[i], epsilon);
            if CENTERED {
                state[2 + i] = rho.mul_add(state[2 + i], one_minus_rho * g[i]);
                radicand[i] = (one_minus_rho * state[i] - state[2 + i] * state[2 + i]) + epsilon;
            }
        }
        let (p, q) = (radicand[0].sqrt(), radicand[1].sqrt());
        let scale = rate / (p * q);
        let product = Params([g[0] * q, g[1] * p]);
        let mut next = theta;
        for i in 0..PARAMS {
            next[i] = (-product[i]).mul_add(scale, theta[i]);
            if MOMENTUM {
                state[4 + i] = momentum.mul_add(state[4 + i], product[i] * scale);
                next[i] = T::select(zero.less(momentum), theta[i] - state[4 + i], next[i]);
            }
            if CENTERED {
                next[i] = T::select(zero.less(radicand[i]), next[i], T::splat(f32::MAX));
            }
        }
        next
    }
}
