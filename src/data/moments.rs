//! Moments of a batch about a centre: sufficient statistics for the gradient and the mean squared error of a linear neuron.
//!
//! With `r = y − (w₀x + b₀)` about a centre line and `u = x − x₀`, a step needs only the means of u, u², r, ru and r².
//! They are summed in float64 and rounded once. Near the valley floor this keeps the digits that moments about 0 lose to cancellation.

use bytemuck::{Pod, Zeroable};

/// The centre of moments: a line (the least-squares line, rounded) and an abscissa (the mean, rounded).
#[derive(Clone, Copy, Debug, PartialEq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Centre {
    /// Weight of the centre.
    pub weight: f32,
    /// Bias of the centre.
    pub bias: f32,
    /// Abscissa of the centre.
    pub x: f32,
    /// Pads the layout to 16 bytes, the alignment of a WGSL vec4.
    pub padding: f32,
}

impl Centre {
    /// Rounds a centre to float32.
    pub fn new(weight: f64, bias: f64, x: f64) -> Self {
        Self { weight: weight as f32, bias: bias as f32, x: x as f32, padding: 0.0 }
    }

    /// A centre on a line, at the mean abscissa, or at 0 if the mean is within a standard deviation of 0, as for standardised data:
    /// centring saves no digits there, and the gradient needs fewer operations without it.
    pub fn about(weight: f64, bias: f64, mean: f64, variance: f64) -> Self {
        Self::new(weight, bias, if mean * mean <= variance { 0.0 } else { mean })
    }

    /// Whether the abscissa is 0.
    pub fn is_origin(&self) -> bool {
        self.x == 0.0
    }
}

/// The moments of a batch, multiplied by the constant factors of the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Moments {
    /// 2·mean(u)
    pub u: f32,
    /// 2·mean(u²)
    pub uu: f32,
    /// 2·mean(r)
    pub r: f32,
    /// 2·mean(ru)
    pub ru: f32,
    /// mean(r²)
    pub rr: f32,
    /// The number of rows of the batch.
    pub rows: f32,
}

/// Rows relative to a centre: u and r of each, in float64.
#[derive(Clone, Debug)]
pub struct Centred {
    u: Vec<f64>,
    r: Vec<f64>,
}

impl Centred {
    /// The moments of the rows of a batch about `centre`.
    pub fn new(x: &[f32], y: &[f32], centre: &Centre) -> Self {
        let (weight, bias, middle) = (f64::from(centre.weight), f64::from(centre.bias), f64::from(centre.x));
        Self {
            u: x.iter().map(|&x| f64::from(x) - middle).collect(),
            r: x.iter().zip(y).map(|(&x, &y)| f64::from(y) - weight.mul_add(f64::from(x), bias)).collect(),
        }
    }

    /// The contribution of a row to the sums of u, u², r, ru and r².
    #[inline]
    pub fn terms(&self, position: usize) -> [f64; 5] {
        let (u, r) = (self.u[position], self.r[position]);
        [u, u * u, r, r * u, r * r]
    }

    /// The moments of the rows at `positions`, summed in that order.
    pub fn moments(&self, positions: impl ExactSizeIterator<Item = usize>) -> Moments {
        let n = positions.len() as f64;
        let mut sums = [0.0_f64; 5];
        for position in positions {
            let terms = self.terms(position);
            for i in 0..5 {
                sums[i] += terms[i];
            }
        }
        let [u, uu, r, ru, rr] = [sums[0] / n, sums[1] / n, sums[2] / n, sums[3] / n, sums[4] / n];
        Moments { u: (2.0 * u) as f32, uu: (2.0 * uu) as f32, r: (2.0 * r) as f32, ru: (2.0 * ru) as f32, rr: rr as f32, rows: n as f32 }
    }

    /// The moments of all rows.
    pub fn total(&self) -> Moments {
        self.moments(0..self.u.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Sums of small integers are exact, so the moments are those of integer arithmetic, rounded.
        #[test]
        fn moments_of_integers_are_exact(
            rows in prop::collection::vec((-100_i32..100, -100_i32..100), 1..50),
            (weight, bias, middle) in (-9_i32..9, -9_i32..9, -50_i32..50),
        ) {
            let (x, y): (Vec<f32>, Vec<f32>) = rows.iter().map(|&(x, y)| (x as f32, y as f32)).unzip();
            let centre = Centre::new(weight.into(), bias.into(), middle.into());
            let moments = Centred::new(&x, &y, &centre).total();
            let mut sums = [0_i32; 5];
            for &(x, y) in &rows {
                let (u, r) = (x - middle, y - weight * x - bias);
                for (sum, term) in sums.iter_mut().zip([u, u * u, r, r * u, r * r]) {
                    *sum += term;
                }
            }
            let mean = |sum: i32| f64::from(sum) / rows.len() as f64;
            let twice = |sum: i32| (2.0 * mean(sum)) as f32;
            let [u, uu, r, ru, rr] = sums;
            let expected =
                Moments { u: twice(u), uu: twice(uu), r: twice(r), ru: twice(ru), rr: mean(rr) as f32, rows: rows.len() as f32 };
            prop_assert_eq!(moments, expected);
        }

        /// The moments are sufficient: the mean squared error of every line follows from them.
        #[test]
        fn the_error_of_a_line_follows_from_moments(
            rows in prop::collection::vec((-3.0_f32..3.0, -3.0_f32..3.0), 1..50),
            (weight, bias, middle) in (-2.0_f32..2.0, -2.0_f32..2.0, -2.0_f32..2.0),
            (w, b) in (-2.0_f64..2.0, -2.0_f64..2.0),
        ) {
            let (x, y): (Vec<f32>, Vec<f32>) = rows.into_iter().unzip();
            let centre = Centre { weight, bias, x: middle, padding: 0.0 };
            let of = Centred::new(&x, &y, &centre).total();
            let [u, uu, r, ru, rr] = [of.u, of.uu, of.r, of.ru, of.rr].map(f64::from);
            let slope = w - f64::from(weight);
            let offset = b - f64::from(bias) + slope * f64::from(middle);
            let cost = rr - offset * r - slope * ru + offset * offset + offset * slope * u + slope * slope * uu / 2.0;
            let squares = x.iter().zip(&y).map(|(&x, &y)| (f64::from(y) - w * f64::from(x) - b).powi(2));
            let expected = squares.sum::<f64>() / x.len() as f64;
            // Five terms below 1,000, each rounded to float32.
            prop_assert!((cost - expected).abs() < 5.0 * 1000.0 * f64::from(f32::EPSILON), "{cost} and {expected}");
        }
    }
}
