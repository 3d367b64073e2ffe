//! The learning rate of each batch, for sweeps with schedules.

use std::collections::HashSet;

use super::color_by::ColorBy;
use super::ranges::{extent, log_range};
use super::runs::Runs;
use super::sample::{sample, spread};
use crate::figure::ticks::{axis, count_axis};
use crate::figure::{Figure, Layer, Panel, Scale};
use crate::kernel::RateSchedule;
use crate::model::{MissingParameter, Parameter, Schedule};
use crate::text;

/// The largest numbers of lines, and of points in each.
const LINES: usize = 40;
const POINTS: usize = 2_000;

/// The axis is logarithmic if the largest learning rate is at least this multiple of the smallest.
const LOG_RATIO: f64 = 30.0;

/// One line for each distinct schedule; `None` if all learning rates are constant.
pub fn figure(runs: &Runs<'_>, rows: &[usize]) -> Result<Option<Figure>, MissingParameter> {
    if runs.experiment.space.branches.iter().all(|branch| branch.settings.schedule() == Schedule::None) {
        return Ok(None);
    }
    let (mut known, mut own) = (HashSet::new(), Vec::new());
    for &row in rows {
        if known.insert(RateCurve::of(runs, row)?.key()) {
            own.push(row);
        }
    }
    let drawn = sample(runs, &own, LINES);
    let style = Some(Parameter::ScheduleName).filter(|&parameter| runs.distinct_settings(rows, parameter).len() > 1);
    let color_by = ColorBy::new(runs, &drawn, style, &[]);
    let points = |&row: &usize| Ok(RateCurve::of(runs, row)?.points());
    let lines: Vec<Vec<[f64; 2]>> = drawn.iter().map(points).collect::<Result<_, MissingParameter>>()?;
    let rates = || lines.iter().flatten().map(|point| point[1]);
    let (min, max) = rates().filter(|rate| *rate > 0.0).fold((f64::INFINITY, 0.0_f64), |(min, max), rate| (min.min(rate), max.max(rate)));
    let is_log = max / min >= LOG_RATIO && rates().all(|rate| rate > 0.0);
    let (scale, range) = if is_log { (Scale::Log, log_range(rates())) } else { (Scale::Linear, extent(rates().chain([0.0]))) };
    let end = lines.iter().filter_map(|line| line.last()).map(|point| point[0]).fold(1.0, f64::max);
    let layer = |(&row, points)| Layer::Line { points, color: color_by.color(runs, row), width: 1.6, dash: color_by.dash(runs, row) };
    let layers = drawn.iter().zip(lines).map(layer).collect();
    let mut caption =
        vec!["The learning rate that the optimizer uses; adaptive optimizers also scale each step by past gradients".to_owned()];
    if drawn.len() < own.len() {
        caption.push(format!("{} of {} are drawn", drawn.len(), text::count(own.len(), "schedule")));
    }
    let (x, y) = (count_axis("batches", [0.0, end]), axis("learning rate", scale, range));
    Ok(Some(Figure {
        name: "rates".into(),
        title: format!("{}: learning rate of each batch", runs.experiment.name),
        caption,
        columns: 1,
        panels: vec![Panel { title: String::new(), x, y, equal_units: false, layers }],
        shared_axes: false,
        legend: color_by.legend(),
        color_bars: Vec::new(),
        table: Vec::new(),
        size: [960, 480],
    }))
}

/// The learning rate of a run as a function of the batch.
struct RateCurve {
    /// `None` for a constant rate.
    schedule: Option<RateSchedule>,
    rate: f64,
    batches: u64,
}

impl RateCurve {
    /// The learning rate curve of a run.
    fn of(runs: &Runs<'_>, row: usize) -> Result<Self, MissingParameter> {
        let settings = runs.experiment.space.run(runs.table.run[row]).map(|run| run.settings).unwrap_or_default();
        Ok(Self {
            schedule: RateSchedule::of(&settings, &runs.experiment.piecewise)?,
            rate: settings.required_number(Parameter::LearningRate)?,
            batches: runs.batches(row) * settings.required_number(Parameter::Epochs)? as u64,
        })
    }

    /// A key that is equal for equal curves.
    fn key(&self) -> impl Eq + std::hash::Hash + use<> {
        (self.schedule.as_ref().map(RateSchedule::key).ok_or(self.rate.to_bits()), self.batches)
    }

    /// The points (batch, learning rate) of the curve.
    fn points(&self) -> Vec<[f64; 2]> {
        let rate = |batch: u64| self.schedule.as_ref().map_or(self.rate, |schedule| f64::from(schedule.at(batch)));
        spread(self.batches as usize, POINTS).map(|batch| [batch as f64, rate(batch as u64)]).collect()
    }
}
