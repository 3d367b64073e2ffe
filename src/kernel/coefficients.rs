//! Hyperparameters as coefficients of the kernels, rounded to float32 where Keras rounds them. The host computes them for every backend.
//!
//! 1 − β is subtracted in float64 and then rounded. βᵗ is rounded to float32, and 1 − βᵗ is subtracted in float32.

use std::sync::Arc;

use super::RateSchedule;
use crate::model::schedule::PiecewiseRates;
use crate::model::{MissingParameter, Optimizer, Parameter, Settings};

/// The coefficients of a run's update rule. Each file of `kernel::optimizers` documents its slots.
pub type Coefficients<T> = [T; COEFFICIENTS];

/// Number of slots of [`Coefficients`]. The first slot is the learning rate of every rule.
pub const COEFFICIENTS: usize = 13;

/// The step factors of a rule: numbers such as bias corrections, which depend only on the index t of the update and on [`FactorInputs`].
pub type StepFactors<T> = [T; STEP_FACTORS];

/// Number of slots of [`StepFactors`].
pub const STEP_FACTORS: usize = 3;

/// The coefficients of a run.
///
/// # Errors
///
/// If the settings lack a parameter.
pub fn coefficients(optimizer: Optimizer, settings: &Settings) -> Result<Coefficients<f32>, MissingParameter> {
    let number = |parameter: Parameter| settings.required_number(parameter);
    let rounded = |parameter: Parameter| number(parameter).map(|number| number as f32);
    let complement = |parameter: Parameter| number(parameter).map(|number| (1.0 - number) as f32);
    let complement_of_rounded = |parameter: Parameter| number(parameter).map(|number| 1.0 - number as f32);
    use Parameter::{
        AdamBeta1, AdamBeta2, AdamLrRatio, AdamWeightDecay, Beta, Beta1, Beta2, ClipThreshold, Epsilon, Epsilon1, Epsilon2,
        InitialAccumulatorValue, L1Regularization, L2Regularization, L2Shrinkage, LearningRate, LearningRatePower, Momentum, MuonA, MuonB,
        MuonC, NsSteps, Rho, RmsRate, WeightDecay,
    };
    let rate = rounded(LearningRate)?;
    Ok(match optimizer {
        Optimizer::Sgd => zero_padded([rate, rounded(Momentum)?]),
        Optimizer::Rmsprop => zero_padded([rate, rounded(Rho)?, complement(Rho)?, rounded(Momentum)?, rounded(Epsilon)?]),
        Optimizer::Adagrad => zero_padded([rate, rounded(Epsilon)?, rounded(InitialAccumulatorValue)?]),
        Optimizer::Adadelta => zero_padded([rate, rounded(Rho)?, complement(Rho)?, rounded(Epsilon)?]),
        Optimizer::Adam | Optimizer::Lamb => zero_padded([rate, complement(Beta1)?, complement(Beta2)?, rounded(Epsilon)?]),
        Optimizer::Adamw => zero_padded([rate, complement(Beta1)?, complement(Beta2)?, rounded(Epsilon)?, rounded(WeightDecay)?]),
        Optimizer::Adamax => zero_padded([rate, complement(Beta1)?, rounded(Beta2)?, rounded(Epsilon)?]),
        Optimizer::Nadam => zero_padded([rate, complement_of_rounded(Beta1)?, complement_of_rounded(Beta2)?, rounded(Epsilon)?]),
        Optimizer::Lion => {
            zero_padded([rate, rounded(Beta1)?, complement_of_rounded(Beta1)?, rounded(Beta2)?, complement_of_rounded(Beta2)?])
        }
        Optimizer::Ftrl => zero_padded([
            rate,
            -rounded(LearningRatePower)?,
            rounded(InitialAccumulatorValue)?,
            rounded(L1Regularization)?,
            2.0 * rounded(L2Regularization)?,
            2.0 * rounded(L2Shrinkage)?,
            rounded(Beta)?,
        ]),
        Optimizer::Adafactor => zero_padded([rate, rounded(Epsilon1)?, rounded(Epsilon2)?, (1.0 / number(ClipThreshold)?) as f32]),
        Optimizer::Muon => [
            rate,
            rounded(Momentum)?,
            rounded(MuonA)?,
            rounded(MuonB)?,
            rounded(MuonC)?,
            rounded(NsSteps)?,
            rounded(RmsRate)?,
            rounded(WeightDecay)?,
            rounded(AdamWeightDecay)?,
            complement(AdamBeta1)?,
            complement(AdamBeta2)?,
            rounded(Epsilon)?,
            rounded(AdamLrRatio)?,
        ],
    })
}

/// Coefficients with zeros after the given slots.
fn zero_padded<const N: usize>(slots: [f32; N]) -> Coefficients<f32> {
    let mut coefficients = [0.0; COEFFICIENTS];
    coefficients[..N].copy_from_slice(&slots);
    coefficients
}

/// The inputs of a run's step factors: β₁ and β₂, or the decay exponent of Adafactor, and the learning-rate schedule.
///
/// Runs with equal factor inputs share a table of step factors.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorInputs {
    /// β₁ and β₂, or the decay exponent of Adafactor and 0; zeros for a rule without step factors.
    numbers: [f32; 2],
    rates: Option<RateSchedule>,
}

impl FactorInputs {
    /// The factor inputs of a run.
    ///
    /// # Errors
    ///
    /// If the settings lack a parameter.
    pub fn of(optimizer: Optimizer, settings: &Settings, piecewise: &Arc<PiecewiseRates>) -> Result<Self, MissingParameter> {
        let rounded = |parameter: Parameter| settings.required_number(parameter).map(|number| number as f32);
        use Parameter::{AdamBeta1, AdamBeta2, Beta1, Beta2, Beta2Decay};
        let numbers = match optimizer {
            _ if !has_step_factors(optimizer) => [0.0; 2],
            Optimizer::Muon => [rounded(AdamBeta1)?, rounded(AdamBeta2)?],
            Optimizer::Adafactor => [rounded(Beta2Decay)?, 0.0],
            _ => [rounded(Beta1)?, rounded(Beta2)?],
        };
        Ok(Self { numbers, rates: RateSchedule::of(settings, piecewise)? })
    }

    /// A key that is equal for equal step factors.
    pub fn key(&self) -> impl Eq + std::hash::Hash + use<> {
        ([self.numbers[0].to_bits(), self.numbers[1].to_bits()], self.rates.as_ref().map(RateSchedule::key))
    }

    /// The scheduled learning rate of a batch, counted from 0; `None` for a constant learning rate.
    pub fn rate(&self, batch: u64) -> Option<f32> {
        self.rates.as_ref().map(|rates| rates.at(batch))
    }
}

/// Generates the step factors of a run, one update after the other.
///
/// Running products are float64 and are rounded to float32 at each update, so every backend gets identical bits.
#[derive(Clone, Copy, Debug)]
pub struct StepFactorGenerator {
    /// Number of updates that were generated.
    updates: u64,
    /// β₁ᵗ and β₂ᵗ.
    powers: [f64; 2],
    /// 0.96ᵗ, for Nadam.
    decay: f64,
    /// The product of μ(1) .. μ(t), for Nadam.
    product: f64,
}

impl StepFactorGenerator {
    /// The generator before the first update.
    pub const START: Self = Self { updates: 0, powers: [1.0; 2], decay: 1.0, product: 1.0 };

    /// The step factors of the next update. Each file of `kernel::optimizers` documents its slots.
    pub fn next(&mut self, optimizer: Optimizer, factor_inputs: &FactorInputs) -> StepFactors<f32> {
        self.updates += 1;
        match optimizer {
            Optimizer::Adam | Optimizer::Adamw | Optimizer::Muon => {
                let [first, second] = self.bias_corrections(factor_inputs);
                [second.sqrt() / first, 0.0, 0.0]
            }
            Optimizer::Adamax | Optimizer::Lamb => {
                let [first, second] = self.bias_corrections(factor_inputs);
                [first, second, 0.0]
            }
            Optimizer::Nadam => {
                let [_, second] = self.bias_corrections(factor_inputs);
                let [mean, gradient] = self.nadam_factors(factor_inputs.numbers[0]);
                [mean, gradient, second]
            }
            Optimizer::Adafactor => {
                let t = self.updates as f64;
                let one_minus_beta = libm::pow(t, f64::from(factor_inputs.numbers[0])) as f32;
                [(1.0 / t.sqrt()) as f32, 1.0 - one_minus_beta, 0.0]
            }
            Optimizer::Sgd | Optimizer::Rmsprop | Optimizer::Adadelta | Optimizer::Adagrad | Optimizer::Ftrl | Optimizer::Lion => {
                [0.0; STEP_FACTORS]
            }
        }
    }

    /// The bias corrections 1 − β₁ᵗ and 1 − β₂ᵗ. The powers are rounded to float32 before the subtraction.
    fn bias_corrections(&mut self, factor_inputs: &FactorInputs) -> [f32; 2] {
        for (power, beta) in self.powers.iter_mut().zip(factor_inputs.numbers) {
            *power *= f64::from(beta);
        }
        self.powers.map(|power| 1.0 - power as f32)
    }

    /// The factors of m and g in Nadam's corrected mean.
    fn nadam_factors(&mut self, beta: f32) -> [f32; 2] {
        let momentum = |decay: f64| f64::from(beta * (1.0 - 0.5 * decay as f32));
        self.decay *= f64::from(0.96_f32);
        let (now, next) = (momentum(self.decay), momentum(self.decay * f64::from(0.96_f32)));
        self.product *= now;
        [(next / (1.0 - self.product * next)) as f32, ((1.0 - now) / (1.0 - self.product)) as f32]
    }
}

/// Whether an optimizer has step factors.
pub fn has_step_factors(optimizer: Optimizer) -> bool {
    use Optimizer::{Adadelta, Adafactor, Adagrad, Adam, Adamax, Adamw, Ftrl, Lamb, Lion, Muon, Nadam, Rmsprop, Sgd};
    match optimizer {
        Adam | Adamw | Adamax | Adafactor | Nadam | Lamb | Muon => true,
        Sgd | Rmsprop | Adadelta | Adagrad | Ftrl | Lion => false,
    }
}
