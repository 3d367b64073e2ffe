//! The learning rate of each batch, for sweeps with schedules.

use std::collections::HashSet;

use super::best_settings::best_settings;
use super::color_by::ColorBy;
use super::ranges::{extent, log_range};
use super::ranking::Ranking;
use super::runs::Runs;
use super::sample::spread;
use super::sentences;
use crate::figure::ticks::{axis, count_axis};
use crate::figure::{Figure, Layer, Panel, Scale};
use crate::kernel::RateSchedule;
use crate::model::{MissingParameter, Parameter, Schedule};

/// The largest numbers of lines, and of points in each.
const LINES: usize = 14;
const POINTS: usize = 2_000;

/// The axis is logarithmic if the largest learning rate is at least this multiple of the smallest.
const LOG_RATIO: f64 = 30.0;

/// One line for each distinct schedule, or for the best settings if there are many; `None` if all learning rates are constant. At least one run is
/// ranked.
pub fn figure(ranking: &Ranking<'_>) -> Result<Option<Figure>, MissingParameter> {
    let (runs, rows) = (&ranking.runs(), ranking.all_rows());
    if runs.experiment.space.branches.iter().all(|branch| branch.settings.schedule() == Schedule::None) {
        return Ok(None);
    }
    let all = distinct(runs, rows)?;
    let style = Some(Parameter::ScheduleName).filter(|&parameter| runs.distinct_settings(rows, parameter).len() > 1);
    let color_by = ColorBy::new(runs, rows, style, &[]);
    let drawn = if all.len() <= LINES {
        all.clone()
    } else {
        let best: Vec<usize> = best_settings(ranking, &color_by, LINES).into_iter().map(|setting| setting.representative).collect();
        distinct(runs, &best)?
    };
    let points = |&row: &usize| Ok(RateCurve::of(runs, row)?.points());
    let lines: Vec<Vec<[f64; 2]>> = drawn.iter().map(points).collect::<Result<_, MissingParameter>>()?;
    let rates = || lines.iter().flatten().map(|point| point[1]);
    let (min, max) = rates().filter(|rate| *rate > 0.0).fold((f64::INFINITY, 0.0_f64), |(min, max), rate| (min.min(rate), max.max(rate)));
    let is_log = max / min >= LOG_RATIO && rates().all(|rate| rate > 0.0);
    let (scale, range) = if is_log { (Scale::Log, log_range(rates())) } else { (Scale::Linear, extent(rates().chain([0.0]))) };
    let end = lines.iter().filter_map(|line| line.last()).map(|point| point[0]).fold(1.0, f64::max);
    let layer = |(&row, points)| Layer::Line { points, color: color_by.color(runs, row), width: 1.6, dash: color_by.dash(runs, row) };
    let layers = drawn.iter().zip(lines).map(layer).collect();
    let caption = "The learning rate of each update; an adaptive optimizer also scales its steps by past gradients".to_owned();
    let mut note = String::new();
    if drawn.len() < all.len() {
        let each = color_by.parameter().map_or_else(String::new, |parameter| format!(" for each {}", parameter.key()));
        note = format!("{}: the best setting{each}", sentences::drawn(drawn.len(), all.len(), "curve"));
    }
    let (x, y) = (count_axis("batches", [0.0, end]), axis("learning rate", scale, range));
    Ok(Some(Figure {
        name: "rates".into(),
        title: format!("{}: learning rate of each batch", runs.experiment.name),
        caption: vec![caption],
        note,
        columns: 1,
        panels: vec![Panel { title: String::new(), x, y, equal_units: false, layers }],
        shared_axes: false,
        legend: color_by.legend(runs, &drawn),
        color_bars: Vec::new(),
        table: Vec::new(),
        size: [960, 480],
    }))
}

/// The first row with each distinct curve.
fn distinct(runs: &Runs<'_>, rows: &[usize]) -> Result<Vec<usize>, MissingParameter> {
    let (mut known, mut own) = (HashSet::new(), Vec::new());
    for &row in rows {
        if known.insert(RateCurve::of(runs, row)?.key()) {
            own.push(row);
        }
    }
    Ok(own)
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
