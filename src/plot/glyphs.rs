//! Text as pixels, placed with the advances, bearings and kerning of the font. Plotters ignores bearings, which makes a J overlap its
//! neighbours.

use std::sync::LazyLock;

use super::style::{Font, SCALE};
use ab_glyph::{Font as _, FontRef, Glyph, PxScaleFont, ScaleFont as _, point};

/// DejaVu Sans, regular and bold.
static FONTS: LazyLock<[Option<FontRef<'static>>; 2]> =
    LazyLock::new(|| [dejavu::sans::regular(), dejavu::sans::bold()].map(|bytes| FontRef::try_from_slice(bytes).ok()));

/// The font at its size in drawing units, from ascent to descent. `None` for an invalid font file, which the crate `dejavu` never has.
fn scaled(font: Font) -> Option<PxScaleFont<&'static FontRef<'static>>> {
    FONTS[usize::from(font.is_bold)].as_ref().map(|face| face.as_scaled((font.size * f64::from(SCALE)) as f32))
}

/// The glyphs of a line of text whose baseline starts at the origin, and the position after the last glyph.
fn laid_out(text: &str, font: &PxScaleFont<&'static FontRef<'static>>) -> (Vec<Glyph>, f32) {
    let (mut glyphs, mut x, mut last) = (Vec::new(), 0.0, None);
    for id in text.chars().map(|c| font.glyph_id(c)) {
        x += last.map_or(0.0, |last| font.kern(last, id));
        glyphs.push(id.with_scale_and_position(font.scale(), point(x, 0.0)));
        x += font.h_advance(id);
        last = Some(id);
    }
    (glyphs, x)
}

/// The width of a line of text in drawing units.
pub fn width(text: &str, font: Font) -> f64 {
    scaled(font).map_or(0.0, |font| f64::from(laid_out(text, &font).1))
}

/// The height of capitals and digits above the baseline, in drawing units.
pub fn cap_height(font: Font) -> f64 {
    let height =
        |font: PxScaleFont<&'static FontRef<'static>>| font.outline_glyph(font.scaled_glyph('H')).map(|glyph| -glyph.px_bounds().min.y);
    scaled(font).and_then(height).map_or(font.size * f64::from(SCALE) / 2.0, f64::from)
}

/// Calls `pixel` with each pixel that a line of text covers, relative to the start of its baseline, and with its coverage from 0 to 1.
pub fn rasterize(text: &str, font: Font, mut pixel: impl FnMut(i32, i32, f64)) {
    let Some(font) = scaled(font) else { return };
    for glyph in laid_out(text, &font).0 {
        if let Some(outline) = font.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            outline.draw(|x, y, coverage| pixel(x as i32 + corner.x as i32, y as i32 + corner.y as i32, f64::from(coverage.min(1.0))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyphs_keep_their_bearings() {
        const FONT: Font = Font { size: 25.0, is_bold: false };
        // The J of DejaVu starts to the left of its origin, the parenthesis to the right of it.
        let inked = |text: &str| {
            let mut columns: Vec<i32> = Vec::new();
            rasterize(text, FONT, |x, _, coverage| {
                if coverage > 0.5 {
                    columns.push(x);
                }
            });
            (columns.iter().copied().min().unwrap(), columns.iter().copied().max().unwrap())
        };
        assert!(inked("J").0 < 0);
        assert!(inked("(").0 > 0);
        let advance = width("J", FONT);
        assert!(f64::from(inked("J").1) < advance);
        assert!((width("JJ", FONT) - 2.0 * advance).abs() < 1.0);
    }
}
