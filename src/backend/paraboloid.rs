//! The terms of a surface by the closed form, for the backends that evaluate it in float32: J = J* + Var(x)·δw² + (δb + δw·x̄)².

use crate::model::{Quadratic, Rows};

/// What the cells of a column, and those of a row, share; from float64.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// J* + Var(x)·δw² of each weight.
    pub curve: Vec<f32>,
    /// δw·x̄ of each weight.
    pub tilt: Vec<f32>,
    /// δb of each bias.
    pub levels: Vec<f32>,
}

impl Terms {
    /// Of the paraboloid of `rows` over a grid.
    pub fn new(rows: &Rows, weight: &[f64], bias: &[f64]) -> Self {
        let wide = |column: &[f32]| column.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>();
        let quadratic = Quadratic::of(&wide(&rows.x), &wide(&rows.y));
        let deviations = || weight.iter().map(|w| w - quadratic.weight);
        Self {
            curve: deviations().map(|dw| (quadratic.loss + quadratic.var_x * dw * dw) as f32).collect(),
            tilt: deviations().map(|dw| (dw * quadratic.mean_x) as f32).collect(),
            levels: bias.iter().map(|b| (b - quadratic.bias) as f32).collect(),
        }
    }
}
