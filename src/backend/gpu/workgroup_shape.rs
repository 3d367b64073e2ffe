//! The division of runs into threads and workgroups.

use std::fmt;
use std::str::FromStr;

use crate::kernel::layout::WORKGROUP_SIZE;

/// Runs per thread (thread coarsening) and threads per workgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkgroupShape {
    /// Runs that a thread trains.
    pub runs_per_thread: u32,
    /// Threads of a workgroup.
    pub threads: u32,
}

/// The most runs per thread. The state of every run must fit the thread's registers.
const MAX_RUNS_PER_THREAD: u32 = 16;

/// The most threads per workgroup that every device supports.
const MAX_THREADS: u32 = 256;

/// Updates from which four runs per thread pay off on a software adapter: training is 1.4 times as fast, compilation takes one second longer.
const COARSENING_UPDATES: u128 = 1 << 30;

impl WorkgroupShape {
    /// One run per thread: the most threads, with which a hardware GPU hides latency.
    pub const PLAIN: Self = Self { runs_per_thread: 1, threads: WORKGROUP_SIZE };

    /// Four runs per thread, for large sweeps on a software adapter. On hardware their state spills from registers to memory (ANV, NVK).
    const COARSE: Self = Self { runs_per_thread: 4, threads: WORKGROUP_SIZE };

    /// The shapes that `gradsweep bench --shapes` measures.
    pub const ALL: [Self; 5] = [
        Self { runs_per_thread: 1, threads: 32 },
        Self::PLAIN,
        Self { runs_per_thread: 1, threads: 128 },
        Self { runs_per_thread: 1, threads: 256 },
        Self { runs_per_thread: 2, ..Self::PLAIN },
    ];

    /// The default shape for a sweep of `updates` updates. On a software adapter several runs per thread share the loads of batches.
    pub fn for_updates(is_software: bool, updates: u128) -> Self {
        if is_software && updates >= COARSENING_UPDATES { Self::COARSE } else { Self::PLAIN }
    }

    /// Runs that a workgroup trains.
    pub fn runs_per_workgroup(self) -> u64 {
        u64::from(self.runs_per_thread) * u64::from(self.threads)
    }
}

impl fmt::Display for WorkgroupShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.runs_per_thread, self.threads)
    }
}

impl FromStr for WorkgroupShape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('x').and_then(|(runs, threads)| Some((runs.parse().ok()?, threads.parse().ok()?)));
        match numbers {
            Some((runs_per_thread @ 1..=MAX_RUNS_PER_THREAD, threads @ 1..=MAX_THREADS)) => Ok(Self { runs_per_thread, threads }),
            _ => Err(format!(
                "expected runs per thread (1 to {MAX_RUNS_PER_THREAD}), x, threads per workgroup (1 to {MAX_THREADS}), for example 4x64"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_parse_to_the_values_that_were_displayed() {
        for shape in WorkgroupShape::ALL {
            assert_eq!(shape.to_string().parse(), Ok(shape));
        }
        for wrong in ["", "4", "x", "0x64", "4x0", "17x64", "4x257", "4x64x1", "-1x64"] {
            assert!(wrong.parse::<WorkgroupShape>().is_err(), "{wrong}");
        }
    }
}
