//! One panel: its ground, axes and layers.

use plotters_backend::DrawingBackend;

use super::canvas::{self, Canvas, Drawn, Hang, Rect, Spot};
use super::clip;
use super::layout::SMALL;
use crate::figure::{Axis, Color, Dash, Layer, Mark, Panel, Scale, palette};

/// Which axes carry labels.
#[derive(Clone, Copy, Debug)]
pub struct Sides {
    pub x: bool,
    pub y: bool,
}

const GROUND: Color = Color { rgb: [0xfb, 0xfb, 0xfb], alpha: 1.0 };
const GRID: Color = Color { rgb: [0xe6, 0xe6, 0xe6], alpha: 1.0 };
const FRAME: Color = Color { rgb: [0x99, 0x99, 0x99], alpha: 1.0 };
const HALO: Color = Color { rgb: [255; 3], alpha: 0.75 };

/// The way from data coordinates to the sheet.
struct Frame<'a> {
    panel: &'a Panel,
    rect: Rect,
}

/// A coordinate as a share of its axis; `None` where a log axis has no place for it.
fn share(axis: &Axis, value: f64) -> Option<f64> {
    let place = |v: f64| match axis.scale {
        Scale::Linear => Some(v),
        Scale::Log => (v > 0.0).then(|| libm::log10(v)),
    };
    let (low, high) = (place(axis.range[0])?, place(axis.range[1])?);
    let share = (place(value)? - low) / (high - low);
    share.is_finite().then_some(share)
}

impl Frame<'_> {
    fn x(&self, value: f64) -> Option<f64> {
        Some(self.rect.left + share(&self.panel.x, value)? * (self.rect.right - self.rect.left))
    }

    fn y(&self, value: f64) -> Option<f64> {
        Some(self.rect.bottom - share(&self.panel.y, value)? * (self.rect.bottom - self.rect.top))
    }

    fn spot(&self, [x, y]: [f64; 2]) -> Option<Spot> {
        Some([self.x(x)?, self.y(y)?])
    }

    fn spots(&self, points: &[[f64; 2]]) -> Vec<Spot> {
        points.iter().filter_map(|&point| self.spot(point)).collect()
    }

    fn holds(&self, spot: Spot) -> bool {
        let at = Rect { left: spot[0], right: spot[0], top: spot[1], bottom: spot[1] };
        let room =
            Rect { left: self.rect.left - 0.5, top: self.rect.top - 0.5, right: self.rect.right + 0.5, bottom: self.rect.bottom + 0.5 };
        room.contains(&at)
    }
}

/// Draws a panel into its rectangle; labels of axes go outside of it.
pub fn draw<B: DrawingBackend>(panel: &Panel, canvas: &mut Canvas<'_, B>, rect: Rect, sides: Sides) -> Drawn<B> {
    let frame = Frame { panel, rect };
    canvas.rect(rect, GROUND)?;
    grid(&frame, canvas)?;
    let mut taken = Vec::new();
    for layer in &panel.layers {
        draw_layer(&frame, canvas, layer, &mut taken)?;
    }
    let Rect { left, top, right, bottom } = rect;
    canvas.line(&[[left, top], [right, top], [right, bottom], [left, bottom], [left, top]], FRAME, 1.0, Dash::Solid)?;
    if !panel.title.is_empty() {
        let lines = canvas::wrapped(&panel.title, SMALL, true, right - left);
        for (index, line) in lines.iter().rev().enumerate() {
            canvas.text(line, [left, top - SMALL * (0.9 + 1.25 * index as f64)], Hang::Left, SMALL, true, palette::INK)?;
        }
    }
    if sides.x {
        x_axis(&frame, canvas)?;
    }
    if sides.y {
        y_axis(&frame, canvas)?;
    }
    Ok(())
}

fn grid<B: DrawingBackend>(frame: &Frame<'_>, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
    for x in frame.panel.x.ticks.iter().filter_map(|tick| frame.x(tick.at)) {
        canvas.line(&[[x, frame.rect.top], [x, frame.rect.bottom]], GRID, 1.0, Dash::Solid)?;
    }
    for y in frame.panel.y.ticks.iter().filter_map(|tick| frame.y(tick.at)) {
        canvas.line(&[[frame.rect.left, y], [frame.rect.right, y]], GRID, 1.0, Dash::Solid)?;
    }
    Ok(())
}

fn x_axis<B: DrawingBackend>(frame: &Frame<'_>, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
    let mut end = f64::NEG_INFINITY;
    for tick in &frame.panel.x.ticks {
        let Some(x) = frame.x(tick.at) else { continue };
        canvas.line(&[[x, frame.rect.bottom], [x, frame.rect.bottom + 4.0]], FRAME, 1.0, Dash::Solid)?;
        let half = canvas::width(&tick.label, SMALL, false) / 2.0;
        if x - half > end + 4.0 {
            canvas.text(&tick.label, [x, frame.rect.bottom + 12.0], Hang::Center, SMALL, false, palette::INK)?;
            end = x + half;
        }
    }
    let middle = f64::midpoint(frame.rect.left, frame.rect.right);
    canvas.text(&frame.panel.x.label, [middle, frame.rect.bottom + 30.0], Hang::Center, SMALL, false, palette::INK)
}

fn y_axis<B: DrawingBackend>(frame: &Frame<'_>, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
    let (mut end, mut widest) = (f64::INFINITY, 0.0_f64);
    for tick in &frame.panel.y.ticks {
        let Some(y) = frame.y(tick.at) else { continue };
        canvas.line(&[[frame.rect.left - 4.0, y], [frame.rect.left, y]], FRAME, 1.0, Dash::Solid)?;
        widest = widest.max(canvas::width(&tick.label, SMALL, false));
        if y + SMALL * 0.6 < end {
            canvas.text(&tick.label, [frame.rect.left - 7.0, y], Hang::Right, SMALL, false, palette::INK)?;
            end = y - SMALL * 0.6;
        }
    }
    let middle = f64::midpoint(frame.rect.top, frame.rect.bottom);
    canvas.text(&frame.panel.y.label, [frame.rect.left - widest - 18.0, middle], Hang::Up, SMALL, false, palette::INK)
}

fn draw_layer<B: DrawingBackend>(frame: &Frame<'_>, canvas: &mut Canvas<'_, B>, layer: &Layer, taken: &mut Vec<Rect>) -> Drawn<B> {
    match layer {
        Layer::Area { rings, color } => {
            let rings: Vec<Vec<Spot>> = rings.iter().map(|ring| clip::ring(&frame.spots(ring), &frame.rect)).collect();
            canvas.area(&rings, *color)
        }
        Layer::Line { points, color, width, dash } => {
            let pieces = clip::lines(&frame.spots(points), &frame.rect);
            pieces.iter().try_for_each(|piece| canvas.line(piece, *color, *width, *dash))
        }
        Layer::Marks { points, mark, color, size } => {
            let spots = points.iter().filter_map(|&point| match mark {
                Mark::Rug => Some([frame.x(point[0])?, frame.rect.bottom - 1.0]),
                _ => frame.spot(point),
            });
            let inside: Vec<Spot> = spots.filter(|&spot| frame.holds(spot)).collect();
            inside.into_iter().try_for_each(|spot| canvas.mark(spot, *mark, *color, *size))
        }
        Layer::Rule { at, vertical, label, color, dash } => rule(frame, canvas, (*at, *vertical), label, (*color, *dash), taken),
        Layer::Label { at, text, color } => match frame.spot(*at).filter(|&spot| frame.holds(spot)) {
            Some(spot) => place(frame, canvas, text, spot, *color, taken),
            None => Ok(()),
        },
    }
}

/// A line across the panel, labelled at the end where there is room.
fn rule<B: DrawingBackend>(
    frame: &Frame<'_>,
    canvas: &mut Canvas<'_, B>,
    (at, vertical): (f64, bool),
    label: &str,
    (color, dash): (Color, Dash),
    taken: &mut Vec<Rect>,
) -> Drawn<B> {
    let Rect { left, top, right, bottom } = frame.rect;
    let place_at = if vertical { frame.x(at) } else { frame.y(at) };
    let Some(place_at) = place_at else { return Ok(()) };
    let ends = if vertical { [[place_at, top], [place_at, bottom]] } else { [[left, place_at], [right, place_at]] };
    let pieces = clip::lines(&ends, &frame.rect);
    if pieces.is_empty() {
        return Ok(());
    }
    canvas.line(&pieces[0], color, 1.4, dash)?;
    if label.is_empty() {
        return Ok(());
    }
    let spot = if vertical { [place_at, top + 9.0] } else { [right - 4.0 - canvas::width(label, SMALL, false), place_at - 8.0] };
    place(frame, canvas, label, spot, color, taken)
}

/// Writes a label right of a point, or left, above or below, wherever it overlaps no earlier one; else leaves it out.
fn place<B: DrawingBackend>(
    frame: &Frame<'_>,
    canvas: &mut Canvas<'_, B>,
    text: &str,
    [x, y]: Spot,
    color: Color,
    taken: &mut Vec<Rect>,
) -> Drawn<B> {
    let (width, high) = (canvas::width(text, SMALL, false), SMALL * 1.2);
    let at = |left: f64, middle: f64| Rect { left, right: left + width, top: middle - high / 2.0, bottom: middle + high / 2.0 };
    let tries = [at(x + 6.0, y), at(x - 6.0 - width, y), at(x - width / 2.0, y - 14.0), at(x - width / 2.0, y + 14.0)];
    let free = |rect: &&Rect| frame.rect.contains(rect) && !taken.iter().any(|other| other.overlaps(rect));
    let Some(&rect) = tries.iter().find(free) else { return Ok(()) };
    taken.push(rect);
    canvas.rect(Rect { left: rect.left - 2.0, right: rect.right + 2.0, ..rect }, HALO)?;
    canvas.text(text, [rect.left, f64::midpoint(rect.top, rect.bottom)], Hang::Left, SMALL, false, color)
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
        let frame = Frame { panel: &panel, rect: Rect { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0 } };
        // A diverging run: b moves by a hundredth of w, and both are far beyond the panel.
        let spots = frame.spots(&[[-1e9, 0.5 - 1e7], [1e9, 0.5 + 1e7]]);
        let inside = clip::lines(&spots, &frame.rect);
        assert!(inside[0].iter().all(|spot| (spot[1] - 50.0).abs() < 1.1), "{inside:?}");
    }
}
