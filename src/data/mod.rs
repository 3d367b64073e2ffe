//! Data: reads a CSV file into two float64 columns, and splits, scales, orders and sums its rows.
//!
//! This module does not depend on neurons, losses or optimizers.

mod csv;
mod csv_errors;
mod generator;
mod moments;
mod order;
mod scaling;
mod split;

pub use csv::{CsvFormat, Dataset, sha256};
pub use csv_errors::Error;
pub use generator::{RandomState, Stream, Threefry};
pub use moments::{Centre, Centred, Moments};
pub use order::{BatchOrder, EpochOrders, Shuffle};
pub use scaling::{Scaling, ScalingError};
pub use split::{Permutation, Split, SplitError, TestSize};
