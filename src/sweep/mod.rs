//! The sweep: problems, a plan for each chunk of runs, the loop that trains, judges and stores them, and replay.
//!
//! It tells an [`Observer`] what happens and prints nothing. It holds no formula and knows no file format.

mod errors;
mod plan;
mod problems;
mod replay;
#[cfg(feature = "cli")]
mod run;
mod table;

pub use errors::Error;
pub use plan::{Estimate, Plan, estimate};
pub use problems::Problems;
pub use replay::{Trace, trace};
#[cfg(feature = "cli")]
pub use run::{Finished, Observer, Options, run};
pub use table::{Measured, measure, selected, table};
