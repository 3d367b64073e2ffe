//! The activations by name. Formulas live in `kernel::activations`.

/// An activation of Keras 3, with Keras' defaults for its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Activation {
    Linear,
    Sigmoid,
    Tanh,
    Relu,
    Relu6,
    LeakyRelu,
    Elu,
    Selu,
    Softplus,
    Softsign,
    Silu,
    Gelu,
    Mish,
    Exponential,
    HardSigmoid,
}

/// Keras' string names, in the order of [`Activation::ALL`].
pub const ACTIVATIONS: &[&str] = &[
    "linear",
    "sigmoid",
    "tanh",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "softplus",
    "softsign",
    "silu",
    "gelu",
    "mish",
    "exponential",
    "hard_sigmoid",
];

/// Keras' other names.
pub const ACTIVATION_ALIASES: &[(&str, &str)] = &[("swish", "silu")];

impl Activation {
    pub const ALL: [Self; 15] = [
        Self::Linear,
        Self::Sigmoid,
        Self::Tanh,
        Self::Relu,
        Self::Relu6,
        Self::LeakyRelu,
        Self::Elu,
        Self::Selu,
        Self::Softplus,
        Self::Softsign,
        Self::Silu,
        Self::Gelu,
        Self::Mish,
        Self::Exponential,
        Self::HardSigmoid,
    ];

    /// Keras' string name.
    pub fn name(self) -> &'static str {
        ACTIVATIONS[self as usize]
    }

    /// The activation of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|activation| activation.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_the_enum() {
        assert_eq!(Activation::ALL.len(), ACTIVATIONS.len());
        for (index, activation) in Activation::ALL.into_iter().enumerate() {
            assert_eq!((activation as usize, Activation::from_name(activation.name())), (index, Some(activation)));
            // The name is that of the variant.
            assert_eq!(format!("{activation:?}").to_lowercase(), activation.name().replace('_', ""));
        }
        assert!(ACTIVATION_ALIASES.iter().all(|(_, name)| ACTIVATIONS.contains(name)));
    }
}
