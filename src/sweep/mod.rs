//! A sweep: its problems, a plan for each chunk of runs, the loop that trains and stores the chunks, and the replay of single runs.
//!
//! Progress is reported to an [`Observer`]; nothing is printed. This folder contains no formulas and no file formats.

mod errors;
mod estimate;
#[cfg(feature = "cli")]
mod paths;
mod plan;
mod problems;
pub(crate) mod recorded;
mod replay;
#[cfg(feature = "cli")]
mod run;
pub(crate) mod run_table;
#[cfg(feature = "cli")]
mod top_runs;
mod trained;

pub use errors::Error;
pub use estimate::{Estimate, estimate};
#[cfg(feature = "cli")]
pub use paths::StoredPaths;
pub use plan::{Plan, batch_order};
pub use problems::Problems;
pub use replay::replay;
#[cfg(feature = "cli")]
pub use run::{Inputs, Observer, Options, Summary, run};
#[cfg(feature = "cli")]
pub(crate) use run_table::setting_columns;
pub use trained::trained;
