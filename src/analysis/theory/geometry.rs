//! The training rows in the coordinates of the theory.

use super::moments::STATE;
use crate::model::{Params, Problem, Quadratic};

/// The number of sums that determine the gradient of a batch: u, u², r and r·u.
pub const SUMS: usize = 4;

/// Per batch: the means of u, u², r and r·u, less their means over all rows, where u is the standardised feature and r the residual of the
/// optimum. The means over all rows are 0, 1, 0 and 0.
pub type BatchDeviation = [f64; SUMS];

/// The training rows about the optimum, and the metric in which SGD moves.
#[derive(Clone, Debug)]
pub struct Geometry {
    optimum: Quadratic,
    /// The standard deviation of the feature.
    scale: f64,
    /// T Tᵀ for q = T (δw, δb): a gradient step in (w, b) is a step along T Tᵀ times the gradient in q.
    pub metric: [[f64; 2]; 2],
    /// The deviation of each row alone.
    pub rows: Vec<BatchDeviation>,
}

impl Geometry {
    /// The geometry of a problem; `None` unless J is a paraboloid.
    pub fn of(problem: &Problem) -> Option<Self> {
        if !problem.neuron.is_quadratic() || problem.train.is_empty() {
            return None;
        }
        let [x, y] = [&problem.train.x, &problem.train.y].map(|column| column.iter().copied().map(f64::from).collect::<Vec<f64>>());
        let optimum = Quadratic::of(&x, &y);
        let Quadratic { mean_x, mean_y, weight, .. } = optimum;
        let scale = optimum.var_x.max(0.0).sqrt();
        let level = 1.0 + mean_x * mean_x;
        let row = |(x, y): (f64, f64)| {
            let residual = (y - mean_y) - weight * (x - mean_x);
            if scale > 0.0 {
                let u = (x - mean_x) / scale;
                [u, u * u - 1.0, residual, residual * u]
            } else {
                [0.0, 0.0, residual, 0.0]
            }
        };
        // For a constant feature q₀ is always 0. A positive entry lets its recursion contract, so that limits exist.
        let first = if scale > 0.0 { scale * scale } else { level };
        let metric = [[first, scale * mean_x], [scale * mean_x, level]];
        Some(Self { optimum, scale, metric, rows: x.iter().copied().zip(y).map(row).collect() })
    }

    /// z at a point (w, b) without velocity.
    pub fn state(&self, Params([weight, bias]): Params<f64>) -> [f64; STATE] {
        let (dw, db) = (weight - self.optimum.weight, bias - self.optimum.bias);
        [self.scale * dw, db + self.optimum.mean_x * dw, 0.0, 0.0, 1.0]
    }

    /// The covariance of the deviations of two rows that are drawn without replacement is −1/n times this matrix, that of a row with itself
    /// (1 − 1/n) times.
    pub fn covariance(&self) -> [[f64; SUMS]; SUMS] {
        let mut covariance = [[0.0; SUMS]; SUMS];
        for row in &self.rows {
            for k in 0..SUMS {
                for l in 0..SUMS {
                    covariance[k][l] += row[k] * row[l];
                }
            }
        }
        let degrees = self.rows.len().saturating_sub(1).max(1) as f64;
        covariance.map(|row| row.map(|value| value / degrees))
    }

    /// The largest eigenvalue of the Hessian of J.
    pub fn largest_curvature(&self) -> f64 {
        self.optimum.eigenvalues[1]
    }
}
