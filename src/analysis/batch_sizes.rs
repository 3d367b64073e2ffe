//! J − J* for each batch size, as a function of epochs (passes over the data) and of updates.

use std::collections::BTreeMap;

use super::color_by::ColorBy;
use super::cost_surface::CostSurface;
use super::errors::Error;
use super::paths::PathCache;
use super::problems::by_problem;
use super::ranges::log_range;
use super::runs::Runs;
use super::sample::{sample, spread};
use super::setting::Setting;
use super::statistics;
use crate::figure::ticks::{axis, count_axis};
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, palette};
use crate::model::{Parameter, Path};
use crate::text;

/// The largest numbers of runs per median, of rows of panels, and of batch sizes.
const RUNS: usize = 16;
const PANEL_ROWS: usize = 3;
const SIZES: usize = 9;

/// The largest number of points of a curve.
const POINTS: usize = 400;

/// Median J − J* of the runs with one batch size.
struct Curve {
    setting: Setting,
    color: Color,
    /// Updates in one epoch.
    batches: u64,
    /// The number of epochs, and the median after them.
    points: Vec<(usize, f64)>,
    runs: usize,
    /// The number of runs that reached the optimum at some epoch's end, and the median number of epochs that they needed.
    converged: usize,
    first_converged: Option<f64>,
}

/// The curves of one learning rate: a row of two panels.
struct PanelRow {
    rate: Setting,
    curves: Vec<Curve>,
}

/// One figure of the best conditioned problem, with two panels for each of a few learning rates.
pub fn figure(cache: &PathCache<'_>, rows: &[usize]) -> Result<Option<Figure>, Error> {
    let runs = cache.runs();
    let condition = |own: &Vec<usize>| runs.surface(own[0]).condition().unwrap_or(f64::INFINITY);
    let Some(rows) = by_problem(&runs, rows).into_iter().min_by(|a, b| condition(a).total_cmp(&condition(b))) else { return Ok(None) };
    let surface = runs.surface(rows[0]);
    let color_by = ColorBy::new(&runs, &rows, Some(Parameter::BatchSize), &[]);
    let rates = runs.group_by(&rows, Parameter::LearningRate);
    let (mut panel_rows, mut caption) = (Vec::new(), Vec::new());
    for position in spread(rates.len(), PANEL_ROWS) {
        let (rate, own) = &rates[position];
        let sizes = runs.group_by(own, Parameter::BatchSize);
        let mut curves = Vec::new();
        for size in spread(sizes.len(), SIZES) {
            let (setting, own) = &sizes[size];
            let points = median_excess(cache, own, &surface)?;
            curves.push(curve(&runs, own, *setting, points, color_by.color(&runs, own[0])));
        }
        caption.push(format!("learning_rate {rate}: {}", convergence(&curves)));
        panel_rows.push(PanelRow { rate: *rate, curves });
    }
    let values = panel_rows.iter().flat_map(|row| &row.curves).flat_map(|curve| &curve.points).map(|&(_, excess)| excess);
    let threshold = surface.convergence_excess();
    let floor = if threshold > 0.0 { threshold * 1e-3 } else { 0.0 };
    let range = log_range(values.map(|excess| excess.max(floor)).chain([threshold]));
    let panels = panel_rows.iter().flat_map(|row| panels(row, threshold, range)).collect::<Vec<_>>();
    let mut legend = color_by.legend();
    let marker = LegendShape::Marker(Marker::Filled);
    legend.push(LegendEntry { label: "median epoch of convergence".into(), color: palette::FAINT, shape: marker });
    Ok(Some(Figure {
        name: "batch_sizes".into(),
        title: format!("{}: batch sizes compared by epochs and by updates", runs.experiment.name),
        caption,
        columns: 2,
        size: [1000, 200 + 260 * panel_rows.len() as u32],
        panels,
        shared_axes: false,
        legend,
        color_bars: Vec::new(),
    }))
}

/// The median J − J* after each epoch, over a sample of the runs.
fn median_excess(cache: &PathCache<'_>, rows: &[usize], surface: &CostSurface<'_>) -> Result<Vec<(usize, f64)>, Error> {
    let shown = sample(&cache.runs(), rows, RUNS);
    let mut by_epoch: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    cache.visit(&shown, |_, path| {
        for (epoch, excess) in epoch_ends(path, surface) {
            by_epoch.entry(epoch).or_default().push(excess);
        }
    })?;
    let longest = by_epoch.keys().next_back().copied().unwrap_or(0);
    // After a divergence a run has no values: it counts as infinite.
    let median = |epoch: usize| {
        let mut values = by_epoch.get(&epoch)?.clone();
        values.resize(shown.len(), f64::INFINITY);
        statistics::quantile(&values, 0.5).map(|excess| (epoch, excess))
    };
    Ok(spread(longest + 1, POINTS).filter_map(median).collect())
}

/// J − J* at the start and after each epoch whose last update is recorded.
fn epoch_ends(path: &Path, surface: &CostSurface<'_>) -> Vec<(usize, f64)> {
    let epochs = Path::whole_epochs(path.last_step(), path.batches_per_epoch);
    let excess = |epoch: usize| {
        let point = path.steps.binary_search(&((epoch * path.batches_per_epoch) as u64)).ok()?;
        Some((epoch, surface.excess(path.at(point))))
    };
    (0..=epochs).filter_map(excess).collect()
}

/// Summarises the runs with one batch size.
fn curve(runs: &Runs<'_>, rows: &[usize], setting: Setting, points: Vec<(usize, f64)>, color: Color) -> Curve {
    let first: Vec<f64> = rows.iter().filter_map(|&row| runs.table.epochs_to_reach[row]).map(f64::from).collect();
    Curve {
        setting,
        color,
        batches: runs.batches(rows[0]),
        points,
        runs: rows.len(),
        converged: first.len(),
        first_converged: statistics::quantile(&first, 0.5),
    }
}

/// The panels of one learning rate: by epochs and by updates.
fn panels(row: &PanelRow, threshold: f64, range: [f64; 2]) -> [Panel; 2] {
    let PanelRow { rate, curves } = row;
    let epochs = curves.iter().filter_map(|curve| curve.points.last()).map(|point| point.0).max().unwrap_or(1).max(1) as f64;
    let updates = curves.iter().filter_map(|curve| curve.points.last().map(|point| point.0 as u64 * curve.batches)).max().unwrap_or(1);
    let fewest = curves.iter().map(|curve| curve.batches).min().unwrap_or(1).max(1) as f64;
    let panel = |by_updates: bool| {
        let x = |curve: &Curve, epoch: f64| if by_updates { epoch * curve.batches as f64 } else { epoch };
        let mut layers = Vec::new();
        for curve in curves {
            let points = curve.points.iter().map(|&(epoch, excess)| [x(curve, epoch as f64), excess.clamp(range[0], range[1])]);
            // A logarithmic axis of updates has no position for the start.
            let points: Vec<[f64; 2]> = points.filter(|point| !by_updates || point[0] > 0.0).collect();
            layers.push(Layer::Line { points, color: curve.color, width: 1.8, dash: Dash::Solid });
        }
        for curve in curves {
            // The median J at the median epoch of convergence may be above the threshold: the marker is drawn at the threshold.
            let at = curve.first_converged.and_then(|first| curve.points.iter().find(|point| point.0 as f64 >= first));
            layers.extend(at.map(|&(epoch, excess)| Layer::Markers {
                points: vec![[x(curve, epoch as f64), excess.min(threshold).clamp(range[0], range[1])]],
                marker: Marker::Filled,
                color: curve.color,
                size: 5.0,
            }));
        }
        if threshold > 0.0 {
            let label = "convergence threshold".into();
            layers.push(Layer::Rule { at: threshold, vertical: false, label, color: palette::INK, dash: Dash::Dashed });
        }
        let x_axis = if by_updates {
            axis("updates", Scale::Log, [fewest, (updates as f64).max(2.0 * fewest)])
        } else {
            count_axis("epochs", [0.0, epochs])
        };
        let title = format!("learning_rate {rate}, by {}", if by_updates { "updates" } else { "epochs" });
        Panel { title, x: x_axis, y: axis("J − J*", Scale::Log, range), layers }
    };
    [panel(false), panel(true)]
}

/// The first epoch of convergence: `batch size 1 converges in epoch 4 (640 updates), 5 in epoch 20 (640 updates); batch size 160 never converges`.
fn convergence(curves: &[Curve]) -> String {
    let (mut converging, mut others) = (Vec::new(), Vec::new());
    for curve in spread(curves.len(), 6).map(|at| &curves[at]) {
        let Some(first) = curve.first_converged else {
            others.push(curve.setting.to_string());
            continue;
        };
        let epoch = libm::ceil(first) as u64;
        let share = if curve.converged < curve.runs { format!(", {} of {} runs", curve.converged, curve.runs) } else { String::new() };
        let updates = text::grouped(epoch * curve.batches);
        let verb = if converging.is_empty() { " converges" } else { "" };
        converging.push(format!("{}{verb} in epoch {epoch} ({updates} updates{share})", curve.setting));
    }
    let never = match others.len() {
        0 => String::new(),
        1 => format!("batch size {} never converges", others[0]),
        _ => format!("batch sizes {} never converge", text::list(&others)),
    };
    match (converging.is_empty(), others.is_empty()) {
        (true, _) => never,
        (false, true) => format!("batch size {}", converging.join(", ")),
        (false, false) => format!("batch size {}; {never}", converging.join(", ")),
    }
}
