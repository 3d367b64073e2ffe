//! Colour bars: upright to the right of the panels, or lying below them in narrow pictures.

use plotters_backend::DrawingBackend;

use super::canvas::{self, Anchor, Canvas, DrawResult, Rect, Text};
use super::panel::stride;
use super::style::LABEL;
use crate::figure::{ColorBar, Dash, palette};

/// Widths of an upright bar, and of several ones, with their ticks and labels.
const WIDTHS: [f64; 2] = [60.0, 86.0];
/// Height of a lying bar with its ticks.
pub const HEIGHT: f64 = 34.0;
/// The thickness of a bar, and the length of a tick.
const THICKNESS: f64 = 14.0;
const TICK: f64 = 4.0;
/// Distance between two bars.
const GAP: f64 = 14.0;
/// Height of a line of a label.
const LINE: f64 = LABEL.size * 1.25;

/// The width of upright bars with their ticks and labels; 0 without bars.
pub fn width(bars: &[ColorBar]) -> f64 {
    match bars.len() {
        0 => 0.0,
        1 => WIDTHS[0],
        _ => WIDTHS[1],
    }
}

/// Draws bars from top to bottom into a rectangle. A label that is longer than its bar would run into the next one, so then all labels are above
/// their bars.
pub fn upright<B: DrawingBackend>(bars: &[ColorBar], canvas: &mut Canvas<'_, B>, bounds: Rect) -> DrawResult<B> {
    let share = (bounds.bottom - bounds.top + GAP) / bars.len().max(1) as f64;
    let is_rotated = bars.iter().all(|bar| canvas::width(&bar.label, LABEL) <= share - GAP);
    for (index, bar) in bars.iter().enumerate() {
        let (mut top, bottom) = (bounds.top + share * index as f64, bounds.top + share * (index + 1) as f64 - GAP);
        if is_rotated {
            let middle = f64::midpoint(top, bottom);
            canvas.text(&Text::new(&bar.label, [bounds.right - 4.0, middle]).anchor(Anchor::Vertical))?;
        } else {
            for line in canvas::wrapped(&bar.label, LABEL, bounds.right - bounds.left) {
                canvas.text(&Text::new(&line, [bounds.left, top + LINE * 0.4]))?;
                top += LINE;
            }
            top += 2.0;
        }
        let Some(scale) = Scale::of(bar, [bottom, top]) else { continue };
        let right = bounds.left + THICKNESS;
        for (pair, &color) in bar.edges.windows(2).zip(&bar.colors) {
            canvas.rect(Rect { left: bounds.left, right, top: scale.at(pair[1]), bottom: scale.at(pair[0]) }, color)?;
        }
        outline(canvas, Rect { left: bounds.left, top, right, bottom })?;
        for (position, label) in scale.ticks(bar, |_| LABEL.size * 1.2) {
            canvas.line(&[[right, position], [right + TICK, position]], palette::GRAY, 1.0, Dash::Solid)?;
            canvas.text(&Text::new(label, [right + TICK + 3.0, position]))?;
        }
    }
    Ok(())
}

/// Draws bars below each other into a rectangle, with their labels on the left.
pub fn lying<B: DrawingBackend>(bars: &[ColorBar], canvas: &mut Canvas<'_, B>, bounds: Rect) -> DrawResult<B> {
    let widest = bars.iter().map(|bar| canvas::width(&bar.label, LABEL)).fold(0.0, f64::max);
    let last = bars.iter().filter_map(|bar| bar.ticks.last()).map(|tick| canvas::width(&tick.label, LABEL)).fold(0.0, f64::max);
    let [left, right] = [bounds.left + widest + 12.0, bounds.right - last / 2.0];
    for (index, bar) in bars.iter().enumerate() {
        let top = bounds.top + HEIGHT * index as f64;
        let bottom = top + THICKNESS;
        canvas.text(&Text::new(&bar.label, [bounds.left, top + THICKNESS / 2.0]))?;
        let Some(scale) = Scale::of(bar, [left, right]) else { continue };
        for (pair, &color) in bar.edges.windows(2).zip(&bar.colors) {
            canvas.rect(Rect { left: scale.at(pair[0]), right: scale.at(pair[1]), top, bottom }, color)?;
        }
        outline(canvas, Rect { left, top, right, bottom })?;
        for (position, label) in scale.ticks(bar, |label| canvas::width(label, LABEL) + 6.0) {
            canvas.line(&[[position, bottom], [position, bottom + TICK]], palette::GRAY, 1.0, Dash::Solid)?;
            canvas.text(&Text::new(label, [position, bottom + TICK + 8.0]).anchor(Anchor::Center))?;
        }
    }
    Ok(())
}

/// Draws the outline of a bar, because its light end has little contrast to the page.
fn outline<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, Rect { left, top, right, bottom }: Rect) -> DrawResult<B> {
    canvas.line(&[[left, top], [right, top], [right, bottom], [left, bottom], [left, top]], palette::GRAY, 0.6, Dash::Solid)
}

/// The projection from values of a bar to layout units.
struct Scale {
    values: [f64; 2],
    ends: [f64; 2],
}

impl Scale {
    /// The scale of a bar between two positions; `None` for an empty bar.
    fn of(bar: &ColorBar, ends: [f64; 2]) -> Option<Self> {
        let values = [*bar.edges.first()?, *bar.edges.last()?];
        (values[0] < values[1]).then_some(Self { values, ends })
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value - self.values[0]) / (self.values[1] - self.values[0]);
        self.ends[0] + (self.ends[1] - self.ends[0]) * share
    }

    /// The positions and labels of the ticks. Ticks are left out where labels of these sizes would overlap.
    fn ticks<'b>(&self, bar: &'b ColorBar, size: impl Fn(&str) -> f64) -> Vec<(f64, &'b str)> {
        let inside = bar.ticks.iter().filter(|tick| (self.values[0]..=self.values[1]).contains(&tick.at));
        let ticks: Vec<(f64, &str)> = inside.map(|tick| (self.at(tick.at), tick.label.as_str())).collect();
        let stride = stride(&ticks, size);
        ticks.into_iter().step_by(stride).collect()
    }
}
