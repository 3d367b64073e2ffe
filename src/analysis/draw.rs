//! What the figures share: inks, ranges and axes.

use crate::figure::{Color, palette};

pub use crate::figure::palette::category;
pub use crate::figure::ticks::axis;

const fn opaque(rgb: [u8; 3]) -> Color {
    Color { rgb, alpha: 1.0 }
}

pub const INK: Color = opaque([0x22, 0x22, 0x22]);
pub const FAINT: Color = opaque([0x55, 0x55, 0x55]);
pub const SOFT: Color = opaque([0x8a, 0x93, 0x9c]);
pub const ACCENT: Color = opaque([0xd5, 0x5e, 0x00]);
pub const BLUE: Color = opaque([0x00, 0x72, 0xb2]);

/// How many colours [`category`] has before it begins again.
pub const CATEGORIES: usize = 7;

/// The colour of the i-th of `count` bands, from the valley up.
pub fn ground(i: usize, count: usize) -> Color {
    palette::band(i, count)
}

/// The colour at a share of an ordered scale.
pub fn ramp(share: f64) -> Color {
    palette::sequence(share)
}

/// How opaque a line may be so that it takes no more ink than a few that cross the picture: who wanders to and fro is faint.
/// Points in shares of the picture.
pub fn ink(points: impl Iterator<Item = [f64; 2]>) -> f64 {
    const CROSSINGS: f64 = 4.0;
    let mut last: Option<[f64; 2]> = None;
    let mut length = 0.0;
    for point in points.map(|point| point.map(|share| share.clamp(0.0, 1.0))) {
        if let Some([x, y]) = last.replace(point) {
            length += libm::hypot(point[0] - x, point[1] - y);
        }
    }
    (CROSSINGS / length).clamp(0.08, 1.0)
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
    // A share of the height, and never less than a tenth of a decade: one value alone stands in the middle.
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
