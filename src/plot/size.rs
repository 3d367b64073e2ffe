//! The sizes of pictures: for screens, for a column of a paper, and for a slide.

use super::style::{CAPTION, Font, TITLE};
use crate::figure::Figure;

/// The size of a picture. Text, lines and margins have one size in layout units; a size sets the units of the picture and the length of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// The size of the figure itself, about 900 CSS pixels wide.
    #[default]
    Screen,
    /// A column of a paper, 85 mm wide, with the note on the runs that are drawn instead of a caption.
    Column,
    /// A slide, 1280 × 720 CSS pixels, with the first line of the caption and the note.
    Slide,
}

/// CSS pixels per millimetre.
const PER_MM: f64 = 96.0 / 25.4;
/// The width of a column in units and in millimetres: a label of 11 units is 6.6 pt high.
const COLUMN: [f64; 2] = [402.0, 85.0];
/// Width and height of a slide in units, and its width in CSS pixels.
const SLIDE: [f64; 3] = [800.0, 450.0, 1280.0];

impl Size {
    /// Every size with its name.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Screen, "screen"), (Self::Column, "column"), (Self::Slide, "slide")];

    /// Width and height in units; without a height, the picture is as high as its contents need.
    pub(super) fn units(self, figure: &Figure) -> (f64, Option<f64>) {
        match self {
            Self::Screen => (f64::from(figure.size[0]), Some(f64::from(figure.size[1]))),
            Self::Column => (COLUMN[0], None),
            Self::Slide => (SLIDE[0], Some(SLIDE[1])),
        }
    }

    /// CSS pixels per unit.
    pub(super) fn unit(self) -> f64 {
        match self {
            Self::Screen => 1.0,
            Self::Column => COLUMN[1] * PER_MM / COLUMN[0],
            Self::Slide => SLIDE[2] / SLIDE[0],
        }
    }

    /// Pixels of a PNG file per unit: 480 per inch in a column, 2400 across a slide.
    pub(super) fn pixels(self) -> u32 {
        match self {
            Self::Screen => 2,
            Self::Column => 4,
            Self::Slide => 3,
        }
    }

    /// The font of the title.
    pub(super) fn title_font(self) -> Font {
        if self == Self::Column { Font { size: CAPTION.size, ..TITLE } } else { TITLE }
    }

    /// The lines of the caption that are drawn.
    pub(super) fn caption(self, caption: &[String]) -> &[String] {
        let count = match self {
            Self::Screen => caption.len(),
            Self::Column => 0,
            Self::Slide => caption.len().min(1),
        };
        &caption[..count]
    }

    /// The smallest width of a panel in units; narrower panels go to the next row.
    pub(super) fn least_panel_width(self, figure: &Figure) -> f64 {
        match self {
            Self::Screen => 0.0,
            Self::Column | Self::Slide => {
                if figure.shared_axes {
                    85.0
                } else {
                    150.0
                }
            }
        }
    }
}
