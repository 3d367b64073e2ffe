//! Hyperparameters by identity, and the types of their values, bounds and axes.

use super::initializer::Initializer;

/// A value of a hyperparameter. Text is one of the table's words, hence `'static`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    Float(f64),
    Integer(i64),
    Boolean(bool),
    Choice(&'static str),
    /// A start that is drawn, with arguments of its own.
    Drawn(Initializer),
}

impl Value {
    /// As a number; integers are widened, anything else is `None`.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(value),
            Self::Integer(value) => Some(value as f64),
            Self::Boolean(_) | Self::Choice(_) | Self::Drawn(_) => None,
        }
    }
}

/// A table of the config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterTable {
    Data,
    Model,
    Training,
    /// [training.schedule]
    Schedule,
    Rng,
}

/// How values of a hyperparameter are written, and which of them are allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// `min ≤ v ≤ max`, or `min < v`, `v < max` where the end is open.
    Float {
        min: f64,
        min_open: bool,
        max: f64,
        max_open: bool,
    },
    /// Both ends are in.
    Integer {
        min: i64,
        max: i64,
    },
    /// An integer, or one of the words.
    IntegerOr {
        min: i64,
        max: i64,
        words: &'static [&'static str],
    },
    /// A number, or one of the words.
    FloatOr {
        min: f64,
        max: f64,
        words: &'static [&'static str],
    },
    Boolean,
    Choice(&'static [&'static str]),
    /// One of the words, or another name of one: (other name, word).
    Name(&'static [&'static str], &'static [(&'static str, &'static str)]),
}

/// The scale of an axis that shows the hyperparameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Linear,
    Log,
    Category,
}

/// A hyperparameter by identity; its facts stand in [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Parameter {
    Optimizer,
    LearningRate,
    Momentum,
    Nesterov,
    Rho,
    Beta1,
    Beta2,
    Epsilon,
    Centered,
    Amsgrad,
    InitialAccumulatorValue,
    LearningRatePower,
    L1Regularization,
    L2Regularization,
    L2Shrinkage,
    Beta,
    Beta2Decay,
    Epsilon1,
    Epsilon2,
    ClipThreshold,
    RelativeStep,
    AdamBeta1,
    AdamBeta2,
    AdamWeightDecay,
    AdamLrRatio,
    MuonA,
    MuonB,
    MuonC,
    NsSteps,
    RmsRate,
    WeightDecay,
    Clipnorm,
    Clipvalue,
    GlobalClipnorm,
    UseEma,
    EmaMomentum,
    EmaOverwriteFrequency,
    GradientAccumulationSteps,
    ScheduleName,
    DecaySteps,
    DecayRate,
    Staircase,
    EndLearningRate,
    Power,
    Cycle,
    Alpha,
    WarmupTarget,
    WarmupSteps,
    FirstDecaySteps,
    TMul,
    MMul,
    BatchSize,
    Epochs,
    Shuffle,
    TrainingSeed,
    InitialWeight,
    InitialBias,
    Activation,
    Loss,
    UseBias,
    DataScale,
    DataSeed,
    RngSeed,
}
