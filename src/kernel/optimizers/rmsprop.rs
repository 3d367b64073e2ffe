//! RMSprop, with momentum and centering. Twin: `shaders/optimizers/rmsprop.wgsl`.
//!
//! ```text
//! v ← ρv + (1−ρ)g²     centered: a ← ρa + (1−ρ)g
//! s = ηg / √(v [− a²] + ε)
//! θ ← θ − s            momentum: m ← μm + s, θ ← θ − m
//! ```
//!
//! ε stands inside the root. One division serves both parameters: 1/p = q·(1/(pq)). A radicand ≤ 0 (centered only, where float32
//! loses v − a²) is NaN in Keras; here the parameter leaves the range, which ends the run at this batch. Source: Keras 3,
//! `RMSprop`.

use super::{Clock, Hyper, Real, Rule, State};

/// Hyper: η, ρ, 1−ρ, μ, ε. State: v, a, m of weight and bias.
pub struct Rmsprop<const MOMENTUM: bool, const CENTERED: bool>;

impl<const MOMENTUM: bool, const CENTERED: bool> Rule for Rmsprop<MOMENTUM, CENTERED> {
    const STATE: usize = if MOMENTUM {
        6
    } else if CENTERED {
        4
    } else {
        2
    };
    const FUSED: bool = true;
    const HYPER: usize = 5;
    const CLOCK: usize = 0;
    const BOUNDED: bool = !CENTERED && !MOMENTUM;

    /// v is at least (1−ρ)g².
    fn stride(hyper: &Hyper<f32>) -> f32 {
        let [_, _, rest, ..] = *hyper;
        if Self::BOUNDED { 1.0 / rest.sqrt() } else { f32::INFINITY }
    }

    #[inline(always)]
    fn step<T: Real>(hyper: &Hyper<T>, _: &Clock<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2] {
        let [rate, rho, rest, momentum, epsilon, ..] = *hyper;
        let mut radicand = [epsilon; 2];
        for i in 0..2 {
            state[i] = rho.mul_add(state[i], rest * (g[i] * g[i]));
            radicand[i] = state[i] + epsilon;
            if CENTERED {
                state[2 + i] = rho.mul_add(state[2 + i], rest * g[i]);
                radicand[i] = (state[i] - state[2 + i] * state[2 + i]) + epsilon;
            }
        }
        let root = [radicand[0].sqrt(), radicand[1].sqrt()];
        let share = rate / (root[0] * root[1]);
        let mut next = theta;
        for i in 0..2 {
            let mut pull = (g[i] * root[1 - i]) * share;
            if MOMENTUM {
                state[4 + i] = momentum.mul_add(state[4 + i], pull);
                pull = state[4 + i];
            }
            next[i] = theta[i] - pull;
        }
        if CENTERED {
            for i in 0..2 {
                next[i] = if radicand[i] > T::of(0.0) { next[i] } else { T::of(f32::MAX) };
            }
        }
        next
    }
}
