//! Activations by name. The formulas are in `kernel::activations`.

/// An activation of Keras 3, with Keras' defaults for its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the names of Keras")]
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

// Keras' string names.
named!(Activation by eq: Linear "linear", Sigmoid "sigmoid", Tanh "tanh", Relu "relu", Relu6 "relu6", LeakyRelu "leaky_relu", Elu "elu", Selu "selu", Softplus "softplus", Softsign "softsign", Silu "silu", Gelu "gelu", Mish "mish", Exponential "exponential", HardSigmoid "hard_sigmoid");

impl Activation {
    /// Whether φ(z) decreases without bound as z → −∞.
    pub fn is_unbounded_below(self) -> bool {
        matches!(self, Self::Linear | Self::LeakyRelu)
    }
}

/// Keras' other names.
pub const ACTIVATION_ALIASES: &[(&str, &str)] = &[("swish", "silu")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_the_enum() {
        assert_eq!(Activation::ALL.len(), Activation::NAMES.len());
        for (index, activation) in Activation::ALL.into_iter().enumerate() {
            assert_eq!((activation as usize, Activation::from_name(activation.name())), (index, Some(activation)));
            // The name is that of the variant.
            assert_eq!(format!("{activation:?}").to_lowercase(), activation.name().replace('_', ""));
        }
        assert!(ACTIVATION_ALIASES.iter().all(|(_, name)| Activation::NAMES.contains(name)));
    }
}
