//! Shards: one sweep on several machines, each of which trains a range of the runs into a directory of its own.

use std::fmt::{self, Display};
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// One of several equal parts of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// The number of the shard, from 1.
    pub index: u64,
    /// The number of shards.
    pub count: u64,
}

impl Shard {
    /// A shard; `None` unless 1 ≤ index ≤ count.
    pub fn new(index: u64, count: u64) -> Option<Self> {
        (1..=count).contains(&index).then_some(Self { index, count })
    }

    /// The numbers of the shard's runs, of a sweep of `runs` runs. The shards differ by at most one run.
    pub fn runs(&self, runs: u64) -> Range<u64> {
        let bound = |index: u64| (u128::from(runs) * u128::from(index) / u128::from(self.count.max(1))) as u64;
        bound(self.index.saturating_sub(1))..bound(self.index)
    }

    /// The name of the shard's directory.
    pub fn folder(&self) -> String {
        format!("shard-{}-of-{}", self.index, self.count)
    }
}

impl Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_every_run_once() {
        for (runs, count) in [(10, 3), (3, 10), (0, 2), (u64::MAX, 7), (1, 1)] {
            let ranges: Vec<Range<u64>> = (1..=count).map(|index| Shard::new(index, count).unwrap().runs(runs)).collect();
            assert!(ranges[0].start == 0 && ranges[ranges.len() - 1].end == runs);
            assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
            let lengths: Vec<u64> = ranges.iter().map(|range| range.end - range.start).collect();
            assert!(lengths.iter().max().unwrap() - lengths.iter().min().unwrap() <= 1);
        }
        assert!(Shard::new(0, 3).is_none() && Shard::new(4, 3).is_none() && Shard::new(1, 0).is_none());
    }
}
