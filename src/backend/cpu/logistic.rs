//! The surface of a logistic neuron (a sigmoid under the binary crossentropy), whose exponentials come apart:
//!
//! ```text
//! ln(1 + e^(wx+b)) = ln(1 + e^(wx)·e^b)        Σ ln(1 + eᵢ) = ln Π (1 + eᵢ)
//! ```
//!
//! So a row costs a cell a multiplication and a fused multiply-add instead of two elementary functions. In float64, where 1 + e keeps what
//! small losses are made of. A row of label 1 has softplus(−z), so that a loss near 0 is not a difference of large numbers; other labels
//! add a multiple of z.

use rayon::prelude::*;

use super::evaluate;
use super::rows::Direct;
use super::simd::{Loop, Simd};
use super::tile::TILE;
use crate::kernel::functions::log_of_one_and;
use crate::model::Rows;

/// Biases whose cells one pass over the data fills.
const LEVELS: usize = 2;

/// Rows whose factors a thread makes at once.
const TOGETHER: usize = 64;

/// The largest |wx| and |b| whose exponentials are taken apart: their product stays a number.
const LARGEST: f64 = 350.0;

/// Rows in the order of their signs, and what all cells share.
struct Data {
    /// x of the rows below label ½, then −x of the others.
    x: Vec<f64>,
    /// How many are below ½.
    below: usize,
    largest: f64,
    /// Multiples of weight and bias that labels other than 0 and 1 add.
    slope: [f64; 2],
}

impl Data {
    fn new(rows: &Rows) -> Self {
        let pairs = || rows.x.iter().zip(&rows.y).map(|(&x, &y)| (f64::from(x), f64::from(y)));
        let mut x: Vec<f64> = pairs().filter(|row| row.1 < 0.5).map(|row| row.0).collect();
        let below = x.len();
        x.extend(pairs().filter(|row| row.1 >= 0.5).map(|row| -row.0));
        let mut slope = [0.0; 2];
        for (x, y) in pairs() {
            let rest = if y < 0.5 { -y } else { 1.0 - y };
            slope[0] += rest * x;
            slope[1] += rest;
        }
        let largest = x.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
        Self { x, below, largest, slope }
    }

    /// The largest |z| that some cells can have; `None` where their exponentials do not come apart.
    fn steepest(&self, weights: &[f64], bias: &[f64]) -> Option<f64> {
        let largest = |values: &[f64]| values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let [along, level] = [largest(weights) * self.largest, largest(bias)];
        (along <= LARGEST && level <= LARGEST).then_some(along + level)
    }
}

/// J over `rows`, of which there is one at least, `[bias][weight]`. Cells whose exponentials do not come apart are summed row by row.
pub fn surface(simd: Simd, direct: &Direct, rows: &Rows, weight: &[f64], bias: &[f64], cells: &mut [f32]) {
    let data = Data::new(rows);
    let mut factors = vec![[0.0; TILE]; data.x.len()];
    for (panel, weights) in weight.chunks(TILE).enumerate() {
        let first = panel * TILE;
        if data.steepest(weights, &[]).is_some() {
            factors.par_chunks_mut(TOGETHER).zip(data.x.par_chunks(TOGETHER)).for_each(|(lines, x)| {
                simd.run_loop(Factors { x, weights, lines });
            });
        }
        cells.par_chunks_mut((weight.len() * LEVELS).max(1)).zip(bias.par_chunks(LEVELS)).for_each(|(cells, bias)| {
            let mut lines: [&mut [f32]; LEVELS] = Default::default();
            let own = cells.chunks_mut(weight.len()).map(|line| &mut line[first..first + weights.len()]);
            lines.iter_mut().zip(own).for_each(|(line, own)| *line = own);
            match data.steepest(weights, bias) {
                Some(steepest) => simd.run_loop(Cells { data: &data, factors: &factors, steepest, weights, bias, lines }),
                None => lines.into_iter().zip(bias).for_each(|(line, &b)| evaluate::line(direct, rows, weights, b, line)),
            }
        });
    }
}

/// Fills e^(wx) at the weights of a panel, a line for each row.
struct Factors<'a> {
    x: &'a [f64],
    weights: &'a [f64],
    lines: &'a mut [[f64; TILE]],
}

impl Loop for Factors<'_> {
    #[inline(always)]
    fn run(self) {
        let mut weights = [0.0; TILE];
        weights[..self.weights.len()].copy_from_slice(self.weights);
        for (line, x) in self.lines.iter_mut().zip(self.x) {
            for l in 0..TILE {
                line[l] = exponential(weights[l] * x);
            }
        }
    }
}

/// eᶻ for |z| up to [`LARGEST`], within 1e-11 of it: Taylor's series about the nearest multiple of ln 2. Loops of it become vectors.
#[inline(always)]
fn exponential(z: f64) -> f64 {
    /// Adding 1.5·2⁵² leaves a small number rounded to an integer in the last bits.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    const TAYLOR: [f64; 9] = [1.0 / 362_880.0, 1.0 / 40_320.0, 1.0 / 5_040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0];
    let z = if z > LARGEST { LARGEST } else { z };
    let z = if z < -LARGEST { -LARGEST } else { z };
    let rounded = z.mul_add(std::f64::consts::LOG2_E, ROUNDER);
    let r = (rounded - ROUNDER).mul_add(-std::f64::consts::LN_2, z);
    let mut p = 1.0 / 3_628_800.0;
    for c in TAYLOR {
        p = f64::mul_add(p, r, c);
    }
    let exponent = rounded.to_bits().wrapping_sub(ROUNDER.to_bits());
    p.mul_add(r, 1.0) * f64::from_bits(exponent.wrapping_add(1023) << 52)
}

/// A panel's cells at a few biases.
struct Cells<'a> {
    data: &'a Data,
    factors: &'a [[f64; TILE]],
    /// The largest |z| of a row.
    steepest: f64,
    weights: &'a [f64],
    bias: &'a [f64],
    lines: [&'a mut [f32]; LEVELS],
}

impl Loop for Cells<'_> {
    #[inline(always)]
    fn run(self) {
        let Self { data, factors, steepest, weights, bias, lines } = self;
        // So many factors of at most 1 + e^z, on top of one below 2, stay below the largest number.
        let together = (1020.0 / (steepest / std::f64::consts::LN_2 + 1.0)) as usize;
        let [mut up, mut down] = [[0.0; LEVELS]; 2];
        for (j, &b) in bias.iter().enumerate() {
            (up[j], down[j]) = (exponential(b), exponential(-b));
        }
        let mut products = Products { mantissa: [[1.0; TILE]; LEVELS], exponent: [[0; TILE]; LEVELS] };
        for (rows, levels) in [(&factors[..data.below], up), (&factors[data.below..], down)] {
            for rows in rows.chunks(together) {
                products.take(rows, levels);
            }
        }
        for (j, (line, &b)) in lines.into_iter().zip(bias).enumerate() {
            for (l, (cell, w)) in line.iter_mut().zip(weights).enumerate() {
                let linear = data.slope[0] * w + data.slope[1] * b;
                let mean = ((products.logarithm(j, l) + linear) / factors.len() as f64) as f32;
                *cell = if mean <= f32::MAX { mean } else { f32::MAX };
            }
        }
    }
}

/// Products as they grow: mantissas between 1 and 2, and exponents of two.
struct Products {
    mantissa: [[f64; TILE]; LEVELS],
    exponent: [[i64; TILE]; LEVELS],
}

impl Products {
    /// Multiplies by 1 + factor·level of each row.
    #[inline(always)]
    fn take(&mut self, rows: &[[f64; TILE]], levels: [f64; LEVELS]) {
        for row in rows {
            for (products, level) in self.mantissa.iter_mut().zip(levels) {
                for l in 0..TILE {
                    products[l] = (row[l] * level).mul_add(products[l], products[l]);
                }
            }
        }
        const ONE: u64 = 1.0_f64.to_bits();
        const MANTISSA: u64 = (1 << 52) - 1;
        for (products, exponents) in self.mantissa.iter_mut().zip(&mut self.exponent) {
            for l in 0..TILE {
                let bits = products[l].to_bits();
                exponents[l] += (bits >> 52) as i64 - (ONE >> 52) as i64;
                products[l] = f64::from_bits(bits & MANTISSA | ONE);
            }
        }
    }

    #[inline(always)]
    fn logarithm(&self, j: usize, l: usize) -> f64 {
        let rest = log_of_one_and((self.mantissa[j][l] - 1.0) as f32);
        (self.exponent[j][l] as f64).mul_add(std::f64::consts::LN_2, f64::from(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_libms() {
        let worst = (-35_000..=35_000).map(|i| f64::from(i) * 0.01).map(|z| (exponential(z) / libm::exp(z) - 1.0).abs());
        let worst = worst.fold(0.0, f64::max);
        assert!(worst > 0.0 && worst <= 1e-11, "{worst:e}");
    }
}
