//! Adagrad. Twin: `shaders/optimizers/adagrad.wgsl`.
//!
//! ```text
//! a ← a + g²        θ ← θ − ηg/√(a + ε)
//! ```
//!
//! a starts at `initial_accumulator_value`; ε is inside the root. Source: Keras 3, `Adagrad`.

use super::rule::{Rule, STATE, State, Update};
use crate::kernel::coefficients::Coefficients;
use crate::kernel::number::Number;
use crate::model::Params;

/// Coefficients: η, ε, initial a. State: a of weight and bias.
pub struct Adagrad;

impl Rule for Adagrad {
    const STATE: usize = 2;
    const COEFFICIENTS: usize = 3;
    const STEP_FACTORS: usize = 0;
    const INITIAL: bool = true;

    #[inline(always)]
    fn initial<T: Number>(coefficients: &Coefficients<T>) -> State<T> {
        [coefficients[2]; STATE]
    }

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, epsilon, ..], theta, g, .. } = *update;
        let mut root = [epsilon; 2];
        for i in 0..2 {
            state[i] = g[i].mul_add(g[i], state[i]);
            root[i] = (state[i] + epsilon).sqrt();
        }
        let inverse = T::splat(1.0) / (root[0] * root[1]);
        Params([theta[0] - (rate * g[0]) * (root[1] * inverse), theta[1] - (rate * g[1]) * (root[0] * inverse)])
    }
}
