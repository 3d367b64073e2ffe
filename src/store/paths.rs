//! Stored histories and epochs of several runs. Each row group is read once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::directory::{Point, RunDirectory};
use super::errors::Error;
use super::table_file::TableReader;
use crate::table::{EpochTable, HistoryTable, Table};

impl RunDirectory {
    /// The recorded points of some runs, by run number. A run without a stored history is absent.
    ///
    /// # Errors
    /// If a file cannot be read or is damaged.
    pub fn histories(&self, runs: &[u64]) -> Result<BTreeMap<u64, Vec<Point>>, Error> {
        let mut histories: BTreeMap<u64, Vec<Point>> = BTreeMap::new();
        self.read_groups("history", runs, |stored: &HistoryTable| {
            for (run, rows) in wanted_rows(&stored.run, runs) {
                let point = |row: usize| Point { step: stored.step[row], weight: stored.weight[row], bias: stored.bias[row] };
                histories.entry(run).or_default().extend(rows.map(point));
            }
        })?;
        Ok(histories)
    }

    /// The epochs of some runs, by run number. A run without stored epochs is absent.
    ///
    /// # Errors
    /// If a file cannot be read or is damaged.
    pub fn epoch_tables(&self, runs: &[u64]) -> Result<BTreeMap<u64, EpochTable>, Error> {
        let mut tables: BTreeMap<u64, EpochTable> = BTreeMap::new();
        self.read_groups("epochs", runs, |stored: &EpochTable| {
            for (run, rows) in wanted_rows(&stored.run, runs) {
                tables.entry(run).or_default().append(&stored.select(&rows.collect::<Vec<usize>>()));
            }
        })?;
        Ok(tables)
    }

    /// Reads the row groups of a table that may hold one of the runs, one after the other.
    fn read_groups<T: Table>(&self, table: &str, runs: &[u64], mut visit: impl FnMut(&T)) -> Result<(), Error> {
        for path in self.files(table)? {
            let reader = TableReader::open(&path)?;
            let groups: BTreeSet<usize> = runs.iter().flat_map(|&run| reader.groups_with("run", run as i64)).collect();
            for group in groups {
                visit(&T::read(&reader.rows_of(vec![group]))?);
            }
        }
        Ok(())
    }
}

/// The row range of each requested run in a column of run numbers, in which equal numbers are adjacent.
fn wanted_rows(column: &[u64], wanted: &[u64]) -> Vec<(u64, Range<usize>)> {
    let wanted: BTreeSet<u64> = wanted.iter().copied().collect();
    let (mut rows, mut first) = (Vec::new(), 0);
    for stretch in column.chunk_by(|a, b| a == b) {
        if wanted.contains(&stretch[0]) {
            rows.push((stretch[0], first..first + stretch.len()));
        }
        first += stretch.len();
    }
    rows
}
