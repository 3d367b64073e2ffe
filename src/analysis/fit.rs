//! The fitted lines on the data, beside the least-squares line.

use super::draw;
use super::ground::Ground;
use super::hue::Hue;
use super::sample::{DRAWN, sample};
use super::view::View;
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Mark, Panel, Scale};
use crate::kernel::RowEvaluator;
use crate::model::{Activation, Parameter, Problem};
use crate::text;

/// One panel in the feature's own units, whatever its scale: lines of all problems can be compared there.
pub fn figure(view: &View<'_>, rows: &[usize], style: Option<Parameter>) -> Figure {
    let spec = &view.experiment.data;
    let data = &view.experiment.dataset;
    let best = view.best(rows).unwrap_or(0);
    let problem = view.problem(best);
    let points = |rows: &[u32]| rows.iter().map(|&row| [data.x[row as usize], data.y[row as usize]]).collect::<Vec<_>>();
    let (train, test) = (points(&problem.split.train), points(&problem.split.test));
    let both = || train.iter().chain(&test);
    let x = draw::extent(both().map(|point| point[0]));
    let y = draw::extent(both().map(|point| point[1]));
    let hue = Hue::new(view, rows, style, &[Parameter::DataScale]);
    let ended: Vec<usize> = rows.iter().copied().filter(|&row| view.excess(row).is_finite()).collect();
    let drawn = sample(view, &ended, DRAWN);
    let mut layers = vec![Layer::Marks { points: train, mark: Mark::Dot, color: draw::SOFT, size: 3.0 }];
    if !test.is_empty() {
        layers.push(Layer::Marks { points: test.clone(), mark: Mark::Hollow, color: draw::SOFT, size: 3.0 });
    }
    let alpha = (6.0 / drawn.len().max(1) as f64).clamp(0.25, 1.0);
    for &row in drawn.iter().filter(|&&row| row != best) {
        let color = Color { alpha, ..hue.color(view, row) };
        layers.push(Layer::Line { points: line(view.problem(row), view.end(row), x), color, width: 1.1, dash: Dash::Solid });
    }
    if ended.contains(&best) {
        let color = hue.color(view, best);
        layers.push(Layer::Line { points: line(problem, view.end(best), x), color, width: 2.6, dash: Dash::Solid });
    }
    let optimum = view.ground(best).optimum();
    if let Some(optimum) = optimum {
        layers.push(Layer::Line { points: line(problem, optimum, x), color: draw::INK, width: 1.8, dash: Dash::Dashed });
    }
    let entry = |label: &str, color, shape| LegendEntry { label: label.into(), color, shape };
    let mut legend = hue.legend(LegendShape::Line, 6);
    if legend.is_empty() && !ended.is_empty() {
        legend.push(entry("fitted line", hue.color(view, best), LegendShape::Line));
    }
    if optimum.is_some() {
        let label = if matches!(view.ground(best), Ground::Paraboloid(_)) { "least squares" } else { "optimum" };
        legend.push(entry(label, draw::INK, LegendShape::DashedLine));
    }
    legend.push(entry("training rows", draw::SOFT, LegendShape::Mark(Mark::Dot)));
    if !test.is_empty() {
        legend.push(entry("test rows", draw::SOFT, LegendShape::Mark(Mark::Hollow)));
    }
    let mut caption = vec![super::contour::distance(view, rows)];
    if ended.is_empty() {
        caption.push("No line is drawn: every run diverged".into());
    } else if rows.len() > 1 {
        let diverged = rows.len() - ended.len();
        let lost = if diverged > 0 { format!("; {diverged} diverged and have none") } else { String::new() };
        caption.push(format!("{} of {} drawn, the best one bold{lost}", drawn.len(), text::count(rows.len(), "line")));
    }
    Figure {
        name: "fit".into(),
        title: format!("{}: {} against {}", view.experiment.name, spec.target, spec.feature),
        caption,
        columns: 1,
        panels: vec![Panel {
            title: String::new(),
            x: draw::axis(&spec.feature, Scale::Linear, x),
            y: draw::axis(&spec.target, Scale::Linear, y),
            layers,
        }],
        shared_axes: false,
        legend,
        color_bar: None,
        size: [860, 560],
    }
}

/// Points of a line that may bend.
const BENDS: usize = 128;

/// What the neuron predicts over a range of the unscaled feature.
fn line(problem: &Problem, theta: [f64; 2], [from, to]: [f64; 2]) -> Vec<[f64; 2]> {
    let direct = RowEvaluator::of(&problem.neuron);
    let pieces = if problem.neuron.activation == Activation::Linear { 1 } else { BENDS };
    let x = (0..=pieces).map(|i| from + (to - from) * i as f64 / pieces as f64);
    x.map(|x| [x, direct.predict(theta, problem.scaling.apply(x))]).collect()
}
