//! Batch sizes compared twice: against epochs, which cost passes over the data, and against updates, which cost steps.

use std::collections::BTreeMap;

use super::contour::by_problem;
use super::ground::Ground;
use super::hue::Hue;
use super::level::Level;
use super::sample::{sample, spread};
use super::trails::{Trails, thinned};
use super::{Error, draw, tally};
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Mark, Panel, Scale};
use crate::model::Parameter;
use crate::text;

/// The most runs behind a median, rows of panels, and sizes.
const RUNS: usize = 16;
const ROWS: usize = 3;
const SIZES: usize = 9;

/// The most epochs of a line.
const EPOCHS: usize = 400;

/// J − J* at epochs' ends.
struct Curve {
    level: Level,
    color: Color,
    batches: u64,
    /// Epoch (from 0, the start) and the median over the runs.
    points: Vec<(usize, f64)>,
    /// Runs, those that reached, and the median of the first epoch that did (from 0).
    runs: usize,
    reached: usize,
    first: Option<f64>,
}

/// Two panels for each learning rate (a few of them), on one problem.
pub fn figure(trails: &Trails<'_>, rows: &[usize]) -> Result<Option<Figure>, Error> {
    let view = trails.view();
    let kindest = |own: &Vec<usize>| view.ground(own[0]).condition().unwrap_or(f64::INFINITY);
    let Some(rows) = by_problem(&view, rows).into_iter().min_by(|a, b| kindest(a).total_cmp(&kindest(b))) else { return Ok(None) };
    let ground = view.ground(rows[0]);
    let hue = Hue::new(&view, &rows, Some(Parameter::BatchSize), &[]);
    let rates = view.by_level(&rows, Parameter::LearningRate);
    let (mut groups, mut caption) = (Vec::new(), Vec::new());
    for position in spread(rates.len(), ROWS) {
        let (rate, own) = &rates[position];
        let sizes = view.by_level(own, Parameter::BatchSize);
        let mut curves = Vec::new();
        for size in spread(sizes.len(), SIZES) {
            let (level, of_size) = &sizes[size];
            curves.push(curve(trails, of_size, *level, &hue, &ground)?);
        }
        caption.push(format!("learning_rate {rate}: {}", firsts(&curves)));
        groups.push((*rate, curves));
    }
    let values = groups.iter().flat_map(|(_, curves)| curves).flat_map(|curve| &curve.points).map(|&(_, excess)| excess);
    let reach = ground.reached();
    let floor = if reach > 0.0 { reach * 1e-3 } else { 0.0 };
    let range = draw::log_range(values.map(|excess| excess.max(floor)).chain([reach]));
    let panels = groups.iter().flat_map(|(rate, curves)| panels(*rate, curves, reach, range)).collect::<Vec<_>>();
    let mut legend = hue.legend(LegendShape::Line, 9);
    legend.push(LegendEntry { label: "first epoch that reached".into(), color: draw::FAINT, shape: LegendShape::Mark(Mark::Filled) });
    Ok(Some(Figure {
        name: "batch_sizes".into(),
        title: format!("{}: batch sizes against epochs, and against updates", view.experiment.name),
        caption,
        columns: 2,
        size: [1000, 200 + 260 * groups.len() as u32],
        panels,
        shared_axes: false,
        legend,
        color_bar: None,
    }))
}

fn curve(trails: &Trails<'_>, rows: &[usize], level: Level, hue: &Hue, ground: &Ground<'_>) -> Result<Curve, Error> {
    let view = trails.view();
    let mut ends: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let mut longest = 0;
    let shown = sample(&view, rows, RUNS);
    for &row in &shown {
        let path = trails.path(row)?;
        let points = path.weight.len().min(path.bias.len());
        let per_epoch = path.batches_per_epoch.max(1);
        longest = longest.max((points - 1) / per_epoch);
        for epoch in 0..=(points - 1) / per_epoch {
            let at = epoch * per_epoch;
            ends.entry(epoch).or_default().push(ground.excess([path.weight[at], path.bias[at]].map(f64::from)));
        }
    }
    // A run that diverged has no end of an epoch from there on; it counts as infinite.
    let median = |epoch: usize| {
        let mut values = ends.get(&epoch)?.clone();
        values.resize(shown.len(), f64::INFINITY);
        tally::quantile(&values, 0.5).map(|excess| (epoch, excess))
    };
    let firsts: Vec<f64> = rows.iter().filter_map(|&row| view.runs.reached_epoch[row]).map(f64::from).collect();
    Ok(Curve {
        level,
        color: hue.color(&view, rows[0]),
        batches: view.batches(rows[0]),
        points: thinned(longest + 1, EPOCHS).into_iter().filter_map(median).collect(),
        runs: rows.len(),
        reached: firsts.len(),
        first: tally::quantile(&firsts, 0.5),
    })
}

fn panels(rate: Level, curves: &[Curve], reach: f64, range: [f64; 2]) -> [Panel; 2] {
    let epochs = curves.iter().filter_map(|curve| curve.points.last()).map(|point| point.0).max().unwrap_or(1).max(1) as f64;
    let updates = curves.iter().filter_map(|curve| curve.points.last().map(|point| point.0 as u64 * curve.batches)).max().unwrap_or(1);
    let fewest = curves.iter().map(|curve| curve.batches).min().unwrap_or(1).max(1) as f64;
    let against = |by_updates: bool| {
        let x = |curve: &Curve, epoch: f64| if by_updates { epoch * curve.batches as f64 } else { epoch };
        let mut layers = Vec::new();
        for curve in curves {
            let points = curve.points.iter().map(|&(epoch, excess)| [x(curve, epoch as f64), excess.clamp(range[0], range[1])]);
            // The start has no place on a logarithmic axis of updates.
            let points: Vec<[f64; 2]> = points.filter(|point| !by_updates || point[0] > 0.0).collect();
            layers.push(Layer::Line { points, color: curve.color, width: 1.8, dash: Dash::Solid });
        }
        for curve in curves {
            // The median epoch of the runs, which the median of their costs may not have reached: no mark above the line.
            let at = curve.first.and_then(|first| curve.points.iter().find(|point| point.0 as f64 >= first + 1.0));
            layers.extend(at.map(|&(epoch, excess)| Layer::Marks {
                points: vec![[x(curve, epoch as f64), excess.min(reach).clamp(range[0], range[1])]],
                mark: Mark::Filled,
                color: curve.color,
                size: 5.0,
            }));
        }
        if reach > 0.0 {
            layers.push(Layer::Rule { at: reach, vertical: false, label: "reached".into(), color: draw::INK, dash: Dash::Dashed });
        }
        let axis = if by_updates {
            draw::axis("updates", Scale::Log, [fewest, (updates as f64).max(2.0 * fewest)])
        } else {
            draw::axis("epochs", Scale::Linear, [0.0, epochs])
        };
        let title = format!("learning_rate {rate}, against {}", if by_updates { "updates" } else { "epochs" });
        Panel { title, x: axis, y: draw::axis("J − J*", Scale::Log, range), layers }
    };
    [against(false), against(true)]
}

/// `batch 1 first reached in epoch 1 (160 updates)`, for each size.
fn firsts(curves: &[Curve]) -> String {
    let one = |curve: &Curve| match curve.first {
        None => format!("batch {} never", curve.level),
        Some(first) => {
            let epochs = libm::ceil(first) as u64 + 1;
            let share = if curve.reached < curve.runs { format!(", {} of {} runs", curve.reached, curve.runs) } else { String::new() };
            format!("batch {} in epoch {epochs} ({} updates{share})", curve.level, text::grouped((epochs * curve.batches) as u64))
        }
    };
    let shown: Vec<String> = spread(curves.len(), 6).map(|at| one(&curves[at])).collect();
    format!("first reached by {}", shown.join(", "))
}
