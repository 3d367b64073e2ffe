//! The precision of float32 for a column of data: magnitudes whose squares it can hold, and offsets that hide the variation.

use super::Quadratic;
use crate::text;

/// A column of the data that a neuron reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The input x.
    Feature,
    /// The label y.
    Target,
}

impl Column {
    /// The name in messages, which is also the key in `[data]`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Target => "target",
        }
    }

    /// The remedy for a column whose offset is too large for float32.
    pub fn offset_remedy(self, precision: &Precision) -> String {
        let subtract = format!("subtract a constant such as {} from the column", text::exact(rounded(precision.mean)));
        match self {
            Self::Feature => format!("set data.scale = \"standard\", or {subtract}"),
            Self::Target => subtract,
        }
    }
}

impl std::fmt::Display for Column {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The largest accepted magnitude: sums of squares over all rows that fit into memory stay within float32.
pub const LARGEST: f64 = 1e15;

/// The smallest accepted magnitude of a column's largest value: a millionth of its square is still a normal float32 number.
pub const SMALLEST: f64 = 1e-15;

/// Below this number of digits, rounding moves J by more than the tolerance of a converged run, about 1e-6 · Var(y).
pub const FEW_DIGITS: f64 = 3.0;

/// How exactly float32 holds the variation of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// The largest absolute value.
    pub largest: f64,
    /// The mean of the values.
    pub mean: f64,
    /// The population standard deviation before rounding.
    pub deviation: f64,
    /// The distance between neighbouring float32 numbers at the largest absolute value.
    pub spacing: f64,
}

impl Precision {
    /// The precision of a column with these values; `None` if they are all equal or there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let quadratic = Quadratic::of(values, values);
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let rounded = largest as f32;
        let spacing = f64::from(rounded.next_up()) - f64::from(rounded);
        (quadratic.var_x > 0.0).then(|| Self { largest, mean: quadratic.mean_x, deviation: quadratic.var_x.sqrt(), spacing })
    }

    /// The decimal digits that float32 keeps of the variation: log10 of the standard deviation over the largest rounding error.
    pub fn digits(&self) -> f64 {
        libm::log10(self.deviation / (0.5 * self.spacing))
    }
}

/// A number rounded to three significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}
