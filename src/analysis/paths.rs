//! Paths for figures: fetched once, thinned to the resolution of a figure.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::errors::Error;
use super::runs::Runs;
use super::sample::spread;
use super::sweep::Sweep;
use crate::model::Path;
use crate::text;

/// The largest number of points of a drawn path.
const POINTS: usize = 2_000;

/// The largest number of points that are fetched together.
const FETCHED_POINTS: u64 = 4_000_000;

/// A path as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnPath {
    /// The row of its run.
    pub row: usize,
    /// `[weight, bias]` of the start, of evenly spaced points, and of the end.
    pub points: Vec<[f64; 2]>,
    /// The number of updates before each point.
    pub steps: Vec<u64>,
}

impl DrawnPath {
    fn new(row: usize, path: &Path) -> Self {
        let kept: Vec<usize> = spread(path.len(), POINTS).collect();
        Self {
            row,
            points: kept.iter().map(|&point| path.at(point).0).collect(),
            steps: kept.iter().map(|&point| path.steps[point]).collect(),
        }
    }

    /// The last point.
    pub fn end(&self) -> [f64; 2] {
        self.points.last().copied().unwrap_or_default()
    }
}

/// Fetches paths, and keeps their drawn form.
pub struct PathCache<'a> {
    sweep: Sweep<'a>,
    drawn: BTreeMap<usize, Rc<DrawnPath>>,
}

impl<'a> PathCache<'a> {
    /// An empty cache.
    pub fn new(sweep: &Sweep<'a>) -> Self {
        Self { sweep: *sweep, drawn: BTreeMap::new() }
    }

    /// The runs of the sweep.
    pub fn runs(&self) -> Runs<'a> {
        self.sweep.table()
    }

    /// Calls `visit` with each row and its whole path. Long paths are fetched a few at a time to bound memory.
    pub fn visit(&self, rows: &[usize], mut visit: impl FnMut(usize, &Path)) -> Result<(), Error> {
        let table = self.sweep.runs;
        let longest = rows.iter().map(|&row| table.steps[row]).max().unwrap_or(0);
        let together = (FETCHED_POINTS / (longest + 1)).max(1) as usize;
        for rows in rows.chunks(together) {
            let numbers: Vec<u64> = rows.iter().map(|&row| table.run[row]).collect();
            let name = || if let [run] = numbers[..] { format!("run {run}") } else { text::count(numbers.len(), "run") };
            let paths = (self.sweep.paths)(&numbers).map_err(|source| Error::Paths { runs: name(), source })?;
            for (&row, path) in rows.iter().zip(&paths) {
                visit(row, path);
            }
        }
        Ok(())
    }

    /// The drawn paths of some rows.
    pub fn drawn(&mut self, rows: &[usize]) -> Result<Vec<Rc<DrawnPath>>, Error> {
        let missing: Vec<usize> = rows.iter().copied().filter(|row| !self.drawn.contains_key(row)).collect();
        let mut fetched = Vec::with_capacity(missing.len());
        self.visit(&missing, |row, path| fetched.push((row, Rc::new(DrawnPath::new(row, path)))))?;
        self.drawn.extend(fetched);
        Ok(rows.iter().filter_map(|row| self.drawn.get(row).cloned()).collect())
    }
}
