//! The learning rate of each batch, where a schedule moves it.

use std::collections::HashSet;

use super::draw;
use super::hue::Hue;

use super::sample::sample;
use super::trails::thinned;
use super::view::View;
use crate::figure::{Dash, Figure, Layer, LegendShape, Panel, Scale};
use crate::kernel::RateSchedule;
use crate::model::{MissingParameter, Parameter, Schedule};
use crate::text;

/// The most lines, and the most points of each.
const LINES: usize = 40;
const POINTS: usize = 2_000;

/// From this ratio of the largest to the smallest rate on the axis is logarithmic.
const WIDE: f64 = 30.0;

/// A line for every schedule and start among the runs; `None` where every rate is constant.
pub fn figure(view: &View<'_>, rows: &[usize]) -> Result<Option<Figure>, MissingParameter> {
    if view.experiment.space.branches.iter().all(|branch| branch.settings.schedule() == Schedule::None) {
        return Ok(None);
    }
    let (mut known, mut own) = (HashSet::new(), Vec::new());
    for &row in rows {
        if known.insert(Course::of(view, row)?.key()) {
            own.push(row);
        }
    }
    let drawn = sample(view, &own, LINES);
    let style = Some(Parameter::ScheduleName).filter(|&parameter| view.levels(rows, parameter).len() > 1);
    let hue = Hue::new(view, &drawn, style, &[]);
    let lines: Vec<Vec<[f64; 2]>> = drawn.iter().map(|&row| Ok(Course::of(view, row)?.line())).collect::<Result<_, MissingParameter>>()?;
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
    Ok(Some(Figure {
        name: "rates".into(),
        title: format!("{}: the learning rate of each batch", view.experiment.name),
        caption,
        columns: 1,
        panels: vec![Panel { title: String::new(), x, y, layers }],
        shared_axes: false,
        legend: hue.legend(LegendShape::Line, 10),
        color_bar: None,
        size: [960, 480],
    }))
}

/// The rates of a run.
struct Course {
    /// `None` for a constant rate.
    schedule: Option<RateSchedule>,
    rate: f64,
    batches: u64,
}

impl Course {
    fn of(view: &View<'_>, row: usize) -> Result<Self, MissingParameter> {
        let settings = view.experiment.space.run(view.runs.run[row]).map(|run| run.settings).unwrap_or_default();
        Ok(Self {
            schedule: RateSchedule::of(&settings, &view.experiment.piecewise)?,
            rate: settings.required_number(Parameter::LearningRate)?,
            batches: view.batches(row) * settings.required_number(Parameter::Epochs)? as u64,
        })
    }

    /// Equal where the rates are.
    fn key(&self) -> impl Eq + std::hash::Hash + use<> {
        (self.schedule.as_ref().map(RateSchedule::key).ok_or(self.rate.to_bits()), self.batches)
    }

    fn line(&self) -> Vec<[f64; 2]> {
        let rate = |batch: u64| self.schedule.as_ref().map_or(self.rate, |rates| f64::from(rates.at(batch)));
        thinned(self.batches as usize, POINTS).into_iter().map(|batch| [batch as f64, rate(batch as u64)]).collect()
    }
}
