//! The paths that are drawn: asked for once, thinned to what an eye can tell.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::view::View;
use super::{Error, Path, Sweep};

/// The most points of a drawn path.
const POINTS: usize = 2_000;

/// A path as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Trail {
    /// Its row in the run table.
    pub row: usize,
    /// `[weight, bias]`: the start, the end, and what lies between, evenly thinned.
    pub points: Vec<[f64; 2]>,
    /// The update after which each point is.
    pub steps: Vec<u64>,
}

impl Trail {
    fn new(row: usize, path: &Path) -> Self {
        let len = path.weight.len().min(path.bias.len());
        let kept = thinned(len, POINTS);
        let at = |&index: &usize| [path.weight[index], path.bias[index]].map(f64::from);
        Self { row, points: kept.iter().map(at).collect(), steps: kept.iter().map(|&index| index as u64).collect() }
    }

    /// The last point. A path has at least its start.
    pub fn end(&self) -> [f64; 2] {
        self.points.last().copied().unwrap_or_default()
    }
}

/// Positions of `0..len`, evenly spread and no more than `most`, the ends among them.
pub fn thinned(len: usize, most: usize) -> Vec<usize> {
    super::sample::spread(len, most).collect()
}

/// Asks for paths and keeps what is drawn of them.
pub struct Trails<'a> {
    sweep: Sweep<'a>,
    kept: BTreeMap<usize, Rc<Trail>>,
}

impl<'a> Trails<'a> {
    pub fn new(sweep: &Sweep<'a>) -> Self {
        Self { sweep: *sweep, kept: BTreeMap::new() }
    }

    pub fn view(&self) -> View<'a> {
        self.sweep.view()
    }

    /// The whole path of the run in a row.
    pub fn path(&self, row: usize) -> Result<Path, Error> {
        let run = self.sweep.runs.run[row];
        self.sweep.paths.path(run).map_err(|source| Error::Path { run, source })
    }

    /// The paths of these rows as they are drawn.
    pub fn of(&mut self, rows: &[usize]) -> Result<Vec<Rc<Trail>>, Error> {
        let mut trails = Vec::with_capacity(rows.len());
        for &row in rows {
            if !self.kept.contains_key(&row) {
                let trail = Rc::new(Trail::new(row, &self.path(row)?));
                self.kept.insert(row, trail);
            }
            trails.extend(self.kept.get(&row).cloned());
        }
        Ok(trails)
    }
}
