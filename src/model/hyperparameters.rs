//! The table of hyperparameters: name, config table, type, bounds, default, meaning and axis scale.
//!
//! Other modules read names and bounds from here. The defaults of optimizer arguments depend on the
//! optimizer and are in `model::optimizer`.

use super::activation::{ACTIVATION_ALIASES, Activation};
use super::initializer::INITIALIZERS;
use super::loss::{LOSS_ALIASES, Loss};
use super::optimizer::Optimizer;
use super::parameter::{Kind, Parameter, ParameterTable, Scale, Value};
use super::schedule::Schedule;

/// A row of the table of hyperparameters.
#[derive(Clone, Copy, Debug)]
pub struct Hyperparameter {
    /// The hyperparameter.
    pub parameter: Parameter,
    /// The table of the config that has the key.
    pub table: ParameterTable,
    /// The key in its config table.
    pub name: &'static str,
    /// Type and bounds.
    pub kind: Kind,
    /// The default, unless it depends on the optimizer or the schedule.
    pub default: Option<Value>,
    /// Axis of a picture.
    pub scale: Scale,
    /// Explanation for users.
    pub meaning: &'static str,
}

/// The largest seed: NumPy and Threefry take 32 bits.
pub const SEED_MAX: i64 = u32::MAX as i64;

/// The largest number of epochs of a run.
pub const EPOCHS_MAX: i64 = u32::MAX as i64;

/// The largest magnitude of a parameter: beyond it a run has diverged.
pub const DIVERGENCE_LIMIT: f64 = 1e12;

const fn float(min: f64, max: f64) -> Kind {
    Kind::Float { min, min_open: false, max, max_open: false }
}

const fn share() -> Kind {
    Kind::Float { min: 0.0, min_open: false, max: 1.0, max_open: true }
}

const POSITIVE: Kind = Kind::Float { min: 0.0, min_open: true, max: 1e6, max_open: false };

/// A number, or "none" for Keras' `None`.
const fn optional(max: f64) -> Kind {
    Kind::FloatOr { min: 0.0, max, words: NONE }
}

/// An integer, or "none" for Keras' `None`.
const fn optional_count(min: i64) -> Kind {
    Kind::IntegerOr { min, max: STEPS_MAX, words: NONE }
}

const NONE: &[&str] = &["none"];

/// The largest number of batches or updates: kernels count them in 32 bits.
const STEPS_MAX: i64 = u32::MAX as i64;

const fn steps(min: i64) -> Kind {
    Kind::Integer { min, max: STEPS_MAX }
}

/// The largest number of Newton-Schulz iterations: the loop of the kernel is unrolled this often.
pub const NS_STEPS_MAX: i64 = 10;

const SEED: Kind = Kind::Integer { min: 0, max: SEED_MAX };

macro_rules! line {
    ($parameter:ident, $table:ident, $name:literal, $kind:expr, $default:expr, $scale:ident, $meaning:literal) => {
        Hyperparameter {
            parameter: Parameter::$parameter,
            table: ParameterTable::$table,
            name: $name,
            kind: $kind,
            default: $default,
            scale: Scale::$scale,
            meaning: $meaning,
        }
    };
}

/// Every hyperparameter, in the order of [`Parameter`].
pub const TABLE: [Hyperparameter; 63] = [
    line!(Optimizer, Training, "optimizer", Kind::Choice(&Optimizer::NAMES), Some(Value::Choice("rmsprop")), Category, "the update rule"),
    line!(LearningRate, Training, "learning_rate", float(0.0, 1e6), None, Log, "the step size of the optimizer"),
    line!(Momentum, Training, "momentum", float(0.0, 1.0), None, Linear, "the fraction of the previous step that is added to the next"),
    line!(Nesterov, Training, "nesterov", Kind::Boolean, None, Category, "whether to use Nesterov momentum"),
    line!(Rho, Training, "rho", float(0.0, 1.0), None, Linear, "the decay rate of the moving average of squared gradients"),
    line!(Beta1, Training, "beta_1", share(), None, Linear, "the decay rate of the first moment"),
    line!(Beta2, Training, "beta_2", share(), None, Linear, "the decay rate of the second moment"),
    line!(Epsilon, Training, "epsilon", float(0.0, 1e6), None, Log, "a small constant against division by zero"),
    line!(
        Centered,
        Training,
        "centered",
        Kind::Boolean,
        None,
        Category,
        "whether to normalise by the variance of the gradient instead of its mean square"
    ),
    line!(Amsgrad, Training, "amsgrad", Kind::Boolean, None, Category, "whether to divide by the maximum of all second moments so far"),
    line!(
        InitialAccumulatorValue,
        Training,
        "initial_accumulator_value",
        float(0.0, 1e6),
        None,
        Log,
        "the sum of squared gradients before the first update"
    ),
    line!(
        LearningRatePower,
        Training,
        "learning_rate_power",
        float(-10.0, 0.0),
        None,
        Linear,
        "the exponent by which the sum of squared gradients reduces the step size"
    ),
    line!(L1Regularization, Training, "l1_regularization_strength", float(0.0, 1e6), None, Linear, "the strength of the L1 penalty"),
    line!(L2Regularization, Training, "l2_regularization_strength", float(0.0, 1e6), None, Linear, "the strength of the L2 penalty"),
    line!(
        L2Shrinkage,
        Training,
        "l2_shrinkage_regularization_strength",
        float(0.0, 1e6),
        None,
        Linear,
        "the strength of an L2 penalty that is added to the gradient"
    ),
    line!(Beta, Training, "beta", float(0.0, 1e6), None, Linear, "a constant added to the root of the sum of squared gradients"),
    line!(
        Beta2Decay,
        Training,
        "beta_2_decay",
        float(-10.0, 0.0),
        None,
        Linear,
        "the exponent of t in the decay rate of the second moment"
    ),
    line!(Epsilon1, Training, "epsilon_1", float(0.0, 1e6), None, Log, "a constant added to the squared gradient"),
    line!(Epsilon2, Training, "epsilon_2", float(0.0, 1e6), None, Log, "the smallest magnitude of a parameter that scales its step"),
    line!(ClipThreshold, Training, "clip_threshold", POSITIVE, None, Log, "the largest step, in units of the learning rate"),
    line!(RelativeStep, Training, "relative_step", Kind::Boolean, None, Category, "accepted as in Keras, without effect"),
    line!(AdamBeta1, Training, "adam_beta_1", share(), None, Linear, "the decay rate of the first moment of the bias"),
    line!(AdamBeta2, Training, "adam_beta_2", share(), None, Linear, "the decay rate of the second moment of the bias"),
    line!(AdamWeightDecay, Training, "adam_weight_decay", float(0.0, 1e6), None, Log, "the weight decay of the bias"),
    line!(
        AdamLrRatio,
        Training,
        "adam_lr_ratio",
        float(0.0, 1e6),
        None,
        Log,
        "the learning rate of the bias, relative to that of the weight"
    ),
    line!(MuonA, Training, "muon_a", float(-1e6, 1e6), None, Linear, "the coefficient of x in the Newton-Schulz iteration"),
    line!(MuonB, Training, "muon_b", float(-1e6, 1e6), None, Linear, "the coefficient of x³ in the Newton-Schulz iteration"),
    line!(MuonC, Training, "muon_c", float(-1e6, 1e6), None, Linear, "the coefficient of x⁵ in the Newton-Schulz iteration"),
    line!(
        NsSteps,
        Training,
        "ns_steps",
        Kind::Integer { min: 0, max: NS_STEPS_MAX },
        None,
        Linear,
        "the number of Newton-Schulz iterations"
    ),
    line!(RmsRate, Training, "rms_rate", float(0.0, 1e6), None, Log, "the root mean square of an update at learning rate 1"),
    line!(
        WeightDecay,
        Training,
        "weight_decay",
        optional(1e6),
        None,
        Log,
        "the decoupled weight decay: each update subtracts this times rate times parameter"
    ),
    line!(Clipnorm, Training, "clipnorm", optional(1e12), None, Log, "the largest norm of each gradient"),
    line!(Clipvalue, Training, "clipvalue", optional(1e12), None, Log, "the largest magnitude of each gradient"),
    line!(GlobalClipnorm, Training, "global_clipnorm", optional(1e12), None, Log, "the largest norm of both gradients together"),
    line!(UseEma, Training, "use_ema", Kind::Boolean, None, Category, "whether to end with the moving average of the parameters"),
    line!(EmaMomentum, Training, "ema_momentum", float(0.0, 1.0), None, Linear, "the decay rate of the moving average"),
    line!(
        EmaOverwriteFrequency,
        Training,
        "ema_overwrite_frequency",
        optional_count(1),
        None,
        Log,
        "the number of updates after which the average replaces the parameters"
    ),
    line!(
        GradientAccumulationSteps,
        Training,
        "gradient_accumulation_steps",
        optional_count(2),
        None,
        Log,
        "the number of batches whose mean gradient makes one update"
    ),
    line!(
        ScheduleName,
        Schedule,
        "name",
        Kind::Choice(&Schedule::NAMES),
        Some(Value::Choice("none")),
        Category,
        "how the learning rate changes from batch to batch"
    ),
    line!(DecaySteps, Schedule, "decay_steps", steps(1), None, Log, "the number of batches over which the rate decays"),
    line!(DecayRate, Schedule, "decay_rate", float(0.0, 1e6), None, Log, "the rate of decay in decay_steps batches"),
    line!(Staircase, Schedule, "staircase", Kind::Boolean, None, Category, "whether to decay only after every decay_steps batches"),
    line!(EndLearningRate, Schedule, "end_learning_rate", float(0.0, 1e6), None, Log, "the rate at the end of the decay"),
    line!(Power, Schedule, "power", float(0.0, 1e6), None, Linear, "the exponent of the polynomial"),
    line!(Cycle, Schedule, "cycle", Kind::Boolean, None, Category, "whether to restart the decay when it ends"),
    line!(Alpha, Schedule, "alpha", float(0.0, 1e6), None, Linear, "the rate at the end of the decay, as a fraction of the initial rate"),
    line!(WarmupTarget, Schedule, "warmup_target", optional(1e6), None, Log, "the rate at the end of the warm-up"),
    line!(WarmupSteps, Schedule, "warmup_steps", steps(0), None, Log, "the number of batches of the warm-up"),
    line!(FirstDecaySteps, Schedule, "first_decay_steps", steps(1), None, Log, "the number of batches of the first period"),
    line!(
        TMul,
        Schedule,
        "t_mul",
        Kind::Float { min: 1.0, min_open: false, max: 1e6, max_open: false },
        None,
        Linear,
        "the length of each period relative to the previous one"
    ),
    line!(MMul, Schedule, "m_mul", float(0.0, 1e6), None, Linear, "the initial rate of each period relative to the previous one"),
    line!(
        BatchSize,
        Training,
        "batch_size",
        Kind::IntegerOr { min: 1, max: i64::MAX, words: &["full"] },
        Some(Value::Integer(32)),
        Log,
        "training rows per batch"
    ),
    line!(
        Epochs,
        Training,
        "epochs",
        Kind::Integer { min: 1, max: EPOCHS_MAX },
        Some(Value::Integer(1)),
        Log,
        "passes over the training rows"
    ),
    line!(
        Shuffle,
        Training,
        "shuffle",
        Kind::Boolean,
        Some(Value::Boolean(true)),
        Category,
        "whether to shuffle the rows before each epoch"
    ),
    line!(TrainingSeed, Training, "seed", SEED, Some(Value::Integer(0)), Linear, "the seed of the batch order and of drawn initial values"),
    line!(
        InitialWeight,
        Model,
        "initial_weight",
        Kind::FloatOr { min: -DIVERGENCE_LIMIT, max: DIVERGENCE_LIMIT, words: INITIALIZERS },
        Some(Value::Choice("glorot_uniform")),
        Linear,
        "the weight before the first update"
    ),
    line!(
        InitialBias,
        Model,
        "initial_bias",
        Kind::FloatOr { min: -DIVERGENCE_LIMIT, max: DIVERGENCE_LIMIT, words: INITIALIZERS },
        Some(Value::Choice("zeros")),
        Linear,
        "the bias before the first update"
    ),
    line!(
        Activation,
        Model,
        "activation",
        Kind::Name(&Activation::NAMES, ACTIVATION_ALIASES),
        Some(Value::Choice("linear")),
        Category,
        "the function between w·x + b and the prediction"
    ),
    line!(Loss, Model, "loss", Kind::Name(&Loss::NAMES, LOSS_ALIASES), Some(Value::Choice("mse")), Category, "the loss to minimise"),
    line!(UseBias, Model, "use_bias", Kind::Boolean, Some(Value::Boolean(true)), Category, "whether the neuron has a bias"),
    line!(
        DataScale,
        Data,
        "scale",
        Kind::Choice(&["none", "standard", "min_max"]),
        Some(Value::Choice("none")),
        Category,
        "how the feature is scaled, fitted on the training rows"
    ),
    line!(DataSeed, Data, "seed", SEED, Some(Value::Integer(0)), Linear, "the seed of the train/test split"),
    line!(RngSeed, Rng, "seed", SEED, Some(Value::Integer(0)), Linear, "the seed of NumPy's RandomState under rng = \"numpy_legacy\""),
];

impl Parameter {
    /// Number of hyperparameters.
    pub const COUNT: usize = TABLE.len();

    /// The row of this hyperparameter in the table.
    pub fn facts(self) -> &'static Hyperparameter {
        &TABLE[self as usize]
    }

    /// Every hyperparameter, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|line| line.parameter)
    }

    /// The key in `[sweep.parameters]` and the name of its column: the name alone for hyperparameters of `[training]` and `[model]`,
    /// else the name qualified by its table.
    pub fn key(self) -> &'static str {
        match self {
            Self::TrainingSeed => "training.seed",
            Self::DataScale => "data.scale",
            Self::DataSeed => "data.seed",
            Self::RngSeed => "rng.seed",
            Self::ScheduleName => "schedule.name",
            Self::DecaySteps => "schedule.decay_steps",
            Self::DecayRate => "schedule.decay_rate",
            Self::Staircase => "schedule.staircase",
            Self::EndLearningRate => "schedule.end_learning_rate",
            Self::Power => "schedule.power",
            Self::Cycle => "schedule.cycle",
            Self::Alpha => "schedule.alpha",
            Self::WarmupTarget => "schedule.warmup_target",
            Self::WarmupSteps => "schedule.warmup_steps",
            Self::FirstDecaySteps => "schedule.first_decay_steps",
            Self::TMul => "schedule.t_mul",
            Self::MMul => "schedule.m_mul",
            _ => self.facts().name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (index, line) in TABLE.iter().enumerate() {
            assert_eq!(line.parameter as usize, index, "{}", line.name);
        }
    }

    #[test]
    fn keys_are_unique() {
        let mut keys: Vec<_> = Parameter::all().map(Parameter::key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Parameter::COUNT);
    }
}
