//! One panel: background, grid, layers and axes.

use plotters_backend::{DrawingBackend, DrawingErrorKind};

use super::canvas::{self, Anchor, Canvas, DrawResult, Point, Rect, Text};
use super::clip;
use super::style::{LABEL, PANEL_TITLE};
use crate::figure::{Axis, Color, Dash, Layer, Panel, Scale, TableRow};

/// Whether each axis of a panel has tick labels and a title.
#[derive(Clone, Copy, Debug)]
pub struct AxisLabels {
    pub x: bool,
    pub y: bool,
}

/// The height of a line of a table.
const TABLE_LINE: f64 = LABEL.size * 1.7;
const BACKGROUND: Color = Color { rgb: [0xfb, 0xfb, 0xfb], alpha: 1.0 };
const GRID: Color = Color { rgb: [0xe6, 0xe6, 0xe6], alpha: 1.0 };
const BORDER: Color = Color { rgb: [0x99, 0x99, 0x99], alpha: 1.0 };
/// The background of labels.
const LABEL_BACKGROUND: Color = Color { rgb: [255; 3], alpha: 0.75 };

/// Draws a panel into a rectangle. Axis labels are outside of it.
pub fn draw<B: DrawingBackend>(panel: &Panel, canvas: &mut Canvas<'_, B>, rect: Rect, labels: AxisLabels) -> DrawResult<B> {
    let mut painter = Painter { projection: Projection { panel, rect }, canvas, occupied: Vec::new() };
    if has_frame(panel) {
        painter.canvas.rect(rect, BACKGROUND)?;
        painter.grid()?;
    }
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

/// Whether a panel has axes; a panel without axes holds a table.
fn has_frame(panel: &Panel) -> bool {
    [&panel.x, &panel.y].iter().any(|axis| !axis.label.is_empty() || !axis.ticks.is_empty())
}

/// The smallest number such that the labels of every `stride`-th tick do not overlap. Ticks are pairs of position and label.
fn stride(ticks: &[(f64, &str)], size: impl Fn(&str) -> f64) -> usize {
    let sizes: Vec<f64> = ticks.iter().map(|(_, label)| size(label)).collect();
    let is_free = |&stride: &usize| {
        let labelled: Vec<usize> = (0..ticks.len()).step_by(stride).collect();
        labelled.windows(2).all(|pair| (ticks[pair[1]].0 - ticks[pair[0]].0).abs() >= f64::midpoint(sizes[pair[0]], sizes[pair[1]]))
    };
    (1..ticks.len()).find(is_free).unwrap_or_else(|| ticks.len().max(1))
}

/// The projection from data coordinates to CSS pixels.
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
}

impl<B: DrawingBackend> Painter<'_, '_, B> {
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
        if has_frame(panel) {
            self.canvas.line(&[[left, top], [right, top], [right, bottom], [left, bottom], [left, top]], BORDER, 1.0, Dash::Solid)?;
        }
        let lines = canvas::wrapped(&panel.title, PANEL_TITLE, right - left);
        for (index, line) in lines.iter().rev().enumerate() {
            let y = top - PANEL_TITLE.size * (0.9 + 1.25 * index as f64);
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
                parts.iter().try_for_each(|part| self.canvas.line(part, *color, *width, *dash))
            }
            Layer::Markers { points, marker, color, size } => {
                let projected = points.iter().filter_map(|&point| projection.point(point));
                let inside: Vec<Point> = projected.filter(|&point| projection.contains(point)).collect();
                inside.into_iter().try_for_each(|point| self.canvas.marker(point, *marker, *color, *size))
            }
            Layer::Rule { at, vertical, label, color, dash } => {
                let Some(start) = self.rule(*at, *vertical, *color, *dash)? else { return Ok(()) };
                let at = if *vertical {
                    [start[0], start[1] + 9.0]
                } else {
                    [self.projection.rect.right - 8.0 - canvas::width(label, LABEL), start[1] - 8.0]
                };
                self.label(label, at, *color)
            }
            Layer::Cells { x, y, columns, colors } => {
                let corners = [projection.point([x[0], y[1]]), projection.point([x[1], y[0]])];
                let [Some([left, top]), Some([right, bottom])] = corners else { return Ok(()) };
                self.canvas.cells(Rect { left, top, right, bottom }, *columns, colors)
            }
            Layer::Table { rows } => self.table(rows),
            Layer::Label { at, text, color } => match projection.point(*at).filter(|&point| projection.contains(point)) {
                Some(point) => self.label(text, point, *color),
                None => Ok(()),
            },
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
        self.canvas.line(part, color, 1.4, dash)?;
        Ok(Some(ends[0]))
    }

    /// Writes a table. The first column is aligned left, the others right.
    fn table(&mut self, rows: &[TableRow]) -> DrawResult<B> {
        let Rect { left, top, .. } = self.projection.rect;
        let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let font = |row: usize| if row == 0 { PANEL_TITLE } else { LABEL };
        let width = |column: usize| {
            let cells = rows.iter().enumerate().filter_map(|(row, own)| Some(canvas::width(own.cells.get(column)?, font(row))));
            cells.fold(0.0, f64::max)
        };
        let widths: Vec<f64> = (0..columns).map(width).collect();
        for (index, row) in rows.iter().enumerate() {
            let y = top + TABLE_LINE * (index as f64 + 0.7);
            if let Some(color) = row.color {
                self.canvas.line(&[[left, y], [left + 18.0, y]], color, 2.2, Dash::Solid)?;
            }
            let mut x = left + 24.0;
            for (column, (cell, width)) in row.cells.iter().zip(&widths).enumerate() {
                let text = Text::new(cell, [x, y]).font(font(index));
                let right_aligned = Text::new(cell, [x + width, y]).font(font(index)).anchor(Anchor::Right);
                self.canvas.text(if column == 0 { &text } else { &right_aligned })?;
                x += width + 16.0;
            }
        }
        Ok(())
    }

    /// Writes a label to the right of a point, or to the left, above or below, at the first place that overlaps no earlier label. Without such a
    /// place the label is left out.
    fn label(&mut self, text: &str, [x, y]: Point, color: Color) -> DrawResult<B> {
        if text.is_empty() {
            return Ok(());
        }
        let (width, height) = (canvas::width(text, LABEL), LABEL.size * 1.2);
        let at = |left: f64, middle: f64| Rect { left, right: left + width, top: middle - height / 2.0, bottom: middle + height / 2.0 };
        let candidates = [at(x + 6.0, y), at(x - 6.0 - width, y), at(x - width / 2.0, y - 14.0), at(x - width / 2.0, y + 14.0)];
        let is_free = |rect: &&Rect| self.projection.rect.contains(rect) && !self.occupied.iter().any(|other| other.overlaps(rect));
        let Some(&rect) = candidates.iter().find(is_free) else { return Ok(()) };
        self.occupied.push(rect);
        self.canvas.rect(Rect { left: rect.left - 2.0, right: rect.right + 2.0, ..rect }, LABEL_BACKGROUND)?;
        self.canvas.text(&Text::new(text, [rect.left, f64::midpoint(rect.top, rect.bottom)]).color(color))
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
            layers: Vec::new(),
        };
        let projection = Projection { panel: &panel, rect: Rect { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0 } };
        // A diverging run: the slope is a hundredth, and both points are far outside the panel.
        let points = projection.points(&[[-1e9, 0.5 - 1e7], [1e9, 0.5 + 1e7]]);
        let inside = clip::lines(&points, &projection.rect);
        assert!(inside[0].iter().all(|point| (point[1] - 50.0).abs() < 1.1), "{inside:?}");
    }
}
