//! AdamW: Adam with decoupled weight decay. Twin: `shaders/optimizers/adamw.wgsl`.
//!
//! ```text
//! θ ← θ − θλη        then Adam, with the gradient at the old θ
//! ```
//!
//! The bias decays too. Source: Keras 3, `AdamW` and `BaseOptimizer._apply_weight_decay`.

use super::adam::Adam;
use super::rule::{Rule, State, Update, decayed};
use crate::kernel::number::Number;
use crate::model::Params;

/// Coefficients: Adam's, λ. Step factors and state: Adam's.
pub struct Adamw<const AMSGRAD: bool>;

impl<const AMSGRAD: bool> Rule for Adamw<AMSGRAD> {
    const STATE: usize = Adam::<AMSGRAD>::STATE;
    const COEFFICIENTS: usize = 5;
    const STEP_FACTORS: usize = 1;

    #[inline(always)]
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T> {
        let Update { coefficients: &[rate, _, _, _, decay, ..], theta, .. } = *update;
        let theta = Params([decayed(theta[0], decay, rate), decayed(theta[1], decay, rate)]);
        Adam::<AMSGRAD>::step(&Update { theta, ..*update }, state)
    }
}
