//! Resolution and fonts of drawings.

/// Drawing units per CSS pixel: fine enough for integer coordinates and for the anti-aliasing of PNG files.
pub const SCALE: u32 = 4;

/// A size in CSS pixels and a weight of the font.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Font {
    pub size: f64,
    pub is_bold: bool,
}

impl Font {
    const fn new(size: f64, is_bold: bool) -> Self {
        Self { size, is_bold }
    }
}

pub const TITLE: Font = Font::new(17.0, true);
pub const CAPTION: Font = Font::new(12.0, false);
pub const LABEL: Font = Font::new(11.0, false);
pub const PANEL_TITLE: Font = Font::new(11.0, true);
