//! Small multiples: one panel of paths per value of a hyperparameter, with shared axes and contour levels.

use std::borrow::Cow;

use super::color_by::ColorBy;
use super::contour_levels::{self, ContourLevels};
use super::errors::Error;
use super::framing::frame_around;
use super::path_layers::{Paths, best_rows, faint_rows, is_round, lowest_level, marker_legend, panel, path_layers};
use super::paths::PathCache;
use super::problems::{Rankings, file_stem, problem_name};
use super::ranking::Ranking;
use super::runs::{Runs, setting_label};
use super::sample::spread;
use super::sentences::{self, distance, valley};
use super::setting::Setting;
use super::statistics;
use crate::figure::Figure;
use crate::model::{Parameter, Verdict};
use crate::text;

/// The largest numbers of panels in a figure, of paths in a panel that stand out and that are faint, and of figures.
const PANELS: usize = 12;
const BEST: usize = 13;
const FAINT: usize = 8;
const FIGURES: usize = 6;

/// Up to this number of values, each one has a panel; the smallest number of panels for more values.
const COMPLETE: usize = 8;
const LEAST: usize = 6;

/// Bounds of the frame's height over its width where units are equal.
const RATIOS: [f64; 2] = [0.7, 1.1];

/// The runs of one figure: they share the problem, and also the optimizer unless the figures compare optimizers.
struct Selection<'a> {
    rows: Cow<'a, [usize]>,
    /// Suffixes of the file name and of the title.
    file_suffix: String,
    title_suffix: String,
}

/// The runs of one panel, and the paths that are drawn of them.
struct Cell {
    setting: Setting,
    rows: Vec<usize>,
    paths: Paths,
}

/// One figure per problem and, unless optimizers are compared, per optimizer.
pub fn figures(cache: &mut PathCache<'_>, rankings: &Rankings<'_>, by: Parameter, style: Option<Parameter>) -> Result<Vec<Figure>, Error> {
    let selections = selections(&cache.runs(), rankings, by, style);
    selections.iter().map(|selection| figure(cache, selection, by, style)).collect()
}

fn selections<'a>(runs: &Runs<'_>, rankings: &Rankings<'a>, by: Parameter, style: Option<Parameter>) -> Vec<Selection<'a>> {
    let mut selections = Vec::new();
    let problems = if by == Parameter::DataScale { &[] } else { rankings.problems() };
    for own in problems.iter().map(Ranking::all_rows) {
        let (file, title) = if problems.len() > 1 {
            (format!("-{}", file_stem(runs, own[0])), format!(", {}", problem_name(runs, own[0])))
        } else {
            (String::new(), String::new())
        };
        let optimizers = runs.group_by(own, Parameter::Optimizer);
        if by == Parameter::Optimizer || style == Some(Parameter::Optimizer) || optimizers.len() < 2 {
            selections.push(Selection { rows: Cow::Borrowed(own), file_suffix: file, title_suffix: title });
        } else {
            let of_optimizer = |(optimizer, rows): (Setting, Vec<usize>)| Selection {
                rows: Cow::Owned(rows),
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

fn figure(cache: &mut PathCache<'_>, selection: &Selection<'_>, by: Parameter, style: Option<Parameter>) -> Result<Figure, Error> {
    let (runs, rows) = (cache.runs(), &*selection.rows);
    let groups = runs.group_by(rows, by);
    let surface = runs.surface(rows[0]);
    let color_by = ColorBy::new(&runs, rows, style, &[by, Parameter::DataScale]);
    let mut cells: Vec<Cell> = Vec::new();
    for position in shown(&runs, &groups) {
        let (setting, rows) = groups[position].clone();
        let best = best_rows(&Ranking::new(&runs, &rows, None), &color_by, BEST);
        let faint = faint_rows(&runs, &rows, &best, FAINT);
        let paths = Paths { faint: cache.drawn(&faint)?, best: cache.drawn(&best)? };
        cells.push(Cell { setting, rows, paths });
    }
    let drawn = cells.iter().flat_map(|cell| cell.paths.best());
    let is_round = is_round(&surface);
    let frame = frame_around(&surface, drawn.clone());
    let frame = if is_round { frame.with_ratio(RATIOS) } else { frame };
    let map = surface.within(frame);
    let levels = ContourLevels::new(&map, lowest_level(&surface, drawn));
    let target = contour_levels::target(&surface, &map);
    let mut ground = levels.bands(&map);
    ground.extend(levels.isolines(&map));
    let panels = cells.iter().map(|cell| {
        let mut layers = ground.clone();
        layers.extend(path_layers(&runs, &cell.paths, &color_by, &frame));
        layers.extend(target.iter().cloned());
        panel(heading(&runs, by, cell), &frame, is_round, layers)
    });
    let panels: Vec<_> = panels.collect();
    let drawn: Vec<usize> = cells.iter().flat_map(|cell| cell.paths.faint.iter().chain(&cell.paths.best)).map(|path| path.row).collect();
    let mut legend = color_by.legend(&runs, &drawn);
    legend.extend(marker_legend(&surface));
    // Of more than four panels, three or four in a row: as few empty places as possible.
    let empty = |columns: usize| panels.len().next_multiple_of(columns) - panels.len();
    let columns = match panels.len() {
        count @ 0..=4 => count.max(1),
        _ if empty(3) < empty(4) => 3,
        _ => 4,
    };
    let lines = panels.len().div_ceil(columns) as u32;
    Ok(Figure {
        name: format!("{}{}", by.facts().name, selection.file_suffix),
        title: format!("{}: paths for each {}{}", runs.experiment.name, by.key(), selection.title_suffix),
        caption: caption(&Ranking::new(&runs, rows, None), by),
        note: note(&runs, by, &cells, groups.len()),
        columns,
        panels,
        shared_axes: true,
        legend,
        color_bars: vec![levels.color_bar(&surface)],
        table: Vec::new(),
        size: [(columns as u32 * 250 + 170).max(640), lines * (if is_round { 260 } else { 220 }) + 170],
    })
}

/// The positions of the values that have panels. Of many numbers, these are the ones around the change from slow to diverged runs: from the last
/// value before a run does anything but creep, to the first value at which all runs diverge.
fn shown(runs: &Runs<'_>, groups: &[(Setting, Vec<usize>)]) -> Vec<usize> {
    let is_numeric = groups.iter().all(|(setting, _)| setting.number().is_some());
    if groups.len() <= COMPLETE || !is_numeric {
        return spread(groups.len(), PANELS).collect();
    }
    let verdicts = |at: usize| groups[at].1.iter().map(|&row| runs.table.verdict[row]);
    let moves = |&at: &usize| verdicts(at).any(|verdict| !matches!(verdict, Verdict::Slow | Verdict::Stuck));
    let survives = |&at: &usize| verdicts(at).any(|verdict| verdict != Verdict::Diverged);
    let last = groups.len() - 1;
    let (from, to) = ((0..groups.len()).find(moves).unwrap_or(last), (0..groups.len()).rfind(survives).unwrap_or(0));
    let (mut from, mut to) = (from.min(to).saturating_sub(1), (from.max(to) + 1).min(last));
    while to - from + 1 < LEAST {
        (from, to) = (from.saturating_sub(1), (to + 1).min(last));
    }
    spread(to - from + 1, PANELS).map(|position| from + position).collect()
}

/// The title of a panel, such as `1e-5: slow, 0.29 × its stability limit`.
fn heading(runs: &Runs<'_>, by: Parameter, cell: &Cell) -> String {
    let value = if by == Parameter::LearningRate { cell.setting.to_string() } else { setting_label(by, cell.setting) };
    let heading = format!("{value}: {}", statistics::most_frequent_verdict(runs, &cell.rows));
    let limits: Vec<Option<f64>> = cell.rows.iter().map(|&row| runs.stability_limit(row)).collect();
    match (limits.first(), cell.setting.number()) {
        (Some(&Some(limit)), Some(rate)) if by == Parameter::LearningRate && limits.iter().all(|other| *other == Some(limit)) => {
            format!("{heading}, {} × limit", text::short(rate / limit, 2))
        }
        _ => heading,
    }
}

fn caption(ranking: &Ranking<'_>, by: Parameter) -> Vec<String> {
    let (runs, rows) = (&ranking.runs(), ranking.all_rows());
    let verdicts = format!("Verdicts: {}", statistics::in_words(&statistics::verdict_counts(runs, rows)));
    let has_limit = by == Parameter::LearningRate && rows.first().is_some_and(|&row| runs.stability_limit(row).is_some());
    let shape = if has_limit {
        "The limit in the titles is the largest learning rate at which full-batch training converges".into()
    } else {
        valley(runs, rows[0])
    };
    vec![distance(ranking), verdicts, shape]
}

/// The values that have panels, and the paths that are drawn.
fn note(runs: &Runs<'_>, by: Parameter, cells: &[Cell], values: usize) -> String {
    let mut notes = Vec::new();
    if cells.len() < values {
        notes.push(format!(
            "{} of {} values of {} are shown{}",
            cells.len(),
            text::grouped(values as u64),
            by.key(),
            change(runs, cells).map_or_else(String::new, |[from, to]| format!(", around the change from {from} to {to}"))
        ));
    }
    let [all, drawn] = [
        cells.iter().map(|cell| cell.rows.len()).sum::<usize>(),
        cells.iter().map(|cell| cell.paths.best.len() + cell.paths.faint.len()).sum(),
    ];
    if drawn < all {
        notes.push(sentences::drawn(drawn, all, "path"));
    }
    notes.join(". ")
}

/// The most frequent verdicts of the first and of the last panel, if the values are numbers and the verdicts differ.
fn change(runs: &Runs<'_>, cells: &[Cell]) -> Option<[&'static str; 2]> {
    let (first, last) = (cells.first().filter(|cell| cell.setting.number().is_some())?, cells.last()?);
    let [from, to] = [first, last].map(|cell| statistics::most_frequent(&statistics::verdict_counts(runs, &cell.rows)));
    (from != to).then_some([from, to].map(Verdict::name))
}
