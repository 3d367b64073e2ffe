//! Axes with ticks at round numbers.

use super::{Axis, Scale, Tick};
use crate::text;

/// The approximate number of ticks on a linear axis.
const TARGET_TICKS: f64 = 6.0;
/// The largest number of labelled decades on a logarithmic axis.
const MAX_DECADES: i32 = 8;

/// An axis over a range, with ticks. An empty range is widened.
pub fn axis(label: &str, scale: Scale, range: [f64; 2]) -> Axis {
    let range = widened(range, scale);
    let ticks = match scale {
        Scale::Linear => linear(range),
        Scale::Log => log(range),
    };
    Axis { label: label.to_owned(), scale, range, ticks }
}

/// A valid range for an axis: finite, ascending, wide enough for float64 ticks, and positive on a logarithmic axis.
fn widened([a, b]: [f64; 2], scale: Scale) -> [f64; 2] {
    let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
    let (min, max) = (finite(a).min(finite(b)), finite(a).max(finite(b)));
    match scale {
        Scale::Linear => {
            let least = min.abs().max(max.abs()) * 1e-9;
            if max - min > least {
                [min, max]
            } else if max == 0.0 {
                [-1.0, 1.0]
            } else {
                [min - max.abs() * 0.05, max + max.abs() * 0.05]
            }
        }
        Scale::Log => {
            let max = if max > 0.0 { max } else { 1.0 };
            let min = if min > 0.0 { min } else { max / 1e3 };
            if max / min > 1.000_001 { [min, max] } else { [min / 2.0, max * 2.0] }
        }
    }
}

/// Ticks at multiples of 1, 2 or 5 times a power of ten.
fn linear([min, max]: [f64; 2]) -> Vec<Tick> {
    let raw = (max - min) / TARGET_TICKS;
    let unit = libm::exp10(libm::floor(libm::log10(raw)));
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * unit).find(|step| *step >= raw).unwrap_or(raw);
    let first = libm::ceil(min / step - 1e-9) as i64;
    let last = libm::floor(max / step + 1e-9) as i64;
    let places = (-libm::floor(libm::log10(step) + 1e-9)).clamp(0.0, 12.0) as usize;
    let label = |at: f64| {
        if at != 0.0 && !(1e-4..1e6).contains(&min.abs().max(max.abs())) {
            let digits = (libm::log10(at.abs() / step) + 1.5).clamp(1.0, 9.0) as usize;
            let text = format!("{at:.*e}", digits.saturating_sub(1));
            return text;
        }
        format!("{at:.places$}")
    };
    let ticks = (first..=last).take(40).map(|k| k as f64 * step).filter(|at| (min..=max).contains(at));
    ticks.map(|at| Tick { at, label: if at == 0.0 { "0".to_owned() } else { label(at) } }).collect()
}

/// Ticks at powers of ten, or at 1, 2 and 5 times them on short axes.
fn log([min, max]: [f64; 2]) -> Vec<Tick> {
    let (low, high) = (libm::ceil(libm::log10(min) - 1e-9) as i32, libm::floor(libm::log10(max) + 1e-9) as i32);
    let decades = libm::log10(max / min);
    let inside = |at: &f64| (min..=max).contains(at);
    if decades < 0.5 {
        return linear([min, max]);
    }
    let factors: &[f64] = if decades < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let stride = (high - low) / MAX_DECADES + 1;
    let powers = (low - 1..=high).filter(|k| k.rem_euclid(stride) == 0 || factors.len() > 1);
    let ticks = powers.flat_map(|k| factors.iter().map(move |factor| (factor * libm::exp10(f64::from(k)), k)));
    ticks.filter(|(at, _)| inside(at)).map(|(at, _)| Tick { at, label: log_label(at) }).collect()
}

fn log_label(at: f64) -> String {
    if at < 1e5 { text::short(at, 3) } else { text::significant(at, 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ticks_are_inside_the_range_and_ascend(a in -1e9..1e9_f64, width in 1e-6..1e9_f64, log in any::<bool>()) {
            let (scale, range) = if log { (Scale::Log, [width, width * (2.0 + a.abs())]) } else { (Scale::Linear, [a, a + width]) };
            let axis = axis("x", scale, range);
            prop_assert!(axis.ticks.len() <= 45);
            for pair in axis.ticks.windows(2) {
                prop_assert!(pair[0].at < pair[1].at);
            }
            for tick in &axis.ticks {
                prop_assert!(tick.at >= axis.range[0] && tick.at <= axis.range[1]);
            }
        }
    }

    #[test]
    fn labels_have_no_superfluous_digits() {
        let labels = |scale, range| axis("x", scale, range).ticks.into_iter().map(|tick| tick.label).collect::<Vec<_>>();
        assert_eq!(labels(Scale::Linear, [0.0, 1.0]), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(Scale::Log, [1e-4, 1.0]), ["1e-4", "0.001", "0.01", "0.1", "1"]);
        assert_eq!(labels(Scale::Log, [8.0, 60.0]), ["10", "20", "50"]);
    }

    #[test]
    fn empty_ranges_are_widened() {
        for range in [[0.0, 0.0], [5.0, 5.0], [-1e300, -1e300], [f64::NAN, 1.0]] {
            for scale in [Scale::Linear, Scale::Log] {
                let axis = axis("x", scale, range);
                assert!(axis.range[0] < axis.range[1] && axis.range.iter().all(|v| v.is_finite()), "{range:?}");
            }
        }
    }
}
