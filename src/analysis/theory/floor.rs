//! The level at which E[J] stops falling under mini-batches, and the learning rate for a given level.

use super::epoch_map::EpochMap;
use super::epochs::SampledEpochs;
use super::sgd::Sgd;
use crate::data::{BatchOrder, Shuffle};
use crate::model::Problem;

/// The relative precision of a learning rate from [`rate_for_floor`].
const PRECISION: f64 = 0.02;
/// The number of sampled orders for a search of the rate. Where the floor is low, the control variate leaves little to the sample.
const ORDERS: usize = 32;

/// The limit of E[J] − J* of SGD with shuffled batches, as the mean over the updates of an epoch. It is 0 for full batches.
///
/// `None` if E[J] grows without bound, or if J is not the mean squared error of a linear neuron with a bias.
pub fn floor(problem: &Problem, batch_size: usize, sgd: &Sgd) -> Option<f64> {
    EpochMap::new(&SampledEpochs::of(problem, &shuffled(problem, batch_size))?, sgd).floor()
}

/// The largest learning rate, to 2 %, at which the [`floor`] of SGD with shuffled batches and this momentum is at most `tolerance`, which is
/// positive. The rate of `sgd` is ignored.
///
/// `None` if J is not the mean squared error of a linear neuron with a bias, or if even a millionth of the full-batch limit is too large.
pub fn rate_for_floor(problem: &Problem, batch_size: usize, sgd: &Sgd, tolerance: f64) -> Option<f64> {
    let epochs = SampledEpochs::with_orders(problem, &shuffled(problem, batch_size), ORDERS)?;
    let limit = problem.quadratic.stability_limit(sgd.momentum, sgd.nesterov);
    let is_low = |rate: f64| EpochMap::new(&epochs, &Sgd { rate, ..*sgd }).floor().is_some_and(|floor| floor <= tolerance);
    let (mut low, mut high) = (limit, limit);
    while !is_low(low) {
        (low, high) = (low / 4.0, low);
        if low < 1e-6 * limit {
            return None;
        }
    }
    while high / low > 1.0 + PRECISION {
        let middle = (low * high).sqrt();
        *(if is_low(middle) { &mut low } else { &mut high }) = middle;
    }
    Some(low)
}

/// Shuffled batches of a problem.
fn shuffled(problem: &Problem, batch_size: usize) -> BatchOrder {
    let rows = problem.train.len();
    BatchOrder { rows, batch_size: batch_size.clamp(1, rows.max(1)), shuffle: Shuffle::Threefry { seed: 0 } }
}
