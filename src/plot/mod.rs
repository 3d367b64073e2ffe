//! Draws figures as PNG and SVG files, and animations as GIF and APNG files.
//!
//! Drawing needs no display and no system font, and equal figures give equal bytes. This module handles pixels, fonts and plotters;
//! `analysis` decides the content of a figure.

mod animation;
mod canvas;
mod clip;
mod color_bar;
mod color_table;
mod downsample;
mod error;
mod glyphs;
mod layout;
mod panel;
mod size;
mod style;
mod table;

use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use plotters::backend::{BitMapBackend, SVGBackend};
use plotters_backend::DrawingBackend;
use rayon::prelude::*;

pub use self::animation::{AnimationFormat, animated};
pub use self::error::Error;
pub use self::size::Size;

use self::canvas::{Canvas, Image};
use self::downsample::{OVERSAMPLING, downsampled};
use self::error::drawing_error;
use self::layout::Layout;
use self::style::SCALE;
use crate::figure::{Animation, Figure};

/// The file format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are names of formats")]
pub enum Format {
    Png,
    Svg,
}

impl Format {
    /// Every format with its name, which is the extension of its files.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Png, "png"), (Self::Svg, "svg")];
}

/// The size and the file formats of pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The size of each picture.
    pub size: Size,
    /// The formats in which each picture is written.
    pub formats: Vec<Format>,
}

impl Default for Output {
    fn default() -> Self {
        Self { size: Size::default(), formats: Format::ALL.map(|(format, _)| format).to_vec() }
    }
}

/// Draws figures on all cores and returns the written files, in the order of the figures.
///
/// # Errors
///
/// If a figure cannot be drawn or written.
pub fn draw_all(figures: &[Figure], directory: &Path, output: &Output) -> Result<Vec<PathBuf>, Error> {
    let written: Vec<Vec<PathBuf>> = figures.par_iter().map(|figure| draw(figure, directory, output)).collect::<Result<_, _>>()?;
    Ok(written.concat())
}

/// Draws a figure into an existing directory, as `<name>.png` and so on, and returns the paths. Each file appears complete, by renaming.
///
/// # Errors
///
/// If the figure cannot be drawn or written.
pub fn draw(figure: &Figure, directory: &Path, output: &Output) -> Result<Vec<PathBuf>, Error> {
    let written = |&format: &Format| {
        let extension = Format::ALL.iter().find(|(own, _)| *own == format).map_or("", |(_, name)| name);
        let path = directory.join(format!("{}.{extension}", figure.name));
        let content = match format {
            Format::Png => png(figure, output.size)?,
            Format::Svg => svg(figure, output.size)?.into_bytes(),
        };
        write(&path, &content)?;
        Ok(path)
    };
    output.formats.iter().map(written).collect()
}

/// Draws an animation into a file, in an existing directory. The file appears complete, by renaming.
///
/// # Errors
///
/// If a frame cannot be drawn, or the file cannot be written.
pub fn draw_animation(animation: &Animation, format: AnimationFormat, path: &Path) -> Result<(), Error> {
    write(path, &animated(animation, format)?)
}

/// Writes a file under a hidden name and renames it.
fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = path.with_file_name(format!(".{name}"));
    std::fs::write(&hidden, content).map_err(|source| Error::Write { path: hidden.clone(), source })?;
    std::fs::rename(&hidden, path).map_err(|source| Error::Write { path: path.to_path_buf(), source })
}

/// The pixels of a figure: width and height, and RGB row by row.
///
/// # Errors
///
/// If the figure cannot be drawn.
pub fn pixels(figure: &Figure, size: Size) -> Result<([u32; 2], Vec<u8>), Error> {
    let layout = Layout::new(figure, size);
    let [width, height] = [layout.width, layout.height].map(|side| side.ceil() as u32 * size.pixels());
    let (wide, high) = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut fine = vec![255; wide as usize * high as usize * 3];
    {
        let mut backend = BitMapBackend::with_buffer(&mut fine, (wide, high));
        layout.draw(&mut Canvas::bitmap(&mut backend, size.pixels() * OVERSAMPLING)).map_err(drawing_error(figure))?;
        backend.present().map_err(drawing_error(figure))?;
    }
    Ok(([width, height], downsampled(&fine, wide as usize, OVERSAMPLING as usize)))
}

/// A figure as a PNG file.
///
/// # Errors
///
/// If the figure cannot be drawn.
pub fn png(figure: &Figure, size: Size) -> Result<Vec<u8>, Error> {
    let (sides, pixels) = pixels(figure, size)?;
    let mut file = Vec::new();
    encode(&mut file, sides, &pixels).map_err(drawing_error(figure))?;
    Ok(file)
}

/// Writes RGB pixels as a PNG file.
fn encode(file: impl std::io::Write, [width, height]: [u32; 2], pixels: &[u8]) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()
}

/// A figure as SVG.
///
/// # Errors
///
/// If the figure cannot be drawn.
pub fn svg(figure: &Figure, size: Size) -> Result<String, Error> {
    let layout = Layout::new(figure, size);
    let (wide, high) = (layout.width.ceil() as u32 * SCALE, layout.height.ceil() as u32 * SCALE);
    let (mut text, images);
    text = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut text, (wide, high));
        let mut canvas = Canvas::vector(&mut backend);
        layout.draw(&mut canvas).map_err(drawing_error(figure))?;
        images = canvas.into_images();
        backend.present().map_err(drawing_error(figure))?;
    }
    for (index, image) in images.iter().enumerate() {
        text = with_image(&text, &canvas::placeholder(index), &element(image).map_err(drawing_error(figure))?);
    }
    // Coordinates stay in drawing units; width and height become CSS pixels.
    let [width, height] = [wide, high].map(|side| f64::from(side / SCALE) * size.unit());
    Ok(text.replacen(&format!("width=\"{wide}\" height=\"{high}\""), &format!("width=\"{width:.4}\" height=\"{height:.4}\""), 1))
}

/// Replaces the text element that contains a placeholder.
fn with_image(svg: &str, placeholder: &str, element: &str) -> String {
    const END: &str = "</text>";
    let found = svg.find(placeholder).and_then(|at| Some((svg[..at].rfind("<text")?, at + svg[at..].find(END)? + END.len())));
    found.map_or_else(|| svg.to_owned(), |(start, end)| format!("{}{element}{}", &svg[..start], &svg[end..]))
}

/// The SVG element of an image, with its pixels as an embedded PNG file.
fn element(image: &Image) -> Result<String, png::EncodingError> {
    let Image { rect, columns, colors } = image;
    let pixels: Vec<u8> = colors.chunks_exact(*columns).rev().flatten().flatten().copied().collect();
    let mut file = Vec::new();
    encode(&mut file, [*columns as u32, (colors.len() / columns) as u32], &pixels)?;
    let [x, y, width, height] = [rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top].map(|side| side * f64::from(SCALE));
    Ok(format!(
        "<image x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" preserveAspectRatio=\"none\" \
         style=\"image-rendering: pixelated\" href=\"data:image/png;base64,{}\"/>",
        BASE64_STANDARD.encode(file)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::ticks::axis;
    use crate::figure::{Layer, Panel, Scale, TableRow, palette};

    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];

    /// A figure with 3 × 2 blue cells, except for a red one at the lower right, and a table.
    fn figure() -> Figure {
        let (x, y) = (axis("x", Scale::Log, [1e-3, 1.0]), axis("y", Scale::Linear, [0.0, 1.0]));
        let cells = Layer::Cells { x: x.range, y: y.range, columns: 3, colors: vec![BLUE, BLUE, RED, BLUE, BLUE, BLUE] };
        let row = |color, cells: [&str; 2]| TableRow { color, cells: cells.map(String::from).to_vec() };
        let table = vec![row(None, ["size", "epoch"]), row(Some(palette::INK), ["1", "4"])];
        Figure {
            name: "cells".into(),
            title: "cells".into(),
            caption: Vec::new(),
            note: String::new(),
            columns: 1,
            panels: vec![Panel { title: String::new(), x, y, equal_units: false, layers: vec![cells] }],
            shared_axes: false,
            legend: Vec::new(),
            color_bars: Vec::new(),
            table,
            size: [400, 300],
        }
    }

    #[test]
    fn cells_are_drawn_from_the_lower_left() {
        let ([width, _], pixels) = pixels(&figure(), Size::Screen).unwrap();
        let place = |color: [u8; 3]| {
            let at = pixels.chunks_exact(3).enumerate().filter(|(_, pixel)| *pixel == color);
            let (count, [x, y]) =
                at.fold((0, [0, 0]), |(count, [x, y]), (index, _)| (count + 1, [x + index as u32 % width, y + index as u32 / width]));
            (count, [x / count, y / count])
        };
        let ((red, [red_x, red_y]), (blue, [blue_x, blue_y])) = (place(RED), place(BLUE));
        assert!((f64::from(blue) / f64::from(red) / 5.0 - 1.0).abs() < 0.05, "{blue} and {red} pixels");
        assert!(red_x > blue_x && red_y > blue_y);
    }

    #[test]
    fn an_svg_file_contains_cells_as_one_image() {
        let svg = svg(&figure(), Size::Screen).unwrap();
        assert_eq!(svg.matches("<image ").count(), 1);
        assert!(svg.contains("href=\"data:image/png;base64,iVBORw0KGgo"), "{svg}");
        assert!(!svg.contains(&canvas::placeholder(0)));
    }

    #[test]
    fn files_have_no_control_characters_and_no_numbers_that_are_not_finite() {
        let mut unsafe_figure = figure();
        unsafe_figure.title = "a\u{1}b\u{1b}[31m <&>".into();
        let color = crate::figure::Color { alpha: f64::NAN, ..palette::INK };
        let points = vec![[f64::NAN, 0.5], [0.1, f64::INFINITY], [0.01, 0.5], [0.5, 0.1], [0.5, -1e300]];
        unsafe_figure.panels[0].layers.push(Layer::Line { points, color, width: 1.0, dash: crate::figure::Dash::Solid });
        for (size, _) in Size::ALL {
            let svg = svg(&unsafe_figure, size).unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert!(svg.chars().all(|c| !c.is_control() || c == '\n'), "{svg:?}");
            assert!(svg.contains("a\\u{1}b\\u{1b}[31m &lt;&amp;&gt;"), "{svg}");
            assert!(png(&unsafe_figure, size).is_ok());
        }
    }
}
