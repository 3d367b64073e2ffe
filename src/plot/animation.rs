//! Animations as GIF and APNG files: one colour table for all frames, and of each frame only the pixels that differ from the frame before.

use plotters::backend::BitMapBackend;
use plotters_backend::DrawingBackend;
use rayon::prelude::*;

use super::canvas::Canvas;
use super::color_table::{ColorTable, Indexer, TRANSPARENT};
use super::downsample::{OVERSAMPLING, downsampled};
use super::error::{Error, drawing_error};
use super::layout::Layout;
use super::size::Size;
use crate::figure::{Animation, AnimationFrame};
use crate::space::spread;

/// The file format of an animation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are names of formats")]
pub enum AnimationFormat {
    Gif,
    Apng,
}

impl AnimationFormat {
    /// The extensions of file names with their formats.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Gif, "gif"), (Self::Apng, "png"), (Self::Apng, "apng")];
}

/// The number of frames whose colours make the colour table.
const SAMPLES: u64 = 6;

/// The width of the blocks of pixels that are compared with the background.
const BLOCK: usize = 32;

/// The number of frames in memory at a time.
const TOGETHER: usize = 32;

/// An animation as a file, which repeats without end. It has one pixel per CSS pixel.
///
/// # Errors
///
/// If a frame cannot be drawn or encoded.
pub fn animated(animation: &Animation, format: AnimationFormat) -> Result<Vec<u8>, Error> {
    let failed = |error: String| drawing_error(&animation.background)(error);
    let painter = Painter::new(animation)?;
    let table = painter.color_table(&animation.frames)?;
    match format {
        AnimationFormat::Gif => {
            let mut encoder = gif(&painter, &table).map_err(|error| failed(error.to_string()))?;
            painter.changes(&table, &animation.frames, |changes| {
                let frames: Vec<gif::Frame<'_>> = changes.into_par_iter().map(compressed).collect();
                frames.iter().try_for_each(|frame| encoder.write_lzw_pre_encoded_frame(frame)).map_err(|error| failed(error.to_string()))
            })?;
            encoder.into_inner().map_err(|error| failed(error.to_string()))
        }
        AnimationFormat::Apng => {
            let mut file = Vec::new();
            let mut writer = apng(&mut file, &painter, &table, animation.frames.len()).map_err(|error| failed(error.to_string()))?;
            painter.changes(&table, &animation.frames, |changes| {
                changes.iter().try_for_each(|change| write(&mut writer, change)).map_err(|error| failed(error.to_string()))
            })?;
            writer.finish().map_err(|error| failed(error.to_string()))?;
            Ok(file)
        }
    }
}

/// Draws the frames of an animation.
struct Painter<'a> {
    animation: &'a Animation,
    layout: Layout<'a>,
    width: u32,
    height: u32,
    /// The background before downsampling.
    background: Vec<u8>,
}

impl<'a> Painter<'a> {
    fn new(animation: &'a Animation) -> Result<Self, Error> {
        let layout = Layout::new(&animation.background, Size::Screen);
        let [width, height] = [layout.width, layout.height].map(|side| side.ceil() as u32);
        let fine = vec![255; (width * OVERSAMPLING) as usize * (height * OVERSAMPLING) as usize * 3];
        let mut painter = Self { animation, layout, width, height, background: Vec::new() };
        painter.background = painter.drawn(fine, None)?;
        Ok(painter)
    }

    /// Draws the background or a frame over some pixels.
    fn drawn(&self, mut fine: Vec<u8>, frame: Option<&AnimationFrame>) -> Result<Vec<u8>, Error> {
        let failed = drawing_error(&self.animation.background);
        {
            let mut backend = BitMapBackend::with_buffer(&mut fine, (self.width * OVERSAMPLING, self.height * OVERSAMPLING));
            let mut canvas = Canvas::bitmap(&mut backend, OVERSAMPLING);
            match frame {
                None => self.layout.draw(&mut canvas),
                Some(frame) => self.layout.draw_frame(&mut canvas, frame, Size::Screen),
            }
            .map_err(|error| failed(error.to_string()))?;
            backend.present().map_err(|error| failed(error.to_string()))?;
        }
        Ok(fine)
    }

    fn reduced(&self, fine: &[u8]) -> Vec<u8> {
        downsampled(fine, (self.width * OVERSAMPLING) as usize, OVERSAMPLING as usize)
    }

    /// The colours of evenly spaced frames.
    fn color_table(&self, frames: &[AnimationFrame]) -> Result<ColorTable, Error> {
        let samples: Vec<u64> = spread(frames.len() as u64, SAMPLES).collect();
        let image = |&at: &u64| Ok(self.reduced(&self.drawn(self.background.clone(), Some(&frames[at as usize]))?));
        let images: Vec<Vec<u8>> = samples.par_iter().map(image).collect::<Result<_, Error>>()?;
        Ok(ColorTable::new(&images))
    }

    /// Calls `visit` with the changes of a few frames at a time, in the order of the frames.
    fn changes(
        &self,
        table: &ColorTable,
        frames: &[AnimationFrame],
        mut visit: impl FnMut(Vec<Change>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let background = table.indexer().indices(&self.reduced(&self.background));
        let mut last: Option<Vec<u8>> = None;
        for frames in frames.chunks(TOGETHER) {
            let sheet = || Sheet { fine: self.background.clone(), indexer: table.indexer() };
            let image = |sheet: &mut Sheet<'_>, frame| self.image(sheet, frame, &background);
            let images: Vec<Vec<u8>> = frames.par_iter().with_min_len(TOGETHER / 4).map_init(sheet, image).collect::<Result<_, Error>>()?;
            let before = |index: usize| if index == 0 { last.as_ref() } else { images.get(index - 1) };
            let change = |index: usize| Change::new(before(index), &images[index], self.width as usize, frames[index].duration);
            visit((0..frames.len()).into_par_iter().map(change).collect())?;
            last = images.into_iter().last();
        }
        Ok(())
    }

    /// The colour indices of a frame. Most blocks of pixels are those of the background, whose indices are known. The sheet shows the background before
    /// and after.
    fn image(&self, sheet: &mut Sheet<'_>, frame: &AnimationFrame, background: &[u8]) -> Result<Vec<u8>, Error> {
        let mut fine = self.drawn(std::mem::take(&mut sheet.fine), Some(frame))?;
        let mut image = background.to_vec();
        let factor = OVERSAMPLING as usize;
        let (width, row) = (self.width as usize, self.width as usize * factor * 3);
        let mut block = Vec::new();
        for (y, indices) in image.chunks_exact_mut(width).enumerate() {
            for (x, indices) in indices.chunks_mut(BLOCK).enumerate() {
                let line = |line: usize| {
                    let start = (y * factor + line) * row + x * BLOCK * factor * 3;
                    start..start + indices.len() * factor * 3
                };
                if (0..factor).all(|index| fine[line(index)] == self.background[line(index)]) {
                    continue;
                }
                block.clear();
                for index in 0..factor {
                    block.extend_from_slice(&fine[line(index)]);
                    fine[line(index)].copy_from_slice(&self.background[line(index)]);
                }
                indices.copy_from_slice(&sheet.indexer.indices(&downsampled(&block, indices.len() * factor, factor)));
            }
        }
        sheet.fine = fine;
        Ok(image)
    }
}

/// The memory in which a thread draws frames.
struct Sheet<'t> {
    /// Pixels before downsampling.
    fine: Vec<u8>,
    indexer: Indexer<'t>,
}

/// The rectangle of a frame that differs from the frame before.
struct Change {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    /// The pixels of the rectangle, row by row; transparent where they do not change.
    indices: Vec<u8>,
    /// Hundredths of a second.
    duration: u16,
}

impl Change {
    /// The change from one image to the next. A change of nothing is one transparent pixel.
    fn new(before: Option<&Vec<u8>>, image: &[u8], width: usize, duration: u16) -> Self {
        let height = image.len() / width;
        let Some(before) = before else { return Self { left: 0, top: 0, width, height, indices: image.to_vec(), duration } };
        let (mut columns, mut rows) = ([width, 0], [height, 0]);
        for (y, (old, new)) in before.chunks_exact(width).zip(image.chunks_exact(width)).enumerate() {
            if old != new {
                rows = [rows[0].min(y), y + 1];
                let differs = |&x: &usize| old[x] != new[x];
                columns[0] = (0..columns[0]).find(differs).unwrap_or(columns[0]);
                columns[1] = (columns[1]..width).rev().find(differs).map_or(columns[1], |x| x + 1);
            }
        }
        if rows[0] >= rows[1] {
            (columns, rows) = ([0, 1], [0, 1]);
        }
        let mut indices = Vec::with_capacity((rows[1] - rows[0]) * (columns[1] - columns[0]));
        for y in rows[0]..rows[1] {
            let part = y * width + columns[0]..y * width + columns[1];
            indices.extend(before[part.clone()].iter().zip(&image[part]).map(|(old, new)| if old == new { TRANSPARENT } else { *new }));
        }
        Self { left: columns[0], top: rows[0], width: columns[1] - columns[0], height: rows[1] - rows[0], indices, duration }
    }
}

fn gif(painter: &Painter<'_>, table: &ColorTable) -> Result<gif::Encoder<Vec<u8>>, gif::EncodingError> {
    let mut encoder = gif::Encoder::new(Vec::new(), painter.width as u16, painter.height as u16, &table.bytes())?;
    encoder.set_repeat(gif::Repeat::Infinite)?;
    Ok(encoder)
}

/// A frame of a GIF file, compressed.
fn compressed(change: Change) -> gif::Frame<'static> {
    let mut frame = gif::Frame {
        delay: change.duration,
        dispose: gif::DisposalMethod::Keep,
        transparent: Some(TRANSPARENT),
        left: change.left as u16,
        top: change.top as u16,
        width: change.width as u16,
        height: change.height as u16,
        buffer: change.indices.into(),
        ..gif::Frame::default()
    };
    frame.make_lzw_pre_encoded();
    frame
}

fn apng<'f>(
    file: &'f mut Vec<u8>,
    painter: &Painter<'_>,
    table: &ColorTable,
    frames: usize,
) -> Result<png::Writer<&'f mut Vec<u8>>, png::EncodingError> {
    let mut encoder = png::Encoder::new(file, painter.width, painter.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(table.bytes());
    // The opacities of the first colours; the others are opaque.
    encoder.set_trns(vec![0]);
    encoder.set_compression(png::Compression::Default);
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.set_animated(frames as u32, 0)?;
    encoder.write_header()
}

/// Writes a frame of an APNG file.
fn write(writer: &mut png::Writer<&mut Vec<u8>>, change: &Change) -> Result<(), png::EncodingError> {
    // The rectangle of the frame before must not be combined with the new position.
    writer.reset_frame_position()?;
    writer.set_frame_dimension(change.width as u32, change.height as u32)?;
    writer.set_frame_position(change.left as u32, change.top as u32)?;
    writer.set_blend_op(png::BlendOp::Over)?;
    writer.set_frame_delay(change.duration, 100)?;
    writer.write_image_data(&change.indices)
}
