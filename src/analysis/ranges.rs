//! Ranges of axes.

use super::runs::Runs;
use super::sample::spread;
use crate::figure::ticks::axis;
use crate::figure::{Axis, Scale};

/// The number of runs whose starts are evaluated.
const STARTS: usize = 1_000;

/// The axis of J − J* extends to the convergence threshold divided by this number.
const BELOW_THRESHOLD: f64 = 1e3;

/// The largest span of a logarithmic axis, 16 decades. Smaller values are drawn at the lower border.
const SPAN: f64 = 1e16;

/// The range of a logarithmic axis around the positive, finite values, with a margin. Zeros are drawn at the lower border.
pub fn log_range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let positive = values.filter(|value| value.is_finite() && *value > 0.0);
    let (min, max) = positive.fold((f64::INFINITY, 0.0_f64), |(min, max), value| (min.min(value), max.max(value)));
    if max == 0.0 {
        return [0.1, 10.0];
    }
    let min = min.max(max / SPAN);
    // 6 % of the height, and at least a tenth of a decade, so that a single value is in the middle.
    let margin = libm::pow(max / min, 0.06).max(1.25);
    [min / margin, max * margin]
}

/// The largest J − J* at the start of some runs, or J for problems without an optimum; `None` if it is not positive and finite.
pub fn start_excess(runs: &Runs<'_>, rows: &[usize]) -> Option<f64> {
    let starts = spread(rows.len(), STARTS).map(|position| {
        let row = rows[position];
        runs.surface(row).excess(runs.start(row))
    });
    let largest = starts.filter(|excess| excess.is_finite()).fold(0.0, f64::max);
    (largest > 0.0).then_some(largest)
}

/// The range `min..max` with a margin of 5 %. A single value is in the middle.
pub fn padded(min: f64, max: f64) -> [f64; 2] {
    let margin = if max > min { 0.05 * (max - min) } else { 0.5 * min.abs().max(1.0) };
    [min - margin, max + margin]
}

/// The padded range of some values; 0 to 1 without values.
pub fn extent(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let (min, max) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), value| (min.min(value), max.max(value)));
    if min <= max { padded(min, max) } else { [0.0, 1.0] }
}

/// The axis of J − J*, or of J if some problem has no optimum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostAxis {
    /// `J − J*` or `J`.
    pub label: &'static str,
    /// Logarithmic for J − J*.
    pub scale: Scale,
    /// From the lowest value, but at most three decades below the convergence threshold, to the start.
    pub range: [f64; 2],
    /// The largest value at a start; `None` if the axis ends at the largest value instead, because a run starts at the optimum.
    pub start: Option<f64>,
}

impl CostAxis {
    /// An axis for some values. Infinite values stand for diverged runs.
    pub fn new(runs: &Runs<'_>, rows: &[usize], values: impl Iterator<Item = f64>) -> Self {
        let finite: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let (min, max) = finite.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), &v| (min.min(v), max.max(v)));
        let start = start_excess(runs, rows);
        if rows.iter().any(|&row| runs.problem(row).optimum.is_none()) {
            let range = extent(finite.into_iter().chain(start).filter(|&value| start.is_none_or(|start| value <= start)));
            return Self { label: "J", scale: Scale::Linear, range, start };
        }
        let threshold = runs.surface(rows[0]).convergence_excess();
        let start = start.filter(|&start| start > 10.0 * threshold);
        let high = start.unwrap_or_else(|| max.max(10.0 * threshold));
        let high = if high > 0.0 { high } else { 1.0 };
        let lowest = if threshold > 0.0 { threshold / BELOW_THRESHOLD } else { high / SPAN };
        let low = min.max(lowest).min(high / 10.0).min(if threshold > 0.0 { threshold / 2.0 } else { high / 10.0 });
        let margin = libm::pow(high / low, 0.04);
        Self { label: "J − J*", scale: Scale::Log, range: [low / margin, if start.is_some() { high } else { high * margin }], start }
    }

    /// The value at a relative height: 0 at the lower end of the range, 1 at the upper end.
    pub fn at(&self, height: f64) -> f64 {
        let [low, high] = self.range;
        match self.scale {
            Scale::Linear => low + (high - low) * height,
            Scale::Log => low * libm::pow(high / low, height),
        }
    }

    /// The nearest value within the range.
    pub fn clamp(&self, value: f64) -> f64 {
        value.clamp(self.range[0], self.range[1])
    }

    /// The axis with its ticks.
    pub fn axis(&self) -> Axis {
        axis(self.label, self.scale, self.range)
    }
}
