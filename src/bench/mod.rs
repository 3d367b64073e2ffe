//! Benchmark of the backends on this machine: results are compared with the float64 reference first, then speeds are measured.
//! A backend whose results differ gets no speed.
//!
//! This module times calls of [`Backend::train`](crate::backend::Backend::train) and touches no files. Each measurement is a median with its
//! range. Compare the rows of one table, not the absolute times of two machines.

mod agreement;
mod clock;
mod contender;
mod cost;
mod measure;
mod picture;
mod roofline;
mod sizes;
mod table;
mod workload;

pub use agreement::TOLERANCE;
pub use contender::{Contender, OpenBackend};
pub use measure::{Options, measure};
pub use picture::{crossover, picture};
pub use sizes::{Curve, Point, Sizes};
pub use table::{Breakdown, Cost, Limit, Line, Missing, Speed, Table};

/// The sweep that `gradsweep bench` measures by default: 16,384 RMSprop runs on standardised data. No run is chaotic at small learning rates.
pub const BUILT_IN: &str = include_str!("bench.toml");
