//! Paths in the weight-bias plane: panels, lines, markers and their legend.

use std::rc::Rc;

use super::color_by::ColorBy;
use super::cost_surface::CostSurface;
use super::frame::Frame;
use super::paths::DrawnPath;
use super::runs::Runs;
use crate::figure::ticks::axis;
use crate::figure::{Color, Dash, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, palette};

/// A panel of the weight-bias plane.
pub fn panel(title: String, frame: &Frame, layers: Vec<Layer>) -> Panel {
    let (x, y) = (axis("weight", Scale::Linear, frame.weight), axis("bias", Scale::Linear, frame.bias));
    Panel { title, x, y, layers }
}

/// The lines of the paths, their starts, and their ends on top.
pub fn path_layers(runs: &Runs<'_>, paths: &[Rc<DrawnPath>], color_by: &ColorBy, frame: &Frame) -> Vec<Layer> {
    let count = paths.len() as f64;
    let (width, alpha, size) = (
        if count <= 3.0 { 1.8 } else { 1.3 },
        (12.0 / count).clamp(0.35, 1.0),
        match paths.len() {
            0..=3 => 6.0,
            4..=20 => 4.5,
            _ => 3.0,
        },
    );
    let opacity = |path: &DrawnPath| opacity(path.points.iter().map(|&point| frame.relative(point)));
    let mut lines: Vec<(f64, &DrawnPath)> = paths.iter().map(|path| (opacity(path), Rc::as_ref(path))).collect();
    // The most transparent lines first.
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut layers = Vec::new();
    for (opacity, path) in lines {
        let color = Color { alpha: alpha * if count > 1.0 { opacity } else { opacity.max(0.5) }, ..color_by.color(runs, path.row) };
        layers.push(Layer::Line { points: path.points.clone(), color, width, dash: color_by.dash(runs, path.row) });
    }
    let mut starts: Vec<[f64; 2]> = paths.iter().filter_map(|path| path.points.first().copied()).collect();
    starts.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    starts.dedup();
    layers.push(Layer::Markers { points: starts, marker: Marker::Hollow, color: palette::INK, size: size + 0.5 });
    for path in paths {
        let color = color_by.color(runs, path.row);
        layers.push(Layer::Markers { points: vec![path.end()], marker: Marker::Filled, color, size });
    }
    layers
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
