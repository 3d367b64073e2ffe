//! The hyperparameters as an enum, and the types of their values, bounds and axes.

use super::initializer::Initializer;

/// A value of a hyperparameter. Words are `'static`, because all of them are in the table of hyperparameters.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants are the types of TOML")]
pub enum Value {
    Float(f64),
    Integer(i64),
    Boolean(bool),
    Choice(&'static str),
    /// An initial value that is drawn from a distribution.
    Drawn(Initializer),
}

impl Value {
    /// The value as a number; `None` for booleans, words and distributions.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(value),
            Self::Integer(value) => Some(value as f64),
            Self::Boolean(_) | Self::Choice(_) | Self::Drawn(_) => None,
        }
    }
}

/// The config table of a hyperparameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the tables of the config")]
pub enum ParameterTable {
    Data,
    Model,
    Training,
    /// `[training.schedule]`
    Schedule,
    Rng,
}

/// The type of a hyperparameter and the values that it accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are bounds and allowed words")]
pub enum Kind {
    /// A number from `min` to `max`; an open end is excluded.
    Float {
        min: f64,
        min_open: bool,
        max: f64,
        max_open: bool,
    },
    /// An integer from `min` to `max`, both included.
    Integer {
        min: i64,
        max: i64,
    },
    /// An integer from `min` to `max`, or one of the words.
    IntegerOr {
        min: i64,
        max: i64,
        words: &'static [&'static str],
    },
    /// A number from `min` to `max`, or one of the words.
    FloatOr {
        min: f64,
        max: f64,
        words: &'static [&'static str],
    },
    Boolean,
    Choice(&'static [&'static str]),
    /// One of the words, or an alias of one: (alias, word).
    Name(&'static [&'static str], &'static [(&'static str, &'static str)]),
}

impl Kind {
    /// The accepted words, in a fixed order.
    pub const fn words(&self) -> &'static [&'static str] {
        match self {
            Self::Float { .. } | Self::Integer { .. } => &[],
            Self::Boolean => &["false", "true"],
            Self::IntegerOr { words, .. } | Self::FloatOr { words, .. } | Self::Choice(words) | Self::Name(words, _) => words,
        }
    }

    /// Whether a number is within the bounds; `false` for kinds without numbers.
    pub fn contains(self, number: f64) -> bool {
        match self {
            Self::Float { min, min_open, max, max_open } => {
                (if min_open { number > min } else { number >= min }) && if max_open { number < max } else { number <= max }
            }
            Self::FloatOr { min, max, .. } => (min..=max).contains(&number),
            Self::Integer { min, max } | Self::IntegerOr { min, max, .. } => {
                number.fract() == 0.0 && number >= min as f64 && number <= max as f64
            }
            Self::Boolean | Self::Choice(_) | Self::Name(..) => false,
        }
    }
}

/// The scale of a plot axis for the hyperparameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are kinds of axes")]
pub enum Scale {
    Linear,
    Log,
    Category,
}

/// A hyperparameter. Its row in `hyperparameters::TABLE` has its name, type and bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the table in `hyperparameters` has the meaning of each variant")]
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
