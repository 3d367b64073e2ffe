//! The colours of figures: perceptually uniform ramps, and categories that colour-blind readers can tell apart.

use super::Color;

const fn opaque(rgb: [u8; 3]) -> Color {
    Color { rgb, alpha: 1.0 }
}

/// Text and marks that stand out.
pub const INK: Color = opaque([0x22, 0x22, 0x22]);
/// Labels of secondary importance.
pub const FAINT: Color = opaque([0x55, 0x55, 0x55]);
/// Captions and ticks.
#[cfg(feature = "cli")]
pub const GRAY: Color = opaque([0x77, 0x77, 0x77]);
/// Data points under lines.
pub const SOFT: Color = opaque([0x8a, 0x93, 0x9c]);
#[cfg(feature = "cli")]
pub const WHITE: Color = opaque([0xff; 3]);
pub const ACCENT: Color = opaque([0xd5, 0x5e, 0x00]);
pub const BLUE: Color = opaque([0x00, 0x72, 0xb2]);

/// Number of distinct category colours.
pub const CATEGORY_COUNT: usize = 7;

/// The categorical palette of Okabe and Ito.
const CATEGORIES: [[u8; 3]; CATEGORY_COUNT] =
    [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [60, 60, 60]];

/// The colour of category `i`; colours repeat after [`CATEGORY_COUNT`].
pub fn category(i: usize) -> Color {
    opaque(CATEGORIES[i % CATEGORIES.len()])
}

/// The colour at a position (0 to 1) on an ordered scale, such as learning rates. The light end of the ramp is left out, because it would
/// vanish on the light bands near the optimum.
pub fn sequence(position: f64) -> Color {
    let color = colorous::PLASMA.eval_continuous(0.72 * position.clamp(0.0, 1.0));
    opaque([color.r, color.g, color.b])
}

/// The colour of band `i` of `count` in a filled contour plot, lowest J first. Colours are pale, so that paths stand out.
pub fn band(i: usize, count: usize) -> Color {
    let position = (i as f64 + 0.5) / count.max(1) as f64;
    let color = colorous::VIRIDIS.eval_continuous(1.0 - 0.92 * position);
    let pale = |channel: u8| (f64::from(channel) * 0.66 + 255.0 * 0.34) as u8;
    opaque([pale(color.r), pale(color.g), pale(color.b)])
}
