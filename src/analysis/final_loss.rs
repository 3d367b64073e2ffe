//! Final J as a function of a hyperparameter: medians with quantile bands, a rug of diverged runs, and the stability limit of SGD.

use std::fmt::Write as _;

use super::color_by::ColorBy;
use super::losses::minimum_rule;
use super::problems::{by_problem, problem_name};
use super::ranges::{log_range, padded};
use super::runs::{Runs, is_seed};
use super::sample::spread;
use super::sentences::distances;
use super::setting::Setting;
use super::statistics;
use crate::figure::ticks::axis;
use crate::figure::{Axis, Color, Dash, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, Tick, palette};
use crate::model::Parameter;
use crate::model::Scale as AxisScale;
use crate::text;

/// The largest numbers of values on the x axis, and of lines.
const VALUES: usize = 400;
const LINES: usize = 8;

/// One panel per problem, with one line per value of the hyperparameter that colours distinguish.
pub fn figure(runs: &Runs<'_>, rows: &[usize], by: Parameter, style: Option<Parameter>) -> Figure {
    let all = runs.group_by(rows, by);
    let (count, shown) = (all.len(), spread(all.len(), VALUES));
    let (settings, shown_rows): (Vec<Setting>, Vec<Vec<usize>>) = shown.map(|position| all[position].clone()).unzip();
    let (all_rows, rows) = (rows, &shown_rows.concat());
    let problems = if by == Parameter::DataScale { vec![rows.clone()] } else { by_problem(runs, rows) };
    let color_by = ColorBy::with_limit(runs, rows, style, &[by, Parameter::DataScale], LINES);
    let x_axis = SettingAxis::new(by, &settings);
    let losses = rows.iter().map(|&row| runs.loss(row)).chain(problems.iter().map(|own| runs.surface(own[0]).minimum()));
    let range = log_range(losses);
    let panels = problems.iter().map(|own| Panel {
        title: if problems.len() > 1 { problem_name(runs, own[0]) } else { String::new() },
        x: x_axis.axis.clone(),
        y: axis("final J", Scale::Log, range),
        layers: layers(runs, own, &color_by, &x_axis, range),
    });
    let panels: Vec<Panel> = panels.collect();
    let columns = panels.len().min(2);
    let mut caption = distances(runs, all_rows);
    let diverged = rows.iter().filter(|&&row| runs.has_diverged(row)).count();
    caption.push(pooling(runs, rows, by, &color_by, diverged));
    if settings.len() < count {
        caption.push(format!("{} of {} values of {} are shown", settings.len(), text::grouped(count as u64), by.key()));
    }
    let mut legend = color_by.legend();
    if diverged > 0 {
        legend.push(LegendEntry { label: "diverged".into(), color: palette::INK, shape: LegendShape::Marker(Marker::Tick) });
    }
    Figure {
        name: format!("final_loss-{}", by.facts().name),
        title: format!("{}: final J for each {}", runs.experiment.name, by.key()),
        caption,
        columns,
        size: [if columns > 1 { 1040 } else { 860 }, 190 + 330 * panels.len().div_ceil(columns) as u32],
        panels,
        shared_axes: true,
        legend,
        color_bars: Vec::new(),
    }
}

/// The x axis of a hyperparameter: numeric if all values are numbers, else one category per value.
struct SettingAxis {
    parameter: Parameter,
    axis: Axis,
    /// The values in order of position; `None` on a numeric axis.
    categories: Option<Vec<Setting>>,
}

impl SettingAxis {
    fn new(parameter: Parameter, settings: &[Setting]) -> Self {
        let numbers: Vec<f64> = settings.iter().filter_map(|setting| setting.number()).collect();
        let (min, max) = numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), &v| (min.min(v), max.max(v)));
        if numbers.len() < settings.len() || numbers.is_empty() {
            let ticks = spread(settings.len(), 12).map(|at| Tick { at: at as f64, label: settings[at].to_string() }).collect();
            let range = [-0.5, settings.len() as f64 - 0.5];
            let axis = Axis { label: parameter.key().into(), scale: Scale::Linear, range, ticks };
            return Self { parameter, axis, categories: Some(settings.to_vec()) };
        }
        let is_log = parameter.facts().scale == AxisScale::Log && min > 0.0;
        let range = if is_log { log_range(numbers.into_iter()) } else { padded(min, max) };
        Self { parameter, axis: axis(parameter.key(), if is_log { Scale::Log } else { Scale::Linear }, range), categories: None }
    }

    /// The x coordinate of a value.
    fn position(&self, setting: Setting) -> f64 {
        match &self.categories {
            Some(categories) => categories.binary_search(&setting).map_or(0.0, |at| at as f64),
            None => setting.number().unwrap_or(self.axis.range[0]),
        }
    }
}

/// Quantile bands, medians and rug of one line.
#[derive(Default)]
struct Summary {
    low: Vec<[f64; 2]>,
    median: Vec<[f64; 2]>,
    high: Vec<[f64; 2]>,
    diverged: Vec<[f64; 2]>,
}

impl Summary {
    /// Summarises the runs at each value of the axis. `offset` separates lines on a categorical axis.
    fn new(runs: &Runs<'_>, rows: &[usize], x_axis: &SettingAxis, offset: f64, range: [f64; 2]) -> Self {
        let mut summary = Self::default();
        let inside = |loss: f64| loss.clamp(range[0], range[1]);
        for (setting, own) in runs.group_by(rows, x_axis.parameter) {
            let x = x_axis.position(setting) + offset;
            let losses: Vec<f64> = own.iter().map(|&row| runs.loss(row)).collect();
            let [low, median, high] = statistics::quantiles(&losses);
            if let Some(median) = median {
                summary.median.push([x, inside(median)]);
                if losses.len() > 1 {
                    summary.low.push([x, inside(low.unwrap_or(median))]);
                    summary.high.push([x, inside(high.unwrap_or(range[1]))]);
                }
            }
            if own.iter().any(|&row| runs.has_diverged(row)) {
                summary.diverged.push([x, range[0]]);
            }
        }
        summary
    }
}

fn layers(runs: &Runs<'_>, rows: &[usize], color_by: &ColorBy, x_axis: &SettingAxis, range: [f64; 2]) -> Vec<Layer> {
    let mut positions: Vec<usize> = rows.iter().map(|&row| color_by.position(runs, row)).collect();
    positions.sort_unstable();
    positions.dedup();
    let (mut bands, mut lines, mut rugs) = (Vec::new(), Vec::new(), Vec::new());
    let count = positions.len() as f64;
    for (index, position) in positions.into_iter().enumerate() {
        let is_categorical = x_axis.categories.is_some();
        let offset = if is_categorical { 0.6 * ((index as f64 + 0.5) / count - 0.5) } else { 0.0 };
        let own: Vec<usize> = rows.iter().copied().filter(|&row| color_by.position(runs, row) == position).collect();
        let color = color_by.color_at(position);
        let Summary { low, median, mut high, diverged } = Summary::new(runs, &own, x_axis, offset, range);
        if !diverged.is_empty() {
            rugs.push(Layer::Markers { points: diverged, marker: Marker::Tick, color, size: 9.0 });
        }
        if is_categorical {
            let whiskers = low.iter().zip(&high).map(|(low, high)| vec![*low, *high]);
            bands.extend(whiskers.map(|points| Layer::Line { points, color, width: 1.2, dash: Dash::Solid }));
        } else {
            if low.len() > 1 {
                high.reverse();
                let ring = low.into_iter().chain(high).collect();
                bands.push(Layer::Area { rings: vec![ring], color: Color { alpha: 0.18, ..color } });
            }
            lines.push(Layer::Line { points: median.clone(), color, width: 1.6, dash: Dash::Solid });
        }
        lines.push(Layer::Markers { points: median, marker: Marker::Filled, color, size: 3.5 });
    }
    let mut layers = bands;
    layers.extend(lines);
    layers.extend(rugs);
    layers.extend(minimum_rule(&runs.surface(rows[0]), range));
    if x_axis.parameter == Parameter::LearningRate {
        layers.extend(stability_limits(runs, rows, x_axis.axis.range));
    }
    layers
}

/// The stability limits of SGD, one for each momentum: up to three inside the range.
fn stability_limits(runs: &Runs<'_>, rows: &[usize], range: [f64; 2]) -> Vec<Layer> {
    let mut limits: Vec<f64> = rows.iter().filter_map(|&row| runs.stability_limit(row)).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    limits.retain(|limit| (range[0]..=range[1]).contains(limit));
    limits.truncate(3);
    let rule = |at: f64| {
        let label = format!("sgd stability limit {}", text::short(at, 3));
        Layer::Rule { at, vertical: true, label, color: palette::FAINT, dash: Dash::Dashed }
    };
    limits.into_iter().map(rule).collect()
}

/// The runs that a line and its band summarise.
fn pooling(runs: &Runs<'_>, rows: &[usize], by: Parameter, color_by: &ColorBy, diverged: usize) -> String {
    let distinguished = [Some(by), color_by.parameter(), Some(Parameter::DataScale)];
    let over = runs.experiment.space.varied().into_iter().filter(|parameter| !distinguished.contains(&Some(*parameter)));
    let over: Vec<&str> = over.map(|parameter| if is_seed(parameter) { "seeds" } else { parameter.key() }).collect();
    let line = color_by.parameter().map_or_else(String::new, |parameter| format!(" for each {}", parameter.key()));
    let mut text = if over.is_empty() {
        format!("One line{line}")
    } else {
        format!("Line: median over {}{line}. Band: 10 % to 90 % quantiles", text::list(&over))
    };
    if diverged > 0 {
        let _ = write!(text, ". {diverged} of {} diverged (ticks at the lower border)", text::count(rows.len(), "run"));
    }
    text
}
