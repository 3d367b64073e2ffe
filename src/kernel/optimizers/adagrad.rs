//! Adagrad. Twin: `shaders/optimizers/adagrad.wgsl`.
//!
//! ```text
//! a ← a + g²        θ ← θ − ηg/√(a + ε)
//! ```
//!
//! a starts at `initial_accumulator_value`; ε stands inside the root. Source: Keras 3, `Adagrad`.

use super::{Coefficients, Real, Rule, State, StepFactors, Whole};

/// Coefficients: η, ε, a before the first update. State: a of weight and bias.
pub struct Adagrad;

impl Rule for Adagrad {
    type Stages = Whole;

    const STATE: usize = 2;
    const COEFFICIENTS: usize = 3;
    const STEP_FACTORS: usize = 0;
    const INITIAL: bool = true;

    #[inline(always)]
    fn initial<T: Real>(coefficients: &Coefficients<T>) -> State<T> {
        super::filled(coefficients[2])
    }

    #[inline(always)]
    fn step<T: Real>(coefficients: &Coefficients<T>, _: &StepFactors<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2] {
        let [rate, epsilon, ..] = *coefficients;
        let mut root = [epsilon; 2];
        for i in 0..2 {
            state[i] = g[i].mul_add(g[i], state[i]);
            root[i] = (state[i] + epsilon).sqrt();
        }
        let inverse = T::of(1.0) / (root[0] * root[1]);
        [theta[0] - (rate * g[0]) * (root[1] * inverse), theta[1] - (rate * g[1]) * (root[0] * inverse)]
    }
}
