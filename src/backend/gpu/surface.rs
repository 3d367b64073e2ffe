//! Cost surfaces: J on a grid of weights and biases.

use super::bindings::SurfaceBindings;
use super::context::Context;
use super::error::Error;
use super::metrics::metrics;
use super::pipelines::PipelineKey;
use super::sentinel;
use crate::backend::paraboloid::Terms;
use crate::kernel::layout::CountParams;
use crate::model::{Neuron, Rows};

/// The most cells of one dispatch. A cell takes a few operations, so a dispatch is far shorter than 100 ms.
const MAX_CELLS: u64 = 1 << 23;

/// Axes of a surface.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'g> {
    pub weight: &'g [f64],
    pub bias: &'g [f64],
}

/// Appends J over `rows` to `cells`, `[bias][weight]`: by the closed form for a paraboloid, else from the rows.
pub fn surface(context: &mut Context, neuron: &Neuron, rows: &Rows, grid: Grid<'_>, cells: &mut Vec<f32>) -> Result<(), Error> {
    let Grid { weight, bias } = grid;
    cells.reserve(weight.len() * bias.len());
    if neuron.is_quadratic() {
        return paraboloid(context, rows, grid, cells);
    }
    let biases_per_call = (MAX_CELLS as usize / weight.len().max(1)).max(1);
    for bias in bias.chunks(biases_per_call) {
        let weights: Vec<f32> = bias.iter().flat_map(|_| weight.iter().map(|&w| w as f32)).collect();
        let biases: Vec<f32> = bias.iter().flat_map(|&b| std::iter::repeat_n(b as f32, weight.len())).collect();
        let metrics = metrics(context, neuron, rows, &weights, &biases)?;
        cells.extend(metrics.loss.into_iter().map(|loss| loss.min(f32::MAX)));
    }
    Ok(())
}

/// Appends J over `rows` by the closed form of the linear neuron under the mean squared error.
fn paraboloid(context: &mut Context, rows: &Rows, grid: Grid<'_>, cells: &mut Vec<f32>) -> Result<(), Error> {
    let Terms { curve, shift, bias_offsets } = Terms::new(rows, grid.weight, grid.bias);
    let columns: Vec<[f32; 2]> = curve.into_iter().zip(shift).map(|(curve, shift)| [curve, shift]).collect();
    let max_rows = (context.max_binding_size() / 4).min(MAX_CELLS) as usize / columns.len().max(1);
    if columns.is_empty() {
        return Ok(());
    }
    let pipeline = context.pipeline(PipelineKey::Surface);
    for bias_offsets in bias_offsets.chunks(max_rows.max(1)) {
        let count = columns.len() * bias_offsets.len();
        let params = CountParams { counts: [columns.len() as u32, count as u32, 0, 0] };
        let params = context.filled_uniform("surface params", bytemuck::bytes_of(&params));
        let columns = context.filled_storage("surface columns", bytemuck::cast_slice(&columns));
        let bias_offsets = context.filled_storage("bias offsets", bytemuck::cast_slice(bias_offsets));
        let bytes = count as u64 * 4;
        let output = context.storage("cells", bytes);
        sentinel::write(context, &output, bytes);
        let table = SurfaceBindings { params: &params, columns: &columns, bias_offsets: &bias_offsets, cells: &output };
        let group = context.bind(&pipeline, &table);
        context.dispatch(&pipeline, &group, count as u64)?;
        let is_complete = context.read(&output, bytes, |view| {
            cells.extend_from_slice(bytemuck::cast_slice(view));
            sentinel::is_overwritten(view)
        })?;
        if !is_complete {
            return Err(Error::StoppedEarly { shader: "surface" });
        }
    }
    Ok(())
}
