//! What a picture contains, as values: panels, axes, layers, labels. `analysis` makes them, tests compare them, `plot` draws
//! them. No drawing crate is known here, and no file.

pub mod palette;
pub mod ticks;

use serde::Serialize;

/// A colour, 8 bits a channel, and how opaque it is (1: covers).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Color {
    pub rgb: [u8; 3],
    pub alpha: f64,
}

/// A whole picture: panels in a grid, row by row, under one title.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The stem of its file: `contour`, `learning_rates`, ..
    pub name: String,
    pub title: String,
    /// One or two sentences under the title: what it shows, and the distance to the optimum in words.
    pub caption: Vec<String>,
    /// Panels a row.
    pub columns: usize,
    pub panels: Vec<Panel>,
    /// Whether panels of a column share the x axis' labels and of a row the y axis' (small multiples).
    pub shared_axes: bool,
    /// Colours and marks with their meaning; empty for none.
    pub legend: Vec<LegendEntry>,
    pub color_bar: Option<ColorBar>,
    /// In CSS pixels; the PNG has twice as many in each direction.
    pub size: [u32; 2],
}

/// One coordinate system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Panel {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    /// Drawn in order, clipped to the panel (labels are moved inside).
    pub layers: Vec<Layer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Scale {
    Linear,
    /// Positive ranges only.
    Log,
}

/// An axis; `ticks` are inside `range`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Axis {
    pub label: String,
    pub scale: Scale,
    pub range: [f64; 2],
    pub ticks: Vec<Tick>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tick {
    pub at: f64,
    pub label: String,
}

/// One thing drawn in a panel. Coordinates are data coordinates, `[x, y]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Layer {
    /// A filled area: its first ring is the outer border, the others are holes.
    Area { rings: Vec<Vec<[f64; 2]>>, color: Color },
    /// A polyline.
    Line { points: Vec<[f64; 2]>, color: Color, width: f64, dash: Dash },
    /// The same mark at each point.
    Marks { points: Vec<[f64; 2]>, mark: Mark, color: Color, size: f64 },
    /// A line across the whole panel at x (vertical) or y (horizontal), with a label at its end.
    Rule { at: f64, vertical: bool, label: String, color: Color, dash: Dash },
    /// Text beside a point. Labels that would overlap one drawn before are left out, so the important ones come first.
    Label { at: [f64; 2], text: String, color: Color },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Dash {
    Solid,
    Dashed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Mark {
    /// A filled disc with a light border.
    Filled,
    /// A ring with a light inside.
    Hollow,
    Cross,
    /// A short tick at the lower border of the panel, whatever the y.
    Rug,
    /// A small dot without border.
    Dot,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LegendEntry {
    pub label: String,
    pub color: Color,
    pub shape: LegendShape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum LegendShape {
    Line,
    DashedLine,
    Area,
    Mark(Mark),
}

/// A colour bar beside the panels: `colors[i]` covers `edges[i]..edges[i + 1]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColorBar {
    pub label: String,
    /// On the scale of the bar (for the contour: log10(J − J*)).
    pub edges: Vec<f64>,
    pub colors: Vec<Color>,
    /// Where `at` is on the scale of `edges`.
    pub ticks: Vec<Tick>,
}
