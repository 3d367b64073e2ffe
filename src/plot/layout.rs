//! The layout of a figure: title and caption at the top, a grid of panels, colour bars on the right, the legend at the bottom.
//!
//! Lengths are in layout units, see [`Size`].

use plotters_backend::DrawingBackend;

use super::canvas::{self, Anchor, Canvas, DrawError, DrawResult, Rect, Text};
use super::panel::{self, AxisLabels};
use super::size::Size;
use super::style::{CAPTION, Font, LABEL, PANEL_TITLE, PANEL_TITLE_LINE};
use crate::figure::{Axis, Color, ColorBar, Dash, Figure, LegendEntry, LegendShape, Panel, palette};

const MARGIN: f64 = 18.0;
/// Line height as a multiple of the font size.
const LINE_HEIGHT: f64 = 1.4;
/// Line height of the legend.
const LEGEND_LINE: f64 = LABEL.size * 1.7;
/// Width of the colour bar with its ticks and label.
const BAR_WIDTH: f64 = 76.0;
/// Distance between two colour bars.
const BAR_GAP: f64 = 26.0;
/// Height of the tick labels and the label of an x axis, and width of the label of a y axis.
const X_LABELS: f64 = 44.0;
const Y_LABEL: f64 = 34.0;
/// Distance between panels.
const GAP: f64 = 8.0;
/// Width of a y axis without labels.
const PLAIN_AXIS: f64 = 10.0;
/// Bounds of a panel's height as a multiple of its width, for pictures whose height is free.
const ASPECTS: [f64; 2] = [0.45, 1.1];

/// A figure with the places of its parts.
pub struct Layout<'a> {
    figure: &'a Figure,
    pub width: f64,
    pub height: f64,
    columns: usize,
    /// Width and height of a panel.
    panel: [f64; 2],
    lines: Vec<(String, Font, Color)>,
    legend: Vec<Vec<(&'a LegendEntry, f64)>>,
    /// The width of a legend to the right of the panels; 0 for a legend below them.
    legend_width: f64,
}

impl<'a> Layout<'a> {
    /// The layout of a figure in a size.
    pub fn new(figure: &'a Figure, size: Size) -> Self {
        let (width, height) = size.units(figure);
        let inner = width - 2.0 * MARGIN;
        let wrap = |text: &String, font: Font, color| canvas::wrapped(text, font, inner).into_iter().map(move |line| (line, font, color));
        let mut lines: Vec<(String, Font, Color)> = wrap(&figure.title, size.title_font(), palette::INK).collect();
        lines.extend(size.caption(figure).iter().flat_map(|text| wrap(text, CAPTION, palette::GRAY)));
        // A panel with equal units leaves room beside it, unless the picture is narrow.
        let is_beside = size != Size::Column && figure.panels.len() == 1 && figure.panels[0].equal_units;
        let legend = legend_rows(&figure.legend, if is_beside { 0.0 } else { inner });
        let legend_width = if is_beside { legend.iter().flatten().map(|(_, width)| *width).fold(0.0, f64::max) } else { 0.0 };
        let mut layout = Self { figure, width, height: 0.0, columns: figure.columns.max(1), panel: [0.0; 2], lines, legend, legend_width };
        let count = figure.panels.len().max(1);
        if let Some(height) = height {
            layout.height = height;
            if size != Size::Screen {
                // The number of columns with the largest panels, of the aspect that they have on a screen.
                let aspect = screen_aspect(figure);
                let side = |columns: usize| {
                    let [width, height] = Self { columns, lines: layout.lines.clone(), legend: layout.legend.clone(), ..layout }.room();
                    (width * aspect).min(height)
                };
                layout.columns = (1..=count).max_by(|&a, &b| side(a).total_cmp(&side(b)).then(b.cmp(&a))).unwrap_or(1);
            }
            layout.panel = layout.room();
        } else {
            let least = size.least_panel_width(figure);
            while layout.columns > 1 && layout.room()[0] < least {
                layout.columns -= 1;
            }
            let width = layout.room()[0];
            layout.panel = [width, width * screen_aspect(figure)];
            layout.height = layout.needed_height();
        }
        if let Some(ratio) = common_ratio(figure) {
            let [width, height] = layout.panel;
            layout.panel = [width.min(height / ratio), height.min(width * ratio)];
            if size == Size::Column {
                layout.height = layout.needed_height();
            }
        }
        layout
    }

    fn rows(&self) -> usize {
        self.figure.panels.len().div_ceil(self.columns).max(1)
    }

    /// The upper end of the panels.
    fn top(&self) -> f64 {
        let gap = if self.lines.is_empty() { 0.0 } else { GAP };
        MARGIN + self.lines.iter().map(|(_, font, _)| font.size * LINE_HEIGHT).sum::<f64>() + gap
    }

    /// The height of the legend and the margin below it.
    fn below(&self) -> f64 {
        MARGIN * 0.6 + if self.legend_width > 0.0 { 0.0 } else { self.legend.len() as f64 * LEGEND_LINE }
    }

    /// The width of a panel's tick labels and axis label on its left.
    fn y_labels(&self, column: usize) -> f64 {
        if self.figure.shared_axes && column > 0 {
            return PLAIN_AXIS;
        }
        let own = self.figure.panels.iter().skip(column).step_by(self.columns);
        own.flat_map(|panel| &panel.y.ticks).map(|tick| canvas::width(&tick.label, LABEL)).fold(0.0, f64::max) + Y_LABEL
    }

    /// The height of the titles above a row of panels of some width.
    fn title_height(&self, row: usize, width: f64) -> f64 {
        let own = self.figure.panels.iter().skip(row * self.columns).take(self.columns);
        match own.map(|panel| canvas::wrapped(&panel.title, PANEL_TITLE, width).len()).max() {
            None | Some(0) => GAP,
            Some(lines) => PANEL_TITLE.size * (0.75 + PANEL_TITLE_LINE * lines as f64),
        }
    }

    /// The height below a row of panels.
    fn gap_below(&self, row: usize) -> f64 {
        if self.figure.shared_axes && row + 1 < self.rows() { GAP } else { X_LABELS }
    }

    /// The height of all titles and axes, for panels of some width.
    fn used_height(&self, width: f64) -> f64 {
        (0..self.rows()).map(|row| self.title_height(row, width) + self.gap_below(row)).sum()
    }

    /// The height of a figure with the panels of this layout.
    fn needed_height(&self) -> f64 {
        self.top() + self.rows() as f64 * self.panel[1] + self.used_height(self.panel[0]) + self.below()
    }

    /// The width and height that the panels of the grid can have.
    fn room(&self) -> [f64; 2] {
        let bar = if self.figure.color_bars.is_empty() { 0.0 } else { BAR_WIDTH };
        let labels: f64 = (0..self.columns).map(|column| self.y_labels(column)).sum();
        let width = self.width - 2.0 * MARGIN - bar - self.legend_width - labels - GAP * (self.columns - 1) as f64;
        let width = (width / self.columns as f64).max(20.0);
        let height = self.height - self.top() - self.below() - self.used_height(width);
        [width, (height / self.rows() as f64).max(20.0)]
    }

    /// Draws the figure.
    pub fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> DrawResult<B> {
        canvas.rect(Rect { left: 0.0, top: 0.0, right: self.width, bottom: self.height }, palette::WHITE)?;
        let mut top = MARGIN;
        for (line, font, color) in &self.lines {
            canvas.text(&Text::new(line, [MARGIN, top + font.size / 2.0]).font(*font).color(*color))?;
            top += font.size * LINE_HEIGHT;
        }
        let grid = self.draw_panels(canvas)?;
        let bars = &self.figure.color_bars;
        let share = (grid.bottom - grid.top) / bars.len().max(1) as f64;
        for (index, bar) in bars.iter().enumerate() {
            let (top, gap) = (grid.top + share * index as f64, if index + 1 < bars.len() { BAR_GAP } else { 0.0 });
            let left = grid.right + 16.0;
            color_bar(bar, canvas, Rect { left, right: left + BAR_WIDTH - 16.0, top, bottom: top + share - gap })?;
        }
        let [left, mut y] = if self.legend_width > 0.0 {
            [grid.right + if bars.is_empty() { 16.0 } else { 16.0 + BAR_WIDTH }, grid.top + LABEL.size * 0.6]
        } else {
            [MARGIN, self.height - self.below() + LABEL.size * 0.9]
        };
        for row in &self.legend {
            let mut x = left;
            for (entry, width) in row {
                legend_entry(entry, canvas, [x, y])?;
                x += width;
            }
            y += LEGEND_LINE;
        }
        Ok(())
    }

    /// Draws the grid of panels and returns its rectangle without axis labels. With shared axes only the outer panels have axis labels, and gaps
    /// are narrow.
    fn draw_panels<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Result<Rect, DrawError<B>> {
        let (figure, [width, height]) = (self.figure, self.panel);
        let mut top = self.top();
        let mut grid = Rect { left: MARGIN, top: top + self.title_height(0, width), right: MARGIN, bottom: top };
        for row in 0..self.rows() {
            let mut left = MARGIN;
            top += self.title_height(row, width);
            for column in 0..self.columns {
                left += self.y_labels(column);
                if let Some(panel) = figure.panels.get(row * self.columns + column) {
                    let is_lowest = figure.panels.len() <= (row + 1) * self.columns + column;
                    let labels = AxisLabels { x: !figure.shared_axes || is_lowest, y: !figure.shared_axes || column == 0 };
                    let rect = Rect { left, top, right: left + width, bottom: top + height };
                    panel::draw(panel, canvas, rect, labels)?;
                    grid = Rect { right: grid.right.max(rect.right), bottom: grid.bottom.max(rect.bottom), ..grid };
                }
                left += width + GAP;
            }
            top += height + self.gap_below(row);
        }
        Ok(grid)
    }
}

/// The height of a unit square over its width on the axes of a panel: the height of the panel over its width, if units are equal.
fn ratio(panel: &Panel) -> f64 {
    let length = |axis: &Axis| axis.range[1] - axis.range[0];
    length(&panel.y) / length(&panel.x)
}

/// The height over width of all panels, if the figure has equal units.
fn common_ratio(figure: &Figure) -> Option<f64> {
    figure.panels.first().filter(|panel| panel.equal_units).map(ratio)
}

/// The height over width of the panels on a screen, within bounds.
fn screen_aspect(figure: &Figure) -> f64 {
    common_ratio(figure)
        .unwrap_or_else(|| {
            let [width, height] = figure.size.map(f64::from);
            let rows = figure.panels.len().div_ceil(figure.columns.max(1)).max(1) as f64;
            // The parts around the panels take about these shares.
            (height - 150.0) / rows / ((width - 60.0) / figure.columns.max(1) as f64)
        })
        .clamp(ASPECTS[0], ASPECTS[1])
}

/// Wraps legend entries into rows; each entry is paired with its width.
fn legend_rows(entries: &[LegendEntry], width: f64) -> Vec<Vec<(&LegendEntry, f64)>> {
    let mut rows: Vec<Vec<(&LegendEntry, f64)>> = Vec::new();
    let mut used = f64::INFINITY;
    for entry in entries {
        let entry_width = 30.0 + canvas::width(&entry.label, LABEL) + 18.0;
        if used + entry_width > width {
            rows.push(Vec::new());
            used = 0.0;
        }
        used += entry_width;
        if let Some(row) = rows.last_mut() {
            row.push((entry, entry_width));
        }
    }
    rows
}

/// Draws a legend entry.
fn legend_entry<B: DrawingBackend>(entry: &LegendEntry, canvas: &mut Canvas<'_, B>, [x, y]: [f64; 2]) -> DrawResult<B> {
    let ends = [[x, y], [x + 22.0, y]];
    match entry.shape {
        LegendShape::Line(dash) => canvas.line(&ends, entry.color, if dash == Dash::Solid { 2.2 } else { 1.8 }, dash)?,
        LegendShape::Area => canvas.rect(Rect { left: x, right: x + 22.0, top: y - 5.0, bottom: y + 5.0 }, entry.color)?,
        LegendShape::Marker(marker) => canvas.marker([x + 11.0, y], marker, entry.color, 8.0)?,
    }
    canvas.text(&Text::new(&entry.label, [x + 28.0, y]))
}

/// Draws the colour bar.
fn color_bar<B: DrawingBackend>(bar: &ColorBar, canvas: &mut Canvas<'_, B>, bounds: Rect) -> DrawResult<B> {
    let (Some(&low), Some(&high)) = (bar.edges.first(), bar.edges.last()) else { return Ok(()) };
    if low >= high {
        return Ok(());
    }
    let y = |value: f64| bounds.bottom - (value - low) / (high - low) * (bounds.bottom - bounds.top);
    let right = bounds.left + 14.0;
    for (pair, &color) in bar.edges.windows(2).zip(&bar.colors) {
        canvas.rect(Rect { left: bounds.left, right, top: y(pair[1]), bottom: y(pair[0]) }, color)?;
    }
    for tick in bar.ticks.iter().filter(|tick| (low..=high).contains(&tick.at)) {
        let height = y(tick.at);
        canvas.line(&[[right, height], [right + 4.0, height]], palette::GRAY, 1.0, Dash::Solid)?;
        canvas.text(&Text::new(&tick.label, [right + 7.0, height]))?;
    }
    let middle = f64::midpoint(bounds.top, bounds.bottom);
    canvas.text(&Text::new(&bar.label, [bounds.right - 4.0, middle]).anchor(Anchor::Vertical))
}
