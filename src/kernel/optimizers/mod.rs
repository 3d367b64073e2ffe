//! The update rules, one file each. A rule takes the pair (weight, bias): a shared division needs both.
//!
//! To add one: its file here, its twin under `shaders/optimizers/`, its line in `model::optimizer`, its coefficients in
//! `kernel::coefficients`; `tests/twins.rs` fails while a half is missing.

mod adam;
mod rmsprop;
mod sgd;

pub use adam::Adam;
pub use rmsprop::Rmsprop;
pub use sgd::Sgd;

use super::{Clock, Hyper, Real};
use crate::model::{Optimizer, Parameter, Value};
use crate::space::Settings;

/// Slots of [`State`].
pub const STATE: usize = 6;

/// What a rule keeps between updates. All slots start at 0; a rule uses the first few.
pub type State<T> = [T; STATE];

/// An update rule of Keras, for the pair (weight, bias).
pub trait Rule: Send + Sync + 'static {
    /// How many slots of the state the rule touches: the first so many.
    const STATE: usize;
    /// Whether it reads the clock.
    const TIMED: bool;

    /// The parameters after one update from `theta` with gradient `g`; the state is renewed in place.
    fn step<T: Real>(hyper: &Hyper<T>, clock: &Clock<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2];
}

/// Which text of a rule a group of runs needs. Chosen for a group, outside the step loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Variant {
    pub optimizer: Optimizer,
    /// nesterov, centered or amsgrad.
    pub flag: bool,
    /// Whether any run of the group has momentum. A run without it gets the same bits either way.
    pub momentum: bool,
}

impl Variant {
    /// The variant that a run needs.
    pub fn of(optimizer: Optimizer, settings: &Settings) -> Self {
        let flag = match optimizer {
            Optimizer::Sgd => Parameter::Nesterov,
            Optimizer::Rmsprop => Parameter::Centered,
            Optimizer::Adam => Parameter::Amsgrad,
        };
        let momentum = settings.number(Parameter::Momentum).is_some_and(|momentum| momentum != 0.0);
        Self { optimizer, flag: settings.get(flag) == Some(Value::Boolean(true)), momentum }
    }
}

/// Calls `$body` with `$rule` bound to the rule type of a variant: the one place where a variant becomes a type.
#[macro_export]
macro_rules! with_rule {
    ($variant:expr, $rule:ident => $body:expr) => {{
        use $crate::kernel::optimizers::{Adam, Rmsprop, Sgd};
        use $crate::model::Optimizer;
        let variant: $crate::kernel::Variant = $variant;
        match (variant.optimizer, variant.flag, variant.momentum) {
            (Optimizer::Sgd, _, false) => {
                type $rule = Sgd<false, false>;
                $body
            }
            (Optimizer::Sgd, false, true) => {
                type $rule = Sgd<true, false>;
                $body
            }
            (Optimizer::Sgd, true, true) => {
                type $rule = Sgd<true, true>;
                $body
            }
            (Optimizer::Rmsprop, false, false) => {
                type $rule = Rmsprop<false, false>;
                $body
            }
            (Optimizer::Rmsprop, false, true) => {
                type $rule = Rmsprop<true, false>;
                $body
            }
            (Optimizer::Rmsprop, true, false) => {
                type $rule = Rmsprop<false, true>;
                $body
            }
            (Optimizer::Rmsprop, true, true) => {
                type $rule = Rmsprop<true, true>;
                $body
            }
            (Optimizer::Adam, false, _) => {
                type $rule = Adam<false>;
                $body
            }
            (Optimizer::Adam, true, _) => {
                type $rule = Adam<true>;
                $body
            }
        }
    }};
}
