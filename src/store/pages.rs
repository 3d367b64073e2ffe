//! Column chunks whose pages need no encoder: numbers as they lie in memory, values that stand for many rows, and short lists.
//!
//! The crate encodes value by value. A run has one number for all of its rows and the same steps as its neighbours, and a float32 is
//! written as it is, so that here a column costs a copy. Numbers are little-endian, as they are on every machine that this is built
//! for. Headers, metadata and the file are the crate's business. Format: Apache Parquet, "Encodings" (`PLAIN`, `RLE_DICTIONARY`,
//! `DELTA_BINARY_PACKED` and the hybrid of run lengths and packed bits).

use std::borrow::Cow;
use std::io::{self, Read, Write};

use ::parquet::basic::{Compression, Encoding};
use ::parquet::column::page::{CompressedPage, Page, PageWriter};
use ::parquet::column::writer::ColumnCloseResult;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::ColumnChunkMetaData;
use ::parquet::file::reader::{ChunkReader, Length};
use ::parquet::file::statistics::Statistics;
use ::parquet::file::writer::{SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite};
use ::parquet::schema::types::ColumnDescPtr;
use bytemuck::NoUninit;
use bytes::Bytes;

use super::parquet::Output;

/// Values of a page: half a megabyte of float32.
const PAGE: usize = 1 << 17;

/// A few values as the format has them, one behind the other.
#[derive(Default)]
pub struct Plain {
    bytes: Vec<u8>,
    count: usize,
}

impl Plain {
    pub fn numbers<T: NoUninit>(values: &[T]) -> Self {
        Self { bytes: bytemuck::cast_slice(values).to_vec(), count: values.len() }
    }

    pub fn words(words: &[&str]) -> Self {
        let bytes = words.iter().flat_map(|word| [&(word.len() as u32).to_le_bytes()[..], word.as_bytes()].concat());
        Self { bytes: bytes.collect(), count: words.len() }
    }
}

/// A column chunk as it grows: pages with their headers. Numbers are lent, not copied.
pub struct Pages<'a> {
    column: ColumnDescPtr,
    compression: Compression,
    bytes: Segments<'a>,
    rows: u64,
    uncompressed: usize,
    encodings: Vec<Encoding>,
    /// Where the first data page begins, if there is a dictionary before it.
    data: Option<u64>,
}

impl<'a> Pages<'a> {
    fn new(column: ColumnDescPtr, compression: Compression) -> Self {
        Self { column, compression, bytes: Segments::default(), rows: 0, uncompressed: 0, encodings: vec![Encoding::RLE], data: None }
    }

    /// Numbers without a null, in pages of their own bytes.
    pub fn plain<T: NoUninit>(column: ColumnDescPtr, values: &'a [T]) -> Result<Self, ParquetError> {
        let mut pages = Self::new(column, Compression::UNCOMPRESSED);
        for values in values.chunks(PAGE) {
            let bytes: &[u8] = bytemuck::cast_slice(values);
            let levels = pages.levels(values.len(), 1);
            pages.push_data(vec![levels.into(), bytes.into()], values.len(), Encoding::PLAIN)?;
        }
        Ok(pages)
    }

    /// Numbers of the rows that are known, in one page.
    pub fn sparse<T: NoUninit>(column: ColumnDescPtr, values: &'a [T], known: &[bool]) -> Result<Self, ParquetError> {
        let mut pages = Self::new(column, Compression::UNCOMPRESSED);
        let bytes: &[u8] = bytemuck::cast_slice(values);
        pages.push_data(vec![levels_of(known).into(), bytes.into()], known.len(), Encoding::PLAIN)?;
        Ok(pages)
    }

    /// Nulls alone.
    pub fn nulls(column: ColumnDescPtr, rows: usize) -> Result<Self, ParquetError> {
        let mut pages = Self::new(column, Compression::UNCOMPRESSED);
        let levels = pages.levels(rows, 0);
        pages.push_data(vec![levels.into()], rows, Encoding::PLAIN)?;
        Ok(pages)
    }

    /// Values that each stand for so many rows, at least one.
    pub fn runs(column: ColumnDescPtr, values: &Plain, rows: impl Iterator<Item = u32> + Clone) -> Result<Self, ParquetError> {
        let mut pages = Self::new(column, Compression::SNAPPY);
        let all = rows.clone().map(|rows| rows as usize).sum();
        pages.push_dictionary(values)?;
        let mut body = pages.levels(all, 1);
        body.reserve(1 + 9 * values.count);
        body.push(u32::BITS as u8);
        for (index, rows) in rows.enumerate() {
            push_varint(&mut body, u64::from(rows) << 1);
            body.extend_from_slice(&(index as u32).to_le_bytes());
        }
        pages.push_data(vec![body.into()], all, Encoding::RLE_DICTIONARY)?;
        Ok(pages)
    }

    /// Numbers that go up by one.
    pub fn consecutive(column: ColumnDescPtr, first: i64, count: usize) -> Result<Self, ParquetError> {
        // As the crate cuts them: blocks of differences, each with its smallest and the bits of four groups of what is above it.
        const BLOCK: usize = 128;
        const GROUPS: usize = 4;
        let mut pages = Self::new(column, Compression::UNCOMPRESSED);
        let mut body = pages.levels(count, 1);
        for number in [BLOCK, GROUPS, count] {
            push_varint(&mut body, number as u64);
        }
        push_varint(&mut body, zigzag(first));
        for _ in 0..count.saturating_sub(1).div_ceil(BLOCK) {
            push_varint(&mut body, zigzag(1));
            body.extend([0; GROUPS]);
        }
        pages.push_data(vec![body.into()], count, Encoding::DELTA_BINARY_PACKED)?;
        Ok(pages)
    }

    /// Values by their places in a list of distinct ones.
    pub fn listed(column: ColumnDescPtr, list: &Plain, places: &[u16]) -> Result<Self, ParquetError> {
        let mut pages = Self::new(column, Compression::SNAPPY);
        pages.push_dictionary(list)?;
        for places in places.chunks(PAGE) {
            let mut body = pages.levels(places.len(), 1);
            push_places(&mut body, list, places);
            pages.push_data(vec![body.into()], places.len(), Encoding::RLE_DICTIONARY)?;
        }
        Ok(pages)
    }

    /// The same of the rows that are known, in one page.
    pub fn sparse_listed(column: ColumnDescPtr, list: &Plain, places: &[u16], known: &[bool]) -> Result<Self, ParquetError> {
        let mut pages = Self::new(column, Compression::SNAPPY);
        pages.push_dictionary(list)?;
        let mut body = levels_of(known);
        push_places(&mut body, list, places);
        pages.push_data(vec![body.into()], known.len(), Encoding::RLE_DICTIONARY)?;
        Ok(pages)
    }

    /// Adds the chunk to a row group.
    pub fn append(self, group: &mut SerializedRowGroupWriter<'_, Output>, statistics: Statistics) -> Result<(), ParquetError> {
        let size = self.bytes.len();
        let metadata = ColumnChunkMetaData::builder(self.column)
            .set_compression(self.compression)
            .set_encodings(self.encodings)
            .set_num_values(self.rows as i64)
            .set_total_compressed_size(size as i64)
            .set_total_uncompressed_size(self.uncompressed as i64)
            .set_dictionary_page_offset(self.data.map(|_| 0))
            .set_data_page_offset(self.data.unwrap_or(0) as i64)
            .set_statistics(statistics)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: size,
            rows_written: self.rows,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        group.append_column(&self.bytes, close)
    }

    /// The levels of rows that are all known (1) or all null (0), where the column could have nulls.
    fn levels(&self, rows: usize, level: u8) -> Vec<u8> {
        if self.column.max_def_level() == 0 {
            return Vec::new();
        }
        let mut run = Vec::new();
        push_varint(&mut run, (rows as u64) << 1);
        run.push(level);
        measured(&run)
    }

    fn push_dictionary(&mut self, values: &Plain) -> Result<(), ParquetError> {
        let page = |buf| Page::DictionaryPage { buf, num_values: values.count as u32, encoding: Encoding::PLAIN, is_sorted: false };
        self.push(vec![values.bytes.clone().into()], page)?;
        self.data = Some(self.bytes.len());
        self.encodings.push(Encoding::PLAIN);
        Ok(())
    }

    fn push_data(&mut self, body: Vec<Cow<'a, [u8]>>, rows: usize, encoding: Encoding) -> Result<(), ParquetError> {
        self.rows += rows as u64;
        if !self.encodings.contains(&encoding) {
            self.encodings.push(encoding);
        }
        let page = |buf| Page::DataPage {
            buf,
            num_values: rows as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        self.push(body, page)
    }

    /// Adds a page of this body.
    fn push(&mut self, mut body: Vec<Cow<'a, [u8]>>, page: impl FnOnce(Bytes) -> Page) -> Result<(), ParquetError> {
        let size: usize = body.iter().map(|segment| segment.len()).sum();
        if self.compression != Compression::UNCOMPRESSED {
            let compressed = snap::raw::Encoder::new().compress_vec(&body.concat());
            body = vec![compressed.map_err(|error| ParquetError::External(Box::new(error)))?.into()];
        }
        let stored = body.iter().map(|segment| segment.len()).sum();
        // The crate writes the header of a page that is as long; its body goes nowhere.
        let mut head = TrackedWrite::new(Head::default());
        let written = SerializedPageWriter::new(&mut head).write_page(CompressedPage::new(page(stand_in(stored)), size))?;
        self.uncompressed += written.uncompressed_size;
        let mut header = head.into_inner()?.0;
        header.truncate(written.bytes_written as usize - stored);
        self.bytes.0.push(header.into());
        self.bytes.0.extend(body);
        Ok(())
    }
}

/// So many bytes that nobody looks at.
fn stand_in(len: usize) -> Bytes {
    static ZEROS: [u8; 1 << 20] = [0; 1 << 20];
    if len <= ZEROS.len() { Bytes::from_static(&ZEROS[..len]) } else { vec![0; len].into() }
}

/// Keeps what is written first, and drops the rest.
#[derive(Default)]
struct Head(Vec<u8>);

impl Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        const HEAD: usize = 1 << 10;
        let room = HEAD.saturating_sub(self.0.len()).min(bytes.len());
        self.0.extend_from_slice(&bytes[..room]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes of a chunk, piece by piece.
#[derive(Clone, Default)]
struct Segments<'a>(Vec<Cow<'a, [u8]>>);

impl Length for Segments<'_> {
    fn len(&self) -> u64 {
        self.0.iter().map(|segment| segment.len() as u64).sum()
    }
}

impl<'a> ChunkReader for Segments<'a> {
    type T = Walk<'a>;

    fn get_read(&self, start: u64) -> Result<Walk<'a>, ParquetError> {
        if start != 0 {
            return Err(ParquetError::NYI("a chunk is read from its beginning".into()));
        }
        Ok(Walk { segments: self.0.clone().into_iter(), now: Cow::default(), done: 0 })
    }

    fn get_bytes(&self, _: u64, _: usize) -> Result<Bytes, ParquetError> {
        Err(ParquetError::NYI("a chunk is read as a stream".into()))
    }
}

struct Walk<'a> {
    segments: std::vec::IntoIter<Cow<'a, [u8]>>,
    now: Cow<'a, [u8]>,
    done: usize,
}

impl Read for Walk<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.done == self.now.len() {
            let Some(next) = self.segments.next() else { return Ok(0) };
            (self.now, self.done) = (next, 0);
        }
        let len = into.len().min(self.now.len() - self.done);
        into[..len].copy_from_slice(&self.now[self.done..self.done + len]);
        self.done += len;
        Ok(len)
    }
}

/// Levels behind their length.
fn measured(levels: &[u8]) -> Vec<u8> {
    [&(levels.len() as u32).to_le_bytes()[..], levels].concat()
}

/// The levels of rows of which some are null, a bit each.
fn levels_of(known: &[bool]) -> Vec<u8> {
    let mut levels = Vec::with_capacity(8 + known.len() / 8);
    push_varint(&mut levels, (known.len().div_ceil(8) as u64) << 1 | 1);
    levels.extend(known.chunks(8).map(|eight| eight.iter().enumerate().fold(0, |byte, (bit, &known)| byte | u8::from(known) << bit)));
    measured(&levels)
}

/// Places in a list, as many whole bytes each as its length asks for.
fn push_places(body: &mut Vec<u8>, list: &Plain, places: &[u16]) {
    let narrow = list.count <= 1 << u8::BITS;
    let width = if narrow { u8::BITS } else { u16::BITS } as usize;
    body.reserve(16 + 2 * places.len());
    body.push(width as u8);
    let eights = places.len().div_ceil(8);
    push_varint(body, (eights as u64) << 1 | 1);
    let end = body.len() + eights * width;
    if narrow {
        body.extend(places.iter().map(|&place| place as u8));
    } else {
        body.extend(places.iter().flat_map(|place| place.to_le_bytes()));
    }
    body.resize(end, 0);
}

/// Small numbers of either sign as small ones without.
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Smallest and largest of two ranges; `None` where one of them is none.
pub fn both(a: Option<[f32; 2]>, b: Option<[f32; 2]>) -> Option<[f32; 2]> {
    let ([a_low, a_high], [b_low, b_high]) = (a?, b?);
    Some([if b_low < a_low { b_low } else { a_low }, if b_high > a_high { b_high } else { a_high }])
}

/// Smallest and largest of some float32; `None` where one of them is not finite, or where there are none.
pub fn range(values: &[f32]) -> Option<[f32; 2]> {
    const LANES: usize = 16;
    let first = *values.first()?;
    let (mut low, mut high, mut outside) = ([first; LANES], [first; LANES], [0_u32; LANES]);
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut padded = [first; LANES];
    padded[..rest.len()].copy_from_slice(rest);
    for values in whole.iter().chain([&padded]) {
        for l in 0..LANES {
            low[l] = if values[l] < low[l] { values[l] } else { low[l] };
            high[l] = if values[l] > high[l] { values[l] } else { high[l] };
            outside[l] |= u32::from(!(values[l].abs() <= f32::MAX));
        }
    }
    let (low, high) = (low.into_iter().reduce(f32::min)?, high.into_iter().reduce(f32::max)?);
    // The format tells 0 from -0, and asks for the outer one.
    let outer = |value: f32, zero: f32| if value == 0.0 { zero } else { value };
    outside.iter().all(|&outside| outside == 0).then_some([outer(low, -0.0), outer(high, 0.0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_knows_what_is_not_finite() {
        assert_eq!(range(&[]), None);
        let mut values: Vec<f32> = (0..40).map(|i| i as f32 - 7.5).collect();
        assert_eq!(range(&values), Some([-7.5, 31.5]));
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in [0, 17, 39] {
                let kept = std::mem::replace(&mut values[place], odd);
                assert_eq!(range(&values), None, "{odd} at {place}");
                values[place] = kept;
            }
        }
        assert_eq!(range(&[0.0, -0.0]).map(|range| range.map(f32::to_bits)), Some([(-0.0_f32).to_bits(), 0]));
    }
}
