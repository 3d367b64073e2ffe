//! Stochastic gradient descent, with momentum and Nesterov's look-ahead. Twin: `shaders/optimizers/sgd.wgsl`.
//!
//! ```text
//! v ← μv − ηg        θ ← θ + v        Nesterov: θ ← θ + μv − ηg, with the new v
//! ```
//!
//! The rate sits inside v. Without momentum v is −ηg, so μ = 0 gives the same bits in each variant. Source: Keras 3, `SGD`.

use super::{Clock, Hyper, Real, Rule, State};

/// Hyper: η, μ. State: v of weight and bias.
pub struct Sgd<const MOMENTUM: bool, const NESTEROV: bool>;

impl<const MOMENTUM: bool, const NESTEROV: bool> Rule for Sgd<MOMENTUM, NESTEROV> {
    const STATE: usize = if MOMENTUM { 2 } else { 0 };
    const FUSED: bool = true;
    const HYPER: usize = 2;
    const CLOCK: usize = 0;

    #[inline(always)]
    fn step<T: Real>(hyper: &Hyper<T>, _: &Clock<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2] {
        let [rate, momentum, ..] = *hyper;
        let mut next = theta;
        for i in 0..2 {
            let pull = -(rate * g[i]);
            if !MOMENTUM {
                next[i] = theta[i] + pull;
                continue;
            }
            state[i] = momentum.mul_add(state[i], pull);
            next[i] = theta[i] + if NESTEROV { momentum.mul_add(state[i], pull) } else { state[i] };
        }
        next
    }
}
