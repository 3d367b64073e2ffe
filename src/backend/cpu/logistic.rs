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

/// Columns and rows of cells that one pass over the data fills: as many products as hide the latency of one.
const LANES: usize = 8;
const LEVELS: usize = 2;

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
}

/// J over `rows`, of which there is one at least, `[bias][weight]`. Cells whose exponentials do not come apart are summed row by row.
pub fn surface(simd: Simd, direct: &Direct, rows: &Rows, weight: &[f64], bias: &[f64]) -> Vec<f32> {
    let mut cells = vec![0.0; weight.len() * bias.len()];
    let data = Data::new(rows);
    for (panel, weights) in weight.chunks(TILE).enumerate() {
        let largest = weights.iter().fold(0.0, |largest: f64, w| largest.max(w.abs())) * data.largest;
        let factors = if largest <= LARGEST { factors(&data, weights) } else { Vec::new() };
        let first = panel * TILE;
        cells.par_chunks_mut((weight.len() * LEVELS).max(1)).zip(bias.par_chunks(LEVELS)).for_each(|(cells, bias)| {
            let mut lines = cells.chunks_mut(weight.len()).map(|line| &mut line[first..first + weights.len()]);
            if largest <= LARGEST && bias.iter().all(|b| b.abs() <= LARGEST) {
                let mut own: [&mut [f32]; LEVELS] = Default::default();
                own.iter_mut().zip(lines).for_each(|(own, line)| *own = line);
                simd.run_loop(Cells { data: &data, factors: &factors, largest, weights, bias, lines: own });
            } else {
                bias.iter().zip(&mut lines).for_each(|(&b, line)| evaluate::line(direct, rows, weights, b, line));
            }
        });
    }
    cells
}

/// e^(wx) of each row at a panel's weights: `[block of lanes][row][lane]`.
fn factors(data: &Data, weights: &[f64]) -> Vec<[f64; LANES]> {
    let mut factors = vec![[1.0; LANES]; data.x.len() * weights.len().div_ceil(LANES)];
    factors.par_chunks_mut(data.x.len()).zip(weights.par_chunks(LANES)).for_each(|(block, weights)| {
        for (row, x) in block.iter_mut().zip(&data.x) {
            for (factor, w) in row.iter_mut().zip(weights) {
                *factor = libm::exp(w * x);
            }
        }
    });
    factors
}

/// A panel's cells at a few biases.
struct Cells<'a> {
    data: &'a Data,
    factors: &'a [[f64; LANES]],
    /// The largest |wx| of the panel.
    largest: f64,
    weights: &'a [f64],
    bias: &'a [f64],
    lines: [&'a mut [f32]; LEVELS],
}

impl Loop for Cells<'_> {
    #[inline(always)]
    fn run(mut self) {
        let (rows, below) = (self.data.x.len(), self.data.below);
        let level = |j: usize| self.bias[j.min(self.bias.len() - 1)];
        let steepest = self.largest + self.bias.iter().fold(0.0, |largest: f64, b| largest.max(b.abs()));
        // So many factors of at most 1 + e^steepest, on top of one below 2, stay below the largest number.
        let together = (1020.0 / (steepest / std::f64::consts::LN_2 + 1.0)) as usize;
        let [mut up, mut down] = [[0.0; LEVELS]; 2];
        for j in 0..LEVELS {
            (up[j], down[j]) = (libm::exp(level(j)), libm::exp(-level(j)));
        }
        for (index, weights) in self.weights.chunks(LANES).enumerate() {
            let block = &self.factors[index * rows..(index + 1) * rows];
            let mut products = Products::ONE;
            for rows in block[..below].chunks(together) {
                products.take(rows, up);
            }
            for rows in block[below..].chunks(together) {
                products.take(rows, down);
            }
            for (j, line) in self.lines.iter_mut().enumerate().take(self.bias.len()) {
                for (l, (&w, cell)) in weights.iter().zip(&mut line[index * LANES..]).enumerate() {
                    let linear = self.data.slope[0] * w + self.data.slope[1] * level(j);
                    let mean = ((products.logarithm(j, l) + linear) / rows as f64) as f32;
                    *cell = if mean <= f32::MAX { mean } else { f32::MAX };
                }
            }
        }
    }
}

/// Products as they grow: mantissas between 1 and 2, and exponents of two.
struct Products {
    mantissa: [[f64; LANES]; LEVELS],
    exponent: [[i64; LANES]; LEVELS],
}

impl Products {
    const ONE: Self = Self { mantissa: [[1.0; LANES]; LEVELS], exponent: [[0; LANES]; LEVELS] };

    /// Multiplies by 1 + factor·level of each row.
    #[inline(always)]
    fn take(&mut self, rows: &[[f64; LANES]], levels: [f64; LEVELS]) {
        let mut products = self.mantissa;
        for row in rows {
            for j in 0..LEVELS {
                for l in 0..LANES {
                    products[j][l] = (row[l] * levels[j]).mul_add(products[j][l], products[j][l]);
                }
            }
        }
        const ONE: u64 = 1.0_f64.to_bits();
        const MANTISSA: u64 = (1 << 52) - 1;
        for j in 0..LEVELS {
            for l in 0..LANES {
                let bits = products[j][l].to_bits();
                self.exponent[j][l] += (bits >> 52) as i64 - (ONE >> 52) as i64;
                self.mantissa[j][l] = f64::from_bits(bits & MANTISSA | ONE);
            }
        }
    }

    #[inline(always)]
    fn logarithm(&self, j: usize, l: usize) -> f64 {
        let rest = log_of_one_and((self.mantissa[j][l] - 1.0) as f32);
        (self.exponent[j][l] as f64).mul_add(std::f64::consts::LN_2, f64::from(rest))
    }
}
