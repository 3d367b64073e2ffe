//! The learning rate of each batch, where a schedule moves it.

use super::draw;
use super::hue::Hue;

use super::sample::sample;
use super::trails::thinned;
use super::view::View;
use crate::figure::{Dash, Figure, Layer, LegendShape, Panel, Scale};
use crate::kernel::Rates;
use crate::model::{Parameter, Schedule};
use crate::text;

/// The most lines, and the most points of each.
const LINES: usize = 40;
const POINTS: usize = 2_000;

/// From this ratio of the largest to the smallest rate on the axis is logarithmic.
const WIDE: f64 = 30.0;

/// A line for every schedule and start among the runs; `None` where every rate is constant.
pub fn figure(view: &View<'_>, rows: &[usize]) -> Option<Figure> {
    let mut known = std::collections::HashSet::new();
    let own: Vec<usize> = rows.iter().copied().filter(|&row| known.insert((key(view, row), last(view, row)))).collect();
    if own.iter().all(|&row| schedule(view, row).is_none()) {
        return None;
    }
    let drawn = sample(view, &own, LINES);
    let style = Some(Parameter::ScheduleName).filter(|&parameter| view.levels(rows, parameter).len() > 1);
    let hue = Hue::new(view, &drawn, style, &[]);
    let lines: Vec<Vec<[f64; 2]>> = drawn.iter().map(|&row| line(view, row)).collect();
    let heights = || lines.iter().flatten().map(|point| point[1]);
    let (min, max) = heights().filter(|rate| *rate > 0.0).fold((f64::INFINITY, 0.0_f64), |(min, max), rate| (min.min(rate), max.max(rate)));
    let wide = max / min >= WIDE && heights().all(|rate| rate > 0.0);
    let (scale, range) =
        if wide { (Scale::Log, draw::log_range(heights())) } else { (Scale::Linear, draw::extent(heights().chain([0.0]))) };
    let end = lines.iter().filter_map(|line| line.last()).map(|point| point[0]).fold(1.0, f64::max);
    let layer = |(&row, points)| Layer::Line { points, color: hue.color(view, row), width: 1.6, dash: Dash::Solid };
    let layers = drawn.iter().zip(lines).map(layer).collect();
    let mut caption =
        vec!["What the optimizer multiplies its step by; rules that scale their steps may move farther or less far".to_owned()];
    if drawn.len() < own.len() {
        caption.push(format!("{} of {} drawn", drawn.len(), text::count(own.len(), "schedule")));
    }
    let (x, y) = (draw::axis("batches", Scale::Linear, [0.0, end]), draw::axis("learning rate", scale, range));
    Some(Figure {
        name: "rates".into(),
        title: format!("{}: the learning rate of each batch", view.experiment.name),
        caption,
        columns: 1,
        panels: vec![Panel { title: String::new(), x, y, layers }],
        shared_axes: false,
        legend: hue.legend(LegendShape::Line, 10),
        color_bar: None,
        size: [960, 480],
    })
}

fn settings<T>(view: &View<'_>, row: usize, of: impl Fn(&crate::space::Settings) -> T) -> Option<T> {
    view.experiment.space.run(view.runs.run[row]).map(|run| of(&run.settings))
}

/// The run's schedule; `None` for a constant rate.
fn schedule(view: &View<'_>, row: usize) -> Option<Rates> {
    settings(view, row, |settings| Rates::of(settings, &view.experiment.pieces))?
}

fn constant(view: &View<'_>, row: usize) -> f64 {
    settings(view, row, |settings| settings.number(Parameter::LearningRate).unwrap_or(0.0)).unwrap_or(0.0)
}

/// Equal where the rates are.
fn key(view: &View<'_>, row: usize) -> (Schedule, Vec<u32>, u64) {
    match schedule(view, row) {
        Some(rates) => {
            let (schedule, numbers) = rates.key();
            (schedule, numbers.to_vec(), 0)
        }
        None => (Schedule::None, Vec::new(), constant(view, row).to_bits()),
    }
}

/// The batches of a whole run.
fn last(view: &View<'_>, row: usize) -> u64 {
    view.batches(row) * view.level(row, Parameter::Epochs).number().map_or(1, |epochs| epochs as u64)
}

fn line(view: &View<'_>, row: usize) -> Vec<[f64; 2]> {
    let (schedule, constant) = (schedule(view, row), constant(view, row));
    let rate = |batch: u64| schedule.as_ref().map_or(constant, |rates| f64::from(rates.at(batch)));
    thinned(last(view, row) as usize, POINTS).into_iter().map(|batch| [batch as f64, rate(batch as u64)]).collect()
}
