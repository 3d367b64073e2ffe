//! The interface of update rules, and the operations that several rules share.

use crate::kernel::coefficients::{Coefficients, StepFactors};
use crate::kernel::number::Number;
use crate::model::Params;

/// Slots of [`State`].
pub const STATE: usize = 6;

/// The state of a rule between updates. A rule uses the first [`Rule::STATE`] slots.
pub type State<T> = [T; STATE];

/// The inputs of one update besides the state.
#[derive(Clone, Copy, Debug)]
pub struct Update<'a, T> {
    pub coefficients: &'a Coefficients<T>,
    pub factors: &'a StepFactors<T>,
    /// The parameters before the update.
    pub theta: Params<T>,
    /// The gradient at `theta`.
    pub g: Params<T>,
}

/// An update rule of Keras, for weight and bias together.
pub trait Rule: Send + Sync + 'static {
    /// Slots of the state that the rule uses: the first ones.
    const STATE: usize;
    /// Slots of the coefficients that the rule reads: the first ones.
    const COEFFICIENTS: usize;
    /// Slots of the step factors that the rule reads: the first ones.
    const STEP_FACTORS: usize;

    /// An upper bound of the update of either parameter, for any gradients, in units of the learning rate. It is infinite if no bound is
    /// known, or if a divisor may be so small that its reciprocal overflows.
    fn max_step(_: &Coefficients<f32>) -> f32 {
        f32::INFINITY
    }

    /// Whether the state starts at values other than 0.
    const INITIAL: bool = false;

    /// The state before the first update.
    fn initial<T: Number>(_: &Coefficients<T>) -> State<T> {
        [T::splat(0.0); STATE]
    }

    /// The parameters after one update. The state is updated in place.
    fn step<T: Number>(update: &Update<'_, T>, state: &mut State<T>) -> Params<T>;
}

/// θ after decoupled weight decay λ at learning rate η, as in the base class of Keras' optimizers.
#[inline(always)]
pub fn decayed<T: Number>(theta: T, decay: T, rate: T) -> T {
    theta - (theta * decay) * rate
}

/// x clipped to [−bound, bound].
#[inline(always)]
pub fn clip<T: Number>(x: T, bound: T) -> T {
    let x = T::select(bound.less(x), bound, x);
    T::select(x.less(-bound), -bound, x)
}
