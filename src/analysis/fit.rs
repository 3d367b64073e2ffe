//! The predictions of runs over the data, with the optimum.

use super::color_by::ColorBy;
use super::cost_surface::CostSurface;
use super::ranges::extent;
use super::ranking;
use super::runs::Runs;
use super::sample::{DRAWN, sample};
use super::sentences::distances;
use crate::figure::ticks::axis;
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, palette};
use crate::kernel::RowEvaluator;
use crate::model::{Activation, Parameter, Params, Problem};
use crate::text;

/// Segments of the curve of a nonlinear activation.
const SEGMENTS: usize = 128;

/// One panel in the units of the unscaled feature, so that the lines of all problems are comparable.
pub fn figure(runs: &Runs<'_>, rows: &[usize], style: Option<Parameter>) -> Figure {
    let best_rows = ranking::best_of_losses(runs, rows);
    let best = best_rows.first().copied().unwrap_or(0);
    let [train, test] = scatter(runs, best);
    let x_range = extent(train.iter().chain(&test).map(|point| point[0]));
    let y_range = extent(train.iter().chain(&test).map(|point| point[1]));
    let color_by = ColorBy::new(runs, rows, style, &[Parameter::DataScale]);
    let ended: Vec<usize> = rows.iter().copied().filter(|&row| runs.excess(row).is_finite()).collect();
    let drawn = sample(runs, &ended, DRAWN);
    let has_test_rows = !test.is_empty();
    let mut layers = vec![Layer::Markers { points: train, marker: Marker::Dot, color: palette::SOFT, size: 3.0 }];
    if has_test_rows {
        layers.push(Layer::Markers { points: test, marker: Marker::Hollow, color: palette::SOFT, size: 3.0 });
    }
    let alpha = (6.0 / drawn.len().max(1) as f64).clamp(0.25, 1.0);
    let line = |row: usize| prediction(runs.problem(row), runs.end(row), x_range);
    for &row in drawn.iter().filter(|row| !best_rows.contains(row)) {
        let color = Color { alpha, ..color_by.color(runs, row) };
        layers.push(Layer::Line { points: line(row), color, width: 1.1, dash: Dash::Solid });
    }
    for &row in best_rows.iter().filter(|&&row| runs.excess(row).is_finite()) {
        layers.push(Layer::Line { points: line(row), color: color_by.color(runs, row), width: 2.6, dash: Dash::Solid });
    }
    let optima: Vec<(usize, [f64; 2])> = best_rows.iter().filter_map(|&row| Some((row, runs.surface(row).optimum()?))).collect();
    for &(row, optimum) in &optima {
        let points = prediction(runs.problem(row), optimum, x_range);
        layers.push(Layer::Line { points, color: palette::INK, width: 1.8, dash: Dash::Dashed });
    }
    let entry = |label: &str, color, shape| LegendEntry { label: label.into(), color, shape };
    let mut legend = color_by.legend();
    if legend.is_empty() && !ended.is_empty() {
        legend.push(entry("fitted line", color_by.color(runs, best), LegendShape::Line(Dash::Solid)));
    }
    if !optima.is_empty() {
        let label = match optima[..] {
            [(row, _)] if matches!(runs.surface(row), CostSurface::Quadratic(_)) => "least squares",
            [_] => "optimum",
            _ => "optimum of each loss",
        };
        legend.push(entry(label, palette::INK, LegendShape::Line(Dash::Dashed)));
    }
    legend.push(entry("training rows", palette::SOFT, LegendShape::Marker(Marker::Dot)));
    if has_test_rows {
        legend.push(entry("test rows", palette::SOFT, LegendShape::Marker(Marker::Hollow)));
    }
    let spec = &runs.experiment.data;
    let (x, y) = (axis(&spec.format.feature, Scale::Linear, x_range), axis(&spec.format.target, Scale::Linear, y_range));
    Figure {
        name: "fit".into(),
        title: format!("{}: {} as a function of {}", runs.experiment.name, spec.format.target, spec.format.feature),
        caption: caption(runs, rows, ended.len(), drawn.len()),
        columns: 1,
        panels: vec![Panel { title: String::new(), x, y, layers }],
        shared_axes: false,
        legend,
        color_bars: Vec::new(),
        size: [860, 560],
    }
}

/// The training rows and the test rows of a run's problem, unscaled.
fn scatter(runs: &Runs<'_>, row: usize) -> [Vec<[f64; 2]>; 2] {
    let (data, split) = (&runs.experiment.dataset, &runs.problem(row).split);
    [&split.train, &split.test].map(|rows| rows.iter().map(|&row| [data.x[row as usize], data.y[row as usize]]).collect())
}

fn caption(runs: &Runs<'_>, rows: &[usize], ended: usize, drawn: usize) -> Vec<String> {
    let mut caption = distances(runs, rows);
    let diverged = rows.len() - ended;
    if ended == 0 {
        caption.push("No line is drawn, because every run diverged".into());
    } else if rows.len() > 1 {
        let note = match diverged {
            0 => String::new(),
            1 => "; 1 diverged run has no line".into(),
            _ => format!("; {diverged} diverged runs have no line"),
        };
        caption.push(format!("{drawn} of {} are drawn, the best one in bold{note}", text::count(rows.len(), "line")));
    }
    caption
}

/// The prediction of the neuron over a range of the unscaled feature.
fn prediction(problem: &Problem, theta: [f64; 2], [from, to]: [f64; 2]) -> Vec<[f64; 2]> {
    let neuron = RowEvaluator::of(&problem.neuron);
    let segments = if problem.neuron.activation == Activation::Linear { 1 } else { SEGMENTS };
    let x = (0..=segments).map(|i| from + (to - from) * i as f64 / segments as f64);
    x.map(|x| [x, neuron.predict(Params(theta), problem.scaling.apply(x))]).collect()
}
