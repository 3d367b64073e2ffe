//! Terms of the quadratic cost surface in closed form: J = J* + Var(x)·δw² + (δb + δw·x̄)².
//!
//! The terms are computed in float64. The CPU and GPU backends evaluate the cells from them in float32.

use crate::model::{Quadratic, Rows};

/// Terms of the columns and rows of a grid of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// J* + Var(x)·δw² of each weight.
    pub curve: Vec<f32>,
    /// δw·x̄ of each weight.
    pub shift: Vec<f32>,
    /// δb of each bias.
    pub bias_offsets: Vec<f32>,
}

impl Terms {
    /// The terms of the cost surface of `rows` over a grid.
    pub fn new(rows: &Rows, weight: &[f64], bias: &[f64]) -> Self {
        let wide = |column: &[f32]| column.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>();
        let quadratic = Quadratic::of(&wide(&rows.x), &wide(&rows.y));
        let deviations = || weight.iter().map(|w| w - quadratic.weight);
        Self {
            curve: deviations().map(|dw| (quadratic.loss + quadratic.var_x * dw * dw) as f32).collect(),
            shift: deviations().map(|dw| (dw * quadratic.mean_x) as f32).collect(),
            bias_offsets: bias.iter().map(|b| (b - quadratic.bias) as f32).collect(),
        }
    }
}
