//! Recorded points on their way into a part file: from blocks of runs, `[point][lane]`, to columns in the order of runs.

use std::borrow::Cow;
use std::collections::HashMap;

use super::errors::Error;
use super::pages::{both, range};
use super::parquet::{Cells, GROUP_ROWS, TableFile};
use crate::backend::History;
use crate::backend::outcome::BlockLayout;
use crate::table::Selected;

/// The most steps that a row group names by their places in a list. Longer runs are few, and have their steps encoded one by one.
const LISTED: usize = 1 << 16;

/// Points that are turned at once: a few lines of a block, which stay in the nearest cache while every run takes its numbers from them.
const TURNED: usize = 16;

/// The columns of a row group, kept from one to the next: the first touch of fresh memory is the dearer part of a write.
#[derive(Default)]
pub struct Histories {
    /// Runs, and how many points each has.
    runs: Vec<(i64, u32)>,
    rows: usize,
    steps: Steps,
    series: [Series; 2],
}

/// A column of numbers: the first so many of `values`, which never shrink, and their range; `None` where one is not finite.
#[derive(Default)]
struct Series {
    values: Vec<f32>,
    rows: usize,
    range: Option<[f32; 2]>,
}

impl Series {
    fn cells(&self) -> Cells<'_> {
        let values = &self.values[..self.rows];
        self.range.map_or(Cells::Floats(Cow::Borrowed(values)), |range| Cells::Finite { values, range })
    }
}

impl Histories {
    /// Writes the histories of some runs and ends the part. Row groups are cut between runs.
    pub fn write(&mut self, mut part: TableFile, histories: &[Selected<'_>]) -> Result<(), Error> {
        let mut left = histories;
        while let Some((stretch, others)) = Stretch::first(left) {
            left = others;
            for stretch in stretch.pieces(GROUP_ROWS) {
                if self.rows + stretch.rows() > GROUP_ROWS || !self.steps.fits(stretch.history) {
                    self.flush(&mut part)?;
                }
                self.add(&stretch);
            }
        }
        self.flush(&mut part)?;
        part.finish()
    }

    fn add(&mut self, stretch: &Stretch<'_>) {
        self.rows += stretch.rows();
        self.runs.extend(stretch.runs.iter().map(|selected| (selected.run as i64, stretch.points as u32)));
        for _ in stretch.runs {
            self.steps.add(stretch.history, stretch.points);
        }
        let [weight, bias] = &mut self.series;
        stretch.turn(&stretch.history.weight, weight);
        stretch.turn(&stretch.history.bias, bias);
    }

    fn flush(&mut self, part: &mut TableFile) -> Result<(), Error> {
        if self.rows == 0 {
            return Ok(());
        }
        let [weight, bias] = &self.series;
        part.group(&[Cells::Runs(&self.runs), self.steps.cells(), weight.cells(), bias.cells()])?;
        self.rows = 0;
        self.runs.clear();
        self.steps.clear();
        self.series.iter_mut().for_each(|series| series.rows = 0);
        Ok(())
    }
}

/// Neighbours of one block that have as many points as each other.
struct Stretch<'a> {
    history: &'a History,
    runs: &'a [Selected<'a>],
    points: usize,
}

impl<'a> Stretch<'a> {
    /// The first stretch of some runs, and those behind it; `None` where none has points.
    fn first(runs: &'a [Selected<'a>]) -> Option<(Self, &'a [Selected<'a>])> {
        let begin = runs.iter().position(|selected| selected.outcome.history.is_some())?;
        let runs = &runs[begin..];
        let (first, history) = (&runs[0], runs[0].outcome.history.as_ref()?);
        let points = |selected: &Selected<'_>| history.known_points(selected.outcome.steps[selected.lane]);
        let width = history.blocks.width;
        let known = points(first);
        let belongs = |index: usize, selected: &Selected<'_>| {
            std::ptr::eq(selected.outcome, first.outcome)
                && selected.lane == first.lane + index
                && selected.lane / width == first.lane / width
                && points(selected) == known
        };
        let len = runs.iter().enumerate().take_while(|(index, selected)| belongs(*index, selected)).count();
        let (own, others) = runs.split_at(len);
        Some((Self { history, runs: own, points: known }, others))
    }

    /// The same in pieces of at most so many rows; a run is not cut.
    fn pieces(&self, rows: usize) -> impl Iterator<Item = Self> {
        let &Self { history, points, .. } = self;
        self.runs.chunks((rows / points).max(1)).map(move |runs| Self { history, runs, points })
    }

    fn rows(&self) -> usize {
        self.runs.len() * self.points
    }

    /// Adds the numbers of a column of the history, run by run.
    fn turn(&self, column: &[f32], series: &mut Series) {
        let (width, points) = (self.history.blocks.width, self.points);
        let (block, behind) = (self.runs[0].lane / width, self.runs[0].lane % width);
        let block = &column[block * self.history.blocks.block_len()..];
        let (begin, end) = (series.rows, series.rows + self.rows());
        if series.values.len() < end {
            series.values.resize(end.next_power_of_two(), 0.0);
        }
        let turned = &mut series.values[begin..end];
        let mut tile = [[0.0; BlockLayout::WIDTH]; TURNED];
        for (first, lines) in (0..points).step_by(TURNED).zip(block[..points * width].chunks(TURNED * width)) {
            // In order, as memory likes to be read.
            match lines.as_chunks::<{ BlockLayout::WIDTH }>() {
                (whole, []) if width == BlockLayout::WIDTH => tile[..whole.len()].copy_from_slice(whole),
                _ => tile.iter_mut().zip(lines.chunks_exact(width)).for_each(|(own, line)| own[..width].copy_from_slice(line)),
            }
            for (lane, run) in (behind..).zip(turned.chunks_exact_mut(points)) {
                let run = &mut run[first..points.min(first + TURNED)];
                for i in 0..run.len().min(TURNED) {
                    run[i] = tile[i][lane];
                }
            }
        }
        let own = range(turned);
        series.range = if begin == 0 { own } else { both(series.range, own) };
        series.rows = end;
    }
}

/// The step column of a row group.
#[derive(Default)]
struct Steps {
    /// The largest so far.
    last: i64,
    /// Distinct steps in the order in which they came up, and where each stands.
    list: Vec<i64>,
    known: HashMap<i64, u16>,
    /// The places of all steps of a history, by its last one and how many lie between two.
    patterns: HashMap<[u64; 2], Vec<u16>>,
    places: Vec<u16>,
    /// The steps of runs that are too long for a list.
    long: Vec<i64>,
}

impl Steps {
    /// Whether a row group with these steps can have those of a history too.
    fn fits(&self, history: &History) -> bool {
        let rows = history.blocks.rows;
        if rows > LISTED || !self.long.is_empty() {
            return self.places.is_empty() && (rows > LISTED || self.long.is_empty());
        }
        self.patterns.contains_key(&[history.steps, history.every]) || self.list.len() + rows <= LISTED
    }

    /// Adds the steps of a run's first points.
    fn add(&mut self, history: &History, points: usize) {
        self.last = self.last.max(history.step(points - 1) as i64);
        if history.blocks.rows > LISTED {
            self.long.extend((0..points).map(|point| history.step(point) as i64));
            return;
        }
        let Self { list, known, patterns, places, .. } = self;
        let pattern = patterns.entry([history.steps, history.every]).or_insert_with(|| {
            let place = |point| {
                let step = history.step(point) as i64;
                *known.entry(step).or_insert_with(|| {
                    list.push(step);
                    (list.len() - 1) as u16
                })
            };
            (0..history.blocks.rows).map(place).collect()
        });
        places.extend_from_slice(&pattern[..points]);
    }

    fn cells(&self) -> Cells<'_> {
        if self.long.is_empty() {
            Cells::Listed { list: &self.list, places: &self.places, range: [0, self.last] }
        } else {
            Cells::Integers(Cow::Borrowed(&self.long))
        }
    }

    fn clear(&mut self) {
        self.last = 0;
        self.list.clear();
        self.known.clear();
        self.patterns.clear();
        self.places.clear();
        self.long.clear();
    }
}
