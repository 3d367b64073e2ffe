//! Metrics and surfaces over lanes.

use super::simd::LaneLoop;
use super::train::errors;
use crate::model::Rows;

/// MSE and MAE of `rows` at up to as many points as the slices hold.
#[derive(Debug)]
pub struct Errors<'a> {
    pub rows: &'a Rows,
    pub weight: &'a [f32],
    pub bias: &'a [f32],
    pub mse: &'a mut [f32],
    pub mae: &'a mut [f32],
}

impl LaneLoop for Errors<'_> {
    #[inline(always)]
    fn run<const N: usize>(self) {
        let count = self.rows.len() as f32;
        for first in (0..self.weight.len()).step_by(N) {
            let kept = N.min(self.weight.len() - first);
            let mut theta = [[0.0; N]; 2];
            theta[0][..kept].copy_from_slice(&self.weight[first..first + kept]);
            theta[1][..kept].copy_from_slice(&self.bias[first..first + kept]);
            let (squares, absolutes) = errors(theta, &self.rows.x, &self.rows.y);
            for l in 0..kept {
                self.mse[first + l] = squares[l] / count;
                self.mae[first + l] = absolutes[l] / count;
            }
        }
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

impl LaneLoop for SurfaceRow<'_> {
    #[inline(always)]
    fn run<const N: usize>(self) {
        for ((cell, &curve), &tilt) in self.cells.iter_mut().zip(self.curve).zip(self.tilt) {
            let level = self.level + tilt;
            let loss = level * level + curve;
            *cell = if loss <= f32::MAX { loss } else { f32::MAX };
        }
    }
}
