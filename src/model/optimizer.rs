//! Optimizers by name, and the hyperparameters of each. The formulas are in `kernel::optimizers`.

use super::parameter::{Parameter, Value};

/// An update rule of Keras 3, in the order of Keras' documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the names of Keras")]
pub enum Optimizer {
    Sgd,
    Rmsprop,
    Adam,
    Adamw,
    Adadelta,
    Adagrad,
    Adamax,
    Adafactor,
    Nadam,
    Ftrl,
    Lion,
    Lamb,
    Muon,
}

/// An argument of a constructor and its default.
type Argument = (Parameter, Value);

use Parameter::{
    AdamBeta1, AdamBeta2, AdamLrRatio, AdamWeightDecay, Amsgrad, Beta, Beta1, Beta2, Beta2Decay, Centered, ClipThreshold, Epsilon,
    Epsilon1, Epsilon2, InitialAccumulatorValue, L1Regularization, L2Regularization, L2Shrinkage, LearningRate, LearningRatePower,
    Momentum, MuonA, MuonB, MuonC, Nesterov, NsSteps, RelativeStep, Rho, RmsRate, WeightDecay,
};
use Value::{Boolean, Float, Integer};

const RATE: Argument = (LearningRate, Float(0.001));
const BETA_1: Argument = (Beta1, Float(0.9));
const BETA_2: Argument = (Beta2, Float(0.999));
const EPSILON: Argument = (Epsilon, Float(1e-7));
const AMSGRAD: Argument = (Amsgrad, Boolean(false));

/// The options that every optimizer inherits from Keras' base class, with their defaults.
pub const OPTIONS: [(Parameter, Option<Value>); 8] = [
    (WeightDecay, None),
    (Parameter::Clipnorm, None),
    (Parameter::Clipvalue, None),
    (Parameter::GlobalClipnorm, None),
    (Parameter::UseEma, Some(Boolean(false))),
    (Parameter::EmaMomentum, Some(Float(0.99))),
    (Parameter::EmaOverwriteFrequency, None),
    (Parameter::GradientAccumulationSteps, None),
];

// Keras' string names (for Lamb and Muon, the class name in lower case). As in Keras, they are not case-sensitive.
named!(Optimizer by eq_ignore_ascii_case: Sgd "sgd", Rmsprop "rmsprop", Adam "adam", Adamw "adamw", Adadelta "adadelta", Adagrad "adagrad", Adamax "adamax", Adafactor "adafactor", Nadam "nadam", Ftrl "ftrl", Lion "lion", Lamb "lamb", Muon "muon");

impl Optimizer {
    /// The arguments of Keras' constructor with their defaults, in Keras' order.
    pub fn arguments(self) -> &'static [Argument] {
        match self {
            Self::Sgd => &[(LearningRate, Float(0.01)), (Momentum, Float(0.0)), (Nesterov, Boolean(false))],
            Self::Rmsprop => &[RATE, (Rho, Float(0.9)), (Momentum, Float(0.0)), EPSILON, (Centered, Boolean(false))],
            Self::Adam => &[RATE, BETA_1, BETA_2, EPSILON, AMSGRAD],
            Self::Adamw => &[RATE, (WeightDecay, Float(0.004)), BETA_1, BETA_2, EPSILON, AMSGRAD],
            Self::Adadelta => &[RATE, (Rho, Float(0.95)), EPSILON],
            Self::Adagrad => &[RATE, (InitialAccumulatorValue, Float(0.1)), EPSILON],
            Self::Adamax | Self::Nadam | Self::Lamb => &[RATE, BETA_1, BETA_2, EPSILON],
            Self::Adafactor => &[
                RATE,
                (Beta2Decay, Float(-0.8)),
                (Epsilon1, Float(1e-30)),
                (Epsilon2, Float(1e-3)),
                (ClipThreshold, Float(1.0)),
                (RelativeStep, Boolean(true)),
            ],
            Self::Ftrl => &[
                RATE,
                (LearningRatePower, Float(-0.5)),
                (InitialAccumulatorValue, Float(0.1)),
                (L1Regularization, Float(0.0)),
                (L2Regularization, Float(0.0)),
                (L2Shrinkage, Float(0.0)),
                (Beta, Float(0.0)),
            ],
            Self::Lion => &[RATE, BETA_1, (Beta2, Float(0.99))],
            Self::Muon => &[
                RATE,
                (AdamBeta1, Float(0.9)),
                (AdamBeta2, Float(0.999)),
                (AdamWeightDecay, Float(0.004)),
                EPSILON,
                (WeightDecay, Float(0.004)),
                (MuonA, Float(3.4445)),
                (MuonB, Float(-4.775)),
                (MuonC, Float(2.0315)),
                (AdamLrRatio, Float(1.0)),
                (Momentum, Float(0.95)),
                (NsSteps, Integer(5)),
                (Nesterov, Boolean(true)),
                (RmsRate, Float(0.2)),
            ],
        }
    }

    /// Keras' default of an argument; `None` if the optimizer does not have it, or if Keras' default is `None`.
    pub fn default(self, parameter: Parameter) -> Option<Value> {
        let own = self.arguments().iter().find(|(own, _)| *own == parameter).map(|&(_, value)| value);
        own.or_else(|| OPTIONS.iter().find(|(option, _)| *option == parameter)?.1)
    }

    /// Whether Keras' constructor has this argument.
    pub fn has(self, parameter: Parameter) -> bool {
        self.arguments().iter().any(|(own, _)| *own == parameter) || OPTIONS.iter().any(|(option, _)| *option == parameter)
    }

    /// Whether the hyperparameter is an argument of at least one optimizer, rather than of every run.
    pub fn is_argument_of_any(parameter: Parameter) -> bool {
        Self::ALL.into_iter().any(|optimizer| optimizer.has(parameter))
    }

    /// Whether the optimizer has its own weight decay, instead of the option of the base class.
    pub fn decays(self) -> bool {
        self.arguments().iter().any(|(own, _)| *own == WeightDecay)
    }
}
