//! Stochastic gradient descent, with momentum and Nesterov momentum. Twin: `shaders/optimizers/sgd.wgsl`.
//!
//! ```text
//! v ← μv − ηg        θ ← θ + v        Nesterov: θ ← θ + μv − ηg, with the new v
//! ```
//!
//! v contains the learning rate. For μ = 0, v is −ηg, so all variants give identical bits. Source: Keras 3, `SGD`.

use super::rule::{Rule, State, Update};
use crate::kernel::number::Number;
use crate::model::{PARAMS, Params};

/// Coefficients: η, μ. State: v of weight and bias.
#[derive(Debug)]
pub struct Sgd<const MOMENTUM: bool, const NESTEROV: bool>;

impl<const MOMENTUM: bool, const NESTEROV: bool> Rule for Sgd<MOMENTUM, NESTEROV> {
    const STATE: usize = if MOMENTUM { 2 } else { 0 };
    const COEFFICIENTS: usize = 2;
    const STEP_FACTORS: usize = 0;

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, momentum, ..], theta, g, .. } = *update;
        let mut next = theta;
        for i in 0..PARAMS {
            let mut change = -(rate * g[i]);
            if MOMENTUM {
                state[i] = momentum.mul_add(state[i], change);
                change = if NESTEROV { momentum.mul_add(state[i], change) } else { state[i] };
            }
            next[i] = theta[i] + change;
        }
        next
    }
}
