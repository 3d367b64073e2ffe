//! The losses of a run that are easily confused: of each batch, their mean over an epoch, and J on all training rows; and the loss on test rows.

use super::bands::Band;
use super::errors::Error;
use super::expected;
use super::paths::PathCache;
use super::ranking::Ranking;
use super::runs::Runs;
use super::sample::spread;
use super::sentences;
use crate::figure::ticks::{axis, count_axis};
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, palette};
use crate::kernel::RowEvaluator;
use crate::model::{MissingParameter, Path, Verdict};
use crate::sweep::batch_order;

/// The largest numbers of panels, and of runs in a band.
const PANELS: usize = 4;
const RUNS: usize = 16;

/// The largest numbers of points of a line, and of markers of epoch means.
const POINTS: usize = 1_500;
const MEANS: usize = 60;
/// The largest number of test rows that the line of a panel evaluates, in a second or two on one core; a line has at least the second number of points.
const TEST_ROWS: usize = 50_000_000;
const LEAST_POINTS: usize = 60;
/// The largest number of points of the theory.
const EXPECTED: usize = 300;

/// The axis ends at this multiple of J at the start, even if J exceeds it; that of a diverged run, which has a panel of its own, at the second one.
const ABOVE_START: f64 = 10.0;
const DIVERGED_ABOVE_START: f64 = 1e6;

/// The share of batch losses below the axis.
const BELOW: f64 = 0.02;

const BATCH_COLOR: Color = Color { alpha: 0.6, ..palette::SOFT };
const MEAN_COLOR: Color = palette::ACCENT;
const J_COLOR: Color = palette::BLUE;
const EXPECTED_COLOR: Color = palette::INK;
const TEST_COLOR: Color = Color { rgb: [0x78, 0x18, 0x00], alpha: 1.0 };

/// One panel for the best setting, and one for the best run of each other verdict.
pub fn figure(cache: &PathCache<'_>, ranking: &Ranking<'_>) -> Result<Figure, Error> {
    let (runs, rows) = (cache.runs(), ranking.all_rows());
    let mut shown: Vec<usize> = ranking.best().into_iter().collect();
    for verdict in Verdict::ALL.into_iter().rev() {
        if shown.len() < PANELS && shown.iter().all(|&row| runs.table.verdict[row] != verdict) {
            let own: Vec<usize> = rows.iter().copied().filter(|&row| runs.table.verdict[row] == verdict).collect();
            shown.extend(Ranking::new(&runs, &own, None).best());
        }
    }
    let mut panels = Vec::new();
    for &row in &shown {
        panels.push(panel(cache, row, ranking.rows_like(row))?);
    }
    let has = |wanted: fn(&Layer) -> bool| panels.iter().flat_map(|panel| &panel.layers).any(wanted);
    let entry = |label: &str, color, shape| LegendEntry { label: label.into(), color, shape };
    let mut legend = vec![entry("J on all training rows", J_COLOR, LegendShape::Line(Dash::Solid))];
    if has(|layer| matches!(layer, Layer::Line { color, .. } if *color == TEST_COLOR)) {
        legend.push(entry("loss on the test rows", TEST_COLOR, LegendShape::Line(Dash::Dashed)));
    }
    if has(|layer| matches!(layer, Layer::Markers { marker: Marker::Filled, .. })) {
        legend.push(entry("mean batch loss of each epoch, as Keras prints it", MEAN_COLOR, LegendShape::Marker(Marker::Filled)));
    }
    if has(|layer| matches!(layer, Layer::Markers { marker: Marker::Dot, .. })) {
        legend.push(entry("loss of each batch, before its update", BATCH_COLOR, LegendShape::Marker(Marker::Dot)));
    }
    if has(|layer| matches!(layer, Layer::Line { color: EXPECTED_COLOR, .. })) {
        legend.push(entry("expected J of sgd (theory)", EXPECTED_COLOR, LegendShape::Line(Dash::Dotted)));
    }
    if has(|layer| matches!(layer, Layer::Area { color, .. } if color.rgb == EXPECTED_COLOR.rgb)) {
        legend.push(entry("80 % of the seeds (theory)", Color { alpha: 0.3, ..EXPECTED_COLOR }, LegendShape::Area));
    }
    if has(|layer| matches!(layer, Layer::Area { color, .. } if color.rgb == J_COLOR.rgb)) {
        legend.push(entry("80 % of the seeds", Color { alpha: 0.3, ..J_COLOR }, LegendShape::Area));
    }
    if has(|layer| matches!(layer, Layer::Rule { .. })) {
        legend.push(entry("J*", palette::FAINT, LegendShape::Line(Dash::Dashed)));
    }
    let columns = shown.len().clamp(1, 2);
    let caption =
        "The epoch mean that Keras prints lags behind J, because the parameters change while the batches of the epoch are evaluated".into();
    let mut note = String::new();
    if shown.len() < rows.len() {
        let others = if shown.len() > 1 { ", and the best with each other verdict" } else { "" };
        note = format!("{}: the best{others}", sentences::drawn(shown.len(), rows.len(), "run"));
    }
    Ok(Figure {
        name: "losses".into(),
        title: format!("{}: batch loss, epoch mean and J", runs.experiment.name),
        caption: vec![caption],
        note,
        columns,
        size: [960, 190 + 270 * shown.len().div_ceil(columns) as u32],
        panels,
        shared_axes: false,
        legend,
        color_bars: Vec::new(),
        table: Vec::new(),
    })
}

/// The losses of a run: batches and epochs of the run itself, J and the loss on the test rows with bands over the runs that differ in their seeds.
fn panel(cache: &PathCache<'_>, row: usize, seeds: &[usize]) -> Result<Panel, Error> {
    let runs = cache.runs();
    let (problem, surface) = (runs.problem(row), runs.surface(row));
    let neuron = RowEvaluator::of(&problem.neuron);
    let others = spread(seeds.len(), RUNS).map(|position| seeds[position]).filter(|&other| other != row);
    let mut series: [Vec<Vec<[f64; 2]>>; 2] = [Vec::new(), Vec::new()];
    let (mut batches, mut means, mut last, mut updates) = (Ok(Vec::new()), Vec::new(), 1, Vec::new());
    let shown: Vec<usize> = std::iter::once(row).chain(others).collect();
    let test_points = (TEST_ROWS / problem.test.len().max(1) / shown.len()).clamp(LEAST_POINTS, POINTS);
    cache.visit(&shown, |visited, path| {
        let points = |count: usize| spread(path.len(), count).map(|point| (path.steps[point] as f64, path.at(point)));
        series[0].push(points(POINTS).map(|(step, theta)| [step, surface.drawn_cost(theta)]).collect());
        if !problem.test.is_empty() {
            series[1].push(points(test_points).map(|(step, theta)| [step, neuron.loss(&problem.test, theta)]).collect());
        }
        if visited == row {
            batches = batch_losses(&runs, row, path);
            if let Ok(batches) = &batches {
                means = epoch_means(path, batches);
            }
            last = path.last_step().max(1);
            updates = spread(path.len(), EXPECTED).map(|point| path.steps[point]).collect();
        }
    })?;
    let batches = batches?;
    let [j, test] = series.map(|series| Band::of(series.iter().map(Vec::as_slice)));
    let markers: Vec<[f64; 2]> = spread(batches.len(), POINTS).map(|at| [batches[at].step as f64, batches[at].loss]).collect();
    let minimum = surface.optimum().map(|_| surface.minimum());
    let range = range(&j, &test, &markers, minimum, if runs.has_diverged(row) { DIVERGED_ABOVE_START } else { ABOVE_START });
    if runs.has_diverged(row) {
        // The panel ends where J leaves it.
        last = j.median.iter().find(|point| point[1] > range[1]).map_or(last, |point| point[0] as u64).max(1);
    }
    let means: Vec<[f64; 2]> = spread(means.len(), MEANS).map(|at| means[at]).collect();
    let visible = |points: &[[f64; 2]]| points.iter().copied().filter(|point| point[1] > 0.0).collect::<Vec<_>>();
    let above_zero = |band: Band| band.map_values(|value| value.clamp(range[0] / 10.0, range[1] * 1e3));
    let expected = expected::losses(&runs, seeds, &updates).map(above_zero);
    let [j, test] = [j, test].map(above_zero);
    let mut layers: Vec<Layer> = Vec::new();
    layers.extend(minimum.map(|at| Layer::Rule { at, vertical: false, label: String::new(), color: palette::FAINT, dash: Dash::Dashed }));
    layers.push(Layer::Markers { points: visible(&markers), marker: Marker::Dot, color: BATCH_COLOR, size: 2.0 });
    // With several seeds, the band of the runs shows how much they vary.
    layers.extend(expected.iter().filter(|_| j.low.is_empty()).filter_map(|band| band.area(EXPECTED_COLOR)));
    layers.extend(test.area(TEST_COLOR));
    layers.extend(j.area(J_COLOR));
    if !test.median.is_empty() {
        layers.push(test.line(TEST_COLOR, 1.4, Dash::Dashed));
    }
    layers.push(j.line(J_COLOR, 1.8, Dash::Solid));
    layers.extend(expected.map(|band| band.line(EXPECTED_COLOR, 1.2, Dash::Dotted)));
    layers.push(Layer::Markers { points: visible(&means), marker: Marker::Filled, color: MEAN_COLOR, size: 4.0 });
    layers.retain(|layer| !matches!(layer, Layer::Markers { points, .. } if points.is_empty()));
    let title = format!("{}: {}", runs.name(row), runs.verdict(row));
    Ok(Panel { title, x: count_axis("updates", [0.0, last as f64]), y: axis("loss", Scale::Log, range), equal_units: false, layers })
}

/// The range of the loss axis. Losses far above the start, and a few batch losses near 0, are outside.
fn range(j: &Band, test: &Band, batches: &[[f64; 2]], minimum: Option<f64>, above_start: f64) -> [f64; 2] {
    let start = j.median.first().map_or(f64::INFINITY, |point| point[1]);
    let mut sorted: Vec<f64> = batches.iter().map(|point| point[1]).filter(|loss| *loss > 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    let kept = &sorted[(BELOW * sorted.len() as f64) as usize..];
    let lines = j.median.iter().chain(&test.median).map(|point| point[1]);
    super::ranges::log_range(lines.chain(kept.iter().copied()).map(|loss| loss.min(above_start * start)).chain(minimum))
}

/// The loss of one batch at the parameters before its update.
struct BatchLoss {
    /// The number of updates before it.
    step: u64,
    rows: usize,
    loss: f64,
}

/// The loss of each batch that follows a recorded point of a path. Only of those that are drawn if the path has the means of epochs.
fn batch_losses(runs: &Runs<'_>, row: usize, path: &Path) -> Result<Vec<BatchLoss>, MissingParameter> {
    let problem = runs.problem(row);
    let Some(run) = runs.experiment.space.run(runs.table.run[row]) else { return Ok(Vec::new()) };
    let (train, neuron) = (&problem.train, RowEvaluator::of(&problem.neuron));
    let order = batch_order(runs.experiment, problem, &run.settings)?;
    let mut epochs = order.epochs();
    let all = path.len().saturating_sub(1);
    let mut points = spread(all, if path.epochs.is_empty() { all } else { POINTS }).peekable();
    let mut losses = Vec::new();
    let mut step = 0;
    while points.peek().is_some() {
        for batch in epochs.advance().chunks(order.batch_size) {
            if let Some(point) = points.next_if(|&point| path.steps[point] == step) {
                let rows = batch.iter().map(|&row| (train.x[row as usize], train.y[row as usize]));
                losses.push(BatchLoss { step, rows: batch.len(), loss: neuron.means(rows, path.at(point)).loss });
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
