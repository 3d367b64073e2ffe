//! The heatmap of two hyperparameters: the settings that converge and how fast, those that diverge and how early, and J − J* of the others.

use std::borrow::Cow;

use rayon::prelude::*;

use super::axis_values::CellAxis;
use super::errors::Error;
use super::filter::{Filter, filtered, filters_label, parameter, slug};
use super::heatmap_grid::{CellResult, Grid};
use super::heatmap_lines::{FLOOR_DASH, LIMIT_DASH, noise_floor, stability_limit};
use super::problems::{by_problem, problem_name};
use super::ranges::start_excess;
use super::runs::Runs;
use super::setting::Setting;
use super::sweep::Sweep;
use crate::figure::ticks::axis;
use crate::figure::{Color, ColorBar, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, Tick, palette};
use crate::model::Parameter;
use crate::model::Scale as ParameterScale;
use crate::text;

/// The largest number of panels.
const PANELS: usize = 6;

/// A sweep gets a heatmap without being asked if two numeric hyperparameters have at least this number of values each.
const LEAST_VALUES: u64 = 6;

/// Colours in a colour bar.
const SHADES: usize = 40;

/// The two numeric hyperparameters with the most values, the learning rate first; `None` if the sweep has no two of [`LEAST_VALUES`].
pub fn default_axes(runs: &Runs<'_>) -> Option<[Parameter; 2]> {
    let len = |parameter: Parameter| {
        let axes = runs.experiment.space.branches.iter().flat_map(|branch| &branch.axes);
        axes.filter(|axis| axis.parameter == parameter).map(crate::space::Axis::len).max().unwrap_or(0)
    };
    let is_axis = |parameter: &Parameter| parameter.facts().scale != ParameterScale::Category && len(*parameter) >= LEAST_VALUES;
    let mut parameters: Vec<Parameter> = runs.varied().into_iter().filter(is_axis).collect();
    parameters.sort_by_key(|&parameter| (parameter != Parameter::LearningRate, std::cmp::Reverse(len(parameter))));
    parameters.first_chunk().copied()
}

/// The heatmap of the hyperparameters with two keys, over the runs that match all `filters`, pairs of key and value.
///
/// # Errors
///
/// If a key is unknown, or if no run matches.
pub fn heatmap(sweep: &Sweep<'_>, keys: [&str; 2], filters: &[(String, String)]) -> Result<Figure, Error> {
    let axes = [parameter(keys[0])?, parameter(keys[1])?];
    let filters = Filter::parse(filters)?;
    let runs = sweep.table();
    let mut figure = figure(&runs, &filtered(&runs, &filters)?, axes);
    if !filters.is_empty() {
        let label = filters_label(&filters);
        figure.title = format!("{}, where {label}", figure.title);
        figure.name = format!("{}-{}", figure.name, slug(&label));
    }
    Ok(figure)
}

/// The colour bars of a heatmap whose cells are trained later: epochs and updates up to those of the longest run.
pub fn heatmap_color_bars(sweep: &Sweep<'_>) -> Vec<ColorBar> {
    let runs = sweep.table();
    let rows = runs.rows();
    if rows.is_empty() {
        return Vec::new();
    }
    let epochs = |row: usize| runs.setting(row, Parameter::Epochs).number().unwrap_or(1.0);
    let most_epochs = rows.iter().map(|&row| epochs(row)).fold(2.0, f64::max);
    let most_updates = rows.iter().map(|&row| epochs(row) * runs.batches(row) as f64).fold(2.0, f64::max);
    Scales { epochs: [1.0, most_epochs], updates: [1.0, most_updates], ..Scales::new(&runs, &rows, &[]) }.color_bars()
}

/// One panel per problem, and per optimizer if there are few. `rows` holds at least one row.
pub fn figure(runs: &Runs<'_>, rows: &[usize], [x, y]: [Parameter; 2]) -> Figure {
    let mut selections: Vec<(String, Cow<'_, [usize]>)> = Vec::new();
    let problems = if [x, y].contains(&Parameter::DataScale) { vec![Cow::Borrowed(rows)] } else { by_problem(runs, rows) };
    let optimizers = if [x, y].contains(&Parameter::Optimizer) { 1 } else { runs.distinct_settings(rows, Parameter::Optimizer).len() };
    let is_split = optimizers > 1 && optimizers * problems.len() <= PANELS;
    for own in &problems {
        let problem = if problems.len() > 1 { problem_name(runs, own[0]) } else { String::new() };
        if is_split {
            let title = |optimizer: &Setting| if problem.is_empty() { optimizer.to_string() } else { format!("{optimizer}, {problem}") };
            let groups = runs.group_by(own, Parameter::Optimizer).into_iter();
            selections.extend(groups.map(|(optimizer, own)| (title(&optimizer), Cow::Owned(own))));
        } else {
            selections.push((problem, Cow::Borrowed(own)));
        }
    }
    let grids: Vec<Grid> = selections.iter().map(|(_, own)| Grid::new(runs, own, [x, y])).collect();
    let scales = Scales::new(runs, rows, &grids);
    let panels: Vec<Panel> = selections.iter().zip(&grids).map(|((title, _), grid)| panel(runs, grid, &scales, title)).collect();
    let columns = panels.len().min(if panels.len() > 4 { 3 } else { 2 });
    let has = |wanted: &dyn Fn(&Layer) -> bool| panels.iter().flat_map(|panel| &panel.layers).any(wanted);
    let has_line = |dash| has(&|layer| matches!(layer, Layer::Line { dash: own, .. } if *own == dash));
    let mut legend = Vec::new();
    let mut add = |label: &str, shape| legend.push(LegendEntry { label: label.into(), color: palette::INK, shape });
    if has(&|layer| matches!(layer, Layer::Markers { .. })) {
        add("best setting", LegendShape::Marker(Marker::Hollow));
    }
    if has_line(LIMIT_DASH) {
        add("stability limit (full batch)", LegendShape::Line(LIMIT_DASH));
    }
    let has_floor = has_line(FLOOR_DASH);
    if has_floor {
        add("noise floor = convergence threshold (theory)", LegendShape::Line(FLOOR_DASH));
    }
    Figure {
        name: format!("heatmap-{}-{}", x.facts().name, y.facts().name),
        title: format!("{}: settings that converge and that diverge, by {} and {}", runs.experiment.name, x.key(), y.key()),
        caption: caption(runs, &grids, has_floor),
        note: note(&grids, is_split),
        columns,
        size: [
            if columns > 1 { 180 + 420 * columns as u32 } else { 860 },
            190 + if columns > 1 { 380 } else { 480 } * panels.len().div_ceil(columns) as u32,
        ],
        panels,
        shared_axes: false,
        legend,
        color_bars: scales.color_bars(),
        table: Vec::new(),
    }
}

/// The ranges of the three colour bars, all logarithmic.
struct Scales {
    epochs: [f64; 2],
    excess: [f64; 2],
    updates: [f64; 2],
    /// The label of J − J*, or of J without an optimum.
    excess_label: &'static str,
}

impl Scales {
    /// J − J* ranges from the convergence threshold to the start.
    fn new(runs: &Runs<'_>, rows: &[usize], grids: &[Grid<'_>]) -> Self {
        let cells = || grids.iter().flat_map(|grid| grid.cells.iter().flatten());
        let most = |value: &dyn Fn(&CellResult) -> Option<f64>| cells().filter_map(value).fold(1.0, f64::max);
        let epochs = most(&|cell| if let CellResult::Converged { epochs } = cell { Some(*epochs) } else { None });
        let updates = most(&|cell| if let CellResult::Diverged { updates } = cell { Some(*updates) } else { None });
        let surface = runs.surface(rows[0]);
        let others = || cells().filter_map(|cell| if let CellResult::Other { excess } = cell { Some(*excess) } else { None });
        let finite = || others().filter(|excess| *excess > 0.0 && excess.is_finite());
        let threshold = surface.convergence_excess();
        let low = if threshold > 0.0 { threshold } else { finite().fold(f64::INFINITY, f64::min) };
        let high = start_excess(runs, rows).unwrap_or_else(|| finite().fold(0.0, f64::max));
        let low = if low.is_finite() { low } else { 1.0 };
        let excess_label = if surface.optimum().is_some() { "mean J − J*" } else { "mean J" };
        Self { epochs: [1.0, epochs.max(2.0)], excess: [low, high.max(10.0 * low)], updates: [1.0, updates.max(2.0)], excess_label }
    }

    fn color(&self, cell: &CellResult) -> [u8; 3] {
        match *cell {
            CellResult::Converged { epochs } => converged(share(epochs, self.epochs)),
            CellResult::Other { excess } => other(share(excess, self.excess)),
            CellResult::Diverged { updates } => diverged(share(updates, self.updates)),
        }
    }

    /// From top to bottom: diverged, other and converged settings.
    fn color_bars(&self) -> Vec<ColorBar> {
        let bar = |label: &str, [low, high]: [f64; 2], color: fn(f64) -> [u8; 3]| {
            let at = |index: usize| index as f64 / SHADES as f64;
            let edge = |index: usize| libm::log10(low) + at(index) * libm::log10(high / low);
            let ticks = axis("", Scale::Log, [low, high]).ticks;
            ColorBar {
                label: label.into(),
                edges: (0..=SHADES).map(edge).collect(),
                colors: (0..SHADES).map(|index| Color { rgb: color(at(index) + 0.5 / SHADES as f64), alpha: 1.0 }).collect(),
                ticks: ticks.into_iter().map(|tick| Tick { at: libm::log10(tick.at), ..tick }).collect(),
            }
        };
        vec![
            bar("diverged after updates", self.updates, diverged),
            bar(self.excess_label, self.excess, other),
            bar("converged in epochs", self.epochs, converged),
        ]
    }
}

/// The position of a value in a logarithmic range, from 0 to 1.
fn share(value: f64, [low, high]: [f64; 2]) -> f64 {
    (libm::log(value.max(low) / low) / libm::log(high / low)).clamp(0.0, 1.0)
}

/// The colour of a converged setting: the fewer epochs, the darker.
fn converged(share: f64) -> [u8; 3] {
    rgb(colorous::BLUES, 1.0 - 0.65 * share)
}

/// The colour of a setting that neither converged nor diverged: the larger J − J*, the darker.
fn other(share: f64) -> [u8; 3] {
    rgb(colorous::GREYS, 0.06 + 0.5 * share)
}

/// The colour of a diverged setting: the earlier, the darker.
fn diverged(share: f64) -> [u8; 3] {
    rgb(colorous::ORANGES, 1.0 - 0.65 * share)
}

fn rgb(gradient: colorous::Gradient, position: f64) -> [u8; 3] {
    gradient.eval_continuous(position).into_array()
}

fn panel(runs: &Runs<'_>, grid: &Grid<'_>, scales: &Scales, title: &str) -> Panel {
    let Grid { x, y, cells, ranking, best, .. } = grid;
    let colors = cells.par_iter().map(|cell| cell.map_or([255; 3], |cell| scales.color(&cell))).collect();
    let mut layers = vec![Layer::Cells { x: x.axis.range, y: y.axis.range, columns: x.settings.len(), colors }];
    layers.extend(stability_limit(runs, grid));
    layers.extend(noise_floor(runs, grid));
    let best = best.as_ref().filter(|best| best.cost.is_finite()).map(|best| ranking.rows(best)[0]);
    if let Some((column, line)) = best.and_then(|row| x.position(runs, row).zip(y.position(runs, row))) {
        let points = vec![[x.center(column), y.center(line)]];
        layers.push(Layer::Markers { points, marker: Marker::Hollow, color: palette::INK, size: 9.0 });
    }
    Panel { title: title.to_owned(), x: x.axis.clone(), y: y.axis.clone(), equal_units: false, layers }
}

fn caption(runs: &Runs<'_>, grids: &[Grid<'_>], has_floor: bool) -> Vec<String> {
    let cells = || grids.iter().flat_map(|grid| grid.cells.iter().flatten());
    let all = cells().count();
    let share = |of: fn(&CellResult) -> bool| match cells().filter(|cell| of(cell)).count() {
        count if all <= 1_000 => text::grouped(count as u64),
        count => format!("{} %", text::significant(100.0 * count as f64 / all as f64, 2)),
    };
    let converged = share(|cell| matches!(cell, CellResult::Converged { .. }));
    let diverged = share(|cell| matches!(cell, CellResult::Diverged { .. }));
    let tuned = grids.iter().map(|grid| &grid.tuned).max_by_key(|tuned| tuned.len()).map_or_else(Vec::new, Clone::clone);
    let tuned: Vec<&str> = tuned.into_iter().map(Parameter::key).collect();
    let mut sentences = vec![format!(
        "{converged} of {} converge and {diverged} diverge",
        text::count(all, if tuned.is_empty() { "setting" } else { "cell" })
    )];
    let best = grids.iter().filter_map(|grid| grid.best.as_ref().map(|best| (grid, best))).min_by(|a, b| a.1.cost.total_cmp(&b.1.cost));
    if let Some((grid, best)) = best.filter(|(_, best)| best.cost.is_finite()) {
        let row = grid.ranking.representative(best);
        sentences.push(format!("The best is {}", runs.name(row)));
    }
    let seeds = grids.iter().map(|grid| grid.seeds).max().unwrap_or(1);
    let median = if seeds > 1 { format!("the median over {seeds} seeds") } else { String::new() };
    let is_bin = |axis: &CellAxis| axis.settings.iter().any(|setting| matches!(setting, Setting::Range { .. }));
    match (tuned.is_empty(), seeds > 1) {
        _ if grids.iter().any(|grid| is_bin(&grid.x) || is_bin(&grid.y)) => {
            sentences.push("Each cell shows the best run within it; white cells have no run".into());
        }
        (true, false) => {}
        (true, true) => sentences.push(format!("Each cell shows {median}")),
        (false, false) => sentences.push(format!("Each cell shows the best value of {}", text::list(&tuned))),
        (false, true) => sentences.push(format!("Each cell shows the best value of {}, by {median}", text::list(&tuned))),
    }
    let floor = has_floor.then(|| {
        let side = if grids.iter().any(|grid| grid.x.parameter == Parameter::LearningRate) { "To the right of" } else { "Above" };
        format!(
            "{side} the dotted line, the noise of mini-batches keeps sgd from converging: in theory, the floor of the expected J − J* is above the \
             convergence threshold"
        )
    });
    std::iter::once(sentences.join(". ")).chain(floor).collect()
}

/// The axes of which not all values are drawn.
fn note(grids: &[Grid<'_>], is_split: bool) -> String {
    let axes = grids.iter().take(if is_split { 1 } else { grids.len() }).flat_map(|grid| [&grid.x, &grid.y]);
    let thinned = axes.filter(|axis| axis.settings.len() < axis.count);
    let sentence = |axis: &CellAxis| {
        let [shown, all] = [axis.settings.len(), axis.count].map(|count| text::grouped(count as u64));
        format!("{shown} of {all} values of {} are drawn", axis.parameter.key())
    };
    let mut sentences: Vec<String> = thinned.map(sentence).collect();
    sentences.dedup();
    sentences.join(". ")
}
