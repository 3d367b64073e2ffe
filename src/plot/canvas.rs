//! A sheet in CSS pixels on top of a plotters backend: lines, areas, marks and text, nothing clipped.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, FontTransform, IntoTextStyle as _, RGBColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

use super::{SCALE, glyphs};
use crate::figure::{Color, Dash, Mark};

/// The one font, by the name that SVG readers know it by.
const FONT: &str = "DejaVu Sans";

/// A point in CSS pixels.
pub type Spot = [f64; 2];

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    pub fn contains(&self, other: &Self) -> bool {
        self.left <= other.left && other.right <= self.right && self.top <= other.top && other.bottom <= self.bottom
    }
}

/// How text hangs on its point.
#[derive(Clone, Copy, Debug)]
pub enum Hang {
    Left,
    Center,
    Right,
    /// Turned by 90°, reading upwards, centred.
    Up,
}

/// See the module.
pub struct Canvas<'a, B: DrawingBackend> {
    backend: &'a mut B,
    /// Whether the backend paints pixels. Its own polylines have mitred joints that shoot far out of sharp turns.
    pixels: bool,
}

pub type Drawn<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

fn fine(spot: Spot) -> BackendCoord {
    let unit = |v: f64| (v * f64::from(SCALE)).round().clamp(-1e6, 1e6) as i32;
    (unit(spot[0]), unit(spot[1]))
}

fn paint(color: Color) -> plotters::style::RGBAColor {
    RGBColor(color.rgb[0], color.rgb[1], color.rgb[2]).mix(color.alpha)
}

impl<'a, B: DrawingBackend> Canvas<'a, B> {
    pub fn new(backend: &'a mut B, pixels: bool) -> Self {
        Self { backend, pixels }
    }

    /// A filled rectangle.
    pub fn rect(&mut self, rect: Rect, color: Color) -> Drawn<B> {
        let style = ShapeStyle { color: paint(color), filled: true, stroke_width: 0 };
        self.backend.draw_rect(fine([rect.left, rect.top]), fine([rect.right, rect.bottom]), &style, true)
    }

    /// A filled area; the rings after the first are holes.
    pub fn area(&mut self, rings: &[Vec<Spot>], color: Color) -> Drawn<B> {
        let points: Vec<BackendCoord> = bridged(rings).into_iter().map(fine).collect();
        if points.len() < 3 {
            return Ok(());
        }
        self.backend.fill_polygon(points, &paint(color))
    }

    /// A polyline, `width` CSS pixels wide.
    pub fn line(&mut self, points: &[Spot], color: Color, width: f64, dash: Dash) -> Drawn<B> {
        match dash {
            Dash::Solid => self.stroke(points, color, width),
            Dash::Dashed => dashes(points, 6.0, 4.0).iter().try_for_each(|piece| self.stroke(piece, color, width)),
        }
    }

    fn stroke(&mut self, points: &[Spot], color: Color, width: f64) -> Drawn<B> {
        let mut path: Vec<BackendCoord> = points.iter().copied().map(fine).collect();
        path.dedup();
        if path.len() < 2 {
            return Ok(());
        }
        let style = ShapeStyle { color: paint(color), filled: false, stroke_width: (width * f64::from(SCALE)).round().max(1.0) as u32 };
        if self.pixels { self.stroke_pieces(points, color, width) } else { self.backend.draw_path(path, &style) }
    }

    /// Each segment on its own, with round joints where the line covers.
    fn stroke_pieces(&mut self, points: &[Spot], color: Color, width: f64) -> Drawn<B> {
        let half = width / 2.0;
        for pair in points.windows(2) {
            let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
            let length = libm::hypot(x1 - x0, y1 - y0);
            if length > 0.0 {
                let (nx, ny) = ((y1 - y0) / length * half, (x0 - x1) / length * half);
                let corners = [[x0 + nx, y0 + ny], [x1 + nx, y1 + ny], [x1 - nx, y1 - ny], [x0 - nx, y0 - ny]].map(fine);
                self.backend.fill_polygon(corners, &paint(color))?;
            }
        }
        let joints = points.get(1..points.len().saturating_sub(1)).unwrap_or_default();
        if color.alpha >= 1.0 && width > 1.0 {
            for &joint in joints {
                self.disc(joint, half, color)?;
            }
        }
        Ok(())
    }

    /// A mark of `size` CSS pixels across.
    pub fn mark(&mut self, spot: Spot, mark: Mark, color: Color, size: f64) -> Drawn<B> {
        let light = Color { rgb: [255; 3], alpha: 1.0 };
        let half = size / 2.0;
        match mark {
            Mark::Dot => self.disc(spot, half, color),
            Mark::Filled => {
                self.disc(spot, half + 1.0, light)?;
                self.disc(spot, half, color)
            }
            Mark::Hollow => {
                self.disc(spot, half + 1.0, light)?;
                self.disc(spot, half, color)?;
                self.disc(spot, (half - 1.6).max(0.5), light)
            }
            Mark::Cross => {
                for (color, width) in [(light, 4.5), (color, 2.2)] {
                    let [x, y] = spot;
                    self.stroke(&[[x - half, y - half], [x + half, y + half]], color, width)?;
                    self.stroke(&[[x - half, y + half], [x + half, y - half]], color, width)?;
                }
                Ok(())
            }
            Mark::Rug => self.stroke(&[[spot[0], spot[1] - size], spot], color, 1.2),
        }
    }

    fn disc(&mut self, spot: Spot, radius: f64, color: Color) -> Drawn<B> {
        let style = ShapeStyle { color: paint(color), filled: true, stroke_width: 0 };
        self.backend.draw_circle(fine(spot), (radius * f64::from(SCALE)).round().max(1.0) as u32, &style, true)
    }

    /// Text of `size` CSS pixels.
    pub fn text(&mut self, text: &str, spot: Spot, hang: Hang, size: f64, bold: bool, color: Color) -> Drawn<B> {
        let pos = match hang {
            Hang::Left => Pos::new(HPos::Left, VPos::Center),
            Hang::Right => Pos::new(HPos::Right, VPos::Center),
            Hang::Center | Hang::Up => Pos::new(HPos::Center, VPos::Center),
        };
        if self.pixels {
            return self.text_as_pixels(text, spot, hang, size * f64::from(SCALE), bold, color);
        }
        let color = paint(color);
        let mut style = style(size, bold).pos(pos).color(&color);
        if matches!(hang, Hang::Up) {
            style = style.transform(FontTransform::Rotate270);
        }
        self.backend.draw_text(text, &style, fine(spot))
    }

    /// Text whose capitals are centred on the point's height.
    fn text_as_pixels(&mut self, text: &str, spot: Spot, hang: Hang, size: f64, bold: bool, color: Color) -> Drawn<B> {
        let (x, y) = fine(spot);
        let width = glyphs::width(text, size, bold);
        let before = match hang {
            Hang::Left => 0.0,
            Hang::Center | Hang::Up => width / 2.0,
            Hang::Right => width,
        };
        let (before, below) = (before.round() as i32, (glyphs::rise(size, bold) / 2.0).round() as i32);
        let mut drawn = Ok(());
        glyphs::cover(text, size, bold, |right, down, share| {
            let (along, across) = (right - before, down + below);
            let place = if matches!(hang, Hang::Up) { (x + across, y - along) } else { (x + along, y + across) };
            let ink = Color { alpha: color.alpha * share, ..color };
            if drawn.is_ok() && place.0 >= 0 && place.1 >= 0 {
                drawn = self.backend.draw_pixel(place, paint(ink).to_backend_color());
            }
        });
        drawn
    }
}

/// How wide a text is, in CSS pixels.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    glyphs::width(text, size * f64::from(SCALE), bold) / f64::from(SCALE)
}

/// Cuts a text into lines of at most `width`, at spaces.
pub fn wrapped(text: &str, size: f64, bold: bool, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size, bold) <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn style(size: f64, bold: bool) -> TextStyle<'static> {
    let weight = if bold { FontStyle::Bold } else { FontStyle::Normal };
    (FONT, size * f64::from(SCALE), weight).into_text_style(&(1, 1))
}

/// One closed line around an area and its holes: a bridge leads from the outer ring into each hole and back. Holes run against
/// the outer ring, so that both filling rules leave them out.
fn bridged(rings: &[Vec<Spot>]) -> Vec<Spot> {
    let Some((outer, holes)) = rings.split_first() else { return Vec::new() };
    let mut path = outer.clone();
    let Some(&home) = outer.first() else { return path };
    let clockwise = area(outer) > 0.0;
    for hole in holes.iter().filter(|hole| hole.len() > 2) {
        path.push(home);
        let against = (area(hole) > 0.0) != clockwise;
        if against {
            path.extend(hole);
            path.push(hole[0]);
        } else {
            path.push(hole[0]);
            path.extend(hole.iter().rev());
        }
        path.push(home);
    }
    path
}

fn area(ring: &[Spot]) -> f64 {
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
}

/// The pieces of a polyline that a dash pattern leaves.
fn dashes(points: &[Spot], on: f64, off: f64) -> Vec<Vec<Spot>> {
    let mut pieces = Vec::new();
    let (mut drawing, mut left, mut piece) = (true, on, points.first().map_or_else(Vec::new, |&first| vec![first]));
    for pair in points.windows(2) {
        let ([mut from, to], mut way) = ([pair[0], pair[1]], libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]));
        while way > left {
            let share = left / way;
            from = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
            way -= left;
            if drawing {
                piece.push(from);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![from];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= way;
        if drawing {
            piece.push(to);
        }
    }
    pieces.push(piece);
    pieces
}
