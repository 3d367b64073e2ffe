//! The contour figure: filled contours of J with the paths of runs, one figure per problem.

use std::rc::Rc;

use super::color_by::ColorBy;
use super::contour_levels::{self, ContourLevels};
use super::errors::Error;
use super::frame::Frame;
use super::framing::frame_around;
use super::path_layers::{lowest_level, marker_legend, panel, path_layers};
use super::paths::{DrawnPath, PathCache};
use super::problems::{self, by_problem, file_stem, problem_name};
use super::ranking;
use super::runs::Runs;
use super::sample::{self, spread};
use super::sentences::{distance, valley};
use crate::figure::{Dash, Figure, Layer, palette};
use crate::model::Parameter;
use crate::text;

/// The smallest distance between the best end and the optimum at which both are labelled, as a fraction of the frame.
const LABEL_DISTANCE: f64 = 0.08;

/// One figure per problem.
pub fn figures(cache: &mut PathCache<'_>, rows: &[usize], style: Option<Parameter>) -> Result<Vec<Figure>, Error> {
    let problems = by_problem(&cache.runs(), rows);
    let has_several = problems.len() > 1;
    problems.iter().map(|own| figure(cache, own, style, has_several)).collect()
}

fn figure(cache: &mut PathCache<'_>, rows: &[usize], style: Option<Parameter>, has_several: bool) -> Result<Figure, Error> {
    let runs = cache.runs();
    let surface = runs.surface(rows[0]);
    let drawn = cache.drawn(&sample::drawn(&runs, rows))?;
    let frame = frame_around(&surface, drawn.iter().map(Rc::as_ref));
    let map = surface.within(frame);
    let levels = ContourLevels::new(&map, lowest_level(&surface, drawn.iter().map(Rc::as_ref)));
    let color_by = ColorBy::new(&runs, rows, style, &[Parameter::DataScale]);
    let mut layers = levels.bands(&map);
    layers.extend(levels.isolines(&map));
    let [line, labels] = remaining_distance(&runs, rows, &frame);
    layers.extend(line);
    layers.extend(path_layers(&runs, &drawn, &color_by, &frame));
    layers.extend(contour_levels::target(&surface, &map));
    layers.extend(labels);
    let obstacles: Vec<[f64; 2]> = drawn.iter().flat_map(|path| spread(path.points.len(), 40).map(|at| path.points[at])).collect();
    layers.extend(levels.labels(&map, surface.optimum(), &obstacles));
    let mut legend = color_by.legend();
    legend.extend(marker_legend(&surface));
    let caption = caption(&runs, rows, &drawn, &frame);
    let suffix = if has_several { format!(", {}", problem_name(&runs, rows[0])) } else { String::new() };
    Ok(Figure {
        name: if has_several { format!("contour-{}", file_stem(&runs, rows[0])) } else { "contour".into() },
        title: format!("{}: cost surface J(w, b) and paths of the runs{suffix}", runs.experiment.name),
        caption,
        columns: 1,
        panels: vec![panel(String::new(), &frame, layers)],
        shared_axes: false,
        legend,
        color_bars: vec![levels.color_bar(&surface)],
        size: [900, 640],
    })
}

/// A line from the best end to the optimum, and labels with J at both. The line is left out if it is too short to see.
fn remaining_distance(runs: &Runs<'_>, rows: &[usize], frame: &Frame) -> [Vec<Layer>; 2] {
    let best = ranking::best(runs, rows).filter(|&row| runs.excess(row).is_finite() && frame.contains(runs.end(row)));
    let surface = runs.surface(rows[0]);
    let label = |at, text| Layer::Label { at, text, color: palette::INK };
    let optimum = surface.optimum();
    let mut labels: Vec<Layer> = optimum.map(|at| label(at, format!("J* = {}", text::loss(surface.minimum())))).into_iter().collect();
    let mut line = Vec::new();
    if let (Some(best), Some(optimum)) = (best, optimum) {
        let end = runs.end(best);
        let [from, to] = [frame.relative(end), frame.relative(optimum)];
        if libm::hypot(from[0] - to[0], from[1] - to[1]) > LABEL_DISTANCE {
            line.push(Layer::Line { points: vec![end, optimum], color: palette::INK, width: 1.2, dash: Dash::Dashed });
            labels.push(label(end, format!("J = {}", text::loss(runs.loss(best)))));
        }
    }
    [line, labels]
}

fn caption(runs: &Runs<'_>, rows: &[usize], drawn: &[Rc<DrawnPath>], frame: &Frame) -> Vec<String> {
    let mut notes = Vec::new();
    if drawn.len() < rows.len() {
        notes.push(format!("{} of {} are drawn: the best and an evenly spaced sample", drawn.len(), text::count(rows.len(), "path")));
    }
    match drawn.iter().filter(|path| !frame.contains(path.end())).count() {
        0 => {}
        1 => notes.push("1 run ends outside the frame".into()),
        outside => notes.push(format!("{outside} runs end outside the frame")),
    }
    notes.push(valley(runs, rows[0]));
    if problems::count(runs) > problems::SHOWN {
        notes.push(format!("{} of {} problems are shown", problems::SHOWN, problems::count(runs)));
    }
    vec![distance(runs, rows), notes.join(". ")]
}
