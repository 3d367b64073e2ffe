//! The final J against a hyperparameter: medians and bands, diverged runs as a rug, SGD's limit as a rule.

use super::contour::{by_problem, problem_name};
use super::hue::Hue;
use super::level::Level;
use super::sample::spread;
use super::view::{View, is_seed};
use super::{draw, tally};
use crate::figure::{Axis, Color, Dash, Figure, Layer, LegendEntry, LegendShape, Mark, Panel, Scale, Tick};
use crate::model::Parameter;
use crate::model::Scale as Spread;
use crate::text;

/// The most values on the axis, and lines.
const VALUES: usize = 400;
const LINES: usize = 8;

/// Final J against `by`, a panel for each problem and a line for each level of what is told apart by colour.
pub fn figure(view: &View<'_>, rows: &[usize], by: Parameter, style: Option<Parameter>) -> Figure {
    let all = view.by_level(rows, by);
    let (there, shown) = (all.len(), spread(all.len(), VALUES));
    let (levels, rows): (Vec<Level>, Vec<Vec<usize>>) = shown.map(|position| all[position].clone()).unzip();
    let rows = &rows.concat();
    let problems = if by == Parameter::DataScale { vec![rows.clone()] } else { by_problem(view, rows) };
    let hue = Hue::few(view, rows, style, &[by, Parameter::DataScale], LINES);
    let place = Place::new(by, &levels);
    let finite = rows.iter().map(|&row| view.loss(row)).chain(problems.iter().map(|own| view.ground(own[0]).floor()));
    let range = draw::log_range(finite);
    let panels = problems.iter().map(|own| Panel {
        title: if problems.len() > 1 { problem_name(view, own[0]) } else { String::new() },
        x: place.axis.clone(),
        y: draw::axis("J after the last update", Scale::Log, range),
        layers: layers(view, own, by, &hue, &place, range),
    });
    let panels: Vec<Panel> = panels.collect();
    let columns = panels.len().min(2);
    let mut caption = vec![super::contour::distance(view, rows)];
    let diverged = rows.iter().filter(|&&row| view.runs.diverged_at[row].is_some()).count();
    caption.push(pooled(view, rows, by, &hue, diverged));
    if levels.len() < there {
        caption.push(format!("{} of {} values of {} shown", levels.len(), text::grouped(there as u64), by.key()));
    }
    let mut legend = hue.legend(LegendShape::Line, LINES);
    if diverged > 0 {
        legend.push(LegendEntry { label: "diverged".into(), color: draw::INK, shape: LegendShape::Mark(Mark::Rug) });
    }
    Figure {
        name: format!("final_loss-{}", by.facts().name),
        title: format!("{}: final J against {}", view.experiment.name, by.key()),
        caption,
        columns,
        size: [if columns > 1 { 1040 } else { 860 }, 190 + 330 * panels.len().div_ceil(columns) as u32],
        panels,
        shared_axes: true,
        legend,
        color_bar: None,
    }
}

/// Where levels stand on the x axis: numbers where they are, words one after the other.
struct Place {
    axis: Axis,
    words: Option<Vec<Level>>,
}

impl Place {
    fn new(by: Parameter, levels: &[Level]) -> Self {
        let numbers: Vec<f64> = levels.iter().filter_map(|level| level.number()).collect();
        let (min, max) = numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), &v| (min.min(v), max.max(v)));
        if numbers.len() < levels.len() || numbers.is_empty() {
            let shown: Vec<usize> = spread(levels.len(), 12).collect();
            let ticks = shown.into_iter().map(|at| Tick { at: at as f64, label: levels[at].to_string() }).collect();
            let range = [-0.5, levels.len() as f64 - 0.5];
            let axis = Axis { label: by.key().into(), scale: Scale::Linear, range, ticks };
            return Self { axis, words: Some(levels.to_vec()) };
        }
        let log = by.facts().scale == Spread::Log && min > 0.0;
        let range = if log { draw::log_range(numbers.into_iter()) } else { draw::padded(min, max) };
        Self { axis: draw::axis(by.key(), if log { Scale::Log } else { Scale::Linear }, range), words: None }
    }

    fn of(&self, level: Level) -> f64 {
        match &self.words {
            Some(words) => words.binary_search(&level).map_or(0.0, |at| at as f64),
            None => level.number().unwrap_or(self.axis.range[0]),
        }
    }
}

fn layers(view: &View<'_>, rows: &[usize], by: Parameter, hue: &Hue, place: &Place, range: [f64; 2]) -> Vec<Layer> {
    let mut positions: Vec<usize> = rows.iter().map(|&row| hue.position(view, row)).collect();
    positions.sort_unstable();
    positions.dedup();
    let (mut bands, mut lines, mut rugs) = (Vec::new(), Vec::new(), Vec::new());
    let count = positions.len() as f64;
    for (index, position) in positions.into_iter().enumerate() {
        // Beside each other where a word has but one place.
        let aside = if place.words.is_some() { 0.6 * ((index as f64 + 0.5) / count - 0.5) } else { 0.0 };
        let own: Vec<usize> = rows.iter().copied().filter(|&row| hue.position(view, row) == position).collect();
        let color = hue.shade(position);
        let (mut lower, mut upper, mut medians) = (Vec::new(), Vec::new(), Vec::new());
        let mut rug = Vec::new();
        for (level, here) in view.by_level(&own, by) {
            let x = place.of(level) + aside;
            let losses: Vec<f64> = here.iter().map(|&row| view.loss(row)).collect();
            let [low, median, high] = tally::band(&losses);
            let within = |loss: f64| loss.clamp(range[0], range[1]);
            if let Some(median) = median {
                medians.push([x, within(median)]);
                if losses.len() > 1 {
                    lower.push([x, within(low.unwrap_or(median))]);
                    upper.push([x, within(high.unwrap_or(range[1]))]);
                }
            }
            rug.extend(here.iter().any(|&row| view.runs.diverged_at[row].is_some()).then_some([x, range[0]]));
        }
        if !rug.is_empty() {
            rugs.push(Layer::Marks { points: rug, mark: Mark::Rug, color, size: 9.0 });
        }
        if place.words.is_some() {
            let whiskers = lower.iter().zip(&upper).map(|(low, high)| vec![*low, *high]);
            bands.extend(whiskers.map(|points| Layer::Line { points, color, width: 1.2, dash: Dash::Solid }));
        } else {
            if lower.len() > 1 {
                upper.reverse();
                let ring = lower.into_iter().chain(upper).collect();
                bands.push(Layer::Area { rings: vec![ring], color: Color { alpha: 0.18, ..color } });
            }
            lines.push(Layer::Line { points: medians.clone(), color, width: 1.6, dash: Dash::Solid });
        }
        lines.push(Layer::Marks { points: medians, mark: Mark::Filled, color, size: 3.5 });
    }
    let mut layers = bands;
    layers.extend(lines);
    layers.extend(rugs);
    let (ground, optimum) = (view.ground(rows[0]), view.ground(rows[0]).floor());
    if ground.optimum().is_some() && optimum >= range[0] {
        let label = format!("optimum {}", text::loss(optimum));
        layers.push(Layer::Rule { at: optimum, vertical: false, label, color: draw::INK, dash: Dash::Dashed });
    }
    if by == Parameter::LearningRate {
        layers.extend(limits(view, rows, place.axis.range));
    }
    layers
}

/// SGD's limits over these rows: one for each momentum, the few that fit into the picture.
fn limits(view: &View<'_>, rows: &[usize], range: [f64; 2]) -> Vec<Layer> {
    let mut limits: Vec<f64> = rows.iter().filter_map(|&row| view.limit(row)).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    limits.retain(|limit| (range[0]..=range[1]).contains(limit));
    limits.truncate(3);
    let rule = |at: f64| {
        let label = format!("sgd's limit {}", text::short(at, 4));
        Layer::Rule { at, vertical: true, label, color: draw::FAINT, dash: Dash::Dashed }
    };
    limits.into_iter().map(rule).collect()
}

/// What a band is over.
fn pooled(view: &View<'_>, rows: &[usize], by: Parameter, hue: &Hue, diverged: usize) -> String {
    let told = [Some(by), hue.parameter(), Some(Parameter::DataScale)];
    let over = view.experiment.space.varied().into_iter().filter(|parameter| !told.contains(&Some(*parameter)));
    let over: Vec<&str> = over.map(|parameter| if is_seed(parameter) { "seeds" } else { parameter.key() }).collect();
    let line = hue.parameter().map_or_else(String::new, |parameter| format!(" for each {}", parameter.key()));
    let text =
        if over.is_empty() { format!("A line{line}") } else { format!("Median and 10–90 % band over {}{line}", text::list(&over)) };
    if diverged == 0 {
        return text;
    }
    format!("{text}; {diverged} of {} diverged (ticks at the lower border)", text::count(rows.len(), "run"))
}
