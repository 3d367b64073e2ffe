//! The predictions of runs over the data, with the optimum and the quality of the fit.

use super::best_settings::best_settings;
use super::color_by::ColorBy;
use super::cost_surface::CostSurface;
use super::ranges::extent;
use super::ranking::Ranking;
use super::runs::Runs;
use super::sample::spread;
use super::score::{Score, class_threshold};
use super::sentences::{self, distances};
use crate::figure::ticks::axis;
use crate::figure::{Axis, Color, Dash, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, palette};
use crate::kernel::RowEvaluator;
use crate::model::{Activation, Loss, Neuron, Parameter, Params, Problem};
use crate::text;

/// Segments of the curve of a nonlinear activation.
const SEGMENTS: usize = 256;

/// The largest number of lines.
const LINES: usize = 13;

/// The largest number of rows that are drawn: more of them hide each other, and make large files.
const ROWS: usize = 5_000;

/// Bisections of a decision boundary: 60 halve a segment down to the resolution of float64.
const BISECTIONS: usize = 60;

const ROW_COLOR: Color = Color { alpha: 0.55, ..palette::SOFT };

/// One panel in the units of the unscaled feature, so that the lines of all problems are comparable. At least one run is
/// ranked.
pub fn figure(ranking: &Ranking<'_>, style: Option<Parameter>) -> Figure {
    let (runs, rows, best_rows) = (&ranking.runs(), ranking.all_rows(), ranking.best_of_losses());
    let best = ranking.best().unwrap_or(rows[0]);
    let (problem, neuron) = (runs.problem(best), runs.problem(best).neuron);
    let Scatter { x, y, mut layers, legend: row_legend, note: rows_note } = scatter(runs, best);
    let (x_range, labels) = (x.range, y.range);
    let color_by = ColorBy::new(runs, rows, style, &[Parameter::DataScale]);
    let mut shown: Vec<usize> = best_settings(ranking, &color_by, LINES).into_iter().map(|setting| setting.representative).collect();
    shown.retain(|&row| runs.mean_excess(row).is_finite());
    let line = |row: usize, width: f64| Layer::Line {
        points: prediction(runs.problem(row), runs.end(row), x_range),
        color: color_by.color(runs, row),
        width,
        dash: color_by.dash(runs, row),
    };
    let (bold, thin): (Vec<usize>, Vec<usize>) = shown.iter().partition(|row| best_rows.contains(row));
    layers.extend(thin.into_iter().map(|row| line(row, 1.2)).chain(bold.into_iter().map(|row| line(row, 2.6))));
    let optima: Vec<(usize, Params<f64>)> = best_rows.iter().filter_map(|&row| Some((row, runs.surface(row).optimum()?))).collect();
    for &(row, optimum) in &optima {
        let points = prediction(runs.problem(row), optimum, x_range);
        layers.push(Layer::Line { points, color: palette::INK, width: 1.6, dash: Dash::Dashed });
    }
    let boundary = class_threshold(&neuron).filter(|_| shown.contains(&best));
    let boundary = boundary.and_then(|threshold| boundary_of(problem, runs.end(best), threshold, x_range));
    if let Some(at) = boundary {
        layers.push(Layer::Rule { at, vertical: true, label: String::new(), color: palette::FAINT, dash: Dash::Dotted });
    }
    let entry = |label: &str, color, shape| LegendEntry { label: label.into(), color, shape };
    let mut legend = color_by.legend(runs, &shown);
    if !optima.is_empty() {
        legend.push(entry(optimum_label(&runs.surface(best)), palette::INK, LegendShape::Line(Dash::Dashed)));
    }
    if boundary.is_some() {
        legend.push(entry("decision boundary", palette::FAINT, LegendShape::Line(Dash::Dotted)));
    }
    legend.extend(row_legend);
    // The line of the best run stays in view, unless it is far from all rows.
    let far = 0.5 * (labels[1] - labels[0]);
    let predicted =
        best_rows.iter().filter(|row| shown.contains(row)).flat_map(|&row| prediction(runs.problem(row), runs.end(row), x_range));
    let predicted = predicted.map(|point| point[1].clamp(labels[0] - far, labels[1] + far));
    let y_range = predicted.fold(labels, |[low, high], y| [low.min(y), high.max(y)]);
    let y = axis(&target_label(runs, best), Scale::Linear, y_range);
    let spec = &runs.experiment.data;
    let mut caption = distances(ranking);
    if shown.is_empty() {
        caption.push("No line is drawn, because every run diverges".into());
    } else {
        caption.extend(quality(runs, best, boundary));
    }
    let mut notes = Vec::new();
    if shown.len() < rows.len() && !shown.is_empty() {
        let each = color_by.parameter().map_or_else(String::new, |parameter| format!(" for each {}", parameter.key()));
        notes.push(format!("{}: the best setting{each}", sentences::drawn(shown.len(), rows.len(), "run")));
    }
    notes.extend(rows_note);
    Figure {
        name: "fit".into(),
        title: format!("{}: {} as a function of {}", runs.experiment.name, spec.format.target, spec.format.feature),
        caption,
        note: notes.join(". "),
        columns: 1,
        panels: vec![Panel { title: String::new(), x, y, equal_units: false, layers }],
        shared_axes: false,
        legend,
        color_bars: Vec::new(),
        table: Vec::new(),
        size: [860, 580],
    }
}

/// Whether the labels 0 and 1 of the data are −1 and 1 for the loss.
fn has_signed_labels(neuron: &Neuron) -> bool {
    neuron.bits && matches!(neuron.loss, Loss::Hinge | Loss::SquaredHinge)
}

/// The name of the prediction at the optimum.
pub fn optimum_label(surface: &CostSurface<'_>) -> &'static str {
    if matches!(surface, CostSurface::Quadratic(_)) { "least squares" } else { "optimum" }
}

/// The rows of a problem as markers, with their axes and legend entries.
pub struct Scatter {
    /// The unscaled feature.
    pub x: Axis,
    /// The target as the loss sees it.
    pub y: Axis,
    pub layers: Vec<Layer>,
    pub legend: Vec<LegendEntry>,
    /// The number of rows that are drawn, if they are not all.
    pub note: Option<String>,
}

/// The target with the meaning of its labels.
fn target_label(runs: &Runs<'_>, row: usize) -> String {
    let target = &runs.experiment.data.format.target;
    if has_signed_labels(&runs.problem(row).neuron) { format!("{target} (0 is −1)") } else { target.clone() }
}

/// The training rows and the test rows of a run's problem.
pub fn scatter(runs: &Runs<'_>, row: usize) -> Scatter {
    let (data, problem) = (&runs.experiment.dataset, runs.problem(row));
    let is_signed = has_signed_labels(&problem.neuron);
    let label = |y: f64| if is_signed { 2.0 * y - 1.0 } else { y };
    let [train, test]: [Vec<[f64; 2]>; 2] = [&problem.split.train, &problem.split.test]
        .map(|rows| rows.iter().map(|&row| [data.x[row as usize], label(data.y[row as usize])]).collect());
    let range = |coordinate: usize| extent(train.iter().chain(&test).map(|point| point[coordinate]));
    let all = train.len() + test.len();
    // Of many rows an evenly spaced part of the training rows and of the test rows is drawn.
    let part = |points: &[[f64; 2]]| -> Vec<[f64; 2]> {
        let count = if all <= ROWS { points.len() } else { (points.len() * ROWS).div_ceil(all) };
        spread(points.len(), count).map(|position| points[position]).collect()
    };
    let (x, y) =
        (axis(&runs.experiment.data.format.feature, Scale::Linear, range(0)), axis(&target_label(runs, row), Scale::Linear, range(1)));
    let entry = |label: &str, marker| LegendEntry { label: label.into(), color: palette::SOFT, shape: LegendShape::Marker(marker) };
    let [train, test] = [part(&train), part(&test)];
    let drawn = train.len() + test.len();
    let note = (drawn < all).then(|| sentences::drawn(drawn, all, "row"));
    let mut layers = vec![Layer::Markers { points: train, marker: Marker::Dot, color: ROW_COLOR, size: 3.6 }];
    let mut legend = vec![entry("training rows", Marker::Dot)];
    if !test.is_empty() {
        layers.push(Layer::Markers { points: test, marker: Marker::Hollow, color: palette::SOFT, size: 4.0 });
        legend.push(entry("test rows", Marker::Hollow));
    }
    Scatter { x, y, layers, legend, note }
}

/// The unscaled feature at which the prediction crosses the threshold between two classes; `None` if it does not, or more than once.
fn boundary_of(problem: &Problem, theta: Params<f64>, threshold: f64, [from, to]: [f64; 2]) -> Option<f64> {
    let neuron = RowEvaluator::of(&problem.neuron);
    let is_above = |x: f64| neuron.predict(theta, problem.scaling.apply(x)) > threshold;
    let x = |index: usize| from + (to - from) * index as f64 / SEGMENTS as f64;
    let mut crossings = (0..SEGMENTS).filter(|&index| is_above(x(index)) != is_above(x(index + 1)));
    let (first, None) = (crossings.next()?, crossings.next()) else { return None };
    let (mut low, mut high) = (x(first), x(first + 1));
    for _ in 0..BISECTIONS {
        let middle = f64::midpoint(low, high);
        *(if is_above(middle) == is_above(low) { &mut low } else { &mut high }) = middle;
    }
    Some(f64::midpoint(low, high))
}

/// How well the best run predicts: R², or the accuracy and the decision boundary; `None` if neither exists.
fn quality(runs: &Runs<'_>, row: usize, boundary: Option<f64>) -> Option<String> {
    let [train, test] = [false, true].map(|is_test| runs.score_on(row, is_test));
    let is_accuracy = train?.measure == "accuracy";
    let value = |score: Score| {
        if is_accuracy { format!("{} %", text::significant(100.0 * score.value, 2)) } else { text::decimals(score.value, 2) }
    };
    let test = test.map_or_else(String::new, |score| format!(", {} on the test rows", value(score)));
    let at = boundary.map_or_else(String::new, |x| {
        format!("; the decision boundary is {} = {}", runs.experiment.data.format.feature, text::significant(x, 3))
    });
    Some(format!("{} of the best run: {} on the training rows{test}{at}", if is_accuracy { "Accuracy" } else { "R²" }, value(train?)))
}

/// The prediction of the neuron over a range of the unscaled feature.
pub fn prediction(problem: &Problem, theta: Params<f64>, [from, to]: [f64; 2]) -> Vec<[f64; 2]> {
    let neuron = RowEvaluator::of(&problem.neuron);
    let segments = if problem.neuron.activation == Activation::Linear { 1 } else { SEGMENTS };
    let x = (0..=segments).map(|i| from + (to - from) * i as f64 / segments as f64);
    x.map(|x| [x, neuron.predict(theta, problem.scaling.apply(x))]).collect()
}
