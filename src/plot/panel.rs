//! One panel: background, grid, layers and axes.

use plotters_backend::{DrawingBackend, DrawingErrorKind};

use super::canvas::{self, Anchor, Canvas, DrawResult, Point, Rect, Text};
use super::clip;
use super::style::{LABEL, PANEL_TITLE, PANEL_TITLE_LINE};
use crate::figure::{Axis, Color, Dash, Layer, Panel, Scale, palette};
use crate::space;

/// Whether each axis of a panel has tick labels and a title.
#[derive(Clone, Copy, Debug)]
pub struct AxisLabels {
    pub x: bool,
    pub y: bool,
}

const BACKGROUND: Color = Color { rgb: [0xfb, 0xfb, 0xfb], alpha: 1.0 };
const GRID: Color = Color { rgb: [0xe6, 0xe6, 0xe6], alpha: 1.0 };
const BORDER: Color = Color { rgb: [0x99, 0x99, 0x99], alpha: 1.0 };
/// The background of labels.
const LABEL_BACKGROUND: Color = Color { rgb: [255; 3], alpha: 0.75 };

/// Draws a panel into a rectangle. Axis labels are outside of it.
pub fn draw<B: DrawingBackend>(panel: &Panel, canvas: &mut Canvas<'_, B>, rect: Rect, labels: AxisLabels) -> DrawResult<B> {
    let mut painter = Painter::new(panel, canvas, rect);
    painter.canvas.rect(rect, BACKGROUND)?;
    painter.grid()?;
    for layer in &panel.layers {
        painter.layer(layer)?;
    }
    painter.border_and_title()?;
    if labels.x {
        painter.x_axis()?;
    }
    if labels.y {
        painter.y_axis()?;
    }
    Ok(())
}

/// Draws layers over those of a panel.
pub fn draw_layers<B: DrawingBackend>(panel: &Panel, canvas: &mut Canvas<'_, B>, rect: Rect, layers: &[Layer]) -> DrawResult<B> {
    let mut painter = Painter::new(panel, canvas, rect);
    layers.iter().try_for_each(|layer| painter.layer(layer))
}

/// The smallest number such that the labels of every `stride`-th tick do not overlap. Ticks are pairs of position and label.
pub fn stride(ticks: &[(f64, &str)], size: impl Fn(&str) -> f64) -> usize {
    let sizes: Vec<f64> = ticks.iter().map(|(_, label)| size(label)).collect();
    let is_free = |&stride: &usize| {
        let labelled: Vec<usize> = (0..ticks.len()).step_by(stride).collect();
        labelled.windows(2).all(|pair| (ticks[pair[1]].0 - ticks[pair[0]].0).abs() >= f64::midpoint(sizes[pair[0]], sizes[pair[1]]))
    };
    (1..ticks.len()).find(is_free).unwrap_or_else(|| ticks.len().max(1))
}

/// The projection from data coordinates to layout units.
struct Projection<'a> {
    panel: &'a Panel,
    rect: Rect,
}

/// The relative position of a value on its axis, 0 to 1 inside the range; `None` for a value that a logarithmic axis cannot show.
fn relative(axis: &Axis, value: f64) -> Option<f64> {
    let scaled = |v: f64| match axis.scale {
        Scale::Linear => Some(v),
        Scale::Log => (v > 0.0).then(|| libm::log10(v)),
    };
    let (low, high) = (scaled(axis.range[0])?, scaled(axis.range[1])?);
    let relative = (scaled(value)? - low) / (high - low);
    relative.is_finite().then_some(relative)
}

impl Projection<'_> {
    fn x(&self, value: f64) -> Option<f64> {
        Some(self.rect.left + relative(&self.panel.x, value)? * (self.rect.right - self.rect.left))
    }

    fn y(&self, value: f64) -> Option<f64> {
        Some(self.rect.bottom - relative(&self.panel.y, value)? * (self.rect.bottom - self.rect.top))
    }

    fn point(&self, [x, y]: [f64; 2]) -> Option<Point> {
        Some([self.x(x)?, self.y(y)?])
    }

    fn points(&self, points: &[[f64; 2]]) -> Vec<Point> {
        points.iter().filter_map(|&point| self.point(point)).collect()
    }

    /// Whether a point is inside the panel, with half a pixel of tolerance.
    fn contains(&self, [x, y]: Point) -> bool {
        let Rect { left, top, right, bottom } = self.rect;
        (left - 0.5..=right + 0.5).contains(&x) && (top - 0.5..=bottom + 0.5).contains(&y)
    }
}

/// Draws the parts of a panel, and tracks the rectangles of its labels.
struct Painter<'p, 'c, B: DrawingBackend> {
    projection: Projection<'p>,
    canvas: &'p mut Canvas<'c, B>,
    occupied: Vec<Rect>,
    ink: Ink,
}

/// The cells of a panel that lines and markers cover, so that labels avoid them.
struct Ink {
    rect: Rect,
    columns: usize,
    cells: Vec<bool>,
}

impl Ink {
    /// The width of a cell in layout units.
    const CELL: f64 = 3.0;

    fn new(rect: Rect) -> Self {
        let [columns, rows] = [rect.right - rect.left, rect.bottom - rect.top].map(|side| (side / Self::CELL) as usize + 1);
        Self { rect, columns, cells: vec![false; columns * rows] }
    }

    /// Column and row of the cell of a point inside the panel.
    fn cell(&self, [x, y]: Point) -> [usize; 2] {
        [x - self.rect.left, y - self.rect.top].map(|side| (side / Self::CELL).max(0.0) as usize)
    }

    /// Marks the cells under a line.
    fn add(&mut self, line: &[Point]) {
        for pair in line.windows(2) {
            let [dx, dy] = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
            let steps = (libm::hypot(dx, dy) / Self::CELL) as usize + 1;
            for step in 0..=steps {
                let share = step as f64 / steps as f64;
                let [column, row] = self.cell([pair[0][0] + dx * share, pair[0][1] + dy * share]);
                if let Some(cell) = self.cells.get_mut(row * self.columns + column).filter(|_| column < self.columns) {
                    *cell = true;
                }
            }
        }
    }

    /// The number of covered cells in a rectangle.
    fn under(&self, rect: &Rect) -> usize {
        let ([left, top], [right, bottom]) = (self.cell([rect.left, rect.top]), self.cell([rect.right, rect.bottom]));
        let row =
            |row: usize| self.cells.get(row * self.columns + left..=row * self.columns + right.min(self.columns - 1)).unwrap_or_default();
        (top..=bottom).map(|index| row(index).iter().filter(|cell| **cell).count()).sum()
    }
}

/// The distances of a label from its point, in layout units; a thin line leads to a label at the last two.
const LABEL_DISTANCES: [f64; 3] = [7.0, 18.0, 32.0];
/// Labels avoid lines of at least this opacity, and those of lines are left out if they cover more cells than this.
const FAINT: f64 = 0.6;
const COVERED: usize = 2;
/// The smallest horizontal distance between two labels.
const LABEL_GAP: f64 = 6.0;
/// The largest number of points of a line that are tried for its label.
const ANCHORS: u64 = 60;

impl<'p, 'c, B: DrawingBackend> Painter<'p, 'c, B> {
    fn new(panel: &'p Panel, canvas: &'p mut Canvas<'c, B>, rect: Rect) -> Self {
        Self { projection: Projection { panel, rect }, canvas, occupied: Vec::new(), ink: Ink::new(rect) }
    }

    fn grid(&mut self) -> DrawResult<B> {
        let Projection { panel, rect } = &self.projection;
        for x in panel.x.ticks.iter().filter_map(|tick| self.projection.x(tick.at)) {
            self.canvas.line(&[[x, rect.top], [x, rect.bottom]], GRID, 1.0, Dash::Solid)?;
        }
        for y in panel.y.ticks.iter().filter_map(|tick| self.projection.y(tick.at)) {
            self.canvas.line(&[[rect.left, y], [rect.right, y]], GRID, 1.0, Dash::Solid)?;
        }
        Ok(())
    }

    fn border_and_title(&mut self) -> DrawResult<B> {
        let Projection { panel, rect: Rect { left, top, right, bottom } } = self.projection;
        self.canvas.line(&[[left, top], [right, top], [right, bottom], [left, bottom], [left, top]], BORDER, 1.0, Dash::Solid)?;
        let lines = canvas::wrapped(&panel.title, PANEL_TITLE, right - left);
        for (index, line) in lines.iter().rev().enumerate() {
            let y = top - PANEL_TITLE.size * (0.9 + PANEL_TITLE_LINE * index as f64);
            self.canvas.text(&Text::new(line, [left, y]).font(PANEL_TITLE))?;
        }
        Ok(())
    }

    fn x_axis(&mut self) -> DrawResult<B> {
        let Projection { panel, rect } = &self.projection;
        let ticks: Vec<(f64, &str)> =
            panel.x.ticks.iter().filter_map(|tick| Some((self.projection.x(tick.at)?, tick.label.as_str()))).collect();
        let stride = stride(&ticks, |label| canvas::width(label, LABEL) + 6.0);
        for (index, &(x, label)) in ticks.iter().enumerate() {
            self.canvas.line(&[[x, rect.bottom], [x, rect.bottom + 4.0]], BORDER, 1.0, Dash::Solid)?;
            if index % stride == 0 {
                self.canvas.text(&Text::new(label, [x, rect.bottom + 12.0]).anchor(Anchor::Center))?;
            }
        }
        let middle = f64::midpoint(rect.left, rect.right);
        self.canvas.text(&Text::new(&panel.x.label, [middle, rect.bottom + 30.0]).anchor(Anchor::Center))
    }

    fn y_axis(&mut self) -> DrawResult<B> {
        let Projection { panel, rect } = &self.projection;
        let ticks: Vec<(f64, &str)> =
            panel.y.ticks.iter().filter_map(|tick| Some((self.projection.y(tick.at)?, tick.label.as_str()))).collect();
        let stride = stride(&ticks, |_| LABEL.size * 1.2);
        let widest = ticks.iter().map(|(_, label)| canvas::width(label, LABEL)).fold(0.0, f64::max);
        for (index, &(y, label)) in ticks.iter().enumerate() {
            self.canvas.line(&[[rect.left - 4.0, y], [rect.left, y]], BORDER, 1.0, Dash::Solid)?;
            if index % stride == 0 {
                self.canvas.text(&Text::new(label, [rect.left - 7.0, y]).anchor(Anchor::Right))?;
            }
        }
        let middle = f64::midpoint(rect.top, rect.bottom);
        self.canvas.text(&Text::new(&panel.y.label, [rect.left - widest - 18.0, middle]).anchor(Anchor::Vertical))
    }

    fn layer(&mut self, layer: &Layer) -> DrawResult<B> {
        let projection = &self.projection;
        match layer {
            Layer::Area { rings, color } => {
                let rings: Vec<Vec<Point>> = rings.iter().map(|ring| clip::ring(&projection.points(ring), &projection.rect)).collect();
                self.canvas.area(&rings, *color)
            }
            Layer::Line { points, color, width, dash } => {
                let parts = clip::lines(&projection.points(points), &projection.rect);
                if color.alpha >= FAINT && color.rgb != palette::WHITE.rgb {
                    for part in &parts {
                        self.ink.add(part);
                    }
                }
                parts.iter().try_for_each(|part| self.canvas.line(part, *color, *width, *dash))
            }
            Layer::Markers { points, marker, color, size } => {
                let projected = points.iter().filter_map(|&point| projection.point(point));
                let inside: Vec<Point> = projected.filter(|&point| projection.contains(point)).collect();
                if *size >= 4.0 {
                    let half = size / 2.0;
                    for &[x, y] in &inside {
                        self.ink.add(&[[x - half, y - half], [x + half, y + half], [x - half, y + half]]);
                    }
                }
                inside.into_iter().try_for_each(|point| self.canvas.marker(point, *marker, *color, *size))
            }
            Layer::Rule { at, vertical, label, color, dash } => {
                let Some(start) = self.rule(*at, *vertical, *color, *dash)? else { return Ok(()) };
                let Rect { left, right, top, bottom } = self.projection.rect;
                let half = canvas::width(label, LABEL) / 2.0 + 4.0;
                let shares = [0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0];
                let at = |share: f64| {
                    if *vertical {
                        [start[0], top + 9.0 + (bottom - top - 18.0) * share]
                    } else {
                        [right - half - (right - left - 2.0 * half) * share, start[1]]
                    }
                };
                self.label(label, &shares.map(at), *color, usize::MAX)
            }
            Layer::Cells { x, y, columns, colors } => {
                let corners = [projection.point([x[0], y[1]]), projection.point([x[1], y[0]])];
                let [Some([left, top]), Some([right, bottom])] = corners else { return Ok(()) };
                self.canvas.cells(Rect { left, top, right, bottom }, *columns, colors)
            }
            Layer::Label { at, text, color } => match projection.point(*at).filter(|&point| projection.contains(point)) {
                Some(point) => self.label(text, &[point], *color, usize::MAX),
                None => Ok(()),
            },
            Layer::InlineLabel { points, text, color } => self.inline_label(text, points, *color),
            Layer::LineLabel { points, text, color } => {
                let inside: Vec<Point> = clip::lines(&projection.points(points), &projection.rect)
                    .into_iter()
                    .flatten()
                    .filter(|&point| projection.contains(point))
                    .collect();
                let anchors: Vec<Point> = space::spread(inside.len() as u64, ANCHORS).map(|at| inside[at as usize]).collect();
                self.label(text, &anchors, *color, COVERED)
            }
        }
    }

    /// Draws a line across the panel, and returns its start at the left or upper border; `None` for a position outside the panel.
    fn rule(&mut self, at: f64, is_vertical: bool, color: Color, dash: Dash) -> Result<Option<Point>, DrawingErrorKind<B::ErrorType>> {
        let Rect { left, top, right, bottom } = self.projection.rect;
        let position = if is_vertical { self.projection.x(at) } else { self.projection.y(at) };
        let Some(position) = position else { return Ok(None) };
        let ends = if is_vertical { [[position, top], [position, bottom]] } else { [[left, position], [right, position]] };
        let parts = clip::lines(&ends, &self.projection.rect);
        let Some(part) = parts.first() else { return Ok(None) };
        self.ink.add(part);
        self.canvas.line(part, color, 1.4, dash)?;
        Ok(Some(ends[0]))
    }

    /// Writes a label centred at the first of some points where it covers neither a line nor another label.
    fn inline_label(&mut self, text: &str, points: &[[f64; 2]], color: Color) -> DrawResult<B> {
        let (half_width, half_height) = (canvas::width(text, LABEL) / 2.0, LABEL.size * 0.6);
        let around = |[x, y]: Point| Rect { left: x - half_width, right: x + half_width, top: y - half_height, bottom: y + half_height };
        let places = points.iter().filter_map(|&point| self.projection.point(point)).map(around);
        let free = places.into_iter().find(|rect| self.is_free(rect) && self.ink.under(rect) == 0);
        free.map_or(Ok(()), |rect| self.write(text, rect, color))
    }

    /// Whether a rectangle is inside the panel and has a distance from all labels.
    fn is_free(&self, rect: &Rect) -> bool {
        let wide = Rect { left: rect.left - LABEL_GAP, right: rect.right + LABEL_GAP, ..*rect };
        self.projection.rect.contains(rect) && !self.occupied.iter().any(|other| other.overlaps(&wide))
    }

    /// Writes a label into a rectangle, on a light background.
    fn write(&mut self, text: &str, rect: Rect, color: Color) -> DrawResult<B> {
        self.occupied.push(rect);
        self.canvas.rect(Rect { left: rect.left - 2.0, right: rect.right + 2.0, ..rect }, LABEL_BACKGROUND)?;
        self.canvas.text(&Text::new(text, [rect.left, f64::midpoint(rect.top, rect.bottom)]).color(color))
    }

    /// Writes a label next to one of some points, at the place that covers the fewest lines and overlaps no earlier label. A label without such a
    /// place, or that would cover more than `covered` cells of lines, is left out.
    fn label(&mut self, text: &str, anchors: &[Point], color: Color, covered: usize) -> DrawResult<B> {
        if text.is_empty() {
            return Ok(());
        }
        let (width, height) = (canvas::width(text, LABEL), LABEL.size * 1.2);
        let around = |[x, y]: Point, distance: f64| {
            let (aside, above) = (width / 2.0 + distance, height / 2.0 + distance);
            let slant = distance * 0.7;
            let (slanted_aside, slanted_above) = (width / 2.0 + slant, height / 2.0 + slant);
            let shifts = [
                [aside, 0.0],
                [-aside, 0.0],
                [0.0, -above],
                [0.0, above],
                [slanted_aside, -slanted_above],
                [slanted_aside, slanted_above],
                [-slanted_aside, -slanted_above],
                [-slanted_aside, slanted_above],
            ];
            shifts.map(|[dx, dy]| {
                let [middle, level] = [x + dx, y + dy];
                Rect { left: middle - width / 2.0, right: middle + width / 2.0, top: level - height / 2.0, bottom: level + height / 2.0 }
            })
        };
        let mut best: Option<(usize, f64, Point, Rect)> = None;
        for distance in LABEL_DISTANCES {
            for &anchor in anchors {
                for rect in around(anchor, distance).into_iter().filter(|rect| self.is_free(rect)) {
                    let cells = self.ink.under(&rect);
                    if best.as_ref().is_none_or(|(fewest, ..)| cells < *fewest) {
                        best = Some((cells, distance, anchor, rect));
                    }
                }
            }
        }
        let Some((_, distance, anchor, rect)) = best.filter(|(cells, ..)| *cells <= covered) else { return Ok(()) };
        if distance > LABEL_DISTANCES[0] {
            let end = [anchor[0].clamp(rect.left, rect.right), anchor[1].clamp(rect.top, rect.bottom)];
            self.canvas.line(&[anchor, end], Color { alpha: 0.7, ..color }, 0.8, Dash::Solid)?;
        }
        self.write(text, rect, color)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::ticks::axis;

    #[test]
    fn a_segment_between_points_far_outside_keeps_its_slope() {
        let panel = Panel {
            title: String::new(),
            x: axis("", Scale::Linear, [0.0, 1.0]),
            y: axis("", Scale::Linear, [0.0, 1.0]),
            equal_units: false,
            layers: Vec::new(),
        };
        let projection = Projection { panel: &panel, rect: Rect { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0 } };
        // A diverging run: the slope is a hundredth, and both points are far outside the panel.
        let points = projection.points(&[[-1e9, 0.5 - 1e7], [1e9, 0.5 + 1e7]]);
        let inside = clip::lines(&points, &projection.rect);
        assert!(inside[0].iter().all(|point| (point[1] - 50.0).abs() < 1.1), "{inside:?}");
    }
}
