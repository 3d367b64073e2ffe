//! Axes with ticks at round numbers. The labels of an axis are exact and have one notation and one number of decimals.

use super::{Axis, Scale, Tick};
use crate::text;

/// The approximate number of ticks on a linear axis.
const TARGET_TICKS: f64 = 6.0;
/// The smallest and largest number of ticks on a logarithmic axis.
const LOG_TICKS: [usize; 2] = [3, 8];
/// Labels with more significant digits than this are replaced by differences from a round number, which the axis label names.
const MAX_DIGITS: i32 = 7;

/// An axis over a range, with ticks. An empty range is widened.
pub fn axis(label: &str, scale: Scale, range: [f64; 2]) -> Axis {
    let range = widened(range, scale);
    let (ticks, offset) = match scale {
        Scale::Linear => linear(range, 0.0),
        Scale::Log => (log(range), 0.0),
    };
    Axis { label: with_offset(label, offset), scale, range, ticks }
}

/// A linear axis of whole numbers, such as updates.
pub fn count_axis(label: &str, range: [f64; 2]) -> Axis {
    let range = widened(range, Scale::Linear);
    let (ticks, offset) = linear(range, 1.0);
    Axis { label: with_offset(label, offset), scale: Scale::Linear, range, ticks }
}

/// The label of an axis whose ticks are differences from `offset`.
fn with_offset(label: &str, offset: f64) -> String {
    match offset {
        0.0 => label.to_owned(),
        offset if offset < 0.0 => format!("{label} + {}", text::exact(-offset)),
        offset => format!("{label} − {}", text::exact(offset)),
    }
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

/// Ticks at multiples of 1, 2 or 5 times a power of ten, at least `least_step` apart, and the number to which their labels are relative.
fn linear([min, max]: [f64; 2], least_step: f64) -> (Vec<Tick>, f64) {
    let raw = ((max - min) / TARGET_TICKS).max(least_step);
    let mut power = libm::floor(libm::log10(raw) + 1e-12) as i32;
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * decade(power) >= raw * (1.0 - 1e-12));
    power += i32::from(factor.is_none());
    let step = factor.unwrap_or(1.0) * decade(power);
    let (first, last) = ((min / step - 1e-9).ceil() as i64, (max / step + 1e-9).floor() as i64);
    let positions: Vec<i64> = (first..=last).take(40).filter(|&k| (min..=max).contains(&(k as f64 * step))).collect();
    let largest = positions.iter().map(|k| k.unsigned_abs()).max().unwrap_or(0) as f64 * step;
    let digits = if largest > 0.0 { libm::floor(libm::log10(largest) + 1e-12) as i32 - power + 1 } else { 1 };
    // The offset is a multiple of a power of ten above the width of the axis.
    let unit = decade(libm::ceil(libm::log10(max - min)) as i32 + 1);
    let per_unit = (unit / step).round() as i64;
    let offset = if digits > MAX_DIGITS { positions.first().map_or(0, |k| k.div_euclid(per_unit)) } else { 0 };
    let differences: Vec<f64> = positions.iter().map(|k| (k - offset * per_unit) as f64 * step).collect();
    let labels = linear_labels(&differences, power);
    let ticks = positions.iter().zip(labels).map(|(&k, label)| Tick { at: k as f64 * step, label }).collect();
    (ticks, offset as f64 * unit)
}

/// The labels of multiples of `10^power`: plain numbers, or for very large and very small ones a mantissa and a power of ten, the same on all.
fn linear_labels(values: &[f64], power: i32) -> Vec<String> {
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let exponent = if largest > 0.0 { libm::floor(libm::log10(largest) + 1e-12) as i32 } else { 0 };
    if (-5..7).contains(&power.min(exponent)) && exponent < 7 {
        return values.iter().map(|&value| text::decimals(value, (-power).max(0) as usize)).collect();
    }
    let digits = (exponent - power).max(0) as usize;
    let label =
        |&value: &f64| if value == 0.0 { "0".into() } else { format!("{}e{exponent}", text::decimals(value / decade(exponent), digits)) };
    values.iter().map(label).collect()
}

/// 10^power, correctly rounded.
fn decade(power: i32) -> f64 {
    format!("1e{power}").parse().unwrap_or(1.0)
}

/// Ticks at powers of ten, or at 1, 2 and 5 times them, or on short axes at round steps.
fn log([min, max]: [f64; 2]) -> Vec<Tick> {
    let [low, high] = [min, max].map(|end| libm::floor(libm::log10(end)) as i32);
    let multiples = |stride: i32, factors: &[u8]| {
        let powers = (low..=high).filter(|power| power.rem_euclid(stride) == 0);
        let values = powers.flat_map(|power| factors.iter().map(move |&factor| (factor, power)));
        values.filter(|&(factor, power)| (min..=max).contains(&(f64::from(factor) * decade(power)))).collect::<Vec<(u8, i32)>>()
    };
    let strides = (1..=(high - low).max(1)).map(|stride| multiples(stride, &[1]));
    let ticks = std::iter::once(multiples(1, &[1, 2, 5])).chain(strides).find(|ticks| ticks.len() <= LOG_TICKS[1]).unwrap_or_default();
    if ticks.len() < LOG_TICKS[0] {
        return linear([min, max], 0.0).0;
    }
    let is_plain = ticks.iter().all(|&(_, power)| (-4..6).contains(&power));
    let tick = |&(factor, power): &(u8, i32)| {
        let at = f64::from(factor) * decade(power);
        Tick { at, label: if is_plain { text::decimals(at, (-power).max(0) as usize) } else { format!("{factor}e{power}") } }
    };
    ticks.iter().map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: Axis) -> Vec<String> {
        axis.ticks.into_iter().map(|tick| tick.label).collect()
    }

    /// The number in a label.
    fn parsed(label: &str) -> f64 {
        label.replace(',', "").parse().unwrap()
    }

    proptest! {
        #[test]
        fn ticks_ascend_inside_the_range_and_their_labels_are_exact(
            a in -1e9..1e9_f64,
            width in 1e-6..1e9_f64,
            power in -20..20_i32,
            is_log in any::<bool>(),
        ) {
            let scale = if is_log { Scale::Log } else { Scale::Linear };
            let range = if is_log { [width, width * (1.2 + a.abs())] } else { [a, a + width] }.map(|end| end * decade(power));
            let axis = axis("x", scale, range);
            prop_assert!((2..=15).contains(&axis.ticks.len()), "{axis:?}");
            for pair in axis.ticks.windows(2) {
                prop_assert!(pair[0].at < pair[1].at);
            }
            let offset = axis.ticks[0].at - parsed(&axis.ticks[0].label);
            for tick in &axis.ticks {
                prop_assert!(tick.at >= axis.range[0] && tick.at <= axis.range[1]);
                // A rounded label would be wrong by a share of the distance between ticks.
                let error = (parsed(&tick.label) + offset - tick.at).abs();
                prop_assert!(error <= 1e-6 * (axis.ticks[1].at - axis.ticks[0].at), "{axis:?}");
            }
            if axis.label == "x" {
                prop_assert!(offset.abs() <= 1e-6 * (axis.ticks[1].at - axis.ticks[0].at), "{axis:?}");
            }
        }

        #[test]
        fn labels_of_a_linear_axis_have_one_number_of_decimals(a in -1e9..1e9_f64, width in 1e-6..1e9_f64) {
            let ends: Vec<usize> = labels(axis("x", Scale::Linear, [a, a + width]))
                .iter()
                .filter(|label| *label != "0")
                .map(|label| label.find('.').map_or(0, |point| label.len() - point))
                .collect();
            prop_assert!(ends.windows(2).all(|pair| pair[0] == pair[1]));
        }

        #[test]
        fn counts_have_whole_ticks(last in 1.0..1e6_f64) {
            prop_assert!(count_axis("updates", [0.0, last.round()]).ticks.iter().all(|tick| tick.at.fract() == 0.0 && !tick.label.contains('.')));
        }
    }

    #[test]
    fn labels_have_no_superfluous_digits() {
        assert_eq!(labels(axis("x", Scale::Linear, [0.0, 1.0])), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(axis("x", Scale::Linear, [0.0, 2e6])), ["0", "500,000", "1,000,000", "1,500,000", "2,000,000"]);
        assert_eq!(labels(axis("x", Scale::Linear, [0.0, 2e8])), ["0", "0.5e8", "1.0e8", "1.5e8", "2.0e8"]);
        assert_eq!(labels(axis("x", Scale::Linear, [-3e-7, 1e-7])), ["-3e-7", "-2e-7", "-1e-7", "0", "1e-7"]);
        assert_eq!(labels(count_axis("updates", [0.0, 3.0])), ["0", "1", "2", "3"]);
    }

    #[test]
    fn a_narrow_axis_far_from_zero_has_labels_relative_to_a_round_number() {
        let axis = axis("bias", Scale::Linear, [1.6e9, 1.6e9 + 4.0]);
        assert_eq!(axis.label, "bias − 1.6e9");
        assert_eq!(labels(axis), ["0", "1", "2", "3", "4"]);
        assert_eq!(super::axis("bias", Scale::Linear, [-1.6e9, -1.6e9 + 4.0]).label, "bias + 1.6e9");
    }

    #[test]
    fn logarithmic_labels_share_a_notation() {
        assert_eq!(labels(axis("x", Scale::Log, [1e-4, 1.0])), ["0.0001", "0.001", "0.01", "0.1", "1"]);
        assert_eq!(labels(axis("x", Scale::Log, [1e-5, 1.0])), ["1e-5", "1e-4", "1e-3", "1e-2", "1e-1", "1e0"]);
        assert_eq!(labels(axis("x", Scale::Log, [8.0, 600.0])), ["10", "20", "50", "100", "200", "500"]);
        assert_eq!(labels(axis("x", Scale::Log, [11.0, 48.0])), ["20", "30", "40"]);
        assert_eq!(labels(axis("x", Scale::Log, [1e-9, 1e9])), ["1e-9", "1e-6", "1e-3", "1e0", "1e3", "1e6", "1e9"]);
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
