//! Vectors for the watch of a cycle: first ends, ends that come back and ends that do not, on whole rounds and between them.

use super::Tolerance;
use crate::kernel::cycle::{BROKEN, CycleDetector};

/// On the device, against the host.
pub const WATCH: Tolerance = Tolerance { ulps: 1.0, why: "a subtraction, comparisons" };
/// On the host, against float64.
pub const WATCH_ON_HOST: Tolerance = Tolerance { ulps: 0.5, why: "one rounding" };

/// The watch before an end, the end, and how many epochs it is behind the first.
pub fn all() -> Vec<(CycleDetector<f32>, [f32; 2], u32)> {
    let mut cases = Vec::new();
    let anchor = [0.6, -7.3];
    for period in [0, 2, 5, BROKEN] {
        for since in [0, 1, 2, 5, 10, 32] {
            for away in [0.0, 1e-4, 1e-2, 0.7, 40.0] {
                for theta in [[anchor[0] + away, anchor[1]], [anchor[0], anchor[1] - away]] {
                    cases.push((CycleDetector { anchor, reach: 0.5, period }, theta, since));
                }
            }
        }
    }
    cases
}
