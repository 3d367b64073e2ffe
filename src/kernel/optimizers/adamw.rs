//! AdamW: Adam after a decoupled decay. Twin: `shaders/optimizers/adamw.wgsl`.
//!
//! ```text
//! θ ← θ − θλη        then Adam, with the gradient at the old θ
//! ```
//!
//! The bias decays too. Source: Keras 3, `AdamW` and the base class' `_apply_weight_decay`.

use super::{Adam, Clock, Hyper, Real, Rule, State, Whole, decayed};

/// Hyper: Adam's, λ. Clock and state: Adam's.
pub struct Adamw<const AMSGRAD: bool>;

impl<const AMSGRAD: bool> Rule for Adamw<AMSGRAD> {
    type Stages = Whole;

    const STATE: usize = Adam::<AMSGRAD>::STATE;
    const HYPER: usize = 5;
    const CLOCK: usize = 1;

    #[inline(always)]
    fn step<T: Real>(hyper: &Hyper<T>, clock: &Clock<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2] {
        let [rate, _, _, _, decay, ..] = *hyper;
        Adam::<AMSGRAD>::step(hyper, clock, [decayed(theta[0], decay, rate), decayed(theta[1], decay, rate)], g, state)
    }
}
