//! A table next to the panels of a figure.

use plotters_backend::DrawingBackend;

use super::canvas::{self, Anchor, Canvas, DrawResult, Text};
use super::style::{Font, LABEL, PANEL_TITLE};
use crate::figure::{Dash, TableRow};

/// The width of the line sample at the left of a row, and the distance between columns.
const SAMPLE: f64 = 18.0;
const GAP: f64 = 14.0;
/// The heights of the first line of a row, and of a further line.
const ROW: f64 = LABEL.size * 1.7;
const LINE: f64 = LABEL.size * 1.25;
/// The smallest width of a column of words.
const LEAST_WORDS: f64 = 70.0;

/// A table with the lines of its cells and the widths of its columns.
#[derive(Clone)]
pub struct Table<'a> {
    rows: &'a [TableRow],
    /// The lines of each cell.
    lines: Vec<Vec<Vec<String>>>,
    widths: Vec<f64>,
}

impl<'a> Table<'a> {
    /// A table of at most this width, if its words can be wrapped so far; `None` without rows.
    pub fn new(rows: &'a [TableRow], limit: f64) -> Option<Self> {
        let columns = rows.iter().map(|row| row.cells.len()).max().filter(|columns| *columns > 0)?;
        let widest = |column: usize| {
            let cells = rows.iter().enumerate().filter_map(|(row, own)| Some(canvas::width(own.cells.get(column)?, font(row))));
            cells.fold(0.0, f64::max)
        };
        let mut widths: Vec<f64> = (0..columns).map(widest).collect();
        let excess = SAMPLE + widths.iter().map(|width| GAP + width).sum::<f64>() - limit;
        let words = (0..columns).filter(|&column| !has_numbers(rows, column)).max_by(|&a, &b| widths[a].total_cmp(&widths[b]));
        if let Some(column) = words.filter(|_| excess > 0.0) {
            widths[column] = (widths[column] - excess).max(LEAST_WORDS.min(widths[column]));
        }
        let wrapped = |(row, own): (usize, &TableRow)| {
            own.cells.iter().zip(&widths).map(|(cell, &width)| canvas::wrapped(cell, font(row), width + 0.1)).collect()
        };
        Some(Self { rows, lines: rows.iter().enumerate().map(wrapped).collect(), widths })
    }

    pub fn width(&self) -> f64 {
        SAMPLE + self.widths.iter().map(|width| GAP + width).sum::<f64>()
    }

    pub fn height(&self) -> f64 {
        self.lines.iter().map(|cells| height(cells)).sum()
    }

    /// Draws the table with its upper left corner at a point.
    pub fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, [left, mut top]: [f64; 2]) -> DrawResult<B> {
        for (index, (row, cells)) in self.rows.iter().zip(&self.lines).enumerate() {
            let first = top + ROW / 2.0;
            if let Some(color) = row.color {
                canvas.line(&[[left, first], [left + SAMPLE, first]], color, 2.2, Dash::Solid)?;
            }
            let mut x = left + SAMPLE + GAP;
            for (column, (lines, width)) in cells.iter().zip(&self.widths).enumerate() {
                for (number, line) in lines.iter().enumerate() {
                    let y = first + LINE * number as f64;
                    let text = Text::new(line, [x, y]).font(font(index));
                    let right = Text::new(line, [x + width, y]).font(font(index)).anchor(Anchor::Right);
                    canvas.text(if has_numbers(self.rows, column) { &right } else { &text })?;
                }
                x += width + GAP;
            }
            top += height(cells);
        }
        Ok(())
    }
}

/// Whether a column holds numbers: some cell below the heading begins with a digit.
fn has_numbers(rows: &[TableRow], column: usize) -> bool {
    let mut cells = rows.iter().skip(1).filter_map(|row| row.cells.get(column));
    cells.any(|cell| cell.starts_with(|first: char| first.is_ascii_digit()))
}

/// The height of a row.
fn height(cells: &[Vec<String>]) -> f64 {
    ROW + LINE * cells.iter().map(Vec::len).max().unwrap_or(0).saturating_sub(1) as f64
}

fn font(row: usize) -> Font {
    if row == 0 { PANEL_TITLE } else { LABEL }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<TableRow> {
        let row = |cells: [&str; 3]| TableRow { color: None, cells: cells.map(String::from).to_vec() };
        vec![row(["size", "best setting", "epochs"]), row(["16", "learning_rate 0.002057, momentum 0.88, nesterov true", "1,120"])]
    }

    #[test]
    fn words_are_wrapped_so_that_a_table_fits() {
        let rows = rows();
        let (wide, narrow) = (Table::new(&rows, 1e3).unwrap(), Table::new(&rows, 250.0).unwrap());
        assert!(wide.width() > 250.0 && narrow.width() <= 250.0 + 1e-9, "{} and {}", wide.width(), narrow.width());
        assert!(narrow.height() > wide.height());
        assert_eq!(narrow.lines[1][1].join(" "), rows[1].cells[1]);
        assert_eq!([narrow.lines[1][0].len(), narrow.lines[1][2].len()], [1, 1], "numbers stay in one line");
        assert!(Table::new(&[], 250.0).is_none());
    }
}
