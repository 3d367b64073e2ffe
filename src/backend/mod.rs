//! Backends, which train the runs of a group and evaluate metrics and cost surfaces: the float64 reference, the CPU and the GPU.
//!
//! A backend manages threads, SIMD lanes, devices and memory. The formulas are in `kernel`. Backends do not depend on configs, run directories
//! or run numbers.

mod batches;
mod broadcast;
pub mod cpu;
mod error;
mod fallback;
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
pub use fallback::Fallback;
pub use group::{Group, RecordOptions, RunInputs};
pub use interface::{Backend, ChunkLimits, Description, DeviceTimes, Metrics};
pub use limits::Limits;
pub use outcome::{BlockLayout, EpochSeries, History, NEVER, Outcome};
