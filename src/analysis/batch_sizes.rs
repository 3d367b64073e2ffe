//! J − J* for each batch size at its best setting, as a function of epochs (passes over the data) and of updates.

use super::bands::Band;
use super::color_by::ColorBy;
use super::errors::Error;
use super::paths::PathCache;
use super::problems::Rankings;
use super::ranges::CostAxis;
use super::ranking::Ranking;
use super::runs::settings_label;
use super::sample::spread;
use super::sentences;
use super::setting::Setting;
use super::statistics;
use crate::figure::ticks::{axis, count_axis};
use crate::figure::{Axis, Color, Dash, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, TableRow, palette};
use crate::model::{Parameter, Path};
use crate::text;

/// The largest numbers of runs per median, and of batch sizes.
const RUNS: usize = 16;
const SIZES: usize = 9;

/// The largest number of points of a curve.
const POINTS: usize = 400;

/// The best setting with one batch size.
struct Curve {
    size: Setting,
    /// The other hyperparameters of the setting that the sweep varies, in words.
    settings: String,
    color: Color,
    dash: Dash,
    /// Updates in one epoch.
    batches: u64,
    /// Median and quantiles of J − J* over the seeds, by the number of epochs.
    band: Band,
    /// The number of runs; of those, the number that diverged and the number that reached the optimum.
    runs: usize,
    diverged: usize,
    reached: usize,
    /// The median number of epochs until J reached the optimum, over the runs that reached it.
    epochs: Option<f64>,
}

/// One figure of the best conditioned problem: by epochs, by updates, and a table of the epochs and updates until the optimum is reached.
pub fn figure(cache: &PathCache<'_>, rankings: &Rankings<'_>) -> Result<Option<Figure>, Error> {
    let runs = cache.runs();
    let condition = |own: &Ranking<'_>| runs.surface(own.all_rows()[0]).condition().unwrap_or(f64::INFINITY);
    let Some(ranking) = rankings.problems().iter().min_by(|a, b| condition(a).total_cmp(&condition(b))) else { return Ok(None) };
    let rows = ranking.all_rows();
    let color_by = ColorBy::new(&runs, rows, Some(Parameter::BatchSize), &[]);
    let mut tuned: Vec<(Setting, &[usize])> =
        ranking.best_by(Parameter::BatchSize).iter().map(|group| (group.value, ranking.rows(&group.best))).collect();
    tuned.sort_by_key(|(size, _)| *size);
    let mut curves = Vec::new();
    for position in spread(tuned.len(), SIZES) {
        let (size, own) = tuned[position];
        curves.push(curve(cache, &color_by, size, own)?);
    }
    let values = curves.iter().flat_map(|curve| &curve.band.median).map(|point| point[1]);
    let cost = CostAxis::new(&runs, rows, values);
    let threshold = runs.surface(rows[0]).convergence_excess();
    let panels = [false, true].map(|by_updates| panel(&curves, threshold, &cost, by_updates));
    let mut legend = Vec::new();
    if threshold > 0.0 {
        let shape = LegendShape::Line(Dash::Dashed);
        legend.push(LegendEntry { label: "convergence threshold".into(), color: palette::FAINT, shape });
        let shape = LegendShape::Marker(Marker::Filled);
        legend.push(LegendEntry { label: "the threshold is reached (median over seeds)".into(), color: palette::FAINT, shape });
    }
    let note = if curves.len() < tuned.len() { sentences::drawn(curves.len(), tuned.len(), "batch size") } else { String::new() };
    Ok(Some(Figure {
        name: "batch_sizes".into(),
        title: format!("{}: batch sizes compared by epochs and by updates", runs.experiment.name),
        caption: vec![caption(&curves)],
        note,
        columns: 2,
        size: [1260, 420],
        panels: panels.to_vec(),
        shared_axes: false,
        legend,
        color_bars: Vec::new(),
        table: table(&curves),
    }))
}

/// Summarises the best setting with one batch size.
fn curve(cache: &PathCache<'_>, color_by: &ColorBy, size: Setting, rows: &[usize]) -> Result<Curve, Error> {
    let runs = cache.runs();
    let surface = runs.surface(rows[0]);
    let shown: Vec<usize> = spread(rows.len(), RUNS).map(|position| rows[position]).collect();
    let mut series = Vec::with_capacity(shown.len());
    cache.visit(&shown, |_, path| {
        let points = epoch_ends(path).map(|(epoch, point)| [epoch as f64, surface.drawn_excess(path.at(point))]);
        series.push(points.collect::<Vec<[f64; 2]>>());
    })?;
    let epochs: Vec<f64> = rows.iter().filter_map(|&row| runs.epochs_to_reach(row)).map(f64::from).collect();
    let mut settings = runs.settings(rows[0]);
    settings.retain(|(parameter, _)| *parameter != Parameter::BatchSize && runs.varies(*parameter));
    Ok(Curve {
        size,
        settings: settings_label(&settings),
        color: color_by.color(&runs, rows[0]),
        dash: color_by.dash(&runs, rows[0]),
        batches: runs.batches(rows[0]),
        band: Band::of(series.iter().map(Vec::as_slice)),
        runs: rows.len(),
        diverged: rows.iter().filter(|&&row| runs.has_diverged(row)).count(),
        reached: epochs.len(),
        epochs: statistics::quantile(&epochs, 0.5),
    })
}

/// The start and the ends of some epochs whose last update is recorded: the number of epochs, and the position in the path.
fn epoch_ends(path: &Path) -> impl Iterator<Item = (usize, usize)> {
    let epochs = Path::whole_epochs(path.last_step(), path.batches_per_epoch);
    let point = |epoch: usize| Some((epoch, path.steps.binary_search(&((epoch * path.batches_per_epoch) as u64)).ok()?));
    spread(epochs + 1, POINTS).filter_map(point)
}

/// J − J* by epochs or by updates.
fn panel(curves: &[Curve], threshold: f64, cost: &CostAxis, by_updates: bool) -> Panel {
    let x = |curve: &Curve, epoch: f64| if by_updates { epoch * curve.batches as f64 } else { epoch };
    let ends = curves.iter().filter_map(|curve| curve.band.median.last().map(|point| x(curve, point[0])));
    let last = ends.fold(1.0, f64::max);
    let mut layers = Vec::new();
    if threshold > 0.0 {
        layers.push(Layer::Rule { at: threshold, vertical: false, label: String::new(), color: palette::FAINT, dash: Dash::Dashed });
    }
    for curve in curves {
        let mut band = curve.band.clone().map_values(|excess| excess.max(cost.range[0]));
        band.median.iter_mut().for_each(|point| point[0] = x(curve, point[0]));
        // A logarithmic axis of updates has no position for the start.
        band.median.retain(|point| !by_updates || point[0] > 0.0);
        layers.push(band.line(curve.color, 1.8, curve.dash));
    }
    for curve in curves.iter().filter(|_| threshold > 0.0) {
        layers.extend(curve.epochs.map(|epochs| Layer::Markers {
            points: vec![[x(curve, epochs), threshold]],
            marker: Marker::Filled,
            color: curve.color,
            size: 6.0,
        }));
    }
    let x_axis: Axis = if by_updates {
        let fewest = curves.iter().map(|curve| curve.batches).min().unwrap_or(1).max(1) as f64;
        axis("updates", Scale::Log, [fewest, last.max(2.0 * fewest)])
    } else {
        count_axis("epochs", [0.0, last])
    };
    let title = format!("by {}", if by_updates { "updates: what an update brings" } else { "epochs: what a pass over the data brings" });
    Panel { title, x: x_axis, y: cost.axis(), equal_units: false, layers }
}

/// The epochs and updates after which each batch size reaches the optimum.
fn table(curves: &[Curve]) -> Vec<TableRow> {
    let has_settings = curves.iter().any(|curve| !curve.settings.is_empty());
    let row = |color, cells: [String; 4]| {
        let [size, settings, epochs, updates] = cells;
        let cells = if has_settings { vec![size, settings, epochs, updates] } else { vec![size, epochs, updates] };
        TableRow { color, cells }
    };
    let mut rows = vec![row(None, ["batch_size", "best setting", "epochs to J*", "updates"].map(String::from))];
    for curve in curves {
        let share = if curve.reached < curve.runs { format!(" ({} of {})", curve.reached, curve.runs) } else { String::new() };
        let [epochs, updates] = match curve.epochs {
            Some(epochs) => [format!("{}{share}", text::short(epochs, 3)), text::short(libm::ceil(epochs * curve.batches as f64), 3)],
            None if curve.diverged == curve.runs => ["diverges".into(), String::new()],
            None => ["never".into(), String::new()],
        };
        rows.push(row(Some(curve.color), [curve.size.to_string(), curve.settings.clone(), epochs, updates]));
    }
    rows
}

/// The batch sizes that need the fewest epochs and the fewest updates.
fn caption(curves: &[Curve]) -> String {
    let reached = || curves.iter().filter_map(|curve| curve.epochs.map(|epochs| (curve, epochs, epochs * curve.batches as f64)));
    let Some(by_epochs) = reached().min_by(|a, b| a.1.total_cmp(&b.1)) else { return "No batch size reaches the optimum".into() };
    let Some(by_updates) = reached().min_by(|a, b| a.2.total_cmp(&b.2)) else { return String::new() };
    let (epochs, updates) =
        (text::count(libm::ceil(by_epochs.1) as usize, "epoch"), text::count(libm::ceil(by_updates.2) as usize, "update"));
    if by_epochs.0.size == by_updates.0.size {
        return format!("Batch size {} reaches the optimum with the fewest epochs ({epochs}) and updates ({updates})", by_epochs.0.size);
    }
    format!(
        "Batch size {} reaches the optimum with the fewest epochs ({epochs}), batch size {} with the fewest updates ({updates})",
        by_epochs.0.size, by_updates.0.size
    )
}
