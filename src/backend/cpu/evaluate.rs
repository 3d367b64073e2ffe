//! Metrics and surfaces over lanes.

use rayon::prelude::*;

use super::general::WIDTH;
use super::notes::errors;
use super::rows::{Direct, Room, Wanted};
use super::simd::Loop;
use super::tile::TILE;
use crate::model::Rows;

/// Loss, MSE and MAE of `rows` at the points of at most a tile.
pub fn means(direct: &Direct, rows: &Rows, weight: &[f32], bias: &[f32], [loss, mse, mae]: [&mut [f32]; 3]) {
    let (count, points) = (rows.len() as f32, weight.len());
    let mut theta = [[0.0; TILE]; 2];
    theta[0][..points].copy_from_slice(weight);
    theta[1][..points].copy_from_slice(bias);
    let mut room = Room::EMPTY;
    let sums = direct.sums(&mut room, [&theta[0], &theta[1]], points, &rows.x, &rows.y, Wanted::METRICS);
    for (column, sums) in [(loss, &sums.loss), (mse, &sums.square), (mae, &sums.absolute)] {
        for (mean, sum) in column.iter_mut().zip(sums) {
            *mean = sum / count;
        }
    }
}

/// The same for the linear neuron under the mean squared error, whose loss is its squared error: errors alone.
pub struct Errors<'a> {
    pub rows: &'a Rows,
    pub weight: &'a [f32],
    pub bias: &'a [f32],
    pub means: [&'a mut [f32]; 3],
}

impl Loop for Errors<'_> {
    #[inline(always)]
    fn run(self) {
        let [loss, mse, mae] = self.means;
        let count = self.rows.len() as f32;
        for offset in (0..self.weight.len()).step_by(WIDTH) {
            let own = offset..(offset + WIDTH).min(self.weight.len());
            let mut theta = [[0.0; WIDTH]; 2];
            theta[0][..own.len()].copy_from_slice(&self.weight[own.clone()]);
            theta[1][..own.len()].copy_from_slice(&self.bias[own.clone()]);
            let sums: [[f32; WIDTH]; 2] = errors([&theta[0], &theta[1]], &self.rows.x, &self.rows.y);
            for (lane, at) in own.enumerate() {
                loss[at] = sums[0][lane] / count;
                mse[at] = loss[at];
                mae[at] = sums[1][lane] / count;
            }
        }
    }
}

/// J over `rows` from the rows, `[bias][weight]`.
pub fn surface(direct: &Direct, rows: &Rows, weight: &[f64], bias: &[f64], cells: &mut [f32]) {
    cells.par_chunks_mut(weight.len().max(1)).zip(bias).for_each(|(cells, &b)| {
        cells.chunks_mut(TILE).zip(weight.chunks(TILE)).for_each(|(cells, weight)| line(direct, rows, weight, b, cells));
    });
}

/// The same for at most a tile of cells with one bias.
pub fn line(direct: &Direct, rows: &Rows, weight: &[f64], bias: f64, cells: &mut [f32]) {
    let mut theta = [[0.0; TILE], [bias as f32; TILE]];
    for (own, &w) in theta[0].iter_mut().zip(weight) {
        *own = w as f32;
    }
    let mut room = Room::EMPTY;
    let sums = direct.sums(&mut room, [&theta[0], &theta[1]], weight.len(), &rows.x, &rows.y, Wanted::LOSS);
    for (cell, sum) in cells.iter_mut().zip(&sums.loss) {
        *cell = (sum / rows.len() as f32).min(f32::MAX);
    }
}

/// One row of a surface by the closed form: J = J* + Var(x)·δw² + (δb + δw·x̄)², the terms of the columns prepared.
#[derive(Debug)]
pub struct SurfaceRow<'a> {
    /// J* + Var(x)·δw² of each column.
    pub curve: &'a [f32],
    /// δw·x̄ of each column.
    pub tilt: &'a [f32],
    /// δb
    pub level: f32,
    pub cells: &'a mut [f32],
}

impl Loop for SurfaceRow<'_> {
    #[inline(always)]
    fn run(self) {
        for ((cell, &curve), &tilt) in self.cells.iter_mut().zip(self.curve).zip(self.tilt) {
            let level = self.level + tilt;
            let loss = level * level + curve;
            *cell = if loss <= f32::MAX { loss } else { f32::MAX };
        }
    }
}
