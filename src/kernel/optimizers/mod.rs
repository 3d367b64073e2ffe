//! The update rules, one file each. A rule updates weight and bias together, so that one division can serve both.
//!
//! A new rule consists of its file here, its twin under `shaders/optimizers/`, its line in `model::optimizer` and its coefficients in
//! `kernel::coefficients`. `tests/integration/shaders.rs` fails while one half of the twin is missing.

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod ftrl;
mod lamb;
mod lion;
mod muon;
mod nadam;
mod rmsprop;
mod rule;
mod sgd;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamw::Adamw;
pub use ftrl::Ftrl;
pub use lamb::Lamb;
pub use lion::Lion;
pub use muon::Muon;
pub use nadam::Nadam;
pub use rmsprop::Rmsprop;
pub use sgd::Sgd;

pub use rule::{Rule, STATE, State, Update, clip, decayed};

use crate::model::{MissingParameter, Optimizer, Parameter, Settings};

/// The variant of an update rule that is compiled for a group of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Variant {
    pub optimizer: Optimizer,
    /// `nesterov`, `centered`, `amsgrad`, or for Ftrl a power other than the square root.
    pub flag: bool,
    /// Whether any run of the group has momentum. A run without momentum gets identical bits in both variants.
    pub momentum: bool,
}

impl Variant {
    /// The variant with every flag set, whose code contains that of all other variants.
    pub fn with_all_flags(optimizer: Optimizer) -> Self {
        Self { optimizer, flag: true, momentum: true }
    }

    /// The variant that a run needs.
    ///
    /// # Errors
    ///
    /// If the settings lack a parameter.
    pub fn of(optimizer: Optimizer, settings: &Settings) -> Result<Self, MissingParameter> {
        let flag = match optimizer {
            Optimizer::Sgd | Optimizer::Muon => settings.required_flag(Parameter::Nesterov)?,
            Optimizer::Rmsprop => settings.required_flag(Parameter::Centered)?,
            Optimizer::Adam | Optimizer::Adamw => settings.required_flag(Parameter::Amsgrad)?,
            Optimizer::Ftrl => settings.required_number(Parameter::LearningRatePower)? != -0.5,
            _ => false,
        };
        let optional = matches!(optimizer, Optimizer::Sgd | Optimizer::Rmsprop);
        let momentum = optional && settings.required_number(Parameter::Momentum)? != 0.0;
        Ok(Self { optimizer, flag, momentum })
    }
}

/// Evaluates `$body` with `$rule` bound to the rule type of a variant.
macro_rules! with_rule {
    ($variant:expr, $rule:ident => $body:expr) => {{
        use $crate::kernel::optimizers as rules;
        use $crate::model::Optimizer;
        let variant: $crate::kernel::Variant = $variant;
        macro_rules! with {
            ($bound:ty) => {{
                type $rule = $bound;
                $body
            }};
        }
        match (variant.optimizer, variant.flag, variant.momentum) {
            (Optimizer::Sgd, _, false) => with!(rules::Sgd<false, false>),
            (Optimizer::Sgd, false, true) => with!(rules::Sgd<true, false>),
            (Optimizer::Sgd, true, true) => with!(rules::Sgd<true, true>),
            (Optimizer::Rmsprop, false, false) => with!(rules::Rmsprop<false, false>),
            (Optimizer::Rmsprop, false, true) => with!(rules::Rmsprop<true, false>),
            (Optimizer::Rmsprop, true, false) => with!(rules::Rmsprop<false, true>),
            (Optimizer::Rmsprop, true, true) => with!(rules::Rmsprop<true, true>),
            (Optimizer::Adam, false, _) => with!(rules::Adam<false>),
            (Optimizer::Adam, true, _) => with!(rules::Adam<true>),
            (Optimizer::Adamw, false, _) => with!(rules::Adamw<false>),
            (Optimizer::Adamw, true, _) => with!(rules::Adamw<true>),
            (Optimizer::Adadelta, ..) => with!(rules::Adadelta),
            (Optimizer::Adagrad, ..) => with!(rules::Adagrad),
            (Optimizer::Adamax, ..) => with!(rules::Adamax),
            (Optimizer::Adafactor, ..) => with!(rules::Adafactor),
            (Optimizer::Nadam, ..) => with!(rules::Nadam),
            (Optimizer::Ftrl, false, _) => with!(rules::Ftrl<false>),
            (Optimizer::Ftrl, true, _) => with!(rules::Ftrl<true>),
            (Optimizer::Lion, ..) => with!(rules::Lion),
            (Optimizer::Lamb, ..) => with!(rules::Lamb),
            (Optimizer::Muon, false, _) => with!(rules::Muon<false>),
            (Optimizer::Muon, true, _) => with!(rules::Muon<true>),
        }
    }};
}
pub(crate) use with_rule;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::cases::Step;

    #[test]
    fn rules_use_no_slots_beyond_those_that_they_declare() {
        for optimizer in Optimizer::ALL {
            for (flag, momentum) in [(false, false), (false, true), (true, false), (true, true)] {
                let variant = Variant { optimizer, flag, momentum };
                for step in Step::all(variant) {
                    with_rule!(variant, R => {
                        let (mut expected_state, mut marked) = (step.state, step.state);
                        let (mut coefficients, mut factors) = (step.coefficients, step.factors);
                        assert!(R::INITIAL || R::initial(&coefficients) == [0.0; STATE], "{variant:?}");
                        coefficients[R::COEFFICIENTS..].fill(f32::NAN);
                        factors[R::STEP_FACTORS..].fill(f32::NAN);
                        marked[R::STATE..].fill(7.0);
                        let expected = R::step(&step.update(), &mut expected_state);
                        let update = Update { coefficients: &coefficients, factors: &factors, ..step.update() };
                        let next = R::step(&update, &mut marked);
                        assert_eq!(next.map(f32::to_bits), expected.map(f32::to_bits), "{variant:?}");
                        assert_eq!(marked[..R::STATE].iter().map(|v| v.to_bits()).collect::<Vec<_>>(), expected_state[..R::STATE].iter().map(|v| v.to_bits()).collect::<Vec<_>>());
                        assert!(marked[R::STATE..].iter().all(|&slot| slot == 7.0), "{variant:?}");
                    });
                }
            }
        }
    }
}
