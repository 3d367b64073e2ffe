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
use crate::model::{Parameter, Params};

/// Below this condition number a unit of the weight is drawn as long as a unit of the bias.
pub const ROUND: f64 = 10.0;

/// Up to this number of runs, each path stands out.
const ALL: usize = 4;

/// The smallest opacity of a faint path, which falls with the length of the path.
const SHORT: f64 = 0.4;

/// Lines of a lower [`opacity`] than this cross the panel many times; their opacity in the picture.
const LONG: f64 = 0.4;
const LONG_ALPHA: f64 = 0.6;

/// The width that a line hidden below others has for each of them, and the largest number of them that counts.
const STRIPE: f64 = 1.6;
const STRIPES: usize = 4;
/// The largest distance of a line from another one that hides it, and between a start and an end that covers it, as a fraction of the frame.
const COINCIDENT: f64 = 0.006;
const COVERED: f64 = 0.015;

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
    // The path of a diverged run ends at the frame, because its further lines would cross the whole picture.
    let drawn = |path: &Rc<DrawnPath>| if runs.has_diverged(path.row) { excursion(path, frame) } else { path.points.clone() };
    let ways: Vec<Vec<[f64; 2]>> = paths.best.iter().map(drawn).collect();
    for (index, (path, way)) in paths.best.iter().zip(&ways).enumerate() {
        let (color, dash) = (color_by.color(runs, path.row), color_by.dash(runs, path.row));
        let (points, opacity) = (way.clone(), opacity(way.iter().map(|&point| frame.relative(point))));
        let width = (2.0 * opacity).max(0.7);
        if opacity < LONG {
            // The casings of a line that crosses the panel many times would cover it.
            layers.push(Layer::Line { points, color: Color { alpha: LONG_ALPHA, ..color }, width, dash: Dash::Solid });
            continue;
        }
        // A line hidden below others is wider, so that its colour is visible on both sides.
        let above = ways[index + 1..].iter().filter(|other| is_covered(way, other, frame)).count();
        let width = width + STRIPE * above.min(STRIPES) as f64;
        // The casing of a line over others would hide them.
        if !ways[..index].iter().any(|below| is_covered(below, way, frame)) {
            let casing = width + CASING * width.min(2.0) / 2.0;
            layers.push(Layer::Line { points: points.clone(), color: CASING_COLOR, width: casing, dash: Dash::Solid });
        }
        layers.push(Layer::Line { points, color, width, dash });
    }
    let mut starts: Vec<[f64; 2]> = paths.best.iter().filter_map(|path| path.points.first().copied()).collect();
    starts.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    starts.dedup();
    // The ring of a start is visible around the disc of an end at the same point.
    let is_end = |start: &[f64; 2]| paths.best.iter().any(|path| distance(frame.relative(path.end()), frame.relative(*start)) < COVERED);
    let (covered, free): (Vec<[f64; 2]>, Vec<[f64; 2]>) = starts.into_iter().partition(is_end);
    for (points, size) in [(free, 6.0), (covered, 12.0)] {
        if !points.is_empty() {
            layers.push(Layer::Markers { points, marker: Marker::Hollow, color: palette::INK, size });
        }
    }
    for path in &paths.best {
        layers.push(Layer::Markers { points: vec![path.end()], marker: Marker::Filled, color: color_by.color(runs, path.row), size: 6.0 });
    }
    layers
}

/// A line over a wider, light one, which separates it from other lines.
pub fn cased_line(points: Vec<[f64; 2]>, color: Color, dash: Dash, width: f64) -> [Layer; 2] {
    let casing =
        Layer::Line { points: points.clone(), color: CASING_COLOR, width: width + CASING * width.min(2.0) / 2.0, dash: Dash::Solid };
    [casing, Layer::Line { points, color, width, dash }]
}

/// The labels of the best paths: their value, with the learning rate where it varies and is not the value.
pub fn path_labels(runs: &Runs<'_>, paths: &Paths, color_by: &ColorBy, frame: &Frame) -> Vec<Layer> {
    let Some(parameter) = color_by.parameter() else { return Vec::new() };
    let drawn: Vec<usize> = paths.best.iter().map(|path| path.row).collect();
    let has_rate = parameter != Parameter::LearningRate && runs.distinct_settings(&drawn, Parameter::LearningRate).len() > 1;
    let label = |path: &Rc<DrawnPath>| {
        let (value, rate) = (runs.setting(path.row, parameter), runs.setting(path.row, Parameter::LearningRate));
        let text = match value.number() {
            _ if !has_rate => value.to_string(),
            Some(_) => format!("{value}, rate {rate}"),
            None => format!("{value} {rate}"),
        };
        // The second half of a path is farther from the common start. That of a diverging path is outside.
        let half = &path.points[path.points.len() / 2..];
        let points = if half.iter().any(|&point| frame.contains(point)) {
            half.to_vec()
        } else {
            let inside = excursion(path, frame);
            inside[inside.len() / 2..].to_vec()
        };
        Layer::LineLabel { points, text, color: color_by.color(runs, path.row) }
    };
    paths.best.iter().rev().map(label).collect()
}

/// The part of a path up to the point at which it first leaves the frame, with further points on a last segment that leads out.
fn excursion(path: &DrawnPath, frame: &Frame) -> Vec<[f64; 2]> {
    const PARTS: usize = 16;
    let count = path.points.iter().take_while(|&&point| frame.contains(point)).count();
    let mut inside = path.points[..count].to_vec();
    if let (Some(&[w, b]), Some(&[to_w, to_b])) = (inside.last(), path.points.get(count)) {
        let at = |share: f64| [w + (to_w - w) * share, b + (to_b - b) * share];
        // The share of the segment inside the frame, by bisection.
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            *(if frame.contains(at(middle)) { &mut low } else { &mut high }) = middle;
        }
        inside.extend((1..=PARTS).map(|part| at(low * part as f64 / PARTS as f64)));
    }
    inside
}

/// Whether a polyline is hidden below another one: a few of its points are near it.
fn is_covered(line: &[[f64; 2]], by: &[[f64; 2]], frame: &Frame) -> bool {
    const POINTS: usize = 40;
    let by: Vec<[f64; 2]> = by.iter().map(|&point| frame.relative(point)).collect();
    let is_near = |point: &[f64; 2]| by.windows(2).any(|pair| to_segment(*point, [pair[0], pair[1]]) < COINCIDENT);
    spread(line.len(), POINTS).all(|at| is_near(&frame.relative(line[at])))
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    libm::hypot(a[0] - b[0], a[1] - b[1])
}

/// The distance of a point from a segment.
fn to_segment(point: [f64; 2], [from, to]: [[f64; 2]; 2]) -> f64 {
    let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    let squared = dx * dx + dy * dy;
    let share = if squared > 0.0 { ((point[0] - from[0]) * dx + (point[1] - from[1]) * dy) / squared } else { 0.0 }.clamp(0.0, 1.0);
    distance(point, [from[0] + dx * share, from[1] + dy * share])
}

/// The width of the line of a path: lines that cross the panel many times are thin.
pub fn line_width(path: &DrawnPath, frame: &Frame) -> f64 {
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
    let ends = paths.map(|path| surface.excess(Params(path.end()))).filter(|excess| *excess > 0.0);
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
