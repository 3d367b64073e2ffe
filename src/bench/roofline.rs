//! Roofline: the highest training speed that the measured limits of the machine allow.
//!
//! A step of RMSprop or Adam needs two square roots and a division, which only the division unit computes. A step of SGD needs twelve
//! multiply-adds. A recorded point needs eight bytes of memory traffic.

use crate::backend::Limits;
use crate::kernel::Variant;
use crate::model::Optimizer;

/// Multiply-adds, multiplications and additions in a step of SGD with momentum: six for the gradient, four for the update, two for the
/// divergence test.
const SGD_OPERATIONS: f64 = 12.0;

/// Weight and bias in float32.
const POINT_BYTES: f64 = 8.0;

/// The largest possible number of steps a second, with a point recorded after every `every`-th step (0: none). `None` for rules whose
/// limit is not modelled.
pub fn steps_per_s(limits: &Limits, variant: Variant, every: u64) -> Option<f64> {
    let computed = match (variant.optimizer, variant.flag) {
        (Optimizer::Sgd, _) => limits.fused_per_s / SGD_OPERATIONS,
        (Optimizer::Rmsprop, false) | (Optimizer::Adam, _) => limits.roots_per_s,
        _ => return None,
    };
    Some(if every == 0 { computed } else { computed.min(limits.filled_bytes_per_s / POINT_BYTES * every as f64) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_limits_steps_and_memory_limits_points() {
        let limits = Limits { threads: None, fused_per_s: 120.0, roots_per_s: 7.0, filled_bytes_per_s: 16.0 };
        let variant = |optimizer, flag| Variant { optimizer, flag, momentum: false };
        assert_eq!(steps_per_s(&limits, variant(Optimizer::Sgd, false), 0), Some(10.0));
        assert_eq!(steps_per_s(&limits, variant(Optimizer::Rmsprop, false), 0), Some(7.0));
        assert_eq!(steps_per_s(&limits, variant(Optimizer::Rmsprop, false), 1), Some(2.0));
        assert_eq!(steps_per_s(&limits, variant(Optimizer::Rmsprop, false), 5), Some(7.0));
        assert_eq!(steps_per_s(&limits, variant(Optimizer::Rmsprop, true), 0), None);
        assert_eq!(steps_per_s(&limits, variant(Optimizer::Ftrl, false), 0), None);
    }
}
