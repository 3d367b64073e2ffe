//! The colours of figures: the inks of text and marks, a light ground, and line colours that stand out from it.
//!
//! Line colours have a relative luminance of at most [`LUMINANCE_LIMIT`], so that each has a contrast ratio of at least 3 against every colour of
//! the ground, as WCAG 2 asks for graphical objects. The tests compute contrasts and the distances between colours.

use super::{Color, Dash};

const fn opaque(rgb: [u8; 3]) -> Color {
    Color { rgb, alpha: 1.0 }
}

/// Text and marks that stand out.
pub const INK: Color = opaque([0x22, 0x22, 0x22]);
/// Labels of secondary importance.
pub const FAINT: Color = opaque([0x55, 0x55, 0x55]);
/// Captions and ticks.
#[cfg(feature = "cli")]
pub const GRAY: Color = opaque([0x66, 0x66, 0x66]);
/// Data points under lines.
pub const SOFT: Color = opaque([0x8a, 0x93, 0x9c]);
pub const WHITE: Color = opaque([0xff; 3]);
pub const ACCENT: Color = opaque([0xd5, 0x5e, 0x00]);
pub const BLUE: Color = opaque([0x00, 0x72, 0xb2]);

/// The largest relative luminance of a line colour.
const LUMINANCE_LIMIT: f64 = 0.206;

/// The colours of the ground: the lowest band of J, and the highest.
const GROUND: [[f64; 3]; 2] = [[253.0, 253.0, 253.0], [221.0, 226.0, 234.0]];

/// Number of distinct category colours.
const CATEGORY_COUNT: usize = 13;

/// Colours and dashes of categories. Every two colours are at least 0.16 apart in OKLab; two with the same dash at least 0.24, and 0.08 as seen
/// with protanopia or deuteranopia. The values maximise these distances under the limit on luminance.
const CATEGORIES: [([u8; 3], Dash); CATEGORY_COUNT] = [
    ([0x00, 0x78, 0xfc], Dash::Solid),
    ([0xf0, 0x24, 0x00], Dash::Solid),
    ([0x18, 0x84, 0x18], Dash::Solid),
    ([0x00, 0x48, 0x00], Dash::DashDotted),
    ([0x84, 0x60, 0xa8], Dash::DashDotted),
    ([0x9c, 0x60, 0x00], Dash::Dashed),
    ([0xcc, 0x00, 0xfc], Dash::Dashed),
    ([0x00, 0x54, 0x84], Dash::Dashed),
    ([0xd8, 0x18, 0x90], Dash::Dotted),
    ([0x78, 0x18, 0x00], Dash::Dotted),
    ([0x00, 0x00, 0xe4], Dash::DashDotted),
    ([0x78, 0x00, 0xe4], Dash::Dotted),
    ([0x6c, 0x00, 0x78], Dash::Solid),
];

/// The dashes in the order in which repeated colours take them.
const DASHES: [Dash; 4] = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDotted];

/// The colour of category `i`. Colours repeat after 13 categories, with other dashes.
pub fn category(i: usize) -> Color {
    opaque(CATEGORIES[i % CATEGORY_COUNT].0)
}

/// The dash of category `i`.
pub fn category_dash(i: usize) -> Dash {
    let own = DASHES.iter().position(|&dash| dash == CATEGORIES[i % CATEGORY_COUNT].1).unwrap_or(0);
    DASHES[(own + i / CATEGORY_COUNT) % DASHES.len()]
}

/// The colour at a position (0 to 1) on an ordered scale, such as learning rates: the map Plasma without its lightest part, darkened where it
/// exceeds the limit on luminance.
pub fn sequence(position: f64) -> Color {
    let color = colorous::PLASMA.eval_continuous(0.8 * position.clamp(0.0, 1.0));
    let linear = [color.r, color.g, color.b].map(linear);
    let share = (LUMINANCE_LIMIT / luminance(linear)).min(1.0);
    opaque(linear.map(|channel| encoded(channel * share)))
}

/// The colour of band `i` of `count` of the ground, lowest J first.
pub fn band(i: usize, count: usize) -> Color {
    let position = if count > 1 { i as f64 / (count - 1) as f64 } else { 0.0 };
    let [low, high] = GROUND;
    opaque([0, 1, 2].map(|channel| (low[channel] + (high[channel] - low[channel]) * position).round() as u8))
}

/// A channel of sRGB as linear light from 0 to 1 (IEC 61966-2-1).
fn linear(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { libm::pow((value + 0.055) / 1.055, 2.4) }
}

/// The inverse of [`linear`], rounded down.
fn encoded(light: f64) -> u8 {
    let value = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * libm::pow(light, 1.0 / 2.4) - 0.055 };
    (value * 255.0) as u8
}

/// The relative luminance of WCAG 2.
fn luminance([red, green, blue]: [f64; 3]) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    fn light(color: Color) -> [f64; 3] {
        color.rgb.map(linear)
    }

    /// The contrast ratio of WCAG 2.
    fn contrast(a: Color, b: Color) -> f64 {
        let [a, b] = [a, b].map(|color| luminance(light(color)) + 0.05);
        a.max(b) / a.min(b)
    }

    fn product(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(entry, value)| entry * value).sum())
    }

    /// OKLab coordinates of linear light (B. Ottosson, "A perceptual color space for image processing", 2020).
    fn oklab(light: [f64; 3]) -> [f64; 3] {
        const TO_CONES: [[f64; 3]; 3] = [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ];
        const TO_LAB: [[f64; 3]; 3] = [
            [0.210_454_255_3, 0.793_617_785, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766],
        ];
        product(TO_LAB, product(TO_CONES, light).map(f64::cbrt))
    }

    fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
        let [a, b] = [a, b].map(oklab);
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
    }

    /// Linear light as seen without red cones, and without green cones (Machado, Oliveira and Fernandes 2009, severity 1).
    const DICHROMACIES: [[[f64; 3]; 3]; 2] = [
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
    ];

    #[test]
    fn formulas_of_color_give_published_values() {
        assert!((contrast(opaque([0; 3]), WHITE) - 21.0).abs() < 1e-9);
        // WCAG's best known borderline case.
        assert!((contrast(opaque([0x76; 3]), WHITE) - 4.54).abs() < 0.005);
        let red = oklab(light(opaque([255, 0, 0])));
        assert!(red.iter().zip([0.627_96, 0.224_86, 0.125_85]).all(|(own, published)| (own - published).abs() < 1e-4), "{red:?}");
        assert!((0..=255).all(|channel| encoded(linear(channel) + 1e-9) == channel));
    }

    #[test]
    fn line_colors_stand_out_from_every_color_of_the_ground() {
        let lines: Vec<Color> =
            (0..CATEGORY_COUNT).map(category).chain((0..=100).map(|i| sequence(f64::from(i) / 100.0))).chain([INK]).collect();
        for count in 1..=12 {
            for ground in (0..count).map(|i| band(i, count)).chain([WHITE]) {
                for &line in &lines {
                    assert!(contrast(line, ground) >= 3.0, "{line:?} on {ground:?}: {}", contrast(line, ground));
                }
            }
        }
    }

    #[test]
    fn categories_differ_in_color_and_also_without_a_cone_type() {
        for i in 0..CATEGORY_COUNT {
            for j in 0..i {
                let [a, b] = [i, j].map(|index| light(category(index)));
                assert!(distance(a, b) >= 0.16, "{i} and {j}: {}", distance(a, b));
                if category_dash(i) == category_dash(j) {
                    assert!(distance(a, b) >= 0.24, "{i} and {j}: {}", distance(a, b));
                    for matrix in DICHROMACIES {
                        let [a, b] = [a, b].map(|light| product(matrix, light).map(|channel| channel.clamp(0.0, 1.0)));
                        assert!(distance(a, b) >= 0.08, "{i} and {j}: {}", distance(a, b));
                    }
                }
            }
        }
    }

    #[test]
    fn color_and_dash_together_are_unique() {
        let mut known: Vec<(Color, Dash)> = Vec::new();
        for style in (0..CATEGORY_COUNT * DASHES.len()).map(|i| (category(i), category_dash(i))) {
            assert!(!known.contains(&style));
            known.push(style);
        }
    }

    #[test]
    fn distant_positions_of_a_sequence_differ() {
        for steps in 1..=6 {
            let colors: Vec<Color> = (0..=steps).map(|i| sequence(f64::from(i) / f64::from(steps))).collect();
            for pair in colors.windows(2) {
                assert!(distance(light(pair[0]), light(pair[1])) >= 0.05, "{steps}: {pair:?}");
            }
        }
    }
}
