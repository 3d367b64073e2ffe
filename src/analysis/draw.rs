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

/// How many colours [`category`] has before it begins again.
pub const CATEGORIES: usize = 7;

/// The colour of a band, light where J is low; pale, so that paths stand out on any of them.
pub fn ground(band: usize, bands: usize) -> Color {
    let share = (band as f64 + 0.5) / bands as f64;
    let full = colorous::CIVIDIS.eval_continuous(1.0 - share);
    opaque([full.r, full.g, full.b].map(|channel| (0.5 * f64::from(channel) + 127.5) as u8))
}

/// Colours of Okabe and Ito, which people with any colour vision tell apart.
pub fn category(index: usize) -> Color {
    const COLORS: [[u8; 3]; CATEGORIES] =
        [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [0, 0, 0]];
    opaque(COLORS[index % CATEGORIES])
}

/// A colour for a share from 0 to 1 of an order; none as light as the bands where J is low.
pub fn ramp(share: f64) -> Color {
    let color = colorous::PLASMA.eval_continuous(0.72 * share);
    opaque([color.r, color.g, color.b])
}

/// An axis with ticks.
pub fn axis(label: &str, scale: Scale, range: [f64; 2]) -> Axis {
    let at = match scale {
        Scale::Linear => linear_ticks(range),
        Scale::Log => log_ticks(range),
    };
    let ticks = at.into_iter().map(|at| Tick { at, label: super::words::number(at) }).collect();
    Axis { label: label.into(), scale, range, ticks }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks([low, high]: [f64; 2]) -> Vec<f64> {
    let rough = (high - low) / 6.0;
    let power = libm::exp10(libm::floor(libm::log10(rough)));
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * power >= rough).unwrap_or(10.0) * power;
    let (first, last) = (libm::ceil(low / step), libm::floor(high / step));
    // Adding 0 makes a zero of a negative one.
    (0..=(last - first) as usize).map(|index| (first + index as f64) * step + 0.0).collect()
}

/// Powers of ten; with fewer than three of them also twice and five times as much.
fn log_ticks([low, high]: [f64; 2]) -> Vec<f64> {
    let (first, last) = (libm::ceil(libm::log10(low)) as i32, libm::floor(libm::log10(high)) as i32);
    if last < first + 2 {
        let fine = (first - 1..=last + 1).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * libm::exp10(f64::from(power))));
        return fine.filter(|at| (low..=high).contains(at)).collect();
    }
    let step = ((last - first) / 6 + 1) as usize;
    (first..=last).step_by(step).map(|power| libm::exp10(f64::from(power))).collect()
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
