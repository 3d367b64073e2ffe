//! Weight and bias as a function of the number of updates.

use std::rc::Rc;

use super::bands::Band;
use super::best_settings::{BestSetting, best_settings};
use super::color_by::ColorBy;
use super::errors::Error;
use super::frame::Frame;
use super::framing::frame_around;
use super::path_layers::opacity;
use super::paths::{DrawnPath, PathCache};
use super::problems::{Rankings, problem_name};
use super::ranking::Ranking;
use super::sample::spread;
use super::sentences::{self, distances};
use crate::figure::ticks::{axis, count_axis};
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Panel, Scale, palette};
use crate::model::Parameter;

/// The largest numbers of lines, and of runs in the band of a line.
const LINES: usize = 13;
const RUNS: usize = 16;

/// The smallest opacity of a line that crosses the panel many times.
const LEAST_OPACITY: f64 = 0.25;

/// One line: the best setting with one value of the coloured hyperparameter.
struct Line {
    /// A row of the setting.
    row: usize,
    color: Color,
    dash: Dash,
    /// The paths of the runs that differ in their seeds.
    paths: Vec<Rc<DrawnPath>>,
    has_diverged: bool,
}

/// One figure with a row of two panels per problem. At least one run is ranked.
pub fn figure(cache: &mut PathCache<'_>, rankings: &Rankings<'_>, style: Option<Parameter>) -> Result<Figure, Error> {
    let (runs, rows, problems) = (cache.runs(), rankings.all.all_rows(), rankings.problems());
    let color_by = ColorBy::new(&runs, rows, style, &[Parameter::DataScale]);
    let (mut panels, mut shown_rows, mut drawn, mut has_bands) = (Vec::new(), Vec::new(), 0, false);
    for ranking in problems {
        let (lines, own) = (lines(cache, ranking, &color_by)?, ranking.all_rows());
        drawn += lines.iter().map(|line| line.paths.len()).sum::<usize>();
        has_bands |= lines.iter().any(|line| line.paths.len() > 1);
        let surface = runs.surface(own[0]);
        let frame = frame_around(&surface, lines.iter().flat_map(|line| &line.paths).map(Rc::as_ref));
        let ends = lines.iter().flat_map(|line| line.paths.iter().map(|path| path.steps[shown(line, path, &frame) - 1]));
        let last = ends.max().unwrap_or(1).max(1) as f64;
        shown_rows.extend(lines.iter().map(|line| line.row));
        for (index, (name, range)) in [("weight", frame.weight), ("bias", frame.bias)].into_iter().enumerate() {
            let mut layers = Vec::new();
            if let Some(at) = surface.optimum().map(|optimum| optimum[index]) {
                layers.push(Layer::Rule { at, vertical: false, label: String::new(), color: palette::INK, dash: Dash::Dashed });
            }
            let bands: Vec<Band> = lines.iter().map(|line| band(line, index, &frame)).collect();
            layers.extend(bands.iter().zip(&lines).filter_map(|(band, line)| band.area(line.color)));
            for (band, line) in bands.iter().zip(&lines) {
                let relative = band.median.iter().map(|[step, value]| [step / last, (value - range[0]) / (range[1] - range[0])]);
                let color = Color { alpha: opacity(relative).max(LEAST_OPACITY), ..line.color };
                layers.push(band.line(color, 1.4, line.dash));
            }
            let title = if problems.len() > 1 { format!("{name}, {}", problem_name(&runs, own[0])) } else { name.into() };
            panels.push(Panel {
                title,
                x: count_axis("updates", [0.0, last]),
                y: axis(name, Scale::Linear, range),
                equal_units: false,
                layers,
            });
        }
    }
    let mut legend = color_by.legend(&runs, &shown_rows);
    if problems.iter().any(|own| runs.surface(own.all_rows()[0]).optimum().is_some()) {
        legend.push(LegendEntry { label: "optimum".into(), color: palette::INK, shape: LegendShape::Line(Dash::Dashed) });
    }
    let mut note = String::new();
    if drawn < rows.len() {
        let each = color_by.parameter().map_or_else(String::new, |parameter| format!(" for each {}", parameter.key()));
        let band = if has_bands { ", as the median over seeds with a band that holds 80 % of the seeds" } else { "" };
        note = format!("{}: the best setting{each}{band}", sentences::drawn(drawn, rows.len(), "run"));
    }
    Ok(Figure {
        name: "parameters".into(),
        title: format!("{}: weight and bias after each update", runs.experiment.name),
        caption: distances(&rankings.all),
        note,
        columns: 2,
        panels,
        shared_axes: false,
        legend,
        color_bars: Vec::new(),
        table: Vec::new(),
        size: [960, 170 + 280 * problems.len() as u32],
    })
}

/// The lines of the best settings.
fn lines(cache: &mut PathCache<'_>, ranking: &Ranking<'_>, color_by: &ColorBy) -> Result<Vec<Line>, Error> {
    let runs = cache.runs();
    let line = |BestSetting { rows, representative }: BestSetting| {
        let shown: Vec<usize> = spread(rows.len(), RUNS).map(|position| rows[position]).collect();
        Ok(Line {
            row: representative,
            color: color_by.color(&runs, representative),
            dash: color_by.dash(&runs, representative),
            paths: cache.drawn(&shown)?,
            has_diverged: shown.iter().any(|&row| runs.has_diverged(row)),
        })
    };
    best_settings(ranking, color_by, LINES).into_iter().map(line).collect()
}

/// The number of points of a path that are drawn. That of a diverged run ends at the first point outside the frame, because it would cross the
/// panel at every update.
fn shown(line: &Line, path: &DrawnPath, frame: &Frame) -> usize {
    if !line.has_diverged {
        return path.points.len();
    }
    let inside = path.points.iter().take_while(|&&point| frame.contains(point)).count();
    (inside + 1).min(path.points.len())
}

/// Weight or bias of a line.
fn band(line: &Line, parameter: usize, frame: &Frame) -> Band {
    let series: Vec<Vec<[f64; 2]>> = line
        .paths
        .iter()
        .map(|path| {
            let end = shown(line, path, frame);
            path.steps[..end].iter().zip(&path.points).map(|(&step, point)| [step as f64, point[parameter]]).collect()
        })
        .collect();
    Band::of(series.iter().map(Vec::as_slice))
}
