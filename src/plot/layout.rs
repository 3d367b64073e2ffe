//! The layout of a figure: title and caption at the top, a grid of panels, colour bars and a table on its right, the legend at the bottom.
//! In a column of a paper, colour bars and the table are below the panels.
//!
//! Lengths are in layout units, see [`Size`].

use plotters_backend::DrawingBackend;

use super::canvas::{self, Canvas, DrawResult, Rect, Text};
use super::color_bar;
use super::panel::{self, AxisLabels};
use super::size::Size;
use super::style::{CAPTION, Font, LABEL, PANEL_TITLE, PANEL_TITLE_LINE};
use super::table::Table;
use crate::figure::{AnimationFrame, Axis, Color, Dash, Figure, LegendEntry, LegendShape, Marker, Panel, TableRow, palette};

const MARGIN: f64 = 18.0;
/// Line height as a multiple of the font size.
const LINE_HEIGHT: f64 = 1.4;
/// Line height of the legend.
const LEGEND_LINE: f64 = LABEL.size * 1.7;
/// Distance of colour bars and of a table from the panels.
const ASIDE: f64 = 16.0;
/// The widths of a table beside the panels that are tried, and its largest height, as shares of the picture.
const TABLE_WIDTHS: [f64; 3] = [0.4, 0.5, 0.6];
const TABLE_HEIGHT: f64 = 0.7;
/// Height of the tick labels and the label of an x axis, and width of the label of a y axis.
const X_LABELS: f64 = 44.0;
const Y_LABEL: f64 = 34.0;
/// Distance between panels.
const GAP: f64 = 8.0;
/// Width of a y axis without labels.
const PLAIN_AXIS: f64 = 10.0;
/// The smallest side of a panel, and the largest number of attempts to fit panels of a fixed ratio with their titles.
const SMALLEST: f64 = 20.0;
const ROUNDS: usize = 20;
/// Bounds of a panel's height as a multiple of its width, for pictures whose height is free.
const ASPECTS: [f64; 2] = [0.45, 1.1];
/// The largest height of a picture whose height is free, if more columns of panels make it lower: 240 mm in a column of a paper.
const PAGE_HEIGHT: f64 = 1_135.0;

/// A figure with the places of its parts.
pub struct Layout<'a> {
    figure: &'a Figure,
    pub width: f64,
    pub height: f64,
    columns: usize,
    /// Width and height of a panel.
    panel: [f64; 2],
    lines: Vec<(String, Font, Color)>,
    /// Whether colour bars and the table are below the panels.
    is_narrow: bool,
    /// The table beside or below the panels.
    table: Option<Table<'a>>,
    /// Whether the table is in the grid, in the place of a panel.
    is_table_in_grid: bool,
    legend: Vec<Vec<(&'a LegendEntry, f64)>>,
    /// The width of a legend to the right of the panels; 0 for a legend below them.
    legend_width: f64,
}

impl<'a> Layout<'a> {
    /// The layout of a figure in a size.
    pub fn new(figure: &'a Figure, size: Size) -> Self {
        let (width, height) = size.units(figure);
        let inner = width - 2.0 * MARGIN;
        let lines = header(figure, &figure.caption, size, inner);
        // A panel with equal units leaves room beside it, unless the picture is narrow.
        let is_beside = size != Size::Column && figure.panels.len() == 1 && figure.panels[0].equal_units;
        let legend = legend_rows(&figure.legend, if is_beside { 0.0 } else { inner });
        let legend_width = if is_beside { legend.iter().flatten().map(|(_, width)| *width).fold(0.0, f64::max) } else { 0.0 };
        let is_narrow = size == Size::Column;
        let count = figure.panels.len().max(1);
        let columns = figure.columns.clamp(1, count);
        let is_table_in_grid = size == Size::Screen && !figure.table.is_empty() && !count.is_multiple_of(columns);
        let table = match height {
            _ if is_table_in_grid => None,
            Some(height) => {
                let tables = TABLE_WIDTHS.map(|share| Table::new(&figure.table, share * inner));
                let fits = |table: &Option<Table<'_>>| table.as_ref().is_none_or(|table| table.height() <= TABLE_HEIGHT * height);
                tables.iter().find(|table| fits(table)).or(tables.last()).cloned().flatten()
            }
            None => Table::new(&figure.table, inner),
        };
        let mut layout = Self {
            figure,
            width,
            height: height.unwrap_or_default(),
            columns,
            panel: [0.0; 2],
            lines,
            is_narrow,
            table,
            is_table_in_grid,
            legend,
            legend_width,
        };
        if height.is_none() {
            let least = size.least_panel_width(figure);
            while layout.columns > 1 && layout.room()[0] < least {
                layout.columns -= 1;
            }
            layout.fit_height();
            while layout.height > PAGE_HEIGHT && layout.columns < figure.columns {
                layout.columns += 1;
                layout.fit_height();
            }
            return layout;
        }
        if size != Size::Screen {
            // The number of columns with the largest panels, of the aspect that they have on a screen.
            let aspect = screen_aspect(figure);
            let side = |columns: usize| {
                let [width, height] = layout.with_columns(columns).room();
                (width * aspect).min(height)
            };
            layout.columns = (1..=count).max_by(|&a, &b| side(a).total_cmp(&side(b)).then(b.cmp(&a))).unwrap_or(1);
        }
        layout.panel = layout.room();
        if let Some(ratio) = common_ratio(figure) {
            let [width, height] = layout.panel;
            layout.panel = [width.min(height / ratio), height.min(width * ratio)];
            // The titles of narrower panels have more lines.
            for _ in 0..ROUNDS {
                let excess = layout.needed_height() - layout.height;
                if excess < 0.5 {
                    break;
                }
                let height = (layout.panel[1] - excess / layout.rows() as f64).max(SMALLEST);
                layout.panel = [height / ratio, height];
            }
        }
        layout
    }

    /// This layout with another number of columns.
    fn with_columns(&self, columns: usize) -> Self {
        Self { columns, lines: self.lines.clone(), table: self.table.clone(), legend: self.legend.clone(), ..*self }
    }

    /// Makes panels as wide as possible and of the aspect that they have on a screen, and the picture as high as they need.
    fn fit_height(&mut self) {
        let width = self.room()[0];
        self.panel = [width, width * common_ratio(self.figure).unwrap_or_else(|| screen_aspect(self.figure))];
        self.height = self.needed_height();
    }

    fn rows(&self) -> usize {
        self.figure.panels.len().div_ceil(self.columns).max(1)
    }

    /// The upper end of the panels.
    fn top(&self) -> f64 {
        let gap = if self.lines.is_empty() { 0.0 } else { GAP };
        MARGIN + self.lines.iter().map(|(_, font, _)| font.size * LINE_HEIGHT).sum::<f64>() + gap
    }

    /// The heights of lying colour bars, of a table below the panels, and of the legend with the margin below it.
    fn parts_below(&self) -> [f64; 3] {
        let legend = MARGIN * 0.6 + if self.legend_width > 0.0 { 0.0 } else { self.legend.len() as f64 * LEGEND_LINE };
        if !self.is_narrow {
            return [0.0, 0.0, legend];
        }
        let bars = self.figure.color_bars.len() as f64 * color_bar::HEIGHT;
        [if bars > 0.0 { bars + GAP } else { 0.0 }, self.table.as_ref().map_or(0.0, |table| table.height() + GAP), legend]
    }

    /// The height of everything below the panels.
    fn below(&self) -> f64 {
        self.parts_below().iter().sum()
    }

    /// The widths of upright colour bars, of a table beside the panels, and of the legend beside them.
    fn parts_aside(&self) -> [f64; 3] {
        if self.is_narrow {
            return [0.0; 3];
        }
        let bars = &self.figure.color_bars;
        let bars = if bars.is_empty() { 0.0 } else { ASIDE + color_bar::width(bars) };
        [bars, self.table.as_ref().map_or(0.0, |table| ASIDE + table.width()), self.legend_width]
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
        let aside: f64 = self.parts_aside().iter().sum();
        let labels: f64 = (0..self.columns).map(|column| self.y_labels(column)).sum();
        let width = self.width - 2.0 * MARGIN - aside - labels - GAP * (self.columns - 1) as f64;
        let width = (width / self.columns as f64).max(SMALLEST);
        let height = self.height - self.top() - self.below() - self.used_height(width);
        [width, (height / self.rows() as f64).max(SMALLEST)]
    }

    /// Draws the figure.
    pub fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> DrawResult<B> {
        canvas.rect(Rect { left: 0.0, top: 0.0, right: self.width, bottom: self.height }, palette::WHITE)?;
        draw_header(canvas, &self.lines)?;
        for (panel, (rect, labels)) in self.figure.panels.iter().zip(self.places()) {
            panel::draw(panel, canvas, rect, labels)?;
        }
        self.draw_table_in_grid(canvas, &self.figure.table)?;
        let grid = self.grid();
        let bars = &self.figure.color_bars;
        let [bars_width, table_width, _] = self.parts_aside();
        let [bars_height, table_height, legend_height] = self.parts_below();
        let mut y = self.height - legend_height - table_height - bars_height;
        if self.is_narrow {
            color_bar::lying(bars, canvas, Rect { left: MARGIN, right: self.width - MARGIN, top: y, bottom: y + bars_height })?;
        } else if !bars.is_empty() {
            let left = grid.right + ASIDE;
            color_bar::upright(bars, canvas, Rect { left, right: left + color_bar::width(bars), ..grid })?;
        }
        y += bars_height;
        if let Some(table) = &self.table {
            table.draw(canvas, if self.is_narrow { [MARGIN, y] } else { [grid.right + bars_width + ASIDE, grid.top] })?;
        }
        let left = if self.legend_width > 0.0 {
            y = grid.top + LABEL.size * 0.6;
            grid.right + bars_width + table_width + ASIDE
        } else {
            y += table_height + LABEL.size * 0.9;
            MARGIN
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

    /// Draws a frame of an animation over its background.
    pub fn draw_frame<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, frame: &AnimationFrame, size: Size) -> DrawResult<B> {
        canvas.rect(Rect { left: 0.0, top: 0.0, right: self.width, bottom: self.top() }, palette::WHITE)?;
        draw_header(canvas, &header(self.figure, &frame.caption, size, self.width - 2.0 * MARGIN))?;
        for ((panel, layers), (rect, _)) in self.figure.panels.iter().zip(&frame.layers).zip(self.places()) {
            panel::draw_layers(panel, canvas, rect, layers)?;
        }
        self.draw_table_in_grid(canvas, &frame.table)
    }

    /// Draws a table after the last panel, if the table is in the grid.
    fn draw_table_in_grid<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, rows: &[TableRow]) -> DrawResult<B> {
        let Some((last, _)) = self.places().pop().filter(|_| self.is_table_in_grid) else { return Ok(()) };
        let left = last.right + GAP + self.y_labels(self.figure.panels.len() % self.columns);
        let cell = Rect { left, right: self.width - MARGIN, ..last };
        canvas.rect(cell, palette::WHITE)?;
        Table::new(rows, cell.right - cell.left).map_or(Ok(()), |table| table.draw(canvas, [cell.left, cell.top]))
    }

    /// The rectangle of each panel without axis labels, and its labels. With shared axes only the outer panels have axis labels, and gaps are
    /// narrow.
    fn places(&self) -> Vec<(Rect, AxisLabels)> {
        let (figure, [width, height]) = (self.figure, self.panel);
        let mut places = Vec::with_capacity(figure.panels.len());
        let mut top = self.top();
        for row in 0..self.rows() {
            let mut left = MARGIN;
            top += self.title_height(row, width);
            for column in 0..self.columns.min(figure.panels.len() - row * self.columns) {
                left += self.y_labels(column);
                let is_lowest = figure.panels.len() <= (row + 1) * self.columns + column;
                let labels = AxisLabels { x: !figure.shared_axes || is_lowest, y: !figure.shared_axes || column == 0 };
                places.push((Rect { left, top, right: left + width, bottom: top + height }, labels));
                left += width + GAP;
            }
            top += height + self.gap_below(row);
        }
        places
    }

    /// The rectangle of all panels, from the left margin.
    fn grid(&self) -> Rect {
        let top = self.top() + self.title_height(0, self.panel[0]);
        self.places().into_iter().fold(Rect { left: MARGIN, top, right: MARGIN, bottom: self.top() }, |grid, (rect, _)| Rect {
            right: grid.right.max(rect.right),
            bottom: grid.bottom.max(rect.bottom),
            ..grid
        })
    }
}

/// The wrapped lines of title, caption and note with their fonts and colours.
fn header(figure: &Figure, caption: &[String], size: Size, width: f64) -> Vec<(String, Font, Color)> {
    let wrap = |text: &str, font: Font, color| canvas::wrapped(text, font, width).into_iter().map(move |line| (line, font, color));
    let title = wrap(&figure.title, size.title_font(), palette::INK);
    title.chain(size.caption(caption).iter().chain([&figure.note]).flat_map(|text| wrap(text, CAPTION, palette::GRAY))).collect()
}

fn draw_header<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, lines: &[(String, Font, Color)]) -> DrawResult<B> {
    let mut top = MARGIN;
    for (line, font, color) in lines {
        canvas.text(&Text::new(line, [MARGIN, top + font.size / 2.0]).font(*font).color(*color))?;
        top += font.size * LINE_HEIGHT;
    }
    Ok(())
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
        LegendShape::Marker(marker) => {
            // The point of a triangle is its tip.
            let middle = if marker == Marker::Above { y - 4.0 } else { y };
            canvas.marker([x + 11.0, middle], marker, entry.color, 8.0)?;
        }
    }
    canvas.text(&Text::new(&entry.label, [x + 28.0, y]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::ticks::axis;
    use crate::figure::{ColorBar, Scale};

    /// Small multiples of square panels with titles of two lines, a colour bar and a legend of two lines.
    fn figure() -> Figure {
        let axis = |name| axis(name, Scale::Linear, [0.0, 1.0]);
        let title = "0.009851: converged, 0.0099 × limit".to_owned();
        let panel = Panel { title, x: axis("weight"), y: axis("bias"), equal_units: true, layers: Vec::new() };
        let entry = LegendEntry { label: "convergence threshold".into(), color: palette::INK, shape: LegendShape::Line(Dash::Dashed) };
        Figure {
            name: "small_multiples".into(),
            title: "paths for each learning_rate".into(),
            caption: vec!["The best of 12 runs reaches the optimum".into()],
            note: "12 of 100 runs are drawn".into(),
            columns: 4,
            panels: vec![panel; 12],
            shared_axes: true,
            legend: vec![entry; 6],
            color_bars: vec![ColorBar { label: "J".into(), edges: vec![0.0, 1.0], colors: vec![palette::INK], ticks: Vec::new() }],
            table: Vec::new(),
            size: [1170, 950],
        }
    }

    #[test]
    fn the_parts_of_a_picture_fit_its_height() {
        let figure = figure();
        for (size, name) in Size::ALL {
            let layout = Layout::new(&figure, size);
            assert!(layout.needed_height() <= layout.height + 0.5, "{name}: {} of {}", layout.needed_height(), layout.height);
        }
    }

    #[test]
    fn a_column_of_a_paper_is_not_higher_than_a_page() {
        let figure = figure();
        let layout = Layout::new(&figure, Size::Column);
        assert!(layout.columns >= 3 && layout.height <= PAGE_HEIGHT, "{} columns, {}", layout.columns, layout.height);
    }
}
