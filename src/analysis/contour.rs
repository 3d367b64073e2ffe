//! The contour figure: contours of J with the paths of the best runs, one figure per problem.

use super::color_by::ColorBy;
use super::contour_levels::{self, ContourLevels};
use super::errors::Error;
use super::frame::Frame;
use super::framing::frame_around;
use super::path_layers::{Paths, best_rows, faint_rows, is_round, lowest_level, marker_legend, panel, path_labels, path_layers};
use super::paths::PathCache;
use super::problems::{self, Rankings, file_stem, problem_name};
use super::ranking::Ranking;
use super::sample::spread;
use super::sentences::{self, distance, valley};
use crate::figure::{Dash, Figure, Layer, palette};
use crate::model::Parameter;
use crate::text;

/// The smallest distance between the best end and the optimum at which both are labelled, as a fraction of the frame.
const LABEL_DISTANCE: f64 = 0.08;

/// The largest numbers of paths that stand out, and of faint ones.
const BEST: usize = 13;
const FAINT: usize = 12;

/// Bounds of the frame's height over its width where units are equal, the height of the panel, and the width of the parts around it.
const RATIOS: [f64; 2] = [0.62, 1.0];
const PLOT_HEIGHT: f64 = 470.0;
const AROUND: u32 = 180 + 190;

/// One figure per problem.
pub fn figures(cache: &mut PathCache<'_>, rankings: &Rankings<'_>, style: Option<Parameter>) -> Result<Vec<Figure>, Error> {
    let has_several = rankings.problems().len() > 1;
    rankings.problems().iter().map(|ranking| figure(cache, ranking, style, has_several)).collect()
}

fn figure(cache: &mut PathCache<'_>, ranking: &Ranking<'_>, style: Option<Parameter>, has_several: bool) -> Result<Figure, Error> {
    let (runs, rows) = (cache.runs(), ranking.all_rows());
    let surface = runs.surface(rows[0]);
    let color_by = ColorBy::new(&runs, rows, style, &[Parameter::DataScale]);
    let best = best_rows(ranking, &color_by, BEST);
    let faint = faint_rows(&runs, rows, &best, FAINT);
    let mut paths = Paths { faint: cache.drawn(&faint)?, best: cache.drawn(&best)? };
    let is_round = is_round(&surface);
    let frame = frame_around(&surface, paths.best());
    let frame = if is_round { frame.with_ratio(RATIOS) } else { frame };
    paths.retain_short(&frame);
    let map = surface.within(frame);
    let levels = ContourLevels::new(&map, lowest_level(&surface, paths.best()));
    let mut layers = levels.bands(&map);
    layers.extend(levels.isolines(&map));
    let [line, labels] = remaining_distance(ranking, &frame);
    layers.extend(line);
    layers.extend(path_layers(&runs, &paths, &color_by, &frame));
    layers.extend(contour_levels::target(&surface, &map));
    layers.extend(labels);
    layers.extend(path_labels(&runs, &paths, &color_by, &frame));
    let obstacles: Vec<[f64; 2]> = paths.best().flat_map(|path| spread(path.points.len(), 40).map(|at| path.points[at])).collect();
    layers.extend(levels.labels(&map, surface.optimum(), &obstacles));
    let mut legend = color_by.legend(&runs, &best);
    legend.extend(marker_legend(&surface));
    let suffix = if has_several { format!(", {}", problem_name(&runs, rows[0])) } else { String::new() };
    let width = if is_round { (PLOT_HEIGHT / frame.ratio()) as u32 + AROUND } else { 900 };
    Ok(Figure {
        name: if has_several { format!("contour-{}", file_stem(&runs, rows[0])) } else { "contour".into() },
        title: format!("{}: paths on the cost surface J(w, b){suffix}", runs.experiment.name),
        caption: [distance(ranking), valley(&runs, rows[0])].into_iter().filter(|line| !line.is_empty()).collect(),
        note: note(ranking, &paths, &color_by, &frame),
        columns: 1,
        panels: vec![panel(String::new(), &frame, is_round, layers)],
        shared_axes: false,
        legend,
        color_bars: vec![levels.color_bar(&surface)],
        table: Vec::new(),
        size: [width.clamp(760, 900), if is_round { 620 } else { 660 }],
    })
}

/// A line from the best end to the optimum, and labels with J at both. The line is left out if it is too short to see.
fn remaining_distance(ranking: &Ranking<'_>, frame: &Frame) -> [Vec<Layer>; 2] {
    let runs = ranking.runs();
    let best = ranking.best().filter(|&row| runs.excess(row).is_finite() && frame.contains(runs.end(row).0));
    let surface = runs.surface(ranking.all_rows()[0]);
    let label = |at, text| Layer::Label { at, text, color: palette::INK };
    let optimum = surface.optimum().map(|optimum| optimum.0);
    let mut labels: Vec<Layer> = optimum.map(|at| label(at, format!("J* = {}", text::loss(surface.minimum())))).into_iter().collect();
    let mut line = Vec::new();
    if let (Some(best), Some(optimum)) = (best, optimum) {
        let end = runs.end(best).0;
        let [from, to] = [frame.relative(end), frame.relative(optimum)];
        if libm::hypot(from[0] - to[0], from[1] - to[1]) > LABEL_DISTANCE {
            line.push(Layer::Line { points: vec![end, optimum], color: palette::INK, width: 1.2, dash: Dash::Dashed });
            labels.push(label(end, format!("J = {}", text::loss(runs.loss(best)))));
        }
    }
    [line, labels]
}

/// The runs that are drawn, the paths that leave the frame, and the problems that are shown.
fn note(ranking: &Ranking<'_>, paths: &Paths, color_by: &ColorBy, frame: &Frame) -> String {
    let (runs, rows) = (&ranking.runs(), ranking.all_rows());
    let mut notes = Vec::new();
    if rows.len() > 1 {
        notes.push(drawn_note(rows.len(), paths, color_by));
    }
    match paths.best().filter(|path| !frame.contains(path.end())).count() {
        0 => {}
        1 => notes.push("1 path leaves the frame".into()),
        outside => notes.push(format!("{outside} paths leave the frame")),
    }
    if problems::count(runs) > problems::SHOWN {
        notes.push(format!("{} of {} problems are shown", problems::SHOWN, problems::count(runs)));
    }
    notes.join(". ")
}

/// The number of drawn runs, and which of them stand out: `21 of 42 runs are drawn: the best for each optimizer, and 18 others faint`.
fn drawn_note(all: usize, paths: &Paths, color_by: &ColorBy) -> String {
    let (best, faint) = (paths.best.len(), paths.faint.len());
    if all == best {
        return format!("{} runs are drawn", sentences::all(all));
    }
    let each = match color_by.parameter() {
        Some(parameter) if best < color_by.values() => {
            format!(" for {best} of {} values of {}", text::grouped(color_by.values() as u64), parameter.key())
        }
        Some(parameter) => format!(" for each {}", parameter.key()),
        None => String::new(),
    };
    let others = match faint {
        0 => String::new(),
        1 => ", and 1 other faint".into(),
        _ => format!(", and {faint} others faint"),
    };
    format!("{}: the best{each}{others}", sentences::drawn(best + faint, all, "run"))
}
