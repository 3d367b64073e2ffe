//! Losses by name, and the labels that each of them accepts. The formulas are in `kernel::losses`.

/// A loss of Keras 3, with Keras' defaults for its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the names of Keras")]
pub enum Loss {
    Mse,
    Mae,
    Huber,
    LogCosh,
    BinaryCrossentropy,
    Hinge,
    SquaredHinge,
    Mape,
    Msle,
    Poisson,
}

// Keras' string names.
named!(Loss by eq: Mse "mse", Mae "mae", Huber "huber", LogCosh "log_cosh", BinaryCrossentropy "binary_crossentropy", Hinge "hinge", SquaredHinge "squared_hinge", Mape "mape", Msle "msle", Poisson "poisson");

/// Keras' other names.
pub const LOSS_ALIASES: &[(&str, &str)] = &[
    ("mean_squared_error", "mse"),
    ("MSE", "mse"),
    ("mean_absolute_error", "mae"),
    ("MAE", "mae"),
    ("mean_absolute_percentage_error", "mape"),
    ("MAPE", "mape"),
    ("mean_squared_logarithmic_error", "msle"),
    ("MSLE", "msle"),
    ("bce", "binary_crossentropy"),
    ("BCE", "binary_crossentropy"),
];

/// The labels that a loss accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// Any number.
    Any,
    /// Probabilities, from 0 to 1.
    Probability,
    /// Two classes: −1 and 1, or 0 and 1.
    TwoClasses,
    /// Numbers of at least 0.
    NotNegative,
}

/// A label that a loss does not accept.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the loss {loss} needs labels that are {rule}, but line {line} of the data file has {value}", loss = .loss.name(), rule = .loss.labels().rule())]
pub struct LabelError {
    /// The loss that refuses the label.
    pub loss: Loss,
    /// The line of the data file, from 1.
    pub line: u64,
    /// The label.
    pub value: f64,
}

impl Labels {
    /// The accepted labels, in words.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Any => "any number",
            Self::Probability => "between 0 and 1",
            Self::TwoClasses => "all −1 or 1, or all 0 or 1",
            Self::NotNegative => "at least 0",
        }
    }
}

impl Loss {
    /// The labels that the loss accepts.
    pub fn labels(self) -> Labels {
        match self {
            Self::Mse | Self::Mae | Self::Huber | Self::LogCosh | Self::Mape => Labels::Any,
            Self::BinaryCrossentropy => Labels::Probability,
            Self::Hinge | Self::SquaredHinge => Labels::TwoClasses,
            Self::Msle | Self::Poisson => Labels::NotNegative,
        }
    }

    /// Returns an error for the first label that the loss does not accept. `labels` are lines of the data file and their labels.
    ///
    /// # Errors
    ///
    /// If a label is outside the domain of the loss.
    pub fn check(self, mut labels: impl Iterator<Item = (u64, f64)> + Clone) -> Result<(), LabelError> {
        let negative = labels.clone().any(|(_, label)| label < 0.0);
        let fits = |label: f64| match self.labels() {
            Labels::Any => true,
            Labels::Probability => (0.0..=1.0).contains(&label),
            Labels::TwoClasses => label == 1.0 || label == if negative { -1.0 } else { 0.0 },
            Labels::NotNegative => label >= 0.0,
        };
        labels.find(|&(_, label)| !fits(label)).map_or(Ok(()), |(line, value)| Err(LabelError { loss: self, line, value }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_the_enum() {
        assert_eq!(Loss::ALL.len(), Loss::NAMES.len());
        for (index, loss) in Loss::ALL.into_iter().enumerate() {
            assert_eq!((loss as usize, Loss::from_name(loss.name())), (index, Some(loss)));
            assert_eq!(format!("{loss:?}").to_lowercase(), loss.name().replace('_', ""));
        }
        assert!(LOSS_ALIASES.iter().all(|(_, name)| Loss::NAMES.contains(name)));
    }

    #[test]
    fn labels_outside_the_domain_are_refused_with_their_line() {
        let row = |loss: Loss, labels: &[f64]| loss.check((0..).zip(labels.iter().copied())).err().map(|error| error.line);
        assert_eq!(row(Loss::Hinge, &[1.0, -1.0, 1.0]), None);
        assert_eq!(row(Loss::Hinge, &[1.0, 0.0, 0.0]), None);
        assert_eq!(row(Loss::Hinge, &[1.0, 0.0, -1.0]), Some(1));
        assert_eq!(row(Loss::SquaredHinge, &[1.0, 2.0]), Some(1));
        assert_eq!(row(Loss::BinaryCrossentropy, &[0.0, 0.5, 1.0, 1.5]), Some(3));
        assert_eq!(row(Loss::Poisson, &[0.0, -0.5]), Some(1));
        assert_eq!(row(Loss::Mse, &[-1e9, 3.0]), None);
    }
}
