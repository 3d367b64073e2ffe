//! The content of figures as values: panels, axes, layers and labels.
//!
//! `analysis` builds these values, tests compare them, and `plot` draws them. This module depends on no drawing library and no file.

pub(crate) mod palette;
pub(crate) mod ticks;

use serde::Serialize;

/// A colour with 8 bits per channel and an opacity between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Color {
    /// Red, green and blue.
    pub rgb: [u8; 3],
    /// Opacity from 0 to 1.
    pub alpha: f64,
}

/// A figure: a grid of panels, filled row by row, with a title, a caption and a legend.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The file name without extension, for example `contour`.
    pub name: String,
    /// Title above all panels.
    pub title: String,
    /// Lines under the title: what the figure shows, and how far the best run is from the optimum.
    pub caption: Vec<String>,
    /// How much of the sweep the figure shows, such as `25 of 200 runs are drawn`: a line under the caption, in every size. Empty if it shows all.
    pub note: String,
    /// Panels in one row of the grid.
    pub columns: usize,
    /// Panels, row by row.
    pub panels: Vec<Panel>,
    /// Whether only the outer panels of the grid have axis labels, as in small multiples.
    pub shared_axes: bool,
    /// Empty for a figure without a legend.
    pub legend: Vec<LegendEntry>,
    /// Colour bars to the right of the panels, from top to bottom.
    pub color_bars: Vec<ColorBar>,
    /// A table next to the panels, or in the last place of the grid if that is free. The first row is the heading. Empty for a figure without a table.
    pub table: Vec<TableRow>,
    /// Width and height in CSS pixels. The PNG has two pixels per CSS pixel.
    pub size: [u32; 2],
}

impl Figure {
    /// The caption and the note, line by line.
    pub fn text(&self) -> Vec<String> {
        let note = Some(self.note.clone()).filter(|note| !note.is_empty());
        self.caption.iter().cloned().chain(note).collect()
    }
}

/// A figure that changes with time: a background, and what each frame draws over it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Animation {
    /// Everything that does not change. Its caption has as many lines as that of each frame, and its grid has a free place for the table.
    pub background: Figure,
    /// Frames in the order of time.
    pub frames: Vec<AnimationFrame>,
}

/// One frame of an animation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnimationFrame {
    /// Replaces the caption of the background.
    pub caption: Vec<String>,
    /// The layers of each panel, drawn over those of the background.
    pub layers: Vec<Vec<Layer>>,
    /// Replaces the table of the background.
    pub table: Vec<TableRow>,
    /// For how long the frame is shown, in hundredths of a second.
    pub duration: u16,
}

/// One coordinate system of a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Panel {
    /// Title above the panel.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// Whether a unit of x is as long as a unit of y, for linear axes.
    pub equal_units: bool,
    /// Drawn in order and clipped to the panel.
    pub layers: Vec<Layer>,
}

/// The scale of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the variants are kinds of axes")]
pub enum Scale {
    Linear,
    /// For positive ranges.
    Log,
}

/// An axis with its range and the ticks inside it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Axis {
    /// Text next to the axis.
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// First and last value.
    pub range: [f64; 2],
    /// Ticks in ascending order.
    pub ticks: Vec<Tick>,
}

/// A labelled position on an axis or a colour bar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tick {
    /// Value.
    pub at: f64,
    /// Text, may be empty.
    pub label: String,
}

/// One element of a panel, in data coordinates `[x, y]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the doc of each variant explains its fields")]
pub enum Layer {
    /// A filled area: the outer ring, then the rings of its holes.
    Area { rings: Vec<Vec<[f64; 2]>>, color: Color },
    /// A polyline.
    Line { points: Vec<[f64; 2]>, color: Color, width: f64, dash: Dash },
    /// A scatter of points with one marker.
    Markers { points: Vec<[f64; 2]>, marker: Marker, color: Color, size: f64 },
    /// A reference line across the panel at x (vertical) or y (horizontal), with a label at its end.
    Rule { at: f64, vertical: bool, label: String, color: Color, dash: Dash },
    /// Equal cells that fill a rectangle: `columns` cells per row, row by row from the lower left corner. On a logarithmic axis cells have equal
    /// ratios. Neighbours merge where they are smaller than a pixel.
    Cells { x: [f64; 2], y: [f64; 2], columns: usize, colors: Vec<[u8; 3]> },
    /// A text next to a line, where it covers no other line; left out if there is no such place. It follows the lines that it must not cover.
    LineLabel { points: Vec<[f64; 2]>, text: String, color: Color },
    /// A text on a line, centred at the first of these points where it covers no other line and no label; left out if there is no such point.
    InlineLabel { points: Vec<[f64; 2]>, text: String, color: Color },
    /// A text next to a point. A label that would overlap an earlier one is left out, so important labels come first.
    Label { at: [f64; 2], text: String, color: Color },
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableRow {
    /// The colour of the line that the row describes.
    pub color: Option<Color>,
    /// Texts of the cells. Columns of numbers are aligned right, others left.
    pub cells: Vec<String>,
}

/// The dash pattern of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the variants are line styles")]
pub enum Dash {
    Solid,
    Dashed,
    Dotted,
    /// Dashes and dots in turn.
    DashDotted,
}

/// The symbol of a data point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the variants are shapes")]
pub enum Marker {
    /// A filled disc with a light border.
    Filled,
    /// A ring with a light centre.
    Hollow,
    Cross,
    /// A short vertical stroke.
    Tick,
    /// A triangle that points upwards, at a value above the upper end of the axis.
    Above,
    /// A small disc without border.
    Dot,
}

/// One entry of a legend.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LegendEntry {
    /// Text of the entry.
    pub label: String,
    /// Colour of the symbol.
    pub color: Color,
    /// Symbol.
    pub shape: LegendShape,
}

/// The symbol of a legend entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the variants are symbols")]
pub enum LegendShape {
    Line(Dash),
    Area,
    Marker(Marker),
}

/// A colour bar to the right of the panels: `colors[i]` covers `edges[i]..edges[i + 1]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColorBar {
    /// Text next to the bar.
    pub label: String,
    /// Band edges on the scale of the bar, for example log10(J − J*).
    pub edges: Vec<f64>,
    /// Colours in the order of the values.
    pub colors: Vec<Color>,
    /// Ticks on the scale of `edges`.
    pub ticks: Vec<Tick>,
}
