//! Primitives in layout units on a plotters backend: lines, areas, markers and text. Nothing is clipped here.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, FontTransform, IntoTextStyle as _, RGBColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

use super::glyphs;
use super::style::{Font, LABEL, SCALE};
use crate::figure::{Color, Dash, Marker, palette};
use crate::text::printable;

/// The font family in SVG files.
const FONT_FAMILY: &str = "DejaVu Sans";

/// A point in layout units.
pub type Point = [f64; 2];

/// A rectangle in layout units.
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

/// The position of a text relative to its point.
#[derive(Clone, Copy, Debug)]
pub enum Anchor {
    Left,
    Center,
    Right,
    /// Rotated by 90°, reading upwards, centred.
    Vertical,
}

/// A line of text.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "the string is the text")]
pub struct Text<'a> {
    text: &'a str,
    at: Point,
    anchor: Anchor,
    font: Font,
    color: Color,
}

impl<'a> Text<'a> {
    /// A label that starts at a point.
    pub fn new(text: &'a str, at: Point) -> Self {
        Self { text, at, anchor: Anchor::Left, font: LABEL, color: palette::INK }
    }

    pub fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub fn font(self, font: Font) -> Self {
        Self { font, ..self }
    }

    pub fn color(self, color: Color) -> Self {
        Self { color, ..self }
    }
}

/// A drawing surface in layout units.
pub struct Canvas<'a, B: DrawingBackend> {
    backend: &'a mut B,
    /// Whether the backend paints pixels. Its own polylines have mitre joins, which overshoot at sharp turns.
    is_bitmap: bool,
    /// Drawing units per layout unit.
    scale: f64,
    images: Vec<Image>,
}

/// Cells that an SVG file contains as an image.
pub struct Image {
    pub rect: Rect,
    pub columns: usize,
    pub colors: Vec<[u8; 3]>,
}

/// The text that stands for an image until the SVG file is complete, because plotters cannot write images without a second PNG library.
pub fn placeholder(image: usize) -> String {
    format!("image {image} of the figure")
}

/// The result of a drawing operation.
pub type DrawResult<B> = Result<(), DrawError<B>>;
/// The error of a drawing operation.
pub type DrawError<B> = DrawingErrorKind<<B as DrawingBackend>::ErrorType>;

/// Converts a colour to a plotters colour. An opacity that is no number counts as opaque.
fn paint(color: Color) -> plotters::style::RGBAColor {
    let alpha = if color.alpha.is_nan() { 1.0 } else { color.alpha.clamp(0.0, 1.0) };
    RGBColor(color.rgb[0], color.rgb[1], color.rgb[2]).mix(alpha)
}

impl<'a, B: DrawingBackend> Canvas<'a, B> {
    /// A canvas on a backend that paints pixels, `scale` of them per layout unit.
    pub fn bitmap(backend: &'a mut B, scale: u32) -> Self {
        Self { backend, is_bitmap: true, scale: f64::from(scale), images: Vec::new() }
    }

    /// A canvas on a backend that writes lines, areas and text.
    pub fn vector(backend: &'a mut B) -> Self {
        Self { backend, is_bitmap: false, scale: f64::from(SCALE), images: Vec::new() }
    }

    /// A point in drawing units.
    fn device(&self, point: Point) -> BackendCoord {
        let unit = |v: f64| (v * self.scale).round().clamp(-1e6, 1e6) as i32;
        (unit(point[0]), unit(point[1]))
    }

    /// A length in drawing units, at least 1.
    fn length(&self, units: f64) -> u32 {
        (units * self.scale).round().max(1.0) as u32
    }

    /// Draws a filled rectangle.
    pub fn rect(&mut self, rect: Rect, color: Color) -> DrawResult<B> {
        let style = ShapeStyle { color: paint(color), filled: true, stroke_width: 0 };
        let corners = [[rect.left, rect.top], [rect.right, rect.bottom]].map(|corner| self.device(corner));
        self.backend.draw_rect(corners[0], corners[1], &style, true)
    }

    /// Fills a rectangle with equal cells: `columns` cells per row, row by row from the lower left corner.
    pub fn cells(&mut self, rect: Rect, columns: usize, colors: &[[u8; 3]]) -> DrawResult<B> {
        let rows = colors.len().checked_div(columns).unwrap_or(0);
        if rows == 0 {
            return Ok(());
        }
        if !self.is_bitmap {
            self.images.push(Image { rect, columns, colors: colors.to_vec() });
            return self.text(&Text::new(&placeholder(self.images.len() - 1), [rect.left, rect.top]));
        }
        let ((left, top), (right, bottom)) = (self.device([rect.left, rect.top]), self.device([rect.right, rect.bottom]));
        let (width, height) = ((right - left).max(1) as usize, (bottom - top).max(1) as usize);
        let mut pixels = Vec::with_capacity(3 * width * height);
        for y in (0..height).rev() {
            let row = &colors[y * rows / height * columns..][..columns];
            pixels.extend((0..width).flat_map(|x| row[x * columns / width]));
        }
        self.backend.blit_bitmap((left, top), (width as u32, height as u32), &pixels)
    }

    /// The images of an SVG file; the text [`placeholder`] stands for each of them.
    pub fn into_images(self) -> Vec<Image> {
        self.images
    }

    /// Draws a filled area. The rings after the first one are holes.
    pub fn area(&mut self, rings: &[Vec<Point>], color: Color) -> DrawResult<B> {
        let points: Vec<BackendCoord> = bridged(rings).into_iter().map(|point| self.device(point)).collect();
        if points.len() < 3 {
            return Ok(());
        }
        self.backend.fill_polygon(points, &paint(color))
    }

    /// Draws a polyline.
    pub fn line(&mut self, points: &[Point], color: Color, width: f64, dash: Dash) -> DrawResult<B> {
        match pattern(dash) {
            [] => self.stroke(points, color, width),
            pattern => dashes(points, pattern).iter().try_for_each(|part| self.stroke(part, color, width)),
        }
    }

    fn stroke(&mut self, points: &[Point], color: Color, width: f64) -> DrawResult<B> {
        let mut path: Vec<BackendCoord> = points.iter().map(|&point| self.device(point)).collect();
        path.dedup();
        if path.len() < 2 {
            return Ok(());
        }
        let style = ShapeStyle { color: paint(color), filled: false, stroke_width: self.length(width) };
        if self.is_bitmap { self.stroke_segments(points, color, width) } else { self.backend.draw_path(path, &style) }
    }

    /// Draws each segment as a rectangle, with round joins for opaque lines.
    fn stroke_segments(&mut self, points: &[Point], color: Color, width: f64) -> DrawResult<B> {
        let half = width / 2.0;
        for pair in points.windows(2) {
            let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
            let length = libm::hypot(x1 - x0, y1 - y0);
            if length > 0.0 {
                let (nx, ny) = ((y1 - y0) / length * half, (x0 - x1) / length * half);
                let corners =
                    [[x0 + nx, y0 + ny], [x1 + nx, y1 + ny], [x1 - nx, y1 - ny], [x0 - nx, y0 - ny]].map(|corner| self.device(corner));
                self.backend.fill_polygon(corners, &paint(color))?;
            }
        }
        let joins = points.get(1..points.len().saturating_sub(1)).unwrap_or_default();
        if color.alpha >= 1.0 && width > 1.0 {
            for &join in joins {
                self.disc(join, half, color)?;
            }
        }
        Ok(())
    }

    /// Draws a marker with a diameter of `size`.
    pub fn marker(&mut self, at: Point, marker: Marker, color: Color, size: f64) -> DrawResult<B> {
        let light = Color { rgb: [255; 3], alpha: 1.0 };
        let half = size / 2.0;
        match marker {
            Marker::Dot => self.disc(at, half, color),
            Marker::Filled => {
                self.disc(at, half + 1.0, light)?;
                self.disc(at, half, color)
            }
            Marker::Hollow => {
                self.disc(at, half + 1.0, light)?;
                self.disc(at, half, color)?;
                self.disc(at, (half - 1.6).max(0.5), light)
            }
            Marker::Cross => {
                for (color, width) in [(light, 4.5), (color, 2.2)] {
                    let [x, y] = at;
                    self.stroke(&[[x - half, y - half], [x + half, y + half]], color, width)?;
                    self.stroke(&[[x - half, y + half], [x + half, y - half]], color, width)?;
                }
                Ok(())
            }
            Marker::Tick => self.stroke(&[[at[0], at[1] - half], [at[0], at[1] + half]], color, 1.4),
            Marker::Above => {
                let [x, y] = at;
                self.area(&[vec![[x - half, y + size], [x + half, y + size], [x, y]]], color)
            }
        }
    }

    fn disc(&mut self, center: Point, radius: f64, color: Color) -> DrawResult<B> {
        let style = ShapeStyle { color: paint(color), filled: true, stroke_width: 0 };
        let (center, radius) = (self.device(center), self.length(radius));
        self.backend.draw_circle(center, radius, &style, true)
    }

    /// Draws a line of text.
    pub fn text(&mut self, text: &Text<'_>) -> DrawResult<B> {
        if self.is_bitmap {
            return self.text_as_pixels(text);
        }
        let pos = match text.anchor {
            Anchor::Left => Pos::new(HPos::Left, VPos::Center),
            Anchor::Right => Pos::new(HPos::Right, VPos::Center),
            Anchor::Center | Anchor::Vertical => Pos::new(HPos::Center, VPos::Center),
        };
        let color = paint(text.color);
        let mut style = style(text.font).pos(pos).color(&color);
        if matches!(text.anchor, Anchor::Vertical) {
            style = style.transform(FontTransform::Rotate270);
        }
        let at = self.device(text.at);
        self.backend.draw_text(&printable(text.text), &style, at)
    }

    /// Draws a line of text pixel by pixel. Capitals are centred at the height of the point.
    fn text_as_pixels(&mut self, text: &Text<'_>) -> DrawResult<B> {
        let Text { text, at, anchor, font, color } = *text;
        let (x, y) = self.device(at);
        let font = Font { size: font.size * self.scale / f64::from(SCALE), ..font };
        let width = glyphs::width(text, font);
        let offset = match anchor {
            Anchor::Left => 0.0,
            Anchor::Center | Anchor::Vertical => width / 2.0,
            Anchor::Right => width,
        };
        let (offset, baseline) = (offset.round() as i32, (glyphs::cap_height(font) / 2.0).round() as i32);
        let mut result = Ok(());
        glyphs::rasterize(text, font, |right, down, coverage| {
            let (along, across) = (right - offset, down + baseline);
            let pixel = if matches!(anchor, Anchor::Vertical) { (x + across, y - along) } else { (x + along, y + across) };
            let color = Color { alpha: color.alpha * coverage, ..color };
            if result.is_ok() && pixel.0 >= 0 && pixel.1 >= 0 {
                result = self.backend.draw_pixel(pixel, paint(color).to_backend_color());
            }
        });
        result
    }
}

/// The width of a text in layout units.
pub fn width(text: &str, font: Font) -> f64 {
    glyphs::width(text, font) / f64::from(SCALE)
}

/// Wraps a text at spaces into lines of up to `limit` layout units.
pub fn wrapped(text: &str, font: Font, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), font) <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Converts a font to a plotters text style.
fn style(font: Font) -> TextStyle<'static> {
    let weight = if font.is_bold { FontStyle::Bold } else { FontStyle::Normal };
    (FONT_FAMILY, font.size * f64::from(SCALE), weight).into_text_style(&(1, 1))
}

/// A single ring around an area and its holes: a bridge leads from the outer ring to each hole and back. Holes have the opposite orientation
/// of the outer ring, so that both fill rules exclude them.
fn bridged(rings: &[Vec<Point>]) -> Vec<Point> {
    let Some((outer, holes)) = rings.split_first() else { return Vec::new() };
    let mut path = outer.clone();
    let Some(&first) = outer.first() else { return path };
    let clockwise = area(outer) > 0.0;
    for hole in holes.iter().filter(|hole| hole.len() > 2) {
        path.push(first);
        let is_opposite = (area(hole) > 0.0) != clockwise;
        if is_opposite {
            path.extend(hole);
            path.push(hole[0]);
        } else {
            path.push(hole[0]);
            path.extend(hole.iter().rev());
        }
        path.push(first);
    }
    path
}

/// Twice the signed area of a ring.
fn area(ring: &[Point]) -> f64 {
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
}

/// The lengths of strokes and gaps in turn, in layout units; empty for a solid line.
const fn pattern(dash: Dash) -> &'static [f64] {
    match dash {
        Dash::Solid => &[],
        Dash::Dashed => &[6.0, 3.5],
        Dash::Dotted => &[2.0, 2.0],
        Dash::DashDotted => &[7.0, 2.5, 2.0, 2.5],
    }
}

/// The drawn parts of a dashed polyline, for strokes and gaps of the lengths of a pattern.
fn dashes(points: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    let mut parts = Vec::new();
    let (mut index, mut left, mut part) = (0, pattern[0], points.first().map_or_else(Vec::new, |&first| vec![first]));
    for pair in points.windows(2) {
        let ([mut from, to], mut length) = ([pair[0], pair[1]], libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]));
        while length > left {
            let share = left / length;
            from = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
            length -= left;
            if index % 2 == 0 {
                part.push(from);
                parts.push(std::mem::take(&mut part));
            } else {
                part = vec![from];
            }
            index = (index + 1) % pattern.len();
            left = pattern[index];
        }
        left -= length;
        if index % 2 == 0 {
            part.push(to);
        }
    }
    parts.push(part);
    parts
}
