//! Resolution and fonts of drawings.

/// Drawing units per layout unit in SVG files and for the measurement of text: fine enough for integer coordinates.
pub const SCALE: u32 = 4;

/// A size in layout units and a weight of the font.
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
/// Line height of the title of a panel as a multiple of the font size.
pub const PANEL_TITLE_LINE: f64 = 1.25;
