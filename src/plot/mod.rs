//! Draws figures as PNG and SVG files.
//!
//! Drawing needs no display and no system font, and equal figures give equal bytes. This module handles pixels, fonts and plotters;
//! `analysis` decides the content of a figure.

mod canvas;
mod clip;
mod glyphs;
mod layout;
mod panel;
mod style;

use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use plotters::backend::{BitMapBackend, SVGBackend};
use plotters_backend::DrawingBackend;
use rayon::prelude::*;

use self::canvas::{Canvas, Image};
use self::style::SCALE;
use crate::figure::Figure;

/// An error while drawing or writing a figure.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("cannot draw {name}: {reason}")]
    Drawing { name: String, reason: String },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
}

/// Pixels of a PNG file per CSS pixel.
const PNG_SCALE: u32 = 2;

/// Draws figures on all cores and returns the written files, in the order of the figures.
///
/// # Errors
///
/// If a figure cannot be drawn or written.
pub fn draw_all(figures: &[Figure], directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let written: Vec<Vec<PathBuf>> = figures.par_iter().map(|figure| draw(figure, directory)).collect::<Result<_, _>>()?;
    Ok(written.concat())
}

/// Draws `<name>.png` and `<name>.svg` into an existing directory and returns both paths. Each file appears complete, by renaming.
///
/// # Errors
///
/// If the figure cannot be drawn or written.
pub fn draw(figure: &Figure, directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let png = directory.join(format!("{}.png", figure.name));
    let svg = directory.join(format!("{}.svg", figure.name));
    let hidden = directory.join(format!(".{}.png", figure.name));
    write_png(figure, &hidden)?;
    rename(&hidden, &png)?;
    let hidden = directory.join(format!(".{}.svg", figure.name));
    std::fs::write(&hidden, self::svg(figure)?).map_err(|source| Error::Write { path: hidden.clone(), source })?;
    rename(&hidden, &svg)?;
    Ok(vec![png, svg])
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::rename(from, to).map_err(|source| Error::Write { path: to.to_path_buf(), source })
}

fn drawing_error<E: std::fmt::Display>(figure: &Figure) -> impl Fn(E) -> Error + '_ {
    |error| Error::Drawing { name: figure.name.clone(), reason: error.to_string() }
}

/// The pixels of a figure: width and height, and RGB row by row.
///
/// # Errors
///
/// If the figure cannot be drawn.
pub fn pixels(figure: &Figure) -> Result<([u32; 2], Vec<u8>), Error> {
    let factor = SCALE / PNG_SCALE;
    let [width, height] = figure.size.map(|side| side * SCALE);
    let mut fine = vec![255; (width * height * 3) as usize];
    {
        let mut backend = BitMapBackend::with_buffer(&mut fine, (width, height));
        layout::draw(figure, &mut Canvas::new(&mut backend, true)).map_err(drawing_error(figure))?;
        backend.present().map_err(drawing_error(figure))?;
    }
    Ok((figure.size.map(|side| side * PNG_SCALE), downsampled(&fine, width as usize, factor as usize)))
}

/// Downsamples an image: the mean of each square of `factor` × `factor` pixels.
fn downsampled(fine: &[u8], width: usize, factor: usize) -> Vec<u8> {
    let mut coarse = Vec::with_capacity(fine.len() / (factor * factor));
    let mut sums = vec![0_u16; width / factor * 3];
    for rows in fine.chunks_exact(width * 3 * factor) {
        sums.fill(0);
        for row in rows.chunks_exact(width * 3) {
            for (sum, square) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * factor)) {
                for pixel in square.chunks_exact(3) {
                    for channel in 0..3 {
                        sum[channel] += u16::from(pixel[channel]);
                    }
                }
            }
        }
        coarse.extend(sums.iter().map(|sum| (sum / (factor * factor) as u16) as u8));
    }
    coarse
}

fn write_png(figure: &Figure, path: &Path) -> Result<(), Error> {
    let ([width, height], pixels) = pixels(figure)?;
    let file = std::fs::File::create(path).map_err(|source| Error::Write { path: path.to_path_buf(), source })?;
    encode(std::io::BufWriter::new(file), [width, height], &pixels).map_err(drawing_error(figure))
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

/// A figure as SVG, in CSS pixels.
///
/// # Errors
///
/// If the figure cannot be drawn.
pub fn svg(figure: &Figure) -> Result<String, Error> {
    let [width, height] = figure.size;
    let (wide, high) = (width * SCALE, height * SCALE);
    let (mut text, images);
    text = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut text, (wide, high));
        let mut canvas = Canvas::new(&mut backend, false);
        layout::draw(figure, &mut canvas).map_err(drawing_error(figure))?;
        images = canvas.into_images();
        backend.present().map_err(drawing_error(figure))?;
    }
    for (index, image) in images.iter().enumerate() {
        text = with_image(&text, &canvas::placeholder(index), &element(image).map_err(drawing_error(figure))?);
    }
    // Coordinates stay in drawing units; width and height become CSS pixels.
    Ok(text.replacen(&format!("width=\"{wide}\" height=\"{high}\""), &format!("width=\"{width}\" height=\"{height}\""), 1))
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
    use crate::figure::{Axis, Layer, Panel, Scale, TableRow, palette};

    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];

    /// A figure with 3 × 2 blue cells, except for a red one at the lower right, and a table below it.
    fn figure() -> Figure {
        let (x, y) = (axis("x", Scale::Log, [1e-3, 1.0]), axis("y", Scale::Linear, [0.0, 1.0]));
        let cells = Layer::Cells { x: x.range, y: y.range, columns: 3, colors: vec![BLUE, BLUE, RED, BLUE, BLUE, BLUE] };
        let plain = |scale| Axis { label: String::new(), scale, range: [0.0, 1.0], ticks: Vec::new() };
        let row = |color, cells: [&str; 2]| TableRow { color, cells: cells.map(String::from).to_vec() };
        let table = Layer::Table { rows: vec![row(None, ["size", "epoch"]), row(Some(palette::INK), ["1", "4"])] };
        Figure {
            name: "cells".into(),
            title: "cells".into(),
            caption: Vec::new(),
            columns: 1,
            panels: vec![
                Panel { title: String::new(), x, y, layers: vec![cells] },
                Panel { title: String::new(), x: plain(Scale::Linear), y: plain(Scale::Linear), layers: vec![table] },
            ],
            shared_axes: false,
            legend: Vec::new(),
            color_bars: Vec::new(),
            size: [300, 400],
        }
    }

    #[test]
    fn cells_are_drawn_from_the_lower_left() {
        let ([width, _], pixels) = pixels(&figure()).unwrap();
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
        let svg = svg(&figure()).unwrap();
        assert_eq!(svg.matches("<image ").count(), 1);
        assert!(svg.contains("href=\"data:image/png;base64,iVBORw0KGgo"), "{svg}");
        assert!(!svg.contains(&canvas::placeholder(0)));
    }
}
