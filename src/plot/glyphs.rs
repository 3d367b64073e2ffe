//! Text as pixels, placed by the font's own advances, bearings and kerning. Plotters leaves the bearings out, so that a J runs into
//! its neighbours.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, Glyph, PxScaleFont, ScaleFont as _, point};

/// A weight of the one font.
static FONTS: LazyLock<[Option<FontRef<'static>>; 2]> =
    LazyLock::new(|| [dejavu::sans::regular(), dejavu::sans::bold()].map(|bytes| FontRef::try_from_slice(bytes).ok()));

/// The font at `size` pixels from ascent to descent. The bytes are those of a font, so there is always one.
fn scaled(size: f64, bold: bool) -> Option<PxScaleFont<&'static FontRef<'static>>> {
    FONTS[usize::from(bold)].as_ref().map(|font| font.as_scaled(size as f32))
}

/// The glyphs of a line on a baseline that starts at the origin, and where the next would stand.
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

/// How wide a line is, in pixels.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    scaled(size, bold).map_or(0.0, |font| f64::from(laid_out(text, &font).1))
}

/// How far capitals and digits rise over the baseline, in pixels.
pub fn rise(size: f64, bold: bool) -> f64 {
    let of =
        |font: PxScaleFont<&'static FontRef<'static>>| font.outline_glyph(font.scaled_glyph('H')).map(|glyph| -glyph.px_bounds().min.y);
    scaled(size, bold).and_then(of).map_or(size / 2.0, f64::from)
}

/// Calls `pixel` with the place of each pixel that a line covers, from the start of its baseline, and how much of it is covered.
pub fn cover(text: &str, size: f64, bold: bool, mut pixel: impl FnMut(i32, i32, f64)) {
    let Some(font) = scaled(size, bold) else { return };
    for glyph in laid_out(text, &font).0 {
        if let Some(outline) = font.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            outline.draw(|x, y, share| pixel(x as i32 + corner.x as i32, y as i32 + corner.y as i32, f64::from(share.min(1.0))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyphs_keep_their_bearings() {
        // DejaVu's J descends to the left of its origin, and its parenthesis begins to the right of it.
        let inked = |text: &str| {
            let mut columns: Vec<i32> = Vec::new();
            cover(text, 100.0, false, |x, _, share| {
                if share > 0.5 {
                    columns.push(x);
                }
            });
            (columns.iter().copied().min().unwrap(), columns.iter().copied().max().unwrap())
        };
        assert!(inked("J").0 < 0);
        assert!(inked("(").0 > 0);
        let advance = width("J", 100.0, false);
        assert!(f64::from(inked("J").1) < advance);
        assert!((width("JJ", 100.0, false) - 2.0 * advance).abs() < 1.0);
    }
}
