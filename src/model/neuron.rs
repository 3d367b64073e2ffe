//! The neuron ŷ = φ(w·x + b) and its loss.

use super::{Activation, Loss};

/// A neuron without its parameters: activation, loss, and whether it has a bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Neuron {
    /// φ in `ŷ = φ(w·x + b)`.
    pub activation: Activation,
    /// The loss whose mean over the rows is J.
    pub loss: Loss,
    /// Whether the neuron has a bias; without one, b stays 0.
    pub use_bias: bool,
    /// Whether all labels are 0 or 1. Hinge losses map them to −1 and 1.
    pub bits: bool,
}

impl Neuron {
    /// The linear neuron with the mean squared error, whose cost is a paraboloid.
    pub const LINEAR: Self = Self { activation: Activation::Linear, loss: Loss::Mse, use_bias: true, bits: false };

    /// Whether J is the paraboloid of `model::Quadratic`. Then gradients follow from moments, and the optimum from a formula.
    pub fn is_quadratic(&self) -> bool {
        self.activation == Activation::Linear && self.loss == Loss::Mse && self.use_bias
    }

    /// The label that the loss compares with a prediction: hinge losses map 0 and 1 to −1 and 1.
    pub fn loss_label(&self, label: f64) -> f64 {
        let is_mapped = self.bits && matches!(self.loss, Loss::Hinge | Loss::SquaredHinge);
        if is_mapped { 2.0 * label - 1.0 } else { label }
    }

    /// Returns the neuron with `bits` set from the labels.
    pub fn on(self, mut labels: impl Iterator<Item = f64>) -> Self {
        Self { bits: labels.all(|label| label == 0.0 || label == 1.0), ..self }
    }
}
