//! Loss, MSE and MAE of many points (weight, bias) over some rows.

use rayon::prelude::*;

use super::bindings::MetricsBindings;
use super::context::{Context, Pipeline};
use super::error::Error;
use super::in_flight::{Dispatch, InFlight};
use super::pipelines::PipelineKey;
use crate::backend::Metrics;
use crate::kernel::layout::{CountParams, LOOP_CHECK_ITERATIONS, MAX_ROW_PAIRS};
use crate::model::{Neuron, Rows};

/// Bytes of a point's sums.
const SUM_BYTES: u64 = 16;

/// Rows of one dispatch: their number and their pairs; the second half of the last pair may be unused.
struct RowChunk {
    rows: usize,
    pairs: Vec<[f32; 4]>,
}

/// Loss, MSE and MAE of `rows` at each point; NaN without rows.
pub fn metrics(context: &mut Context, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, Error> {
    let mut metrics = Metrics::unknown(weight.len());
    if rows.is_empty() || weight.is_empty() {
        return Ok(metrics);
    }
    let pipeline = context.pipeline(PipelineKey::Metrics { neuron: *neuron, shape: context.tuning.shape });
    let chunks = chunked(rows);
    let max_points = (context.max_binding_size() / SUM_BYTES) as usize;
    let points = weight.chunks(max_points).zip(bias.chunks(max_points));
    let Metrics { loss, mse, mae } = &mut metrics;
    let columns = loss.chunks_mut(max_points).zip(mse.chunks_mut(max_points)).zip(mae.chunks_mut(max_points));
    for ((weight, bias), ((loss, mse), mae)) in points.zip(columns) {
        let points: Vec<[f32; 2]> = weight.par_iter().zip(bias).map(|(&w, &b)| [w, b]).collect();
        let sums = sums(context, &pipeline, &chunks, &points)?;
        let rows = rows.len() as f32;
        loss.par_iter_mut().zip(mse).zip(mae).zip(sums).for_each(|(((loss, mse), mae), sums)| {
            [*loss, *mse, *mae] = sums.map(|sum| sum / rows);
        });
    }
    Ok(metrics)
}

fn chunked(rows: &Rows) -> Vec<RowChunk> {
    let pair = |(x, y): (&[f32], &[f32])| [x[0], y[0], *x.get(1).unwrap_or(&0.0), *y.get(1).unwrap_or(&0.0)];
    let chunk = |(x, y): (&[f32], &[f32])| RowChunk { rows: x.len(), pairs: x.chunks(2).zip(y.chunks(2)).map(pair).collect() };
    rows.x.chunks(2 * MAX_ROW_PAIRS).zip(rows.y.chunks(2 * MAX_ROW_PAIRS)).map(chunk).collect()
}

/// Sums of loss, squared and absolute error at some points: dispatches of some points and one chunk of rows, each of which adds to the sums. The sums are
/// read once, after the last dispatch.
fn sums(context: &mut Context, pipeline: &Pipeline, chunks: &[RowChunk], points: &[[f32; 2]]) -> Result<Vec<[f32; 3]>, Error> {
    let params = context.uniform("metrics params", size_of::<CountParams>() as u64);
    let row_pairs = context.uniform("row pairs", (MAX_ROW_PAIRS * 16) as u64);
    let point_buffer = context.filled_storage("points", bytemuck::cast_slice(points));
    let bytes = points.len() as u64 * SUM_BYTES;
    let sums = context.zero_padded_storage("sums", &[], bytes);
    let table = MetricsBindings { params: &params, row_pairs: &row_pairs, points: &point_buffer, sums: &sums };
    let group = context.bind(pipeline, &table);
    let runs_per_workgroup = context.tuning.shape.runs_per_workgroup();
    let mut in_flight = InFlight::new();
    for chunk in chunks {
        context.queue.write_buffer(&row_pairs, 0, bytemuck::cast_slice(&chunk.pairs));
        let mut first = 0;
        while first < points.len() {
            let slice = context.budget(pipeline).runs(chunk.rows as u64, runs_per_workgroup) as usize;
            let end = points.len().min(first + slice);
            let counts = CountParams { counts: [first as u32, end as u32, chunk.rows as u32, LOOP_CHECK_ITERATIONS] };
            context.queue.write_buffer(&params, 0, bytemuck::bytes_of(&counts));
            let submission = context.submit(pipeline, &group, ((end - first) as u64).div_ceil(runs_per_workgroup));
            let work = Some(((end - first) * chunk.rows) as u64);
            in_flight.replace(context, Dispatch { pipeline: pipeline.clone(), submission, work })?;
            first = end;
        }
    }
    in_flight.wait(context)?;
    let completed = (LOOP_CHECK_ITERATIONS as usize * chunks.len()) as f32;
    let sums: Option<Vec<[f32; 3]>> = context.read(&sums, bytes, |view| {
        let sums = bytemuck::cast_slice::<u8, [f32; 4]>(view).par_iter();
        sums.map(|&[loss, squared, absolute, iterations]| (iterations == completed).then_some([loss, squared, absolute])).collect()
    })?;
    sums.ok_or(Error::StoppedEarly { shader: "metrics" })
}
