//! Metrics at given parameters, and cells of a cost surface.

use super::isa::Isa;
use super::rows::{PathRows, RowFunctions};
use super::vector::TILE;
use crate::model::{Params, Rows};

/// Loss, MSE and MAE of `rows` at up to [`TILE`] points.
pub fn metrics(functions: &RowFunctions, rows: &Rows, points: [&[f32]; 2], outputs: [&mut [f32]; 3]) {
    let count = points[0].len();
    let mut theta = [[0.0; TILE]; 2];
    for (column, values) in theta.iter_mut().zip(points) {
        column[..count].copy_from_slice(values);
    }
    let metrics = functions.metrics(PathRows::one(Params([&theta[0], &theta[1]]), count, rows.columns()));
    for (output, metric) in outputs.into_iter().zip(metrics) {
        output.copy_from_slice(&metric[..count]);
    }
}

/// J over `rows` at up to [`TILE`] weights and one bias.
pub fn surface_cells(functions: &RowFunctions, rows: &Rows, (weight, bias): (&[f64], f64), cells: &mut [f32]) {
    let mut theta = [[0.0; TILE], [bias as f32; TILE]];
    for (column, &w) in theta[0].iter_mut().zip(weight) {
        *column = w as f32;
    }
    let mut losses = [0.0; TILE];
    functions.losses(Params([&theta[0], &theta[1]]), weight.len(), rows.columns(), &mut losses);
    for (cell, loss) in cells.iter_mut().zip(losses) {
        *cell = loss.min(f32::MAX);
    }
}

/// One row of a quadratic cost surface in closed form: J = J* + Var(x)·δw² + (δb + δw·x̄)². `curve` are J* + Var(x)·δw² of the columns, `shift`
/// their δw·x̄, and `bias_offset` is δb of the row.
pub fn quadratic_row(isa: Isa, curve: &[f32], shift: &[f32], bias_offset: f32, cells: &mut [f32]) {
    isa.run(|| {
        for ((cell, &curve), &shift) in cells.iter_mut().zip(curve).zip(shift) {
            let distance = bias_offset + shift;
            let loss = distance * distance + curve;
            *cell = if loss <= f32::MAX { loss } else { f32::MAX };
        }
    });
}
