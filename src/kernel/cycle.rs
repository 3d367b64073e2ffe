//! Cycle detection: whether the parameters at epoch ends return to an earlier point periodically. Twin: `shaders/cycle.wgsl`.
//!
//! A full-batch step is one map of the parameter plane that is iterated, and so is an epoch whose batches have a fixed order. At a large
//! learning rate such a map can have attracting cycles of any period, even for a convex cost (a logistic neuron on data that is not
//! linearly separable: arXiv 2406.05033). Shuffled epochs are a different map each and have no cycles.

use super::Number;
use crate::model::Params;

/// The longest period that is detected, in epochs.
pub const MAX_PERIOD: u32 = 16;
/// Epochs that are observed after the anchor: two rounds of the longest cycle.
pub const OBSERVED_EPOCHS: u32 = 2 * MAX_PERIOD;
/// The distance from the anchor below which an epoch end counts as a return, as a fraction of the largest observed distance.
pub const RETURN_TOLERANCE: f32 = 1e-3;
/// The noise floor of a cycle: a smaller extent, as a fraction of the parameters, is rounding noise around a fixed point.
pub const STATIONARY_TOLERANCE: f32 = 1e-5;
/// The value of [`CycleDetector::period`] after a later return was missed.
pub const MISSED_RETURN: u32 = u32::MAX;

/// The state of cycle detection for one run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CycleDetector<T> {
    /// The parameters at the first observed epoch end.
    pub anchor: Params<T>,
    /// The largest distance from the anchor, in the maximum norm.
    pub reach: T,
    /// Epochs until the first return to the anchor; 0: none yet; [`MISSED_RETURN`]: a later return was missed.
    pub period: u32,
}

/// Epochs between the anchor and `epoch` in a run of `epochs` epochs; `None` before the anchor, and in runs that are too short.
#[inline(always)]
pub fn epochs_since_anchor(epoch: u64, epochs: u64) -> Option<u32> {
    let anchor = epochs.checked_sub(u64::from(OBSERVED_EPOCHS) + 1)?;
    epoch.checked_sub(anchor).map(|elapsed| elapsed as u32)
}

/// The detector after the epoch that ended at `theta`, `elapsed` epochs after the anchor.
#[inline(always)]
pub fn after_epoch<T: Number<Mask = bool>>(before: CycleDetector<T>, theta: Params<T>, elapsed: u32) -> CycleDetector<T> {
    if elapsed == 0 {
        return CycleDetector { anchor: theta, reach: T::splat(0.0), period: 0 };
    }
    let distance = (theta[0] - before.anchor[0]).abs().larger((theta[1] - before.anchor[1]).abs());
    let has_returned = distance.less_or_equal(T::splat(RETURN_TOLERANCE) * before.reach);
    let reach = before.reach.larger(distance);
    let period = if before.period == 0 {
        if has_returned { elapsed } else { 0 }
    } else if before.period != MISSED_RETURN && elapsed.is_multiple_of(before.period) && !has_returned {
        MISSED_RETURN
    } else {
        before.period
    };
    CycleDetector { anchor: before.anchor, reach, period }
}

/// The period of the detected cycle, at least two epochs; `None` without a cycle.
#[inline(always)]
pub fn cycle_period<T: Number<Mask = bool>>(detector: CycleDetector<T>) -> Option<u32> {
    let CycleDetector { anchor, reach, period } = detector;
    let size = anchor[0].abs().larger(anchor[1].abs());
    ((2..=MAX_PERIOD).contains(&period) && (T::splat(STATIONARY_TOLERANCE) * size).less(reach)).then_some(period)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The period that is detected in a run of 40 epochs with these epoch ends.
    fn detected(end: impl Fn(u64) -> Params<f64>) -> Option<u32> {
        let ends = (0..40).filter_map(|epoch| Some((epochs_since_anchor(epoch, 40)?, end(epoch))));
        cycle_period(ends.fold(CycleDetector::default(), |state, (elapsed, theta)| after_epoch(state, theta, elapsed)))
    }

    #[test]
    fn a_short_run_is_not_observed() {
        assert_eq!(epochs_since_anchor(31, 32), None);
        let elapsed = [(0, 33), (32, 33), (6, 40), (7, 40)].map(|(epoch, epochs)| epochs_since_anchor(epoch, epochs));
        assert_eq!(elapsed, [Some(0), Some(32), None, Some(0)]);
    }

    #[test]
    fn the_period_is_the_first_return_if_later_returns_follow() {
        for period in 2..=16 {
            assert_eq!(detected(|epoch| Params::new((epoch % period) as f64, 5.0)), Some(period as u32));
        }
        assert_eq!(detected(|epoch| Params::new((epoch % 17) as f64, 5.0)), None, "the window has room for one round only");
    }

    #[test]
    fn convergence_a_fixed_point_and_drift_are_no_cycles() {
        let sign = |epoch: u64| if epoch.is_multiple_of(2) { 1.0 } else { -1.0 };
        assert_eq!(detected(|epoch| Params::new(sign(epoch) * 0.999_f64.powi(epoch as i32), 0.0)), None, "damped oscillation");
        assert_eq!(detected(|_| Params::new(3.0, 4.0)), None, "fixed point");
        assert_eq!(detected(|epoch| Params::new(3.0, 4.0 + sign(epoch) * 1e-6)), None, "rounding noise");
        assert_eq!(detected(|epoch| Params::new(epoch as f64, 0.0)), None, "drift");
        // A return after 5 epochs, and none after 10.
        assert_eq!(detected(|epoch| Params::new(if epoch == 12 { 7.0 } else { epoch as f64 }, 0.0)), None);
    }
}
