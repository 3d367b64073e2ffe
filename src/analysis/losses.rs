//! Three losses that are easily confused: of each batch, their mean over an epoch, and J on all training rows.

use super::cost_surface::CostSurface;
use super::errors::Error;
use super::paths::PathCache;
use super::ranges::log_range;
use super::ranking;
use super::runs::Runs;
use super::sample::spread;
use crate::figure::ticks::{axis, count_axis};
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, palette};
use crate::kernel::RowEvaluator;
use crate::model::{MissingParameter, Params, Path, Verdict};
use crate::sweep::batch_order;
use crate::text;

/// The largest number of runs.
const RUNS: usize = 4;

/// The largest numbers of points of a line, and of markers of epoch means.
const POINTS: usize = 1_500;
const MEANS: usize = 60;

const BATCH_COLOR: Color = Color { alpha: 0.6, ..palette::SOFT };
const MEAN_COLOR: Color = palette::ACCENT;
const J_COLOR: Color = palette::BLUE;

/// One panel for the best run, and one for the best run of each other verdict.
pub fn figure(cache: &PathCache<'_>, rows: &[usize]) -> Result<Figure, Error> {
    let runs = cache.runs();
    let mut shown: Vec<usize> = ranking::best(&runs, rows).into_iter().collect();
    for verdict in Verdict::ALL.into_iter().rev() {
        let own: Vec<usize> = rows.iter().copied().filter(|&row| runs.table.verdict[row] == verdict).collect();
        shown.extend(ranking::best(&runs, &own).filter(|row| !shown.contains(row)));
    }
    shown.truncate(RUNS);
    let mut panels = Vec::new();
    cache.visit(&shown, |row, path| panels.push(panel(&runs, row, path)))?;
    let panels = panels.into_iter().collect::<Result<Vec<Panel>, MissingParameter>>()?;
    let entry = |label: &str, color, shape| LegendEntry { label: label.into(), color, shape };
    let legend = vec![
        entry("loss of each batch, before its update", BATCH_COLOR, LegendShape::Marker(Marker::Dot)),
        entry("mean batch loss of each epoch, as Keras prints it", MEAN_COLOR, LegendShape::Marker(Marker::Filled)),
        entry("J on all training rows", J_COLOR, LegendShape::Line(Dash::Solid)),
    ];
    let columns = shown.len().clamp(1, 2);
    let caption = if shown.len() == rows.len() {
        "The mean of an epoch lags behind J, because parameters changed while its batches were evaluated".into()
    } else {
        format!("{} of {}: the best, and the best of each other verdict", shown.len(), text::count(rows.len(), "run"))
    };
    Ok(Figure {
        name: "losses".into(),
        title: format!("{}: batch loss, epoch mean and J", runs.experiment.name),
        caption: vec![caption],
        columns,
        size: [960, 170 + 270 * shown.len().div_ceil(columns) as u32],
        panels,
        shared_axes: false,
        legend,
        color_bars: Vec::new(),
    })
}

fn panel(runs: &Runs<'_>, row: usize, path: &Path) -> Result<Panel, MissingParameter> {
    let surface = runs.surface(row);
    let batches = batch_losses(runs, row, path)?;
    let j: Vec<[f64; 2]> = spread(path.len(), POINTS).map(|point| [path.steps[point] as f64, surface.cost(path.at(point))]).collect();
    let means = epoch_means(path, &batches);
    let markers: Vec<[f64; 2]> = spread(batches.len(), POINTS).map(|at| [batches[at].step as f64, batches[at].loss]).collect();
    let values = markers.iter().chain(&j).chain(&means).map(|point| point[1]);
    let range = log_range(values.chain(surface.optimum().map(|_| surface.minimum())));
    let clamped = |points: Vec<[f64; 2]>| points.into_iter().map(|[x, y]| [x, y.clamp(range[0], range[1])]).collect::<Vec<_>>();
    let means = spread(means.len(), MEANS).map(|at| means[at]).collect();
    let mut layers = vec![
        Layer::Markers { points: clamped(markers), marker: Marker::Dot, color: BATCH_COLOR, size: 2.0 },
        Layer::Line { points: clamped(j), color: J_COLOR, width: 1.8, dash: Dash::Solid },
        Layer::Markers { points: clamped(means), marker: Marker::Filled, color: MEAN_COLOR, size: 4.0 },
    ];
    layers.extend(minimum_rule(&surface, range));
    let last = path.last_step().max(1) as f64;
    let title = format!("{}: {}", runs.name(row), runs.verdict(row));
    Ok(Panel { title, x: count_axis("updates", [0.0, last]), y: axis("loss", Scale::Log, range), layers })
}

/// A reference line at J*; `None` if J* is outside the range.
pub fn minimum_rule(surface: &CostSurface<'_>, range: [f64; 2]) -> Option<Layer> {
    let at = surface.minimum();
    let label = format!("J* = {}", text::loss(at));
    let rule = Layer::Rule { at, vertical: false, label, color: palette::INK, dash: Dash::Dashed };
    surface.optimum().filter(|_| at >= range[0]).map(|_| rule)
}

/// The loss of one batch at the parameters before its update.
struct BatchLoss {
    /// The number of updates before it.
    step: u64,
    rows: usize,
    loss: f64,
}

/// The loss of each batch that follows a recorded point of a path.
fn batch_losses(runs: &Runs<'_>, row: usize, path: &Path) -> Result<Vec<BatchLoss>, MissingParameter> {
    let problem = runs.problem(row);
    let Some(run) = runs.experiment.space.run(runs.table.run[row]) else { return Ok(Vec::new()) };
    let (train, neuron) = (&problem.train, RowEvaluator::of(&problem.neuron));
    let order = batch_order(runs.experiment, problem, &run.settings)?;
    let mut epochs = order.epochs();
    let mut points = (0..path.len().saturating_sub(1)).peekable();
    let mut losses = Vec::with_capacity(points.len());
    let mut step = 0;
    while points.peek().is_some() {
        for batch in epochs.advance().chunks(order.batch_size) {
            if let Some(point) = points.next_if(|&point| path.steps[point] == step) {
                let rows = batch.iter().map(|&row| (train.x[row as usize], train.y[row as usize]));
                losses.push(BatchLoss { step, rows: batch.len(), loss: neuron.means(rows, Params(path.at(point))).loss });
            }
            step += 1;
        }
    }
    Ok(losses)
}

/// The mean batch loss of each epoch, at the number of updates after the epoch. Computed from the batches where epochs were not recorded.
fn epoch_means(path: &Path, batches: &[BatchLoss]) -> Vec<[f64; 2]> {
    let end = |epoch: usize| ((epoch + 1) * path.batches_per_epoch) as f64;
    let is_complete = batches.len() as u64 == path.last_step();
    if path.epochs.is_empty() && is_complete {
        let mean = |epoch: &[BatchLoss]| {
            let rows: usize = epoch.iter().map(|batch| batch.rows).sum();
            epoch.iter().map(|batch| batch.rows as f64 * batch.loss).sum::<f64>() / rows as f64
        };
        return batches.chunks_exact(path.batches_per_epoch.max(1)).enumerate().map(|(epoch, own)| [end(epoch), mean(own)]).collect();
    }
    let recorded = path.epochs.iter().enumerate().map(|(epoch, metrics)| [end(epoch), f64::from(metrics.loss)]);
    recorded.filter(|mean| !mean[1].is_nan()).collect()
}
