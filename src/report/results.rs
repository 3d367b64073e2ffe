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
use crate::figure::{Figure, Layer};

/// Significant digits of a number in a figure: less than a pixel on every axis with at most seven digits in its labels.
const DIGITS: usize = 9;

/// The largest number of colours of cells; more are replaced by the nearest ones of the colour bars.
const COLORS: usize = 256;

/// The first character of the cells of a heatmap; cell `i` of the palette is the character `FIRST + i`.
const FIRST: u32 = 0x100;

/// The results that scripts read.
pub fn results(report: &Report<'_>) -> Result<Value, Error> {
    let Report { manifest, experiment, diagnosis, .. } = report;
    let best = diagnosis.models.iter().find_map(|model| model.best.rows.first().map(|row| row.run));
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
        "figures": report.figures.iter().map(figure).collect::<Result<Vec<Value>, Error>>()?,
    }))
}

/// A figure as JSON, with rounded numbers and with cells as text.
fn figure(figure: &Figure) -> Result<Value, Error> {
    let mut without_cells = figure.clone();
    let mut cells = Vec::new();
    for layer in without_cells.panels.iter_mut().flat_map(|panel| &mut panel.layers) {
        if let Layer::Cells { colors, .. } = layer {
            cells.push(std::mem::take(colors));
        }
    }
    let mut value = serde_json::to_value(&without_cells)?;
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
    round(&mut value);
    Ok(value)
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

/// Rounds every number that is not an integer.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().and_then(|number| format!("{number:.*e}", DIGITS - 1).parse::<f64>().ok());
            if let Some(rounded) = rounded {
                // Whole numbers are shorter as integers.
                *value = if rounded.fract() == 0.0 && rounded.abs() < 1e9 { json!(rounded as i64) } else { json!(rounded) };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        _ => {}
    }
}

/// Bytes as text: compressed with gzip, then in base64.
pub fn packed(bytes: &[u8]) -> Result<String, Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(BASE64_STANDARD.encode(encoder.finish()?))
}
