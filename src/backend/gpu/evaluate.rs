//! Metrics and surfaces on the device, as many pieces as the largest buffer asks for.

use std::time::Instant;

use super::context::{Access, Context, Error, Pipeline};
use super::shaders;
use crate::backend::Metrics;
use crate::backend::paraboloid::Terms;
use crate::kernel::layout::{CountParams, NOT_RUN, PAIRS, ROUNDS};
use crate::model::{Neuron, Rows};

const METRICS: [Access; 4] = [Access::Uniform, Access::Uniform, Access::Read, Access::Write];
const SURFACE: [Access; 4] = [Access::Uniform, Access::Read, Access::Read, Access::Write];

/// Cells of a dispatch, at most: a few operations each, far from 100 ms anywhere.
const MOST_CELLS: u64 = 1 << 23;

/// Loss, MSE and MAE of `rows` at each point; NaN without rows.
pub fn metrics(context: &mut Context, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, Error> {
    if rows.is_empty() || weight.is_empty() {
        return Ok(Metrics::unknown(weight.len()));
    }
    let mut metrics = Metrics::default();
    let shape = context.shape;
    let name = format!("metrics of {} under {} {shape}", neuron.activation.name(), neuron.form().name());
    let pipeline = context.pipeline(&name, || shaders::metrics(neuron, shape), "metrics", &METRICS, &[]);
    let pieces = pieces(rows);
    let mut first = 0;
    while first < weight.len() {
        let work = rows.len().min(2 * PAIRS) as u64;
        let threads = context.row_slices.threads(work, shape.runs_a_workgroup()).min(context.largest() / 16);
        let end = weight.len().min(first + threads as usize);
        let thetas: Vec<[f32; 2]> = weight[first..end].iter().zip(&bias[first..end]).map(|(&w, &b)| [w, b]).collect();
        add(context, &pipeline, &pieces, &thetas, rows.len(), &mut metrics)?;
        first = end;
    }
    Ok(metrics)
}

/// Some rows, as a dispatch takes them: how many, and their pairs, of which the last may be half.
type Piece = (usize, Vec<[f32; 4]>);

fn pieces(rows: &Rows) -> Vec<Piece> {
    let pair = |(x, y): (&[f32], &[f32])| [x[0], y[0], *x.get(1).unwrap_or(&0.0), *y.get(1).unwrap_or(&0.0)];
    let piece = |(x, y): (&[f32], &[f32])| (x.len(), x.chunks(2).zip(y.chunks(2)).map(pair).collect());
    rows.x.chunks(2 * PAIRS).zip(rows.y.chunks(2 * PAIRS)).map(piece).collect()
}

/// The metrics of some points: a dispatch for each piece of the rows, each of which adds to the sums.
fn add(
    context: &mut Context,
    pipeline: &Pipeline,
    pieces: &[Piece],
    thetas: &[[f32; 2]],
    rows: usize,
    metrics: &mut Metrics,
) -> Result<(), Error> {
    let uniform = context.room("counts", size_of::<CountParams>() as u64);
    let pairs = context.room("pairs", (PAIRS * 16) as u64);
    let points = context.input("points", bytemuck::cast_slice(thetas));
    let bytes = thetas.len() as u64 * 16;
    let sums = context.begun("sums", &[], bytes);
    let group = context.bind(pipeline, &[&uniform, &pairs, &points, &sums]);
    for (count, piece) in pieces {
        let params = CountParams { counts: [thetas.len() as u32, *count as u32, ROUNDS, 0] };
        context.uniform("counts", bytemuck::bytes_of(&params));
        context.queue.write_buffer(&pairs, 0, bytemuck::cast_slice(piece));
        let begun = Instant::now();
        let submitted = context.submit(pipeline, &group, (thetas.len() as u64).div_ceil(context.shape.runs_a_workgroup()));
        context.wait_for(submitted)?;
        context.row_slices.took((thetas.len() * count) as u64, begun.elapsed().as_secs_f64());
    }
    let all = rows as f32;
    let ran = context.read(&sums, bytes, |view| {
        let sums = bytemuck::cast_slice::<u8, [f32; 4]>(view);
        for &[loss, squared, absolute, _] in sums {
            metrics.loss.push(loss / all);
            metrics.mse.push(squared / all);
            metrics.mae.push(absolute / all);
        }
        sums.iter().all(|point| point[3] == (ROUNDS as usize * pieces.len()) as f32)
    })?;
    if ran { Ok(()) } else { Err(Error::NotRun { what: "metrics" }) }
}

/// An entry point over one input and one output.
pub fn probe(
    context: &mut Context,
    module: &str,
    entry: &str,
    constants: &[(&str, f64)],
    threads: usize,
    input: &[f32],
    outputs: usize,
) -> Result<Vec<f32>, Error> {
    let name = format!("{entry} {constants:?}\n{module}");
    let pipeline = context.pipeline(&name, || module.to_owned(), entry, &[Access::Read, Access::Write], constants);
    let input = context.input("probe input", bytemuck::cast_slice(input));
    let bytes = outputs as u64 * 4;
    let output = context.storage("probe output", bytes);
    mark(context, &output, bytes);
    let group = context.bind(&pipeline, &[&input, &output]);
    context.dispatch(&pipeline, &group, threads as u64)?;
    let values = context.read(&output, bytes, |view| unmarked(view).then(|| bytemuck::cast_slice(view).to_vec()))?;
    values.ok_or(Error::NotRun { what: "a probe" })
}

/// Writes a number that no result is to both ends of an output.
fn mark(context: &Context, output: &wgpu::Buffer, bytes: u64) {
    for at in [0, bytes - 4] {
        context.queue.write_buffer(output, at, bytemuck::bytes_of(&NOT_RUN));
    }
}

/// Whether a dispatch wrote over both marks.
fn unmarked(view: &[u8]) -> bool {
    let values = bytemuck::cast_slice::<u8, f32>(view);
    values.first() != Some(&NOT_RUN) && values.last() != Some(&NOT_RUN)
}

/// Adds J over `rows` to the cells: from the rows, but for the paraboloid.
pub fn surface(
    context: &mut Context,
    neuron: &Neuron,
    rows: &Rows,
    weight: &[f64],
    bias: &[f64],
    cells: &mut Vec<f32>,
) -> Result<(), Error> {
    cells.reserve(weight.len() * bias.len());
    if neuron.is_quadratic() {
        return paraboloid(context, rows, weight, bias, cells);
    }
    let band = (MOST_CELLS as usize / weight.len().max(1)).max(1);
    for bias in bias.chunks(band) {
        let weights: Vec<f32> = bias.iter().flat_map(|_| weight.iter().map(|&w| w as f32)).collect();
        let biases: Vec<f32> = bias.iter().flat_map(|&b| std::iter::repeat_n(b as f32, weight.len())).collect();
        let metrics = metrics(context, neuron, rows, &weights, &biases)?;
        cells.extend(metrics.loss.into_iter().map(|loss| loss.min(f32::MAX)));
    }
    Ok(())
}

/// J over `rows` by the closed form.
fn paraboloid(context: &mut Context, rows: &Rows, weight: &[f64], bias: &[f64], cells: &mut Vec<f32>) -> Result<(), Error> {
    let Terms { curve, tilt, levels } = Terms::new(rows, weight, bias);
    let columns: Vec<[f32; 2]> = curve.into_iter().zip(tilt).map(|(curve, tilt)| [curve, tilt]).collect();
    let most = (context.largest() / 4).min(MOST_CELLS) as usize / columns.len().max(1);
    let pipeline = context.pipeline("surface", shaders::surface, "surface", &SURFACE, &[]);
    if columns.is_empty() {
        return Ok(());
    }
    for levels in levels.chunks(most.max(1)) {
        let count = columns.len() * levels.len();
        let params = CountParams { counts: [columns.len() as u32, count as u32, 0, 0] };
        let uniform = context.uniform("counts", bytemuck::bytes_of(&params));
        let columns = context.input("surface columns", bytemuck::cast_slice(&columns));
        let levels = context.input("surface levels", bytemuck::cast_slice(levels));
        let bytes = count as u64 * 4;
        let output = context.storage("cells", bytes);
        mark(context, &output, bytes);
        let group = context.bind(&pipeline, &[&uniform, &columns, &levels, &output]);
        context.dispatch(&pipeline, &group, count as u64)?;
        let ran = context.read(&output, bytes, |view| {
            cells.extend_from_slice(bytemuck::cast_slice(view));
            unmarked(view)
        })?;
        if !ran {
            return Err(Error::NotRun { what: "surface" });
        }
    }
    Ok(())
}
