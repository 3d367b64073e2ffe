//! FTRL-Proximal: follow the regularized leader. Twin: `shaders/optimizers/ftrl.wgsl`.
//!
//! ```text
//! n' = n + g²     z ← z + g + 2sθ − (n'^(−p) − n^(−p))/η·θ
//! θ ← (clip(z, −l₁, l₁) − z)/(n'^(−p)/η + 2(l₂ + β/(2η)))     n ← n'
//! ```
//!
//! n starts at `initial_accumulator_value`. θ is a function of z alone, so the first update discards a part of the initial θ. At the
//! default p = −½ the power is a square root. A divisor ≤ 0 (n starts at 0 and the gradient is 0) gives NaN in Keras; here the
//! parameter becomes the largest float32, so the run diverges at this batch. Source: Keras 3, `Ftrl`.

use super::rule::{Rule, STATE, State, Update, clip};
use crate::kernel::coefficients::Coefficients;
use crate::kernel::number::Number;
use crate::model::Params;

/// Coefficients: η, −p, initial n, l₁, 2l₂, 2s, β. State: n, z of weight and bias.
pub struct Ftrl<const POWER: bool>;

impl<const POWER: bool> Rule for Ftrl<POWER> {
    const STATE: usize = 4;
    const COEFFICIENTS: usize = 7;
    const STEP_FACTORS: usize = 0;
    const INITIAL: bool = true;

    #[inline(always)]
    fn initial<T: Number>(coefficients: &Coefficients<T>) -> State<T> {
        let zero = T::splat(0.0);
        let mut state = [zero; STATE];
        state[0] = coefficients[2];
        state[1] = coefficients[2];
        state
    }

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, power, _, l1, l2, shrinkage, beta, ..], theta, g, .. } = *update;
        let inverse = T::splat(1.0) / rate;
        let mut next = theta;
        for i in 0..2 {
            let sum = g[i].mul_add(g[i], state[i]);
            let scaled = raised::<T, POWER>(sum, power);
            let sigma = (scaled - raised::<T, POWER>(state[i], power)) * inverse;
            state[2 + i] = state[2 + i] + shrinkage.mul_add(theta[i], g[i]) - sigma * theta[i];
            state[i] = sum;
            let divisor = scaled.mul_add(inverse, beta.mul_add(inverse, l2));
            let minimizer = (clip(state[2 + i], l1) - state[2 + i]) / divisor;
            next[i] = T::select(T::splat(0.0).less(divisor), minimizer, T::splat(f32::MAX));
        }
        next
    }
}

/// n^power; with `POWER` unset, the square root, which is the power ½.
#[inline(always)]
fn raised<T: Number, const POWER: bool>(n: T, power: T) -> T {
    if POWER { (power * n.logarithm()).exponential() } else { n.sqrt() }
}
