//! The figure of a benchmark: updates a second as a function of the number of runs, one line per contender.

use super::sizes::{Curve, Point, Sizes};
use crate::figure::ticks::axis;
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, palette};
use crate::text;

/// The figure of the speeds at all sizes. The caption names the devices and the crossover.
pub fn picture(sweep: &str, sizes: &Sizes, devices: &[String]) -> Figure {
    let mut names: Vec<&str> = Vec::new();
    for curve in &sizes.curves {
        if !names.contains(&curve.name.as_str()) {
            names.push(&curve.name);
        }
    }
    let color = |name: &str| palette::category(names.iter().position(|other| *other == name).unwrap_or(0));
    let entry = |name: &&str| LegendEntry { label: (*name).to_owned(), color: color(name), shape: LegendShape::Line(Dash::Solid) };
    Figure {
        name: "bench".into(),
        title: format!("{sweep}: training speed as a function of the number of runs"),
        caption: vec![devices.join("; "), crossover(sizes)],
        note: String::new(),
        columns: 2,
        panels: vec![
            panel("without histories", sizes, false, &color, sizes.gpu_pays_from[0]),
            panel("with histories in memory", sizes, true, &color, sizes.gpu_pays_from[1]),
        ],
        shared_axes: true,
        legend: names.iter().map(entry).collect(),
        color_bars: Vec::new(),
        table: Vec::new(),
        size: [1200, 520],
    }
}

/// The sentence with the number of runs from which the GPU is faster, without a full stop.
pub fn crossover(sizes: &Sizes) -> String {
    if !sizes.curves.iter().any(|curve| curve.backend == "gpu") {
        return "No GPU was measured".into();
    }
    let largest = sizes.curves.iter().flat_map(|curve| &curve.points).map(|point| point.runs).max().unwrap_or(0);
    let largest = text::count(largest as usize, "run");
    let from = |runs: Option<u64>| {
        runs.map_or_else(|| format!("at no size up to {largest}"), |runs| format!("from {} up", text::count(runs as usize, "run")))
    };
    match sizes.gpu_pays_from {
        [None, None] => format!("The GPU is not faster than the CPU at any size up to {largest}"),
        [without, with] => {
            format!("The GPU is faster than the CPU {} without histories, and {} with histories", from(without), from(with))
        }
    }
}

fn panel(title: &str, sizes: &Sizes, history: bool, color: &dyn Fn(&str) -> Color, pays_from: Option<u64>) -> Panel {
    let curves: Vec<&Curve> = sizes.curves.iter().filter(|curve| curve.history == history).collect();
    let mut layers = Vec::new();
    if let Some(runs) = pays_from {
        let label = "GPU faster".to_owned();
        layers.push(Layer::Rule { at: runs as f64, vertical: true, label, color: palette::GRAY, dash: Dash::Dashed });
    }
    for curve in curves {
        let points: Vec<[f64; 2]> = curve.points.iter().map(|point| [point.runs as f64, point.steps_per_s()]).collect();
        let color = color(&curve.name);
        layers.push(Layer::Line { points: points.clone(), color, width: 1.8, dash: Dash::Solid });
        layers.push(Layer::Markers { points, marker: Marker::Filled, color, size: 5.0 });
    }
    let all = || sizes.curves.iter().flat_map(|curve| &curve.points);
    let x = axis("number of runs", Scale::Log, around(all().map(|point| point.runs as f64)));
    Panel {
        title: title.into(),
        x,
        y: axis("updates a second", Scale::Log, around(all().map(Point::steps_per_s))),
        equal_units: false,
        layers,
    }
}

/// A range on a logarithmic axis that holds all values, with a margin of a factor 1.4 at both ends.
fn around(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let (min, max) = values.fold((f64::INFINITY, 0.0_f64), |(min, max), value| (min.min(value), max.max(value)));
    if max > 0.0 { [min / 1.4, max * 1.4] } else { [0.1, 10.0] }
}
