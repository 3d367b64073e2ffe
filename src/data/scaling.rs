//! Scaling of the feature, fitted on the training rows in float64. The target is never scaled.

/// x ↦ (x − shift) / width
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// Subtracted from each value.
    pub shift: f64,
    /// Divides each shifted value.
    pub width: f64,
}

/// An error while fitting a scale.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum ScalingError {
    #[error("the feature is {value} in every training row, so scale = \"{scale}\" would divide by zero")]
    Constant { scale: &'static str, value: f64 },
}

impl Scaling {
    /// The identity.
    pub const NONE: Self = Self { shift: 0.0, width: 1.0 };

    /// Fits `none`, `standard` ((x − mean) / population standard deviation) or `min_max` ((x − min) / (max − min)).
    ///
    /// # Errors
    ///
    /// If all values are equal, so that the scale would divide by zero.
    pub fn fit(scale: &'static str, values: impl Iterator<Item = f64> + Clone) -> Result<Self, ScalingError> {
        let n = values.clone().count() as f64;
        let min = values.clone().fold(f64::INFINITY, f64::min);
        let max = values.clone().fold(f64::NEG_INFINITY, f64::max);
        let scaling = match scale {
            "standard" => {
                let shift = values.clone().map(|v| v / n).sum::<f64>();
                let largest = (max - shift).max(shift - min).max(f64::MIN_POSITIVE);
                let square = values.map(|v| ((v - shift) / largest).powi(2)).sum::<f64>() / n;
                Self { shift, width: square.sqrt() * largest }
            }
            "min_max" => Self { shift: min, width: max - min },
            _ => Self::NONE,
        };
        if min == max && scaling != Self::NONE {
            return Err(ScalingError::Constant { scale, value: min });
        }
        Ok(scaling)
    }

    /// The scaled value of `x`.
    pub fn apply(&self, x: f64) -> f64 {
        (x - self.shift) / self.width
    }
}
