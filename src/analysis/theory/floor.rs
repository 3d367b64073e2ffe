//! The level at which `E[J]` stops falling under mini-batches, and the learning rate for a given level.

use super::epoch_map::EpochMap;
use super::epochs::SampledEpochs;
use super::sgd::Sgd;
use crate::data::{BatchOrder, Shuffle};
use crate::model::Problem;

/// The ratio of two learning rates, or of two floors, at which [`rate_for_floor`] stops.
const PRECISION: f64 = 1.03;
/// The number of sampled orders for a search of the rate. Where the floor is low, the control variate leaves little to the sample.
const ORDERS: usize = 32;

/// The limit of `E[J]` − J* of SGD with shuffled batches, as the mean over the updates of an epoch. It is 0 for full batches.
///
/// `None` if `E[J]` grows without bound, or if J is not the mean squared error of a linear neuron with a bias.
pub fn floor(problem: &Problem, batch_size: usize, sgd: &Sgd) -> Option<f64> {
    EpochMap::new(&SampledEpochs::of(problem, &shuffled(problem, batch_size))?, sgd).floor()
}

/// The largest learning rate, to 3 %, at which the [`floor`] of SGD with shuffled batches and this momentum is at most `tolerance`, which is
/// positive. The rate of `sgd` is ignored.
///
/// `None` if J is not the mean squared error of a linear neuron with a bias, or if even a millionth of the full-batch limit is too large.
pub fn rate_for_floor(problem: &Problem, batch_size: usize, sgd: &Sgd, tolerance: f64) -> Option<f64> {
    let epochs = SampledEpochs::with_orders(problem, &shuffled(problem, batch_size), ORDERS)?;
    let limit = problem.quadratic.stability_limit(sgd.momentum, sgd.nesterov);
    let floor = |rate: f64| EpochMap::new(&epochs, &Sgd { rate, ..*sgd }).floor().unwrap_or(f64::INFINITY);
    let (mut high, mut high_floor) = (limit, floor(limit));
    let (mut low, mut low_floor) = (high, high_floor);
    while low_floor > tolerance {
        (high, high_floor) = (low, low_floor);
        low = high / 4.0;
        if low < 1e-6 * limit {
            return None;
        }
        low_floor = floor(low);
    }
    // The floor rises at least in proportion to the rate, so the rate is as precise as the floor.
    while high / low > PRECISION && low_floor * PRECISION < tolerance {
        // A power law through both ends. Near the limit and near 0 it does not hold, and a part of the interval is halved instead.
        let share = libm::log(tolerance / low_floor) / libm::log(high_floor / low_floor);
        let share = if share.is_finite() && share > 0.0 { share.clamp(0.1, 0.9) } else { 0.5 };
        let middle = low * libm::pow(high / low, share);
        let middle_floor = floor(middle);
        if middle_floor <= tolerance {
            (low, low_floor) = (middle, middle_floor);
        } else {
            (high, high_floor) = (middle, middle_floor);
        }
    }
    Some(low)
}

/// Shuffled batches of a problem.
fn shuffled(problem: &Problem, batch_size: usize) -> BatchOrder {
    let rows = problem.train.len();
    BatchOrder { rows, batch_size: batch_size.clamp(1, rows.max(1)), shuffle: Shuffle::Threefry { seed: 0 } }
}
