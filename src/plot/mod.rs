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

use plotters::backend::{BitMapBackend, SVGBackend};
use plotters_backend::DrawingBackend;
use rayon::prelude::*;

use self::canvas::Canvas;
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
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(drawing_error(figure))?;
    writer.write_image_data(&pixels).map_err(drawing_error(figure))?;
    writer.finish().map_err(drawing_error(figure))
}

/// A figure as SVG, in CSS pixels.
///
/// # Errors
///
/// If the figure cannot be drawn.
pub fn svg(figure: &Figure) -> Result<String, Error> {
    let [width, height] = figure.size;
    let (wide, high) = (width * SCALE, height * SCALE);
    let mut text = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut text, (wide, high));
        layout::draw(figure, &mut Canvas::new(&mut backend, false)).map_err(drawing_error(figure))?;
        backend.present().map_err(drawing_error(figure))?;
    }
    // Coordinates stay in drawing units; width and height become CSS pixels.
    Ok(text.replacen(&format!("width=\"{wide}\" height=\"{high}\""), &format!("width=\"{width}\" height=\"{height}\""), 1))
}
