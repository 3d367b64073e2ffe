//! Paths in the weight-bias plane: panels, lines, markers and their legend.

use std::rc::Rc;

use super::color_by::ColorBy;
use super::cost_surface::CostSurface;
use super::frame::Frame;
use super::paths::DrawnPath;
use super::ranking::Ranking;
use super::runs::Runs;
use super::sample::{sample, spread};
use crate::figure::ticks::axis;
use crate::figure::{Color, Dash, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, palette};
use crate::model::Parameter;

/// Below this condition number a unit of the weight is drawn as long as a unit of the bias.
pub const ROUND: f64 = 10.0;

/// Up to this number of runs, each path stands out.
const ALL: usize = 4;

/// The smallest opacity of a faint path, which falls with the length of the path.
const SHORT: f64 = 0.4;

/// The width that a light casing adds to a line.
const CASING: f64 = 2.4;
const CASING_COLOR: Color = Color { alpha: 0.85, ..palette::WHITE };

/// A panel of the weight-bias plane.
pub fn panel(title: String, frame: &Frame, equal_units: bool, layers: Vec<Layer>) -> Panel {
    let (x, y) = (axis("weight", Scale::Linear, frame.weight), axis("bias", Scale::Linear, frame.bias));
    Panel { title, x, y, equal_units, layers }
}

/// Whether a surface is so round that equal units show its shape.
pub fn is_round(surface: &CostSurface<'_>) -> bool {
    surface.condition().is_some_and(|condition| condition < ROUND)
}

/// The rows whose paths stand out: all of a few, or the best run for each value that colours distinguish, the best of all last. Values whose runs all diverged
/// have none, unless all runs diverged. Of more than `limit` values a few are taken, evenly spaced, with the best one.
pub fn best_rows(ranking: &Ranking<'_>, color_by: &ColorBy, limit: usize) -> Vec<usize> {
    let (runs, rows) = (ranking.runs(), ranking.all_rows());
    if rows.len() <= ALL {
        let mut all = rows.to_vec();
        all.sort_by(|&a, &b| runs.mean_excess(b).total_cmp(&runs.mean_excess(a)));
        return all;
    }
    let mut ranked: Vec<(f64, usize)> = match color_by.parameter() {
        Some(parameter) => {
            let ranking = ranking.with_values_of(parameter);
            let mut groups = ranking.best_by(parameter);
            groups.sort_by_key(|group| group.value);
            groups.iter().map(|group| (group.best.cost, ranking.representative(&group.best))).collect()
        }
        None => ranking.best().map(|row| (runs.mean_excess(row), row)).into_iter().collect(),
    };
    if ranked.iter().any(|(cost, _)| cost.is_finite()) {
        ranked.retain(|(cost, _)| cost.is_finite());
    }
    let Some(&first) = ranked.iter().min_by(|a, b| a.0.total_cmp(&b.0)) else { return Vec::new() };
    let mut chosen: Vec<(f64, usize)> = spread(ranked.len(), limit).map(|at| ranked[at]).filter(|other| other.1 != first.1).collect();
    chosen.truncate(limit.saturating_sub(1));
    chosen.sort_by(|a, b| b.0.total_cmp(&a.0));
    chosen.push(first);
    chosen.into_iter().map(|(_, row)| row).collect()
}

/// Up to `limit` other rows, whose paths are faint. Diverged runs are left out, because their lines cross the whole picture.
pub fn faint_rows(runs: &Runs<'_>, rows: &[usize], best: &[usize], limit: usize) -> Vec<usize> {
    let others: Vec<usize> = rows.iter().copied().filter(|row| !best.contains(row) && !runs.has_diverged(*row)).collect();
    sample(runs, &others, limit)
}

/// The drawn paths of a panel: faint ones, and the best ones, of which the last is the best of all.
pub struct Paths {
    pub faint: Vec<Rc<DrawnPath>>,
    pub best: Vec<Rc<DrawnPath>>,
}

impl Paths {
    /// Removes faint paths that cross the frame many times, because they would cover it.
    pub fn retain_short(&mut self, frame: &Frame) {
        self.faint.retain(|path| opacity(path.points.iter().map(|&point| frame.relative(point))) >= SHORT);
    }

    /// The paths that determine the frame.
    pub fn best(&self) -> impl Iterator<Item = &DrawnPath> + Clone {
        self.best.iter().map(Rc::as_ref)
    }
}

/// The lines of the paths, their starts, and the ends of the best ones on top.
pub fn path_layers(runs: &Runs<'_>, paths: &Paths, color_by: &ColorBy, frame: &Frame) -> Vec<Layer> {
    let mut layers = Vec::new();
    for path in &paths.faint {
        let color =
            Color { alpha: 0.3 * opacity(path.points.iter().map(|&point| frame.relative(point))), ..color_by.color(runs, path.row) };
        layers.push(Layer::Line { points: path.points.clone(), color, width: 0.8, dash: Dash::Solid });
    }
    for path in &paths.best {
        let (color, dash, width) = (color_by.color(runs, path.row), color_by.dash(runs, path.row), line_width(path, frame));
        layers.push(Layer::Line {
            points: path.points.clone(),
            color: CASING_COLOR,
            width: width + CASING * width / 2.0,
            dash: Dash::Solid,
        });
        layers.push(Layer::Line { points: path.points.clone(), color, width, dash });
    }
    let mut starts: Vec<[f64; 2]> = paths.best.iter().filter_map(|path| path.points.first().copied()).collect();
    starts.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    starts.dedup();
    layers.push(Layer::Markers { points: starts, marker: Marker::Hollow, color: palette::INK, size: 6.0 });
    for path in &paths.best {
        layers.push(Layer::Markers { points: vec![path.end()], marker: Marker::Filled, color: color_by.color(runs, path.row), size: 6.0 });
    }
    layers
}

/// The labels of the best paths: their value, with the learning rate where it varies and is not the value.
pub fn path_labels(runs: &Runs<'_>, paths: &Paths, color_by: &ColorBy) -> Vec<Layer> {
    let Some(parameter) = color_by.parameter() else { return Vec::new() };
    let has_rate = parameter != Parameter::LearningRate && runs.varies(Parameter::LearningRate);
    let label = |path: &Rc<DrawnPath>| {
        let value = runs.setting(path.row, parameter);
        let text = if has_rate { format!("{value} {}", runs.setting(path.row, Parameter::LearningRate)) } else { value.to_string() };
        // The second half of a path is farther from the common start.
        let points = path.points[path.points.len() / 2..].to_vec();
        Layer::LineLabel { points, text, color: color_by.color(runs, path.row) }
    };
    paths.best.iter().rev().map(label).collect()
}

/// The width of the line of a path: lines that cross the panel many times are thin.
fn line_width(path: &DrawnPath, frame: &Frame) -> f64 {
    (2.0 * opacity(path.points.iter().map(|&point| frame.relative(point)))).max(0.7)
}

/// The opacity of a line by its length in the panel: a line that is longer than four crossings of the panel fades. Points are in units of the
/// panel, 0 to 1.
pub fn opacity(points: impl Iterator<Item = [f64; 2]>) -> f64 {
    const CROSSINGS: f64 = 4.0;
    let mut last: Option<[f64; 2]> = None;
    let mut length = 0.0;
    for point in points.map(|point| point.map(|share| share.clamp(0.0, 1.0))) {
        if let Some([x, y]) = last.replace(point) {
            length += libm::hypot(point[0] - x, point[1] - y);
        }
    }
    (CROSSINGS / length).clamp(0.08, 1.0)
}

/// The lower end of the contour levels: the convergence threshold, or without one the lowest J − J* at the end of a path.
pub fn lowest_level<'p>(surface: &CostSurface<'_>, paths: impl Iterator<Item = &'p DrawnPath>) -> f64 {
    if surface.convergence_excess() > 0.0 {
        return surface.convergence_excess();
    }
    let ends = paths.map(|path| surface.excess(path.end())).filter(|excess| *excess > 0.0);
    ends.fold(f64::INFINITY, f64::min).min(f64::MAX)
}

/// Legend entries of the markers and of the convergence region.
pub fn marker_legend(surface: &CostSurface<'_>) -> Vec<LegendEntry> {
    let entry = |label: &str, shape: LegendShape| LegendEntry { label: label.into(), color: palette::INK, shape };
    let mut legend = vec![entry("start", LegendShape::Marker(Marker::Hollow)), entry("end", LegendShape::Marker(Marker::Filled))];
    if surface.optimum().is_some() {
        legend.push(entry("optimum", LegendShape::Marker(Marker::Cross)));
    }
    if surface.convergence_excess() > 0.0 {
        legend.push(entry("convergence threshold", LegendShape::Line(Dash::Dashed)));
    }
    legend
}
