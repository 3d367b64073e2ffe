//! The optimizers by name, and which hyperparameters each of them has. Formulas live in `kernel::optimizers`.

use super::Parameter;

/// An update rule of Keras 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Optimizer {
    Sgd,
    Rmsprop,
    Adam,
}

impl Optimizer {
    /// Every optimizer, in the order of Keras' documentation.
    pub const ALL: [Self; 3] = [Self::Sgd, Self::Rmsprop, Self::Adam];

    /// Keras' string name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Rmsprop => "rmsprop",
            Self::Adam => "adam",
        }
    }

    /// The optimizer of that name; upper and lower case are one, as in Keras.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|optimizer| optimizer.name().eq_ignore_ascii_case(name))
    }

    /// The arguments of Keras' constructor with their defaults, in Keras' order.
    pub fn arguments(self) -> &'static [(Parameter, Value)] {
        use Parameter::*;
        use Value::{Boolean, Float};
        match self {
            Self::Sgd => &[(LearningRate, Float(0.01)), (Momentum, Float(0.0)), (Nesterov, Boolean(false))],
            Self::Rmsprop => &[
                (LearningRate, Float(0.001)),
                (Rho, Float(0.9)),
                (Momentum, Float(0.0)),
                (Epsilon, Float(1e-7)),
                (Centered, Boolean(false)),
            ],
            Self::Adam => &[
                (LearningRate, Float(0.001)),
                (Beta1, Float(0.9)),
                (Beta2, Float(0.999)),
                (Epsilon, Float(1e-7)),
                (Amsgrad, Boolean(false)),
            ],
        }
    }

    /// Keras' default of an argument; `None` where the optimizer does not have it.
    pub fn default(self, parameter: Parameter) -> Option<Value> {
        self.arguments().iter().find(|(own, _)| *own == parameter).map(|&(_, value)| value)
    }

    /// Whether Keras' constructor takes this argument.
    pub fn has(self, parameter: Parameter) -> bool {
        self.default(parameter).is_some()
    }
}

use super::Value;
