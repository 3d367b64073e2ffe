//! Metrics and surfaces on the device, as many pieces as the largest buffer asks for.

use super::context::{Access, Context, Error};
use super::shaders;
use crate::backend::Metrics;
use crate::kernel::layout::CountParams;
use crate::model::{Quadratic, Rows};

const ACCESSES: [Access; 4] = [Access::Uniform, Access::Read, Access::Read, Access::Write];

const OUTPUT: wgpu::BufferUsages = wgpu::BufferUsages::STORAGE.union(wgpu::BufferUsages::COPY_SRC).union(wgpu::BufferUsages::COPY_DST);

/// MSE and MAE of `rows` at each point; NaN without rows.
pub fn metrics(context: &mut Context, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, Error> {
    let mut metrics = Metrics::default();
    if rows.is_empty() || weight.is_empty() {
        metrics.mse.resize(weight.len(), f32::NAN);
        metrics.mae.resize(weight.len(), f32::NAN);
        return Ok(metrics);
    }
    let pairs: Vec<[f32; 2]> = rows.x.iter().zip(&rows.y).map(|(&x, &y)| [x, y]).collect();
    let most = (context.largest() / 8) as usize;
    let pipeline = context.pipeline("metrics", shaders::metrics, "metrics", &ACCESSES, &[]);
    for (weight, bias) in weight.chunks(most).zip(bias.chunks(most)) {
        let thetas: Vec<[f32; 2]> = weight.iter().zip(bias).map(|(&w, &b)| [w, b]).collect();
        let params = CountParams { counts: [thetas.len() as u32, pairs.len() as u32, 0, 0] };
        let uniform = context.uniform("counts", bytemuck::bytes_of(&params));
        let rows = context.input("metric rows", bytemuck::cast_slice(&pairs));
        let points = context.input("points", bytemuck::cast_slice(&thetas));
        let bytes = thetas.len() as u64 * 8;
        let output = context.buffer("errors", bytes, OUTPUT);
        let group = context.bind(&pipeline, &[&uniform, &rows, &points, &output]);
        context.dispatch(&pipeline, &group, thetas.len() as u64)?;
        context.read(&output, bytes, |view| {
            for pair in bytemuck::cast_slice::<u8, [f32; 2]>(view) {
                metrics.mse.push(pair[0]);
                metrics.mae.push(pair[1]);
            }
        })?;
    }
    Ok(metrics)
}

/// J over `rows` by the closed form.
pub fn surface(context: &mut Context, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, Error> {
    let wide = |column: &[f32]| column.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>();
    let quadratic = Quadratic::of(&wide(&rows.x), &wide(&rows.y));
    let column = |w: &f64| {
        let dw = w - quadratic.weight;
        [(quadratic.loss + quadratic.var_x * dw * dw) as f32, (dw * quadratic.mean_x) as f32]
    };
    let columns: Vec<[f32; 2]> = weight.iter().map(column).collect();
    let levels: Vec<f32> = bias.iter().map(|b| (b - quadratic.bias) as f32).collect();
    let most = (context.largest() / 4) as usize / columns.len().max(1);
    let pipeline = context.pipeline("surface", shaders::surface, "surface", &ACCESSES, &[]);
    let mut cells = Vec::with_capacity(columns.len() * levels.len());
    for levels in levels.chunks(most.max(1)) {
        let count = columns.len() * levels.len();
        let params = CountParams { counts: [columns.len() as u32, count as u32, 0, 0] };
        let uniform = context.uniform("counts", bytemuck::bytes_of(&params));
        let columns = context.input("surface columns", bytemuck::cast_slice(&columns));
        let levels = context.input("surface levels", bytemuck::cast_slice(levels));
        let output = context.buffer("cells", count as u64 * 4, OUTPUT);
        let group = context.bind(&pipeline, &[&uniform, &columns, &levels, &output]);
        context.dispatch(&pipeline, &group, count as u64)?;
        context.read(&output, count as u64 * 4, |view| cells.extend_from_slice(bytemuck::cast_slice(view)))?;
    }
    Ok(cells)
}
