//! Small multiples: the paths of each value of a hyperparameter beside each other, on the same axes and levels.

use std::rc::Rc;

use super::contour::{by_problem, lowest, marks, panel, paths, problem_name, slug};
use super::frame::Frame;
use super::hue::Hue;
use super::level::Level;
use super::sample::{sample, spread};
use super::surface::{self, Bands};
use super::trails::{Trail, Trails};
use super::view::{View, describe};
use super::{Error, tally};
use crate::figure::{Figure, LegendShape};
use crate::model::Parameter;
use crate::text;

/// A panel: the value, its runs, and the paths that are drawn of them.
type Cell = (Level, Vec<usize>, Vec<Rc<Trail>>);

/// The most panels of a picture, paths of a panel, and pictures.
const PANELS: usize = 12;
const PATHS: usize = 12;
const PICTURES: usize = 6;

/// A picture for each problem and, where optimizers are compared by something else, for each optimizer.
pub fn figures(trails: &mut Trails<'_>, rows: &[usize], by: Parameter, style: Option<Parameter>) -> Result<Vec<Figure>, Error> {
    let view = trails.view();
    let mut groups: Vec<(String, String, Vec<usize>)> = Vec::new();
    let problems = if by == Parameter::DataScale { Vec::new() } else { by_problem(&view, rows) };
    for own in &problems {
        let (name, title) = if problems.len() > 1 {
            (format!("-{}", slug(&view, own[0])), format!(", {}", problem_name(&view, own[0])))
        } else {
            (String::new(), String::new())
        };
        let optimizers = view.by_level(own, Parameter::Optimizer);
        if by == Parameter::Optimizer || style == Some(Parameter::Optimizer) || optimizers.len() < 2 {
            groups.push((name, title, own.clone()));
            continue;
        }
        for (level, of_level) in optimizers {
            groups.push((format!("{name}-{level}"), format!("{title}, {level}"), of_level));
        }
    }
    groups.retain(|(_, _, own)| view.levels(own, by).len() > 1);
    groups.truncate(PICTURES);
    groups.iter().map(|(name, title, own)| figure(trails, own, by, style, name, title)).collect()
}

fn figure(
    trails: &mut Trails<'_>,
    rows: &[usize],
    by: Parameter,
    style: Option<Parameter>,
    name: &str,
    title: &str,
) -> Result<Figure, Error> {
    let view = trails.view();
    let levels = view.by_level(rows, by);
    let ground = view.ground(rows[0]);
    let hue = Hue::new(&view, rows, style, &[by, Parameter::DataScale]);
    let mut cells: Vec<Cell> = Vec::new();
    for position in spread(levels.len(), PANELS) {
        let (level, own) = levels[position].clone();
        let drawn = trails.of(&sample(&view, &own, PATHS))?;
        cells.push((level, own, drawn));
    }
    let drawn = cells.iter().flat_map(|(_, _, drawn)| drawn.iter().map(Rc::as_ref));
    let frame = Frame::around(&ground, drawn.clone());
    let map = ground.on(frame);
    let bands = Bands::over(&map, ground.reached(), lowest(&ground, drawn));
    let [areas, target] = [bands.areas(&map), surface::target(&ground, &map)];
    let panels = cells.iter().map(|(level, own, drawn)| {
        let mut layers = areas.clone();
        layers.extend(paths(&view, drawn, &hue, &frame));
        layers.extend(target.iter().cloned());
        panel(heading(&view, by, *level, own), &frame, layers)
    });
    let panels: Vec<_> = panels.collect();
    let mut legend = hue.legend(LegendShape::Line, 6);
    legend.extend(marks(&ground));
    let columns = if panels.len() <= 4 { panels.len().max(1) } else { 4.min(panels.len().div_ceil(2)) };
    let lines = panels.len().div_ceil(columns) as u32;
    Ok(Figure {
        name: format!("{}{name}", by.facts().name),
        title: format!("{}: side by side by {}{title}", view.experiment.name, by.key()),
        caption: caption(&view, rows, by, &cells, levels.len()),
        columns,
        panels,
        shared_axes: true,
        legend,
        color_bar: Some(bands.bar(&ground)),
        size: [(columns as u32 * 270 + 160).max(640), lines * 230 + 170],
    })
}

/// `learning_rate 1e-5: slow, 0.29 of its limit`.
fn heading(view: &View<'_>, by: Parameter, level: Level, own: &[usize]) -> String {
    let what = if by == Parameter::LearningRate { level.to_string() } else { describe(by, level) };
    let heading = format!("{what}: {}", tally::verdict(view, own));
    let limits: Vec<Option<f64>> = own.iter().map(|&row| view.limit(row)).collect();
    match (limits.first(), level.number()) {
        (Some(&Some(limit)), Some(rate)) if by == Parameter::LearningRate && limits.iter().all(|other| *other == Some(limit)) => {
            let share = text::short(rate / limit, 2);
            if rate < limit { format!("{heading}, {share} of its limit") } else { format!("{heading}, {share} × its limit") }
        }
        _ => heading,
    }
}

fn caption(view: &View<'_>, rows: &[usize], by: Parameter, cells: &[Cell], levels: usize) -> Vec<String> {
    let counts = tally::verdicts(view, rows);
    let mut notes = vec![format!("{}: {}", text::count(rows.len(), "run"), tally::in_words(&counts))];
    if cells.len() < levels {
        notes.push(format!("{} of {levels} values of {} shown", cells.len(), by.key()));
    }
    let [there, drawn] = [cells.iter().map(|cell| cell.1.len()).sum::<usize>(), cells.iter().map(|cell| cell.2.len()).sum()];
    if drawn < there {
        notes.push(format!("{drawn} of {there} paths drawn"));
    }
    if by == Parameter::LearningRate && rows.first().is_some_and(|&row| view.limit(row).is_some()) {
        notes.push("limit: the rate at which full batches stop converging".into());
    }
    vec![super::contour::distance(view, rows), notes.join("; "), super::contour::valley(view, rows[0])]
}
