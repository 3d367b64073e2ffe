//! Ranges of axes.

use super::runs::Runs;
use super::sample::spread;

/// The number of runs whose starts are evaluated.
const STARTS: usize = 1_000;

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
        runs.surface(row).excess([runs.table.initial_weight[row], runs.table.initial_bias[row]].map(f64::from))
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
