//! Learning rate schedules by name, and the fields of each. The formulas are in `kernel::schedules`.

use super::parameter::{Parameter, Value};

/// A schedule of Keras 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the names of Keras")]
pub enum Schedule {
    /// A constant rate.
    None,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
    CosineDecay,
    CosineDecayRestarts,
}

/// The boundaries and rates of a piecewise constant schedule: one rate more than boundaries, which are strictly increasing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PiecewiseRates {
    /// The last batch, from 0, of each rate but the last.
    pub boundaries: Vec<u64>,
    /// Learning rates, one more than boundaries.
    pub values: Vec<f64>,
}

use Parameter::{
    Alpha, Cycle, DecayRate, DecaySteps, EndLearningRate, FirstDecaySteps, MMul, Power, Staircase, TMul, WarmupSteps, WarmupTarget,
};
use Value::{Boolean, Choice, Float, Integer};

// Keras' classes, in snake case.
named!(Schedule by eq: None "none", ExponentialDecay "exponential_decay", InverseTimeDecay "inverse_time_decay", PiecewiseConstantDecay "piecewise_constant_decay", PolynomialDecay "polynomial_decay", CosineDecay "cosine_decay", CosineDecayRestarts "cosine_decay_restarts");

impl Schedule {
    /// The arguments of Keras' constructor after the initial rate, with their defaults; `None` for a required argument. The lists of
    /// the piecewise schedule are not hyperparameters.
    pub fn arguments(self) -> &'static [(Parameter, Option<Value>)] {
        match self {
            Self::None | Self::PiecewiseConstantDecay => &[],
            Self::ExponentialDecay | Self::InverseTimeDecay => &[(DecaySteps, None), (DecayRate, None), (Staircase, Some(Boolean(false)))],
            Self::PolynomialDecay => {
                &[(DecaySteps, None), (EndLearningRate, Some(Float(1e-4))), (Power, Some(Float(1.0))), (Cycle, Some(Boolean(false)))]
            }
            Self::CosineDecay => {
                &[(DecaySteps, None), (Alpha, Some(Float(0.0))), (WarmupTarget, Some(Choice("none"))), (WarmupSteps, Some(Integer(0)))]
            }
            Self::CosineDecayRestarts => {
                &[(FirstDecaySteps, None), (TMul, Some(Float(2.0))), (MMul, Some(Float(1.0))), (Alpha, Some(Float(0.0)))]
            }
        }
    }

    /// Whether the hyperparameter is a field of at least one schedule.
    pub fn is_field_of_any(parameter: Parameter) -> bool {
        Self::ALL.into_iter().any(|schedule| schedule.has(parameter))
    }

    /// Whether the schedule has this field.
    pub fn has(self, parameter: Parameter) -> bool {
        self.arguments().iter().any(|(own, _)| *own == parameter)
    }

    /// Keras' default of a field; `None` if the field is required, or absent from this schedule.
    pub fn default(self, parameter: Parameter) -> Option<Value> {
        self.arguments().iter().find(|(own, _)| *own == parameter)?.1
    }
}
