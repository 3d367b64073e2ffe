//! Hyperparameters as numbers of the kernels, rounded where Keras rounds them. Host only, and for every backend: 1 − β is rounded
//! after a float64 subtraction, βᵗ is a float32, and 1 − βᵗ is subtracted in float32.

use std::sync::Arc;

use super::RateSchedule;
use crate::model::schedule::PiecewiseRates;
use crate::model::{MissingParameter, Optimizer, Parameter, Settings};

/// A run's hyperparameters as its rule reads them; each `kernel::optimizers` file says what stands where.
pub type Coefficients<T> = [T; COEFFICIENTS];

/// Slots of [`Coefficients`]. The first is always the learning rate.
pub const COEFFICIENTS: usize = 13;

/// What a rule reads of the time: numbers that depend on the update's number t only (and on β).
pub type StepFactors<T> = [T; STEP_FACTORS];

/// Slots of [`StepFactors`].
pub const STEP_FACTORS: usize = 3;

/// The hyperparameters of a run, for its rule.
///
/// # Errors
///
/// If the settings lack a parameter.
pub fn coefficients(optimizer: Optimizer, settings: &Settings) -> Result<Coefficients<f32>, MissingParameter> {
    let number = |parameter: Parameter| settings.required_number(parameter);
    let rounded = |parameter: Parameter| number(parameter).map(|number| number as f32);
    let rest = |parameter: Parameter| number(parameter).map(|number| (1.0 - number) as f32);
    let late_rest = |parameter: Parameter| number(parameter).map(|number| 1.0 - number as f32);
    use Parameter::{
        AdamBeta1, AdamBeta2, AdamLrRatio, AdamWeightDecay, Beta, Beta1, Beta2, ClipThreshold, Epsilon, Epsilon1, Epsilon2,
        InitialAccumulatorValue, L1Regularization, L2Regularization, L2Shrinkage, LearningRate, LearningRatePower, Momentum, MuonA, MuonB,
        MuonC, NsSteps, Rho, RmsRate, WeightDecay,
    };
    let rate = rounded(LearningRate)?;
    Ok(match optimizer {
        Optimizer::Sgd => padded([rate, rounded(Momentum)?]),
        Optimizer::Rmsprop => padded([rate, rounded(Rho)?, rest(Rho)?, rounded(Momentum)?, rounded(Epsilon)?]),
        Optimizer::Adagrad => padded([rate, rounded(Epsilon)?, rounded(InitialAccumulatorValue)?]),
        Optimizer::Adadelta => padded([rate, rounded(Rho)?, rest(Rho)?, rounded(Epsilon)?]),
        Optimizer::Adam | Optimizer::Lamb => padded([rate, rest(Beta1)?, rest(Beta2)?, rounded(Epsilon)?]),
        Optimizer::Adamw => padded([rate, rest(Beta1)?, rest(Beta2)?, rounded(Epsilon)?, rounded(WeightDecay)?]),
        Optimizer::Adamax => padded([rate, rest(Beta1)?, rounded(Beta2)?, rounded(Epsilon)?]),
        Optimizer::Nadam => padded([rate, late_rest(Beta1)?, late_rest(Beta2)?, rounded(Epsilon)?]),
        Optimizer::Lion => padded([rate, rounded(Beta1)?, late_rest(Beta1)?, rounded(Beta2)?, late_rest(Beta2)?]),
        Optimizer::Ftrl => padded([
            rate,
            -rounded(LearningRatePower)?,
            rounded(InitialAccumulatorValue)?,
            rounded(L1Regularization)?,
            2.0 * rounded(L2Regularization)?,
            2.0 * rounded(L2Shrinkage)?,
            rounded(Beta)?,
        ]),
        Optimizer::Adafactor => padded([rate, rounded(Epsilon1)?, rounded(Epsilon2)?, (1.0 / number(ClipThreshold)?) as f32]),
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
            rest(AdamBeta1)?,
            rest(AdamBeta2)?,
            rounded(Epsilon)?,
            rounded(AdamLrRatio)?,
        ],
    })
}

/// The first slots; the others are 0.
fn padded<const N: usize>(slots: [f32; N]) -> Coefficients<f32> {
    let mut coefficients = [0.0; COEFFICIENTS];
    coefficients[..N].copy_from_slice(&slots);
    coefficients
}

/// What a run's factors depends on beside the number of the update: β₁ and β₂, or the decay of Adafactor, and the
/// schedule of its rate. Runs of a group with the
/// same factor inputs share a table.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorInputs {
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

    /// Equal where the factors are.
    pub fn key(&self) -> impl Eq + std::hash::Hash + use<> {
        ([self.numbers[0].to_bits(), self.numbers[1].to_bits()], self.rates.as_ref().map(RateSchedule::key))
    }

    /// The scheduled rate of batch k, from 0; `None` where the rate is constant.
    pub fn rate(&self, batch: u64) -> Option<f32> {
        self.rates.as_ref().map(|rates| rates.at(batch))
    }
}

/// The factors of a run, update by update. Products are carried in float64 and rounded to float32 at each update: the same for
/// every update number, whoever asks.
#[derive(Clone, Copy, Debug)]
pub struct StepFactorGenerator {
    /// Updates so far.
    updates: u64,
    /// β₁ᵗ and β₂ᵗ.
    powers: [f64; 2],
    /// Nadam's 0.96ᵗ, and its running product of μ.
    decay: f64,
    product: f64,
}

impl StepFactorGenerator {
    /// Before the first update.
    pub const START: Self = Self { updates: 0, powers: [1.0; 2], decay: 1.0, product: 1.0 };

    /// The factors of the next update of a run with these factor inputs; each `kernel::optimizers` file says what it reads.
    pub fn next(&mut self, optimizer: Optimizer, factor_inputs: &FactorInputs) -> StepFactors<f32> {
        self.updates += 1;
        match optimizer {
            Optimizer::Adam | Optimizer::Adamw | Optimizer::Muon => {
                let [first, second] = self.corrections(factor_inputs);
                [second.sqrt() / first, 0.0, 0.0]
            }
            Optimizer::Adamax | Optimizer::Lamb => {
                let [first, second] = self.corrections(factor_inputs);
                [first, second, 0.0]
            }
            Optimizer::Nadam => {
                let [_, second] = self.corrections(factor_inputs);
                let [ahead, now] = self.look_ahead(factor_inputs.numbers[0]);
                [ahead, now, second]
            }
            Optimizer::Adafactor => {
                let t = self.updates as f64;
                let forget = libm::pow(t, f64::from(factor_inputs.numbers[0])) as f32;
                [(1.0 / t.sqrt()) as f32, 1.0 - forget, 0.0]
            }
            Optimizer::Sgd | Optimizer::Rmsprop | Optimizer::Adadelta | Optimizer::Adagrad | Optimizer::Ftrl | Optimizer::Lion => {
                [0.0; STEP_FACTORS]
            }
        }
    }

    /// 1 − β₁ᵗ and 1 − β₂ᵗ: powers rounded to float32, and subtracted there.
    fn corrections(&mut self, factor_inputs: &FactorInputs) -> [f32; 2] {
        for (power, beta) in self.powers.iter_mut().zip(factor_inputs.numbers) {
            *power *= f64::from(beta);
        }
        self.powers.map(|power| 1.0 - power as f32)
    }

    /// Nadam's factors of m and g.
    fn look_ahead(&mut self, beta: f32) -> [f32; 2] {
        let momentum = |decay: f64| f64::from(beta * (1.0 - 0.5 * decay as f32));
        self.decay *= f64::from(0.96_f32);
        let (now, next) = (momentum(self.decay), momentum(self.decay * f64::from(0.96_f32)));
        self.product *= now;
        [(next / (1.0 - self.product * next)) as f32, ((1.0 - now) / (1.0 - self.product)) as f32]
    }
}

/// Whether the rule reads the factors at all.
pub fn has_step_factors(optimizer: Optimizer) -> bool {
    use Optimizer::{Adadelta, Adafactor, Adagrad, Adam, Adamax, Adamw, Ftrl, Lamb, Lion, Muon, Nadam, Rmsprop, Sgd};
    match optimizer {
        Adam | Adamw | Adamax | Adafactor | Nadam | Lamb | Muon => true,
        Sgd | Rmsprop | Adadelta | Adagrad | Ftrl | Lion => false,
    }
}
