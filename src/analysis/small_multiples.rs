//! Small multiples: one panel of paths per value of a hyperparameter, with shared axes and contour levels.

use std::rc::Rc;

use super::color_by::ColorBy;
use super::contour_levels::{self, ContourLevels};
use super::errors::Error;
use super::framing::frame_around;
use super::path_layers::{lowest_level, marker_legend, panel, path_layers};
use super::paths::{DrawnPath, PathCache};
use super::problems::{by_problem, file_stem, problem_name};
use super::runs::{Runs, setting_label};
use super::sample::{sample, spread};
use super::sentences::{distance, valley};
use super::setting::Setting;
use super::statistics;
use crate::figure::Figure;
use crate::model::Parameter;
use crate::text;

/// The largest numbers of panels in a figure, paths in a panel, and figures.
const PANELS: usize = 12;
const PATHS: usize = 12;
const FIGURES: usize = 6;

/// The runs of one figure: they share the problem, and also the optimizer unless the figures compare optimizers.
struct Selection {
    rows: Vec<usize>,
    /// Suffixes of the file name and of the title.
    file_suffix: String,
    title_suffix: String,
}

/// The runs of one panel, and the paths that are drawn of them.
struct Cell {
    setting: Setting,
    rows: Vec<usize>,
    drawn: Vec<Rc<DrawnPath>>,
}

/// One figure per problem and, unless optimizers are compared, per optimizer.
pub fn figures(cache: &mut PathCache<'_>, rows: &[usize], by: Parameter, style: Option<Parameter>) -> Result<Vec<Figure>, Error> {
    let selections = selections(&cache.runs(), rows, by, style);
    selections.iter().map(|selection| figure(cache, selection, by, style)).collect()
}

fn selections(runs: &Runs<'_>, rows: &[usize], by: Parameter, style: Option<Parameter>) -> Vec<Selection> {
    let mut selections = Vec::new();
    let problems = if by == Parameter::DataScale { Vec::new() } else { by_problem(runs, rows) };
    for own in &problems {
        let (file, title) = if problems.len() > 1 {
            (format!("-{}", file_stem(runs, own[0])), format!(", {}", problem_name(runs, own[0])))
        } else {
            (String::new(), String::new())
        };
        let optimizers = runs.group_by(own, Parameter::Optimizer);
        if by == Parameter::Optimizer || style == Some(Parameter::Optimizer) || optimizers.len() < 2 {
            selections.push(Selection { rows: own.clone(), file_suffix: file, title_suffix: title });
        } else {
            let of_optimizer = |(optimizer, rows): (Setting, Vec<usize>)| Selection {
                rows,
                file_suffix: format!("{file}-{optimizer}"),
                title_suffix: format!("{title}, {optimizer}"),
            };
            selections.extend(optimizers.into_iter().map(of_optimizer));
        }
    }
    selections.retain(|selection| runs.distinct_settings(&selection.rows, by).len() > 1);
    selections.truncate(FIGURES);
    selections
}

fn figure(cache: &mut PathCache<'_>, selection: &Selection, by: Parameter, style: Option<Parameter>) -> Result<Figure, Error> {
    let (runs, rows) = (cache.runs(), &selection.rows);
    let groups = runs.group_by(rows, by);
    let surface = runs.surface(rows[0]);
    let color_by = ColorBy::new(&runs, rows, style, &[by, Parameter::DataScale]);
    let mut cells: Vec<Cell> = Vec::new();
    for position in spread(groups.len(), PANELS) {
        let (setting, rows) = groups[position].clone();
        let drawn = cache.drawn(&sample(&runs, &rows, PATHS))?;
        cells.push(Cell { setting, rows, drawn });
    }
    let drawn = cells.iter().flat_map(|cell| cell.drawn.iter().map(Rc::as_ref));
    let frame = frame_around(&surface, drawn.clone());
    let map = surface.within(frame);
    let levels = ContourLevels::new(&map, lowest_level(&surface, drawn));
    let [bands, target] = [levels.bands(&map), contour_levels::target(&surface, &map)];
    let panels = cells.iter().map(|cell| {
        let mut layers = bands.clone();
        layers.extend(path_layers(&runs, &cell.drawn, &color_by, &frame));
        layers.extend(target.iter().cloned());
        panel(heading(&runs, by, cell), &frame, layers)
    });
    let panels: Vec<_> = panels.collect();
    let mut legend = color_by.legend();
    legend.extend(marker_legend(&surface));
    let columns = if panels.len() <= 4 { panels.len().max(1) } else { 4.min(panels.len().div_ceil(2)) };
    let lines = panels.len().div_ceil(columns) as u32;
    Ok(Figure {
        name: format!("{}{}", by.facts().name, selection.file_suffix),
        title: format!("{}: paths for each {}{}", runs.experiment.name, by.key(), selection.title_suffix),
        caption: caption(&runs, rows, by, &cells, groups.len()),
        columns,
        panels,
        shared_axes: true,
        legend,
        color_bars: vec![levels.color_bar(&surface)],
        size: [(columns as u32 * 270 + 160).max(640), lines * 230 + 170],
    })
}

/// The title of a panel, such as `1e-5: slow, 0.29 × its stability limit`.
fn heading(runs: &Runs<'_>, by: Parameter, cell: &Cell) -> String {
    let value = if by == Parameter::LearningRate { cell.setting.to_string() } else { setting_label(by, cell.setting) };
    let heading = format!("{value}: {}", statistics::most_frequent_verdict(runs, &cell.rows));
    let limits: Vec<Option<f64>> = cell.rows.iter().map(|&row| runs.stability_limit(row)).collect();
    match (limits.first(), cell.setting.number()) {
        (Some(&Some(limit)), Some(rate)) if by == Parameter::LearningRate && limits.iter().all(|other| *other == Some(limit)) => {
            format!("{heading}, {} × its limit", text::short(rate / limit, 2))
        }
        _ => heading,
    }
}

fn caption(runs: &Runs<'_>, rows: &[usize], by: Parameter, cells: &[Cell], values: usize) -> Vec<String> {
    let counts = statistics::verdict_counts(runs, rows);
    let mut notes = vec![format!("{}: {}", text::count(rows.len(), "run"), statistics::in_words(&counts))];
    if cells.len() < values {
        notes.push(format!("{} of {values} values of {} are shown", cells.len(), by.key()));
    }
    let [all, drawn] = [cells.iter().map(|cell| cell.rows.len()).sum::<usize>(), cells.iter().map(|cell| cell.drawn.len()).sum()];
    if drawn < all {
        notes.push(format!("{drawn} of {all} paths are drawn"));
    }
    if by == Parameter::LearningRate && rows.first().is_some_and(|&row| runs.stability_limit(row).is_some()) {
        notes.push("Limit: the largest learning rate at which full-batch training converges".into());
    }
    vec![distance(runs, rows), notes.join(". "), valley(runs, rows[0])]
}
