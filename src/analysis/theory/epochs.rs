//! The batches of sampled epochs.

use super::geometry::{BatchDeviation, Geometry, SUMS};
use crate::data::{BatchOrder, Shuffle};
use crate::model::Problem;

/// The largest number of sampled orders, and the smallest.
const MOST: usize = 256;
const LEAST: usize = 16;
/// The number of sampled orders is this number over (batches + rows/32), which is in proportion to the time that an order takes.
const WORK: usize = 10_000;

/// The seed of the sampled orders: not one of those that people choose.
const SEED: u32 = u32::MAX;

/// The batches of one problem in sampled epochs. They serve every learning rate and momentum.
#[derive(Clone, Debug)]
pub struct SampledEpochs {
    pub(super) geometry: Geometry,
    /// The number of rows of each batch of an epoch.
    pub(super) sizes: Vec<usize>,
    /// The batches of one sampled epoch after the other.
    pub(super) batches: Vec<BatchDeviation>,
    /// Whether epochs differ.
    pub(super) is_random: bool,
}

impl SampledEpochs {
    /// Samples epochs; `None` unless the neuron is linear with a bias and the loss is the mean squared error.
    pub fn of(problem: &Problem, order: &BatchOrder) -> Option<Self> {
        let orders = WORK / (order.batches() + order.rows / 32).max(1);
        Self::with_orders(problem, order, orders.clamp(LEAST, MOST))
    }

    /// Samples a given number of epochs. One is enough without shuffling and for full batches.
    pub fn with_orders(problem: &Problem, order: &BatchOrder, orders: usize) -> Option<Self> {
        let geometry = Geometry::of(problem)?;
        let is_random = order.shuffle != Shuffle::None && order.batches() > 1;
        let shuffle = if is_random { Shuffle::Threefry { seed: SEED } } else { Shuffle::None };
        let mut epochs = BatchOrder { shuffle, ..*order }.epochs();
        let mut batches = Vec::new();
        for _ in 0..if is_random { orders } else { 1 } {
            batches.extend(epochs.advance().chunks(order.batch_size).map(|batch| mean(&geometry.rows, batch)));
        }
        let sizes = (0..order.batches()).map(|batch| order.batch_size.min(order.rows - batch * order.batch_size)).collect();
        Some(Self { geometry, sizes, batches, is_random })
    }
}

/// The mean deviation of the rows of a batch.
fn mean(rows: &[BatchDeviation], batch: &[u32]) -> BatchDeviation {
    let mut sums = [0.0; SUMS];
    for &row in batch {
        for (sum, value) in sums.iter_mut().zip(rows[row as usize]) {
            *sum += value;
        }
    }
    sums.map(|sum| sum / batch.len() as f64)
}
