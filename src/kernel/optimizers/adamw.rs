//! AdamW: Adam after a decoupled decay. Twin: `shaders/optimizers/adamw.wgsl`.
//!
//! ```text
//! θ ← θ − θλη        then Adam, with the gradient at the old θ
//! ```
//!
//! The bias decays too. Source: Keras 3, `AdamW` and the base class' `_apply_weight_decay`.

use super::{Adam, Coefficients, Real, Rule, State, StepFactors, Whole, decayed};

/// Coefficients: Adam's, λ. Step factors and state: Adam's.
pub struct Adamw<const AMSGRAD: bool>;

impl<const AMSGRAD: bool> Rule for Adamw<AMSGRAD> {
    type Stages = Whole;

    const STATE: usize = Adam::<AMSGRAD>::STATE;
    const COEFFICIENTS: usize = 5;
    const STEP_FACTORS: usize = 1;

    #[inline(always)]
    fn step<T: Real>(coefficients: &Coefficients<T>, factors: &StepFactors<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2] {
        let [rate, _, _, _, decay, ..] = *coefficients;
        Adam::<AMSGRAD>::step(coefficients, factors, [decayed(theta[0], decay, rate), decayed(theta[1], decay, rate)], g, state)
    }
}
