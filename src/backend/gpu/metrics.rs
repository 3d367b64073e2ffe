//! Loss, MSE and MAE of many points (weight, bias) over some rows.

use std::time::Instant;

use super::bindings::MetricsBindings;
use super::context::{Context, Pipeline};
use super::error::Error;
use super::pipelines::PipelineKey;
use crate::backend::Metrics;
use crate::kernel::layout::{CountParams, LOOP_CHECK_ITERATIONS, MAX_ROW_PAIRS};
use crate::model::{Neuron, Rows};

/// Rows of one dispatch: their number and their pairs; the second half of the last pair may be unused.
struct RowChunk {
    rows: usize,
    pairs: Vec<[f32; 4]>,
}

/// Loss, MSE and MAE of `rows` at each point; NaN without rows.
pub fn metrics(context: &mut Context, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, Error> {
    if rows.is_empty() || weight.is_empty() {
        return Ok(Metrics::unknown(weight.len()));
    }
    let mut metrics = Metrics::default();
    let shape = context.tuning.shape;
    let pipeline = context.pipeline(PipelineKey::Metrics { neuron: *neuron, shape });
    let chunks = chunked(rows);
    let mut first = 0;
    while first < weight.len() {
        let rows_per_dispatch = rows.len().min(2 * MAX_ROW_PAIRS) as u64;
        let points = context.budget(&pipeline).runs(rows_per_dispatch, shape.runs_per_workgroup()).min(context.max_binding_size() / 16);
        let end = weight.len().min(first + points as usize);
        let points: Vec<[f32; 2]> = weight[first..end].iter().zip(&bias[first..end]).map(|(&w, &b)| [w, b]).collect();
        for [loss, squared, absolute] in sums(context, &pipeline, &chunks, &points)? {
            let rows = rows.len() as f32;
            metrics.loss.push(loss / rows);
            metrics.mse.push(squared / rows);
            metrics.mae.push(absolute / rows);
        }
        first = end;
    }
    Ok(metrics)
}

fn chunked(rows: &Rows) -> Vec<RowChunk> {
    let pair = |(x, y): (&[f32], &[f32])| [x[0], y[0], *x.get(1).unwrap_or(&0.0), *y.get(1).unwrap_or(&0.0)];
    let chunk = |(x, y): (&[f32], &[f32])| RowChunk { rows: x.len(), pairs: x.chunks(2).zip(y.chunks(2)).map(pair).collect() };
    rows.x.chunks(2 * MAX_ROW_PAIRS).zip(rows.y.chunks(2 * MAX_ROW_PAIRS)).map(chunk).collect()
}

/// Sums of loss, squared and absolute error at some points: one dispatch per chunk of rows, each of which adds to the sums.
fn sums(context: &mut Context, pipeline: &Pipeline, chunks: &[RowChunk], points: &[[f32; 2]]) -> Result<Vec<[f32; 3]>, Error> {
    let params = context.uniform("metrics params", size_of::<CountParams>() as u64);
    let row_pairs = context.uniform("row pairs", (MAX_ROW_PAIRS * 16) as u64);
    let point_buffer = context.filled_storage("points", bytemuck::cast_slice(points));
    let bytes = points.len() as u64 * 16;
    let sums = context.zero_padded_storage("sums", &[], bytes);
    let table = MetricsBindings { params: &params, row_pairs: &row_pairs, points: &point_buffer, sums: &sums };
    let group = context.bind(pipeline, &table);
    for chunk in chunks {
        let counts = CountParams { counts: [points.len() as u32, chunk.rows as u32, LOOP_CHECK_ITERATIONS, 0] };
        context.queue.write_buffer(&params, 0, bytemuck::bytes_of(&counts));
        context.queue.write_buffer(&row_pairs, 0, bytemuck::cast_slice(&chunk.pairs));
        let start = Instant::now();
        let submission = context.submit(pipeline, &group, (points.len() as u64).div_ceil(context.tuning.shape.runs_per_workgroup()));
        context.wait_for(submission)?;
        context.budget(pipeline).record((points.len() * chunk.rows) as u64, start.elapsed().as_secs_f64());
    }
    let completed = (LOOP_CHECK_ITERATIONS as usize * chunks.len()) as f32;
    let sums = context.read(&sums, bytes, |view| {
        let sums = bytemuck::cast_slice::<u8, [f32; 4]>(view).iter();
        sums.map(|&[loss, squared, absolute, iterations]| (iterations == completed).then_some([loss, squared, absolute])).collect()
    })?;
    let sums: Option<Vec<[f32; 3]>> = sums;
    sums.ok_or(Error::StoppedEarly { shader: "metrics" })
}
