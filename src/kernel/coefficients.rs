//! Hyperparameters as numbers of the kernels, rounded where Keras rounds them. Host only, and for every backend: 1 − β is rounded
//! after a float64 subtraction, βᵗ is a float32, and 1 − βᵗ is subtracted in float32.

use crate::model::{Optimizer, Parameter};
use crate::space::Settings;

/// A run's hyperparameters as its rule reads them; each `kernel::optimizers` file says what stands where.
pub type Hyper<T> = [T; HYPER];

/// Slots of [`Hyper`]. The first is always the learning rate.
pub const HYPER: usize = 6;

/// What a rule reads of the time: numbers that depend on the update's number t only (and on β).
pub type Clock<T> = [T; CLOCK];

/// Slots of [`Clock`].
pub const CLOCK: usize = 1;

/// The hyperparameters of a run, for its rule.
pub fn hyper(optimizer: Optimizer, settings: &Settings) -> Hyper<f32> {
    let number = |parameter: Parameter| settings.number(parameter).unwrap_or(0.0);
    let rounded = |parameter: Parameter| number(parameter) as f32;
    let rest = |parameter: Parameter| (1.0 - number(parameter)) as f32;
    use Parameter::{Beta1, Beta2, Epsilon, LearningRate, Momentum, Rho};
    match optimizer {
        Optimizer::Sgd => [rounded(LearningRate), rounded(Momentum), 0.0, 0.0, 0.0, 0.0],
        Optimizer::Rmsprop => [rounded(LearningRate), rounded(Rho), rest(Rho), rounded(Momentum), rounded(Epsilon), 0.0],
        Optimizer::Adam => [rounded(LearningRate), rest(Beta1), rest(Beta2), rounded(Epsilon), rounded(Beta1), rounded(Beta2)],
    }
}

/// The powers of a run's β, stepped update by update. The product is carried in float64 and rounded to float32 at each step:
/// the same for every update number, whoever asks.
#[derive(Clone, Copy, Debug)]
pub struct Powers([f64; 2]);

impl Powers {
    /// Before the first update.
    pub const START: Self = Self([1.0; 2]);

    /// β₁ᵗ and β₂ᵗ at the next t, as float32.
    fn advance(&mut self, beta: [f32; 2]) -> [f32; 2] {
        for (power, beta) in self.0.iter_mut().zip(beta) {
            *power *= f64::from(beta);
        }
        self.0.map(|power| power as f32)
    }
}

/// The clock of the next update of a run with these hyperparameters. For Adam: √(1 − β₂ᵗ)/(1 − β₁ᵗ).
pub fn clock(optimizer: Optimizer, hyper: &Hyper<f32>, powers: &mut Powers) -> Clock<f32> {
    match optimizer {
        Optimizer::Sgd | Optimizer::Rmsprop => [0.0],
        Optimizer::Adam => {
            let [first, second] = powers.advance([hyper[4], hyper[5]]);
            [(1.0 - second).sqrt() / (1.0 - first)]
        }
    }
}

/// Whether the rule reads the clock at all.
pub fn has_clock(optimizer: Optimizer) -> bool {
    optimizer == Optimizer::Adam
}
