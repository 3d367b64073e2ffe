//! Test vectors for the cycle detector. The anchor is the first observed epoch end. The cases are the anchor itself and later epoch ends that return to it
//! or do not, at multiples of the period and between them.

use super::Tolerance;
use crate::kernel::cycle::{CycleDetector, MISSED_RETURN};
use crate::model::Params;

/// Tolerance of the device's results, compared with the host's float32.
pub const DETECTOR: Tolerance = Tolerance { ulps: 1.0, reason: "a subtraction and comparisons" };
/// Tolerance of the host's float32, compared with float64.
pub const DETECTOR_ON_HOST: Tolerance = Tolerance { ulps: 0.5, reason: "one rounding" };

/// Arguments of `cycle::after_epoch`: the detector, the parameters at an epoch end, and the number of epochs since the anchor.
pub fn all() -> Vec<(CycleDetector<f32>, Params<f32>, u32)> {
    let mut cases = Vec::new();
    let anchor = Params::new(0.6, -7.3);
    for period in [0, 2, 5, MISSED_RETURN] {
        for elapsed in [0, 1, 2, 5, 10, 32] {
            for distance in [0.0, 1e-4, 1e-2, 0.7, 40.0] {
                for theta in [Params::new(anchor[0] + distance, anchor[1]), Params::new(anchor[0], anchor[1] - distance)] {
                    cases.push((CycleDetector { anchor, reach: 0.5, period }, theta, elapsed));
                }
            }
        }
    }
    cases
}
