//! Whether a run goes round a cycle: the ends of its last epochs come back to where they were, again and again.
//!
//! A full-batch step is one map of the plane applied again and again, and so is an epoch whose batches come in one order. Under a large
//! rate such a map can have attracting cycles of any period, also for a convex cost (a logistic neuron on data that cannot be
//! separated: arXiv 2406.05033). Shuffled epochs are a different map each and never come back.

use super::Number;
use crate::model::Params;

/// The longest cycle that is looked for, in epochs.
pub const LONGEST: u32 = 16;
/// Epochs that are watched behind the first: the longest cycle twice.
pub const WATCHED: u32 = 2 * LONGEST;
/// An end has come back where it is this close to the first, as a share of the farthest that any was.
pub const BACK: f32 = 1e-3;
/// Ends that all lie within this share of the parameters stand still: what moves them is rounding.
pub const STILL: f32 = 1e-5;
/// Stands for a period that an end of a later round did not keep.
pub const BROKEN: u32 = u32::MAX;

/// What is known of the ends that were watched.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CycleDetector<T> {
    /// The first end.
    pub anchor: Params<T>,
    /// The farthest that an end was from it, in weight or bias.
    pub reach: T,
    /// Epochs until an end first came back; 0: none has; [`BROKEN`].
    pub period: u32,
}

/// How many epochs `epoch` is behind the first that is watched, in a run of `epochs`; `None` before it, and in runs too short to tell.
#[inline(always)]
pub fn since(epoch: u64, epochs: u64) -> Option<u32> {
    let first = epochs.checked_sub(u64::from(WATCHED) + 1)?;
    epoch.checked_sub(first).map(|since| since as u32)
}

/// The watch after an epoch that ended at `theta`.
#[inline(always)]
pub fn watch<T: Number<Mask = bool>>(watch: CycleDetector<T>, theta: Params<T>, since: u32) -> CycleDetector<T> {
    if since == 0 {
        return CycleDetector { anchor: theta, reach: T::splat(0.0), period: 0 };
    }
    let distance = (theta[0] - watch.anchor[0]).abs().larger((theta[1] - watch.anchor[1]).abs());
    let back = distance.less_or_equal(T::splat(BACK) * watch.reach);
    let reach = watch.reach.larger(distance);
    let period = if watch.period == 0 {
        if back { since } else { 0 }
    } else if watch.period != BROKEN && since.is_multiple_of(watch.period) && !back {
        BROKEN
    } else {
        watch.period
    };
    CycleDetector { anchor: watch.anchor, reach, period }
}

/// The period of a cycle of two epochs or more.
#[inline(always)]
pub fn cycle<T: Number<Mask = bool>>(watch: CycleDetector<T>) -> Option<u32> {
    let size = watch.anchor[0].abs().larger(watch.anchor[1].abs());
    (watch.period >= 2 && watch.period <= LONGEST && (T::splat(STILL) * size).less(watch.reach)).then_some(watch.period)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is seen of a run of 40 epochs that end here and there.
    fn seen(end: impl Fn(u64) -> [f64; 2]) -> Option<u32> {
        let ends = (0..40).filter_map(|epoch| Some((since(epoch, 40)?, end(epoch))));
        cycle(ends.fold(CycleDetector::default(), |state, (since, theta)| watch(state, Params(theta), since)))
    }

    #[test]
    fn a_short_run_is_not_watched() {
        assert_eq!(since(31, 32), None);
        assert_eq!([since(0, 33), since(32, 33), since(6, 40), since(7, 40)], [Some(0), Some(32), None, Some(0)]);
    }

    #[test]
    fn a_period_is_the_first_return_that_is_kept() {
        for period in 2..=16 {
            assert_eq!(seen(|epoch| [(epoch % period) as f64, 5.0]), Some(period as u32));
        }
        assert_eq!(seen(|epoch| [(epoch % 17) as f64, 5.0]), None, "one round is not two");
    }

    #[test]
    fn what_settles_stands_or_wanders_is_no_cycle() {
        let sign = |epoch: u64| if epoch.is_multiple_of(2) { 1.0 } else { -1.0 };
        assert_eq!(seen(|epoch| [sign(epoch) * 0.999_f64.powi(epoch as i32), 0.0]), None, "it settles");
        assert_eq!(seen(|_| [3.0, 4.0]), None, "it stands");
        assert_eq!(seen(|epoch| [3.0, 4.0 + sign(epoch) * 1e-6]), None, "rounding");
        assert_eq!(seen(|epoch| [epoch as f64, 0.0]), None, "it drifts");
        // It comes back after 5 and not after 10.
        assert_eq!(seen(|epoch| [if epoch == 12 { 7.0 } else { epoch as f64 }, 0.0]), None);
    }
}
