//! The neuron ŷ = φ(w·x + b) and its loss: with the data, what makes a problem.

use super::{Activation, Loss};

/// What is trained, without its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Neuron {
    pub activation: Activation,
    pub loss: Loss,
    /// Without: b stays 0.
    pub use_bias: bool,
    /// Whether all labels are 0 or 1: a hinge reads them as −1 and 1.
    pub bits: bool,
}

impl Neuron {
    /// The linear neuron under the mean squared error, whose cost is a paraboloid.
    pub const LINEAR: Self = Self { activation: Activation::Linear, loss: Loss::Mse, use_bias: true, bits: false };

    /// Whether J is the paraboloid of `model::Quadratic`: gradients come from moments, the optimum from a formula.
    pub fn is_quadratic(&self) -> bool {
        self.activation == Activation::Linear && self.loss == Loss::Mse && self.use_bias
    }

    /// The same neuron on these labels.
    pub fn on(self, mut labels: impl Iterator<Item = f64>) -> Self {
        Self { bits: labels.all(|label| label == 0.0 || label == 1.0), ..self }
    }
}
