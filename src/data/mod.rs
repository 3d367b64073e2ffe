//! Data: a CSV file becomes two columns of float64; rows are split, scaled, ordered into batches, and summed into moments.
//!
//! This room knows rows and generators. It does not know neurons, losses or optimizers.

mod csv;
mod generator;
mod moments;
mod order;
mod scaling;
mod split;

pub use csv::{Dataset, Error};
pub use generator::{RandomState, Stream, Threefry};
pub use moments::{Centre, Centred, Moments};
pub use order::{BatchOrder, EpochOrders, Shuffle};
pub use scaling::{Scaling, ScalingError};
pub use split::{Permutation, Split, SplitError, TestSize};
