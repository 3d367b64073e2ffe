//! What the figures share: inks, ranges and axes.

use crate::figure::{Axis, Color, Scale, Tick};

const fn opaque(rgb: [u8; 3]) -> Color {
    Color { rgb, alpha: 1.0 }
}

pub const INK: Color = opaque([0x22, 0x22, 0x22]);
pub const FAINT: Color = opaque([0x55, 0x55, 0x55]);
pub const SOFT: Color = opaque([0x8a, 0x93, 0x9c]);
pub const ACCENT: Color = opaque([0xd5, 0x5e, 0x00]);
pub const BLUE: Color = opaque([0x00, 0x72, 0xb2]);

pub const CATEGORIES: usize = 7;

pub fn ground(i: usize, count: usize) -> Color {
    let share = (i as f64 + 0.5) / count as f64;
    opaque([247, 251, 255].map(|v: u8| (f64::from(v) - share * 120.0) as u8))
}
pub fn category(i: usize) -> Color {
    const OKABE: [[u8; 3]; 7] = [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [0, 0, 0]];
    opaque(OKABE[i % 7])
}
pub fn ramp(share: f64) -> Color {
    opaque([(40.0 + 190.0 * share) as u8, (20.0 + 100.0 * share) as u8, (140.0 - 120.0 * share) as u8])
}

/// An axis with ticks.
pub fn axis(label: &str, scale: Scale, range: [f64; 2]) -> Axis {
    let ticks = match scale {
        Scale::Linear => (0..=4).map(|i| range[0] + (range[1] - range[0]) * f64::from(i) / 4.0).collect::<Vec<f64>>(),
        Scale::Log => {
            let (a, b) = (libm::ceil(libm::log10(range[0])) as i32, libm::floor(libm::log10(range[1])) as i32);
            (a..=b).step_by(((b - a) / 5).max(1) as usize).map(|k| libm::exp10(f64::from(k))).collect()
        }
    };
    Axis { label: label.into(), scale, range, ticks: ticks.into_iter().map(|at| Tick { at, label: super::words::number(at) }).collect() }
}

/// The most decades of a logarithmic axis: beyond, what is small is drawn at the lower border.
const DECADES: f64 = 1e16;

/// A range for a logarithmic axis around the positive, finite values, with some space; 0 finds its place at the lower border.
pub fn log_range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let positive = values.filter(|value| value.is_finite() && *value > 0.0);
    let (min, max) = positive.fold((f64::INFINITY, 0.0_f64), |(min, max), value| (min.min(value), max.max(value)));
    if max == 0.0 {
        return [0.1, 10.0];
    }
    let min = min.max(max / DECADES);
    // A tenth of the height, and never less than a fifth of a decade: one value alone stands in the middle.
    let space = libm::pow(max / min, 0.06).max(1.25);
    [min / space, max * space]
}

/// A range with some space on both sides; one value alone stands in the middle.
pub fn padded(min: f64, max: f64) -> [f64; 2] {
    let space = if max > min { 0.05 * (max - min) } else { 0.5 * min.abs().max(1.0) };
    [min - space, max + space]
}

/// The padded range of some values; 0 to 1 without any.
pub fn extent(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let (min, max) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), value| (min.min(value), max.max(value)));
    if min <= max { padded(min, max) } else { [0.0, 1.0] }
}
