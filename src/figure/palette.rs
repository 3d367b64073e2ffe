//! Colours: perceptual and safe for colour-blind eyes.

use super::Color;
use crate::model::Verdict;

const fn opaque(rgb: [u8; 3]) -> Color {
    Color { rgb, alpha: 1.0 }
}

pub const INK: Color = opaque([0x22, 0x22, 0x22]);
pub const GRAY: Color = opaque([0x77, 0x77, 0x77]);
pub const WHITE: Color = opaque([0xff; 3]);
/// What must be seen on any ground: optima and limits.
pub const ACCENT: Color = opaque([0xd5, 0x5e, 0x00]);

/// Okabe and Ito's colours, for categories.
const CATEGORIES: [[u8; 3]; 7] = [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [60, 60, 60]];

/// The colour of the i-th category.
pub fn category(i: usize) -> Color {
    opaque(CATEGORIES[i % CATEGORIES.len()])
}

/// The colour at a share (0 to 1) of an ordered scale, such as learning rates; none as light as the valley's bands.
pub fn sequence(share: f64) -> Color {
    let color = colorous::PLASMA.eval_continuous(0.72 * share.clamp(0.0, 1.0));
    opaque([color.r, color.g, color.b])
}

/// The colour of the i-th of `count` bands of a contour, from the valley up: pale enough that paths stand out.
pub fn band(i: usize, count: usize) -> Color {
    let share = (i as f64 + 0.5) / count.max(1) as f64;
    let color = colorous::VIRIDIS.eval_continuous(1.0 - 0.92 * share);
    let pale = |channel: u8| (f64::from(channel) * 0.66 + 255.0 * 0.34) as u8;
    opaque([pale(color.r), pale(color.g), pale(color.b)])
}

/// The colour of a verdict.
pub fn verdict(verdict: Verdict) -> Color {
    opaque(match verdict {
        Verdict::Converged => CATEGORIES[2],
        Verdict::Slow => CATEGORIES[0],
        Verdict::Oscillating => CATEGORIES[4],
        Verdict::Cycling => CATEGORIES[5],
        Verdict::Overshooting => CATEGORIES[3],
        Verdict::Diverged => CATEGORIES[1],
    })
}
