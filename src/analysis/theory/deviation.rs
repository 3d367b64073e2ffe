//! The distribution of J − J* after an update, from the first two moments of the deviation from the optimum.

use std::sync::LazyLock;

use super::moments::OBSERVED;

/// The moments of the deviation from the optimum after an update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deviation {
    /// E[q₀²], E[q₀q₁], E[q₁²], E[q₀], E[q₁]
    moments: [f64; OBSERVED],
}

/// The number of points that represent a bivariate normal distribution: a Fibonacci lattice, in which point i has the i-th of [`POINTS`] equally
/// probable values on one axis and value i·[`STRIDE`] mod [`POINTS`] on the other. Both are Fibonacci numbers.
const POINTS: usize = 1597;
const STRIDE: usize = 987;

/// The equally probable values of the standard normal distribution: its quantiles at (i + ½)/[`POINTS`].
static NORMAL: LazyLock<[f64; POINTS]> = LazyLock::new(|| std::array::from_fn(|i| normal_quantile((i as f64 + 0.5) / POINTS as f64)));

/// The quantile of the standard normal distribution, by bisection.
fn normal_quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let below = 0.5 * libm::erfc(-middle * std::f64::consts::FRAC_1_SQRT_2);
        *(if below < probability { &mut low } else { &mut high }) = middle;
    }
    f64::midpoint(low, high)
}

impl Deviation {
    pub(super) fn new(moments: [f64; OBSERVED]) -> Self {
        Self { moments }
    }

    /// `E[J]` − J*; infinite beyond the range of float64.
    pub fn mean_excess(&self) -> f64 {
        let excess = self.moments[0] + self.moments[2];
        if excess.is_finite() { excess.max(0.0) } else { f64::INFINITY }
    }

    /// The 10 % and 90 % quantiles of J − J*, to about 2 %, for a normal distribution of weight and bias with these moments.
    ///
    /// Weight and bias are sums of many small steps, so they are nearly normal. Near the learning rate at which `E[J]` grows without bound they
    /// are not, and the lower quantile is then too high.
    pub fn band(&self) -> [f64; 2] {
        if !self.mean_excess().is_finite() {
            return [f64::INFINITY; 2];
        }
        let [first, mixed, second, mean_first, mean_second] = self.moments;
        let covariance = [first - mean_first * mean_first, mixed - mean_first * mean_second, second - mean_second * mean_second];
        let (variances, [cos, sin]) = principal_axes(covariance);
        let means = [cos * mean_first + sin * mean_second, cos * mean_second - sin * mean_first];
        let deviations = variances.map(|variance| variance.max(0.0).sqrt());
        let square = |axis: usize, value: usize| (means[axis] + deviations[axis] * NORMAL[value]).powi(2);
        let mut values: Vec<f64> = (0..POINTS).map(|i| square(0, i) + square(1, i * STRIDE % POINTS)).collect();
        [0.1, 0.9].map(|probability| {
            let place = (probability * values.len() as f64) as usize;
            *values.select_nth_unstable_by(place, f64::total_cmp).1
        })
    }
}

/// The variances along the principal axes of a covariance (first, mixed, second), and the unit vector of the first axis.
fn principal_axes([first, mixed, second]: [f64; 3]) -> ([f64; 2], [f64; 2]) {
    let angle = 0.5 * libm::atan2(2.0 * mixed, first - second);
    let (cos, sin) = (libm::cos(angle), libm::sin(angle));
    let across = 2.0 * cos * sin * mixed;
    ([cos * cos * first + across + sin * sin * second, sin * sin * first - across + cos * cos * second], [cos, sin])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// χ² with one and two degrees of freedom, for one axis and for two equal ones, in any direction. Quantiles of χ²₂ are −2 ln(1 − p).
    #[test]
    fn bands_are_those_of_chi_squared() {
        let one_axis = [[1.0, 0.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.0, 0.0], [0.2, -0.4, 0.8, 0.0, 0.0]];
        let cases = one_axis.map(|moments| (moments, [0.015_791, 2.705_543])).into_iter();
        for (moments, expected) in cases.chain([([1.0, 0.0, 1.0, 0.0, 0.0], [0.210_721, 4.605_170])]) {
            let band = Deviation::new(moments).band();
            assert!(band.iter().zip(expected).all(|(found, expected)| (found / expected - 1.0).abs() < 0.01), "{band:?} {expected:?}");
        }
    }

    #[test]
    fn a_certain_deviation_has_a_band_without_width() {
        let deviation = Deviation::new([9.0, -12.0, 16.0, 3.0, -4.0]);
        assert!(deviation.band().into_iter().all(|quantile| (quantile - 25.0).abs() < 1e-6));
        assert_eq!(deviation.mean_excess(), 25.0);
    }
}
