//! The embedded results as JSON, and the compression of embedded data.

use std::collections::HashMap;
use std::io::Write;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::contents::Report;
use super::errors::Error;
use super::rows::rows;
use crate::analysis::{self, Sweep};
use crate::figure::{Axis, Figure, Layer, Panel, Scale};

/// Points are rounded to at most this share of the width of a figure on a linear axis, and to this relative difference on a logarithmic one: about a
/// tenth of a pixel.
const RESOLUTION: f64 = 1.5e-4;

/// The largest number of rows of a comparison.
const COMPARED: usize = 100;

/// The largest number of colours of cells; more are replaced by the nearest ones of the colour bars.
const COLORS: usize = 256;

/// The first character of the cells of a heatmap; cell `i` of the palette is the character `FIRST + i`.
const FIRST: u32 = 0x100;

/// The results that scripts read.
pub fn results(report: &Report<'_>) -> Result<Value, Error> {
    let Report { manifest, experiment, diagnosis, .. } = report;
    let mut diagnosis = (*diagnosis).clone();
    diagnosis.models.iter_mut().for_each(|model| model.best.truncate(COMPARED));
    let best = diagnosis.models.iter().find_map(|model| model.best.rows.first().map(|row| row.run));
    let sweep = Sweep { experiment, problems: &report.problems.all, runs: report.runs, paths: &|_| Ok(Vec::new()) };
    let mut figures = report.figures.iter().map(figure).collect::<Result<Vec<Value>, Error>>()?;
    let layers = shared_layers(&mut figures);
    Ok(json!({
        "name": experiment.name,
        "version": manifest.version,
        "runs": diagnosis.runs,
        "diagnosis": diagnosis,
        "best": best.unwrap_or(0),
        "varied": experiment.space.varied().iter().map(|parameter| parameter.key()).collect::<Vec<_>>(),
        "config": experiment.text,
        "sets": experiment.sets,
        "feature": experiment.data.format.feature,
        "target": experiment.data.format.target,
        "rows": rows(report),
        "axes": analysis::axis_values(&sweep),
        "importance": analysis::importance(&sweep),
        "color_bars": analysis::heatmap_color_bars(&sweep),
        "layers": layers,
        "figures": figures,
    }))
}

/// A figure as JSON, with rounded points and with cells as text.
fn figure(figure: &Figure) -> Result<Value, Error> {
    let mut smaller = figure.clone();
    let mut cells = Vec::new();
    for layer in smaller.panels.iter_mut().flat_map(|panel| &mut panel.layers) {
        if let Layer::Cells { colors, .. } = layer {
            cells.push(std::mem::take(colors));
        }
    }
    let resolution = RESOLUTION * figure.columns.max(1) as f64;
    smaller.panels.iter_mut().for_each(|panel| round(panel, resolution));
    let mut value = serde_json::to_value(&smaller)?;
    let mut cells = cells.iter();
    let panels = value["panels"].as_array_mut().into_iter().flatten();
    for layer in panels.filter_map(|panel| panel["layers"].as_array_mut()).flatten() {
        if let Some(layer) = layer.get_mut("Cells").and_then(Value::as_object_mut)
            && let Some(colors) = cells.next()
        {
            let (palette, indices) = indexed(colors, figure);
            layer.remove("colors");
            layer.insert("palette".into(), json!(palette));
            layer.insert("indices".into(), json!(indices));
        }
    }
    Ok(value)
}

/// The distinct layers of figures, whose panels then have indices of them. Panels of one figure share contours.
fn shared_layers(figures: &mut [Value]) -> Vec<Value> {
    let mut distinct: Vec<Value> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let panels = figures.iter_mut().filter_map(|figure| figure["panels"].as_array_mut()).flatten();
    for layer in panels.filter_map(|panel| panel["layers"].as_array_mut()).flatten() {
        let index = *known.entry(layer.to_string()).or_insert(distinct.len());
        if index == distinct.len() {
            distinct.push(layer.clone());
        }
        *layer = json!(index);
    }
    distinct
}

/// The distinct colours, and the colour of each cell as a character.
fn indexed(colors: &[[u8; 3]], figure: &Figure) -> (Vec<[u8; 3]>, String) {
    let mut palette: Vec<[u8; 3]> = Vec::new();
    let mut known: HashMap<[u8; 3], usize> = HashMap::new();
    let distance = |a: [u8; 3], b: [u8; 3]| (0..3).map(|channel| i32::from(a[channel].abs_diff(b[channel])).pow(2)).sum::<i32>();
    let bars = || figure.color_bars.iter().flat_map(|bar| bar.colors.iter().map(|color| color.rgb)).chain([[255; 3]]);
    let distinct: std::collections::HashSet<[u8; 3]> = colors.iter().copied().collect();
    let is_exact = distinct.len() <= COLORS;
    let index = |&color: &[u8; 3]| {
        *known.entry(color).or_insert_with(|| {
            let drawn = if is_exact { color } else { bars().min_by_key(|&bar| distance(bar, color)).unwrap_or(color) };
            palette.iter().position(|own| *own == drawn).unwrap_or_else(|| {
                palette.push(drawn);
                palette.len() - 1
            })
        })
    };
    let indices: Vec<usize> = colors.iter().map(index).collect();
    (palette, indices.into_iter().filter_map(|index| char::from_u32(FIRST + index as u32)).collect())
}

/// Rounds the points of a panel, and drops points that then repeat the one before them.
fn round(panel: &mut Panel, resolution: f64) {
    let Panel { x, y, layers, .. } = panel;
    for layer in layers {
        match layer {
            Layer::Area { rings, .. } => rings.iter_mut().for_each(|ring| round_points(ring, x, y, resolution)),
            Layer::Line { points, .. }
            | Layer::LineLabel { points, .. }
            | Layer::InlineLabel { points, .. }
            | Layer::Markers { points, .. } => round_points(points, x, y, resolution),
            Layer::Rule { .. } | Layer::Cells { .. } | Layer::Label { .. } => {}
        }
    }
}

fn round_points(points: &mut Vec<[f64; 2]>, x: &Axis, y: &Axis, resolution: f64) {
    for point in points.iter_mut() {
        *point = [rounded(point[0], x, resolution), rounded(point[1], y, resolution)];
    }
    points.dedup();
}

/// A number with the decimals that an axis resolves.
fn rounded(value: f64, axis: &Axis, resolution: f64) -> f64 {
    let step = match axis.scale {
        Scale::Linear => (axis.range[1] - axis.range[0]) * resolution,
        Scale::Log => value.abs() * resolution,
    };
    let decimals = (-libm::floor(libm::log10(step))).clamp(0.0, 30.0) as usize;
    format!("{value:.decimals$}").parse().unwrap_or(value)
}

/// Bytes as text: compressed with gzip, then in base64.
pub fn packed(bytes: &[u8]) -> Result<String, Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(BASE64_STANDARD.encode(encoder.finish()?))
}
