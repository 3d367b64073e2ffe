//! Where things go on the sheet: title and caption above, panels in a grid, colour bar to the right, legend below.

use plotters_backend::DrawingBackend;

use super::canvas::{self, Canvas, Drawn, Hang, Rect};
use super::panel;
use crate::figure::{Color, ColorBar, Dash, Figure, LegendEntry, LegendShape, palette};

/// Font sizes in CSS pixels.
pub const TITLE: f64 = 17.0;
pub const TEXT: f64 = 12.0;
pub const SMALL: f64 = 11.0;

const MARGIN: f64 = 18.0;
const LINE: f64 = 1.4;
/// Room of a colour bar, its ticks and label.
const BAR_ROOM: f64 = 76.0;

/// Draws a whole figure.
pub fn draw<B: DrawingBackend>(figure: &Figure, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
    let [width, height] = figure.size.map(f64::from);
    canvas.rect(Rect { left: 0.0, top: 0.0, right: width, bottom: height }, palette::WHITE)?;
    let mut top = MARGIN;
    for line in canvas::wrapped(&figure.title, TITLE, true, width - 2.0 * MARGIN) {
        canvas.text(&line, [MARGIN, top + TITLE / 2.0], Hang::Left, TITLE, true, palette::INK)?;
        top += TITLE * LINE;
    }
    for line in figure.caption.iter().flat_map(|text| canvas::wrapped(text, TEXT, false, width - 2.0 * MARGIN)).collect::<Vec<_>>() {
        canvas.text(&line, [MARGIN, top + TEXT / 2.0], Hang::Left, TEXT, false, palette::GRAY)?;
        top += TEXT * LINE;
    }
    let legend = legend_rows(&figure.legend, width - 2.0 * MARGIN);
    let legend_height = legend.len() as f64 * SMALL * 1.7;
    let bottom = height - MARGIN * 0.6 - legend_height;
    let right = width - MARGIN - if figure.color_bar.is_some() { BAR_ROOM } else { 0.0 };
    let sheet = Rect { left: MARGIN, top: top + 8.0, right, bottom };
    panels(figure, canvas, sheet)?;
    if let Some(bar) = &figure.color_bar {
        let room = Rect { left: right + 16.0, right: width - MARGIN, top: sheet.top + 24.0, bottom: sheet.bottom - 44.0 };
        color_bar(bar, canvas, room)?;
    }
    let mut y = bottom + SMALL * 0.9;
    for row in legend {
        let mut x = MARGIN;
        for (entry, width) in row {
            legend_entry(entry, canvas, x, y)?;
            x += width;
        }
        y += SMALL * 1.7;
    }
    Ok(())
}

/// The panels in their grid. With shared axes only the outer ones carry labels, and gaps are narrow.
fn panels<B: DrawingBackend>(figure: &Figure, canvas: &mut Canvas<'_, B>, sheet: Rect) -> Drawn<B> {
    let columns = figure.columns.max(1);
    let rows = figure.panels.len().div_ceil(columns).max(1);
    let shared = figure.shared_axes;
    let y_room: Vec<f64> = (0..columns)
        .map(|column| {
            let own = figure.panels.iter().enumerate().filter(|(index, _)| index % columns == column);
            let widest = own.flat_map(|(_, panel)| &panel.y.ticks).map(|tick| canvas::width(&tick.label, SMALL, false)).fold(0.0, f64::max);
            if shared && column > 0 { 10.0 } else { widest + 34.0 }
        })
        .collect();
    let x_room = 44.0;
    let title_room = |row: usize| {
        let own = &figure.panels[row * columns..figure.panels.len().min((row + 1) * columns)];
        if own.iter().any(|panel| !panel.title.is_empty()) { SMALL * 2.0 } else { 8.0 }
    };
    let bottom_room = |row: usize| if shared && row + 1 < rows { 8.0 } else { x_room };
    let used_width: f64 = y_room.iter().sum::<f64>() + 8.0 * (columns - 1) as f64;
    let used_height: f64 = (0..rows).map(|row| title_room(row) + bottom_room(row)).sum();
    let width = ((sheet.right - sheet.left - used_width) / columns as f64).max(20.0);
    let height = ((sheet.bottom - sheet.top - used_height) / rows as f64).max(20.0);
    let mut top = sheet.top;
    for row in 0..rows {
        let mut left = sheet.left;
        top += title_room(row);
        for column in 0..columns {
            left += y_room[column];
            if let Some(panel) = figure.panels.get(row * columns + column) {
                let below = figure.panels.len() <= (row + 1) * columns + column;
                let sides = panel::Sides { x: !shared || below, y: !shared || column == 0 };
                panel::draw(panel, canvas, Rect { left, top, right: left + width, bottom: top + height }, sides)?;
            }
            left += width + 8.0;
        }
        top += height + bottom_room(row);
    }
    Ok(())
}

/// Entries in rows that fit, each with the room that it takes.
fn legend_rows(entries: &[LegendEntry], width: f64) -> Vec<Vec<(&LegendEntry, f64)>> {
    let mut rows: Vec<Vec<(&LegendEntry, f64)>> = Vec::new();
    let mut used = f64::INFINITY;
    for entry in entries {
        let wide = 30.0 + canvas::width(&entry.label, SMALL, false) + 18.0;
        if used + wide > width {
            rows.push(Vec::new());
            used = 0.0;
        }
        used += wide;
        if let Some(row) = rows.last_mut() {
            row.push((entry, wide));
        }
    }
    rows
}

fn legend_entry<B: DrawingBackend>(entry: &LegendEntry, canvas: &mut Canvas<'_, B>, x: f64, y: f64) -> Drawn<B> {
    let ends = [[x, y], [x + 22.0, y]];
    match entry.shape {
        LegendShape::Line => canvas.line(&ends, entry.color, 2.2, Dash::Solid)?,
        LegendShape::DashedLine => canvas.line(&ends, entry.color, 1.6, Dash::Dashed)?,
        LegendShape::Area => canvas.rect(Rect { left: x, right: x + 22.0, top: y - 5.0, bottom: y + 5.0 }, entry.color)?,
        LegendShape::Mark(mark) => canvas.mark([x + 11.0, y], mark, entry.color, 8.0)?,
    }
    canvas.text(&entry.label, [x + 28.0, y], Hang::Left, SMALL, false, palette::INK)
}

fn color_bar<B: DrawingBackend>(bar: &ColorBar, canvas: &mut Canvas<'_, B>, room: Rect) -> Drawn<B> {
    let (Some(&low), Some(&high)) = (bar.edges.first(), bar.edges.last()) else { return Ok(()) };
    if low >= high {
        return Ok(());
    }
    let y = |value: f64| room.bottom - (value - low) / (high - low) * (room.bottom - room.top);
    let right = room.left + 14.0;
    for (pair, &color) in bar.edges.windows(2).zip(&bar.colors) {
        canvas.rect(Rect { left: room.left, right, top: y(pair[1]), bottom: y(pair[0]) }, color)?;
    }
    for tick in bar.ticks.iter().filter(|tick| (low..=high).contains(&tick.at)) {
        let level = y(tick.at);
        canvas.line(&[[right, level], [right + 4.0, level]], palette::GRAY, 1.0, Dash::Solid)?;
        canvas.text(&tick.label, [right + 7.0, level], Hang::Left, SMALL, false, palette::INK)?;
    }
    let ink = Color { alpha: 1.0, ..palette::INK };
    canvas.text(&bar.label, [room.right - 4.0, f64::midpoint(room.top, room.bottom)], Hang::Up, SMALL, false, ink)
}
