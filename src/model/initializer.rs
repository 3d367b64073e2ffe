//! Keras' initializers of a 1×1 kernel and of a bias, as functions of uniform random numbers.

/// A distribution of initial values.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are the arguments of Keras")]
pub enum Initializer {
    /// Uniform between `min` and `max`.
    Uniform {
        min: f64,
        max: f64,
    },
    Normal {
        mean: f64,
        stddev: f64,
    },
    /// Normal, drawn again while it is more than two standard deviations from the mean.
    TruncatedNormal {
        mean: f64,
        stddev: f64,
    },
}

/// An initial value: a number, or drawn from a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// A fixed number.
    Number(f64),
    /// A random number.
    Drawn(Initializer),
}

/// Keras' string names.
pub const INITIALIZERS: &[&str] = &[
    "zeros",
    "ones",
    "constant",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "random_uniform",
    "random_normal",
    "truncated_normal",
];

/// The standard deviation of a standard normal distribution truncated at ±2. Keras divides by it.
const TRUNCATED: f64 = 0.879_625_661_034_239_8;

impl Start {
    /// The initializer of a name of [`INITIALIZERS`], with Keras' default arguments. The variance of variance-scaling initializers is
    /// `scale`, because a single weight has one input and one output.
    pub fn from_name(name: &str) -> Option<Self> {
        let uniform = |scale: f64| {
            let limit = (3.0 * scale).sqrt();
            Self::Drawn(Initializer::Uniform { min: -limit, max: limit })
        };
        let normal = |scale: f64| Self::Drawn(Initializer::TruncatedNormal { mean: 0.0, stddev: scale.sqrt() / TRUNCATED });
        Some(match name {
            "zeros" | "constant" => Self::Number(0.0),
            "ones" => Self::Number(1.0),
            "glorot_uniform" | "lecun_uniform" => uniform(1.0),
            "glorot_normal" | "lecun_normal" => normal(1.0),
            "he_uniform" => uniform(2.0),
            "he_normal" => normal(2.0),
            "random_uniform" => Self::Drawn(Initializer::Uniform { min: -0.05, max: 0.05 }),
            "random_normal" => Self::Drawn(Initializer::Normal { mean: 0.0, stddev: 0.05 }),
            "truncated_normal" => Self::Drawn(Initializer::TruncatedNormal { mean: 0.0, stddev: 0.05 }),
            _ => return None,
        })
    }
}

impl Initializer {
    /// Draws an initial value, from uniform numbers in [0, 1).
    pub fn draw(self, mut unit: impl FnMut() -> f64) -> f64 {
        match self {
            Self::Uniform { min, max } => f64::midpoint(min, max) + 0.5 * (max - min) * (2.0 * unit() - 1.0),
            Self::Normal { mean, stddev } => mean + stddev * normal(&mut unit),
            Self::TruncatedNormal { mean, stddev } => loop {
                let value = normal(&mut unit);
                if value.abs() <= 2.0 {
                    return mean + stddev * value;
                }
            },
        }
    }
}

/// A standard normal number, by the Box–Muller transform.
fn normal(unit: &mut impl FnMut() -> f64) -> f64 {
    let radius = (-2.0 * libm::log(1.0 - unit())).sqrt();
    radius * libm::cos(2.0 * std::f64::consts::PI * unit())
}

impl std::fmt::Display for Initializer {
    /// Writes the initializer in the notation of the config.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Uniform { min, max } => write!(f, "{{ name = \"random_uniform\", minval = {min}, maxval = {max} }}"),
            Self::Normal { mean, stddev } => write!(f, "{{ name = \"random_normal\", mean = {mean}, stddev = {stddev} }}"),
            Self::TruncatedNormal { mean, stddev } => write!(f, "{{ name = \"truncated_normal\", mean = {mean}, stddev = {stddev} }}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Stream, Threefry};

    #[test]
    fn draws_have_keras_means_variances_and_limits() {
        // The scaling ones have variance 1 or 2, whatever the distribution: that is what their division by 0.8796 is for.
        for (name, variance, limit) in [
            ("glorot_uniform", 1.0, 3.0_f64.sqrt()),
            ("glorot_normal", 1.0, 2.0 / TRUNCATED),
            ("he_uniform", 2.0, 6.0_f64.sqrt()),
            ("he_normal", 2.0, 2.0 * 2.0_f64.sqrt() / TRUNCATED),
            ("lecun_uniform", 1.0, 3.0_f64.sqrt()),
            ("lecun_normal", 1.0, 2.0 / TRUNCATED),
            ("random_uniform", 0.05 * 0.05 / 3.0, 0.05),
            ("random_normal", 0.05 * 0.05, f64::INFINITY),
            ("truncated_normal", (0.05 * TRUNCATED).powi(2), 0.1),
        ] {
            let Some(Start::Drawn(initializer)) = Start::from_name(name) else { panic!("{name}") };
            let count = 100_000;
            let draws: Vec<f64> = (0..count)
                .map(|seed| {
                    let mut words = Threefry::new(seed, Stream::InitialWeight, 0);
                    initializer.draw(|| words.unit())
                })
                .collect();
            let mean = draws.iter().sum::<f64>() / f64::from(count);
            let spread = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / f64::from(count);
            // Four standard errors of a mean and, at most, of a variance.
            assert!(mean.abs() <= 4.0 * (variance / f64::from(count)).sqrt(), "{name}: {mean}");
            assert!((spread / variance - 1.0).abs() <= 4.0 * (2.0 / f64::from(count)).sqrt(), "{name}: {spread} against {variance}");
            assert!(draws.iter().all(|draw| draw.abs() <= limit), "{name}");
        }
    }

    #[test]
    fn every_name_is_known() {
        assert!(INITIALIZERS.iter().all(|name| Start::from_name(name).is_some()));
        assert_eq!(Start::from_name("constant"), Some(Start::Number(0.0)));
    }
}
