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
use super::sentences::distances;
use crate::figure::ticks::{axis, count_axis};
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Panel, Scale, palette};
use crate::model::Parameter;
use crate::text;

/// The largest numbers of lines, and of runs in the band of a line.
const LINES: usize = 13;
const RUNS: usize = 16;

/// The smallest opacity of a line that crosses the panel many times.
const LEAST_OPACITY: f64 = 0.25;

/// One line: the best setting with one value of the coloured hyperparameter.
struct Line {
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
    let (mut panels, mut drawn, mut has_bands) = (Vec::new(), 0, false);
    for ranking in problems {
        let (lines, own) = (lines(cache, ranking, &color_by)?, ranking.all_rows());
        drawn += lines.iter().map(|line| line.paths.len()).sum::<usize>();
        has_bands |= lines.iter().any(|line| line.paths.len() > 1);
        let surface = runs.surface(own[0]);
        let frame = frame_around(&surface, lines.iter().flat_map(|line| &line.paths).map(Rc::as_ref));
        let last = lines.iter().flat_map(|line| &line.paths).filter_map(|path| path.steps.last()).max().copied().unwrap_or(1).max(1) as f64;
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
    let mut legend = color_by.legend();
    if problems.iter().any(|own| runs.surface(own.all_rows()[0]).optimum().is_some()) {
        legend.push(LegendEntry { label: "optimum".into(), color: palette::INK, shape: LegendShape::Line(Dash::Dashed) });
    }
    let mut caption = distances(&rankings.all);
    if drawn < rows.len() {
        let each = color_by.parameter().map_or_else(String::new, |parameter| format!(" for each {}", parameter.key()));
        let band = if has_bands { ", as the median over seeds with a band of 80 %" } else { "" };
        caption.push(format!("{drawn} of {} are drawn: the best setting{each}{band}", text::count(rows.len(), "run")));
    }
    Ok(Figure {
        name: "parameters".into(),
        title: format!("{}: weight and bias after each update", runs.experiment.name),
        caption,
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
            color: color_by.color(&runs, representative),
            dash: color_by.dash(&runs, representative),
            paths: cache.drawn(&shown)?,
            has_diverged: shown.iter().any(|&row| runs.has_diverged(row)),
        })
    };
    best_settings(ranking, color_by, LINES).into_iter().map(line).collect()
}

/// Weight or bias of a line. The path of a diverged run ends where it leaves the frame, because it would cross the panel at every update.
fn band(line: &Line, parameter: usize, frame: &Frame) -> Band {
    let series: Vec<Vec<[f64; 2]>> = line
        .paths
        .iter()
        .map(|path| {
            let inside = path.points.iter().take_while(|&&point| frame.contains(point)).count();
            // The first point outside: the line ends at the frame.
            let end = if line.has_diverged { (inside + 1).min(path.points.len()) } else { path.points.len() };
            path.steps[..end].iter().zip(&path.points).map(|(&step, point)| [step as f64, point[parameter]]).collect()
        })
        .collect();
    Band::of(series.iter().map(Vec::as_slice))
}
