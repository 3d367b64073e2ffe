//! How training is cut into threads.

use std::fmt;
use std::str::FromStr;

use crate::kernel::layout::WORKGROUP;

/// How many runs a thread of training takes, and threads a workgroup has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub runs: u32,
    pub workgroup: u32,
}

/// The most runs a thread: what it carries of each has to stay in registers.
const MOST_RUNS: u32 = 16;

/// The most threads a workgroup: what every device allows.
const MOST_THREADS: u32 = 256;

/// From so many updates on a software adapter, where a thread of four runs is faster by 1.4, wins back the second longer that it takes to
/// compile it.
const WORTH_FOUR: u128 = 1 << 30;

impl Shape {
    /// A run a thread: as many threads as there can be, for a device that hides waiting behind other threads.
    pub const PLAIN: Self = Self { runs: 1, workgroup: WORKGROUP };

    /// What `gradsweep bench --shapes` measures beside the chosen one.
    pub const ALL: [Self; 7] = [
        Self { runs: 1, workgroup: 32 },
        Self::PLAIN,
        Self { runs: 1, workgroup: 128 },
        Self { runs: 1, workgroup: 256 },
        Self { runs: 2, ..Self::PLAIN },
        Self { runs: 4, ..Self::PLAIN },
        Self { runs: 8, ..Self::PLAIN },
    ];

    /// For so many updates. A software adapter has no waiting to hide, and reads what all runs share anew for each thread.
    pub fn worth(software: bool, updates: u128) -> Self {
        if software && updates >= WORTH_FOUR { Self { runs: 4, ..Self::PLAIN } } else { Self::PLAIN }
    }

    /// Runs of a workgroup.
    pub fn runs_a_workgroup(self) -> u64 {
        u64::from(self.runs) * u64::from(self.workgroup)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.runs, self.workgroup)
    }
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('x').and_then(|(runs, threads)| Some((runs.parse().ok()?, threads.parse().ok()?)));
        match numbers {
            Some((runs @ 1..=MOST_RUNS, workgroup @ 1..=MOST_THREADS)) => Ok(Self { runs, workgroup }),
            _ => Err(format!("runs a thread (1 to {MOST_RUNS}), an x, threads a workgroup (1 to {MOST_THREADS}): 4x64")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read_as_they_are_written() {
        for shape in Shape::ALL {
            assert_eq!(shape.to_string().parse(), Ok(shape));
        }
        for wrong in ["", "4", "x", "0x64", "4x0", "17x64", "4x257", "4x64x1", "-1x64"] {
            assert!(wrong.parse::<Shape>().is_err(), "{wrong}");
        }
    }
}
