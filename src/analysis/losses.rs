//! Three losses that are often taken for one: of the batch, Keras' mean over an epoch, and J on all training rows.

use super::ground::Ground;
use super::trails::{Trails, thinned};
use super::{Error, Path, draw};
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Mark, Panel, Scale};
use crate::model::Verdict;
use crate::text;

/// The most runs shown.
const RUNS: usize = 4;

/// The most points of a series.
const POINTS: usize = 1_500;

/// The best run and the best of other verdicts, a panel each.
pub fn figure(trails: &Trails<'_>, rows: &[usize]) -> Result<Figure, Error> {
    let view = trails.view();
    let mut shown: Vec<usize> = view.best(rows).into_iter().collect();
    for verdict in Verdict::ALL.into_iter().rev() {
        let own: Vec<usize> = rows.iter().copied().filter(|&row| view.runs.verdict[row] == verdict).collect();
        shown.extend(view.best(&own).filter(|row| !shown.contains(row)));
    }
    shown.truncate(RUNS);
    let mut panels = Vec::new();
    for &row in &shown {
        let verdict = view.verdict(row);
        panels.push(panel(format!("{}: {verdict}", view.name(row)), &view.ground(row), &trails.path(row)?));
    }
    let entry = |label: &str, color, shape| LegendEntry { label: label.into(), color, shape };
    let legend = vec![
        entry("loss of the batch, before its update", BATCH, LegendShape::Mark(Mark::Dot)),
        entry("epoch's mean of batch losses (what Keras prints)", MEAN, LegendShape::Mark(Mark::Filled)),
        entry("J on all training rows", J, LegendShape::Line),
    ];
    let columns = shown.len().clamp(1, 2);
    let which = if shown.len() == rows.len() {
        "The mean of an epoch's batch losses trails J: its batches were measured while the parameters still moved".into()
    } else {
        format!("{} of {}: the best, and the best of other verdicts", shown.len(), text::count(rows.len(), "run"))
    };
    Ok(Figure {
        name: "losses".into(),
        title: format!("{}: batch loss, epoch mean and J", view.experiment.name),
        caption: vec![which],
        columns,
        size: [960, 170 + 270 * shown.len().div_ceil(columns) as u32],
        panels,
        shared_axes: false,
        legend,
        color_bar: None,
    })
}

const BATCH: Color = Color { alpha: 0.6, ..draw::SOFT };
const MEAN: Color = draw::ACCENT;
const J: Color = draw::BLUE;

fn panel(title: String, ground: &Ground<'_>, path: &Path) -> Panel {
    let len = path.weight.len().min(path.bias.len());
    let batches: Vec<[f64; 2]> = thinned(path.batch_loss.len(), POINTS).into_iter().map(|at| [at as f64, path.batch_loss[at]]).collect();
    let j = |at: usize| [at as f64, ground.cost([path.weight[at], path.bias[at]].map(f64::from))];
    let line: Vec<[f64; 2]> = thinned(len, POINTS).into_iter().map(j).collect();
    let ends = path.epochs.iter().enumerate().map(|(epoch, point)| [((epoch + 1) * path.batches_per_epoch) as f64, point.loss]);
    let ends: Vec<[f64; 2]> = ends.collect();
    let means = thinned(ends.len(), 60).into_iter().map(|at| ends[at]).collect();
    let range =
        draw::log_range(batches.iter().chain(&line).chain(&ends).map(|point| point[1]).chain(ground.optimum().map(|_| ground.floor())));
    let lift = |points: Vec<[f64; 2]>| points.into_iter().map(|[x, y]| [x, y.clamp(range[0], range[1])]).collect::<Vec<_>>();
    let mut layers = vec![
        Layer::Marks { points: lift(batches), mark: Mark::Dot, color: BATCH, size: 2.0 },
        Layer::Line { points: lift(line), color: J, width: 1.8, dash: Dash::Solid },
        Layer::Marks { points: lift(means), mark: Mark::Filled, color: MEAN, size: 4.0 },
    ];
    if ground.optimum().is_some() && ground.floor() >= range[0] {
        let label = format!("optimum {}", text::loss(ground.floor()));
        layers.push(Layer::Rule { at: ground.floor(), vertical: false, label, color: draw::INK, dash: Dash::Dashed });
    }
    let last = (len.saturating_sub(1)).max(1) as f64;
    Panel { title, x: draw::axis("updates", Scale::Linear, [0.0, last]), y: draw::axis("loss", Scale::Log, range), layers }
}
