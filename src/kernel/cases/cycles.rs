//! Test vectors for the cycle detector: first epochs, epochs that return to the anchor and epochs that do not, at multiples of the period and between.

use super::Tolerance;
use crate::kernel::cycle::{BROKEN, CycleDetector};
use crate::model::Params;

/// Tolerance on the device against the host.
pub const DETECTOR: Tolerance = Tolerance { ulps: 1.0, reason: "a subtraction and comparisons" };
/// Tolerance on the host against float64.
pub const DETECTOR_ON_HOST: Tolerance = Tolerance { ulps: 0.5, reason: "one rounding" };

/// The watch before an end, the end, and how many epochs it is behind the first.
pub fn all() -> Vec<(CycleDetector<f32>, Params<f32>, u32)> {
    let mut cases = Vec::new();
    let anchor = Params::new(0.6, -7.3);
    for period in [0, 2, 5, BROKEN] {
        for since in [0, 1, 2, 5, 10, 32] {
            for away in [0.0, 1e-4, 1e-2, 0.7, 40.0] {
                for theta in [Params::new(anchor[0] + away, anchor[1]), Params::new(anchor[0], anchor[1] - away)] {
                    cases.push((CycleDetector { anchor, reach: 0.5, period }, theta, since));
                }
            }
        }
    }
    cases
}
