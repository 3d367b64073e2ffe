//! The layout of a figure: title and caption at the top, a grid of panels, the colour bar on the right, the legend at the bottom.

use plotters_backend::DrawingBackend;

use super::canvas::{self, Anchor, Canvas, DrawResult, Rect, Text};
use super::panel::{self, AxisLabels};
use super::style::{CAPTION, LABEL, TITLE};
use crate::figure::{ColorBar, Dash, Figure, LegendEntry, LegendShape, palette};

const MARGIN: f64 = 18.0;
/// Line height as a multiple of the font size.
const LINE_HEIGHT: f64 = 1.4;
/// Line height of the legend, in CSS pixels.
const LEGEND_LINE: f64 = LABEL.size * 1.7;
/// Width of the colour bar with its ticks and label.
const BAR_WIDTH: f64 = 76.0;
/// Distance between two colour bars.
const BAR_GAP: f64 = 26.0;

/// Draws a whole figure.
pub fn draw<B: DrawingBackend>(figure: &Figure, canvas: &mut Canvas<'_, B>) -> DrawResult<B> {
    let [width, height] = figure.size.map(f64::from);
    canvas.rect(Rect { left: 0.0, top: 0.0, right: width, bottom: height }, palette::WHITE)?;
    let mut top = MARGIN;
    for line in canvas::wrapped(&figure.title, TITLE, width - 2.0 * MARGIN) {
        canvas.text(&Text::new(&line, [MARGIN, top + TITLE.size / 2.0]).font(TITLE))?;
        top += TITLE.size * LINE_HEIGHT;
    }
    for line in figure.caption.iter().flat_map(|text| canvas::wrapped(text, CAPTION, width - 2.0 * MARGIN)) {
        canvas.text(&Text::new(&line, [MARGIN, top + CAPTION.size / 2.0]).font(CAPTION).color(palette::GRAY))?;
        top += CAPTION.size * LINE_HEIGHT;
    }
    let legend = legend_rows(&figure.legend, width - 2.0 * MARGIN);
    let legend_height = legend.len() as f64 * LEGEND_LINE;
    let bottom = height - MARGIN * 0.6 - legend_height;
    let right = width - MARGIN - if figure.color_bars.is_empty() { 0.0 } else { BAR_WIDTH };
    let area = Rect { left: MARGIN, top: top + 8.0, right, bottom };
    panels(figure, canvas, area)?;
    let (top, height) = (area.top + 24.0, area.bottom - area.top - 68.0);
    let share = height / figure.color_bars.len().max(1) as f64;
    for (index, bar) in figure.color_bars.iter().enumerate() {
        let (top, gap) = (top + share * index as f64, if index + 1 < figure.color_bars.len() { BAR_GAP } else { 0.0 });
        color_bar(bar, canvas, Rect { left: right + 16.0, right: width - MARGIN, top, bottom: top + share - gap })?;
    }
    let mut y = bottom + LABEL.size * 0.9;
    for row in legend {
        let mut x = MARGIN;
        for (entry, width) in row {
            legend_entry(entry, canvas, [x, y])?;
            x += width;
        }
        y += LEGEND_LINE;
    }
    Ok(())
}

/// Draws the grid of panels. With shared axes only the outer panels have axis labels, and gaps are narrow.
fn panels<B: DrawingBackend>(figure: &Figure, canvas: &mut Canvas<'_, B>, area: Rect) -> DrawResult<B> {
    let columns = figure.columns.max(1);
    let rows = figure.panels.len().div_ceil(columns).max(1);
    let shared = figure.shared_axes;
    let y_label_width: Vec<f64> = (0..columns)
        .map(|column| {
            let own = figure.panels.iter().enumerate().filter(|(index, _)| index % columns == column);
            let widest = own.flat_map(|(_, panel)| &panel.y.ticks).map(|tick| canvas::width(&tick.label, LABEL)).fold(0.0, f64::max);
            if shared && column > 0 { 10.0 } else { widest + 34.0 }
        })
        .collect();
    let x_label_height = 44.0;
    let title_height = |row: usize| {
        let own = &figure.panels[row * columns..figure.panels.len().min((row + 1) * columns)];
        if own.iter().any(|panel| !panel.title.is_empty()) { LABEL.size * 2.0 } else { 8.0 }
    };
    let gap_below = |row: usize| if shared && row + 1 < rows { 8.0 } else { x_label_height };
    let used_width: f64 = y_label_width.iter().sum::<f64>() + 8.0 * (columns - 1) as f64;
    let used_height: f64 = (0..rows).map(|row| title_height(row) + gap_below(row)).sum();
    let width = ((area.right - area.left - used_width) / columns as f64).max(20.0);
    let height = ((area.bottom - area.top - used_height) / rows as f64).max(20.0);
    let mut top = area.top;
    for row in 0..rows {
        let mut left = area.left;
        top += title_height(row);
        for column in 0..columns {
            left += y_label_width[column];
            if let Some(panel) = figure.panels.get(row * columns + column) {
                let is_lowest = figure.panels.len() <= (row + 1) * columns + column;
                let labels = AxisLabels { x: !shared || is_lowest, y: !shared || column == 0 };
                panel::draw(panel, canvas, Rect { left, top, right: left + width, bottom: top + height }, labels)?;
            }
            left += width + 8.0;
        }
        top += height + gap_below(row);
    }
    Ok(())
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
