//! The theory of SGD on the paraboloid J of a linear neuron under the mean squared error: the expected J after every update, and the level
//! at which it stops falling.
//!
//! Coordinates: with the standard deviation s and the mean x̄ of the feature, q = (s·δw, δb + x̄·δw), where δ is the deviation from the
//! optimum. Then J − J* = |q|². An update is an affine map of z = (q, v, 1), where v is the velocity of momentum in the same
//! coordinates. So an epoch is an affine map too, z ← M z, and it is random because the rows are shuffled without replacement.
//! Epochs are independent of each other, so the second moment follows a linear recursion,
//!
//! ```text
//! E[z zᵀ] ← E[M E[z zᵀ] Mᵀ]          `E[J]` − J* = E[q₀²] + E[q₁²]
//! ```
//!
//! The outer expectation is over the order of the rows. It is exact up to second order in the deviation of a batch from the mean of all rows;
//! the remainder is averaged over sampled orders ([`EpochMap::new`]). Without shuffling, or with full batches, everything is exact.
//! docs/theory.md derives the formulas and compares them with simulated runs.
//!
//! All computations are in float64, so the rounding of training to float32 is not part of the theory.

mod deviation;
mod epoch_map;
mod epochs;
mod floor;
mod geometry;
mod moments;
mod sgd;

pub use deviation::Deviation;
pub use epoch_map::EpochMap;
pub use epochs::SampledEpochs;
pub use floor::{floor, rate_for_floor};
pub use moments::SecondMoment;
pub use sgd::Sgd;

/// The largest number of training rows for which figures and advice use the theory: its time grows with the rows.
pub const MAX_ROWS: usize = 20_000;
