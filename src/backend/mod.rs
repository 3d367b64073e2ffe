//! Backends: where the runs of a group are trained, metrics taken and surfaces evaluated.
//!
//! A backend knows threads, lanes, devices and memory. It holds no formula (`kernel` has them) and does not know configs,
//! run directories or what a run's number is.

mod batches;
mod broadcast;
pub mod cpu;
mod error;
#[cfg(feature = "gpu")]
pub mod gpu;
mod group;
mod interface;
mod limits;
mod outcome;
mod paraboloid;
mod path;
pub mod reference;

pub use broadcast::Broadcast;
pub use error::Error;
pub use group::{Group, RecordOptions, RunInputs};
pub use interface::{Backend, Description, Metrics};
pub use limits::Limits;
pub use outcome::{BlockLayout, EpochSeries, History, NEVER, Outcome};
