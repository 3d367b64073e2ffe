//! The verdict on a run: its names, its thresholds, and the rule that derives it from statistics of the run. docs/verdicts.md derives the rule.
//!
//! The backends accumulate the statistics while they train.

use super::problem::tolerance;
use super::{Optimum, Params, Problem};

/// The relative error of a mean of J over a window in float32: the sum of many roundings.
const MEAN_ROUNDING: f64 = 1e-5;

/// The verdict on a run. The rule tests them in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// A parameter left the range ±1e12, or the radicand of centered RMSprop fell to 0.
    Diverged,
    /// The run ends at the optimum within the tolerance, and not by chance.
    Converged,
    /// The parameters at the ends of epochs repeat with a period of two epochs or more (`kernel::cycle`).
    Cycling,
    /// The mean of J over the last window exceeds J at the start.
    Overshooting,
    /// Mini-batches: most of the excess is fluctuation about the mean point, and the excess no longer falls.
    Noisy,
    /// Full batches: most of the excess is fluctuation about the mean point, and the excess no longer falls.
    Oscillating,
    /// The parameters at both ends of the last window are equal.
    Stuck,
    /// Most of the excess is drift, or the excess still falls.
    Slow,
}

impl Verdict {
    /// All verdicts, in the order in which they are tested.
    pub const ALL: [Self; 8] =
        [Self::Diverged, Self::Converged, Self::Cycling, Self::Overshooting, Self::Noisy, Self::Oscillating, Self::Stuck, Self::Slow];

    /// The name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Diverged => "diverged",
            Self::Converged => "converged",
            Self::Cycling => "cycling",
            Self::Overshooting => "overshooting",
            Self::Noisy => "noisy",
            Self::Oscillating => "oscillating",
            Self::Stuck => "stuck",
            Self::Slow => "slow",
        }
    }

    /// The name, with the period of a cycle: `cycling with period 2`.
    pub fn in_words(self, cycle_period: Option<u32>) -> String {
        match cycle_period.filter(|_| self == Self::Cycling) {
            Some(period) => format!("{} with period {period}", self.name()),
            None => self.name().into(),
        }
    }

    /// The verdict with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

/// Means over the two windows at the end of a run (`kernel::verdict_window`). Losses are relative to [`Problem::loss_offset`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WindowMeans {
    /// Mean weight over the last window.
    pub weight: f32,
    /// Mean bias over the last window.
    pub bias: f32,
    /// Mean of J over the last window.
    pub loss: f32,
    /// Mean of J over the window before the last one; J at the start in a run of one update.
    pub previous_loss: f32,
}

impl From<[f32; 4]> for WindowMeans {
    fn from([weight, bias, loss, previous_loss]: [f32; 4]) -> Self {
        Self { weight, bias, loss, previous_loss }
    }
}

impl From<WindowMeans> for [f32; 4] {
    fn from(means: WindowMeans) -> Self {
        [means.weight, means.bias, means.loss, means.previous_loss]
    }
}

/// The statistics of a run that its verdict follows from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunStatistics {
    /// J over the training rows at the start.
    pub start_loss: f32,
    /// J at the end of the last completed epoch.
    pub last_loss: f32,
    /// The number of epochs, from 1, after which J has first reached the optimum.
    pub epochs_to_reach: Option<u32>,
    /// Means over the two windows; 0 for a diverged run.
    pub means: WindowMeans,
    /// Whether the parameters at both ends of the last window differ; false for a diverged run.
    pub has_moved: bool,
    /// The period in epochs, 2 or more, with which the parameters repeat.
    pub cycle_period: Option<u32>,
    /// The first batch, from 1, after which a parameter exceeds the divergence limit.
    pub diverged_at: Option<u64>,
}

/// The figures of a run that has not diverged, from which its verdict follows. J* is the optimum's J; without an optimum it is the lowest J among
/// start, end, mean point and means of the two windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Mean of J over the last window.
    pub mean_loss: f64,
    /// M: mean of J − J* over the last window.
    pub mean_excess: f64,
    /// M′: mean of J − J* over the window before the last one.
    pub previous_excess: f64,
    /// C: J − J* at the mean point of the last window. M − C is the fluctuation about this point.
    pub drift: f64,
    /// The share of M that is the displacement of the mean point along the eigenvector of the smallest eigenvalue of the Hessian: the floor of the
    /// valley. `None` without a Hessian at an optimum.
    pub valley_share: Option<f64>,
    /// J − J* at the start.
    pub start_excess: f64,
    /// J − J* at the end of the last epoch.
    pub end_excess: f64,
    /// T: the largest excess that counts as having reached the optimum.
    pub tolerance: f64,
    /// Whether the problem has an optimum. Without one a run does not converge.
    pub has_optimum: bool,
}

impl Figures {
    /// The share of M that is drift: C / M. `None` where M is 0 or C is beyond float64.
    pub fn drift_share(&self) -> Option<f64> {
        let share = self.drift / self.mean_excess;
        share.is_finite().then_some(share)
    }

    /// Whether the run ends at the optimum, and the window shows that it does not only pass through: its mean has reached the optimum too, or most of
    /// its excess is drift, which the end has left behind.
    fn has_converged(&self) -> bool {
        let reached = |excess: f64| self.has_optimum && excess <= self.tolerance;
        reached(self.end_excess) && (reached(self.mean_excess) || 2.0 * self.drift >= self.mean_excess)
    }

    /// Whether the excess is larger than at the start. A run that starts at the optimum and stays within the tolerance does not overshoot.
    fn overshoots(&self) -> bool {
        self.mean_excess > self.start_excess * (1.0 + MEAN_ROUNDING) + self.tolerance
    }

    /// Whether most of the excess is fluctuation, and the excess has not fallen by half since the window before.
    fn fluctuates(&self) -> bool {
        2.0 * self.drift < self.mean_excess && 2.0 * self.mean_excess > self.previous_excess
    }
}

/// The verdict rule of a problem: the constants of its figures.
#[derive(Clone, Copy, Debug)]
pub struct VerdictRule<'a> {
    problem: &'a Problem,
    /// Whether a batch has all training rows.
    is_full_batch: bool,
    offset: f64,
    valley: Option<Valley>,
}

/// The direction in which J rises least from the optimum.
#[derive(Clone, Copy, Debug)]
struct Valley {
    optimum: Params<f64>,
    /// The unit eigenvector of the smallest eigenvalue of the Hessian.
    direction: Params<f64>,
    /// Half of this eigenvalue.
    half_curvature: f64,
}

impl Valley {
    fn of(optimum: &Optimum) -> Option<Self> {
        let curvature = optimum.curvature?;
        let ([[a, c], [_, b]], [smallest, _]) = (curvature.hessian, curvature.eigenvalues);
        // Both rows of H − λI are orthogonal to the eigenvector; the longer one has more digits. Without a bias the second row is 0.
        let [across, along] = if (a - smallest).abs() >= (b - smallest).abs() { [a - smallest, c] } else { [c, b - smallest] };
        let length = libm::hypot(across, along);
        let direction = if length > 0.0 { Params::new(-along / length, across / length) } else { Params::new(1.0, 0.0) };
        Some(Self { optimum: optimum.params(), direction, half_curvature: 0.5 * smallest })
    }

    /// J − J* of the displacement of a point along the valley.
    fn excess(&self, point: Params<f64>) -> f64 {
        let component = (point[0] - self.optimum[0]) * self.direction[0] + (point[1] - self.optimum[1]) * self.direction[1];
        self.half_curvature * component * component
    }
}

impl<'a> VerdictRule<'a> {
    /// The rule for runs of a problem.
    pub fn new(problem: &'a Problem, is_full_batch: bool) -> Self {
        let valley = problem.optimum.as_ref().and_then(Valley::of);
        Self { problem, is_full_batch, offset: problem.loss_offset(), valley }
    }

    /// The figures of a run; `None` if it diverged. `loss_at_mean` is J at the mean point of the last window, which a quadratic cost ignores because it
    /// has a formula.
    pub fn figures(&self, run: &RunStatistics, loss_at_mean: f32) -> Option<Figures> {
        if run.diverged_at.is_some() {
            return None;
        }
        let [mean_loss, previous_loss] = [run.means.loss, run.means.previous_loss].map(|loss| f64::from(loss) + self.offset);
        let [start, end, at_mean] = [run.start_loss, run.last_loss, loss_at_mean].map(f64::from);
        let lowest = || [start, end, at_mean, mean_loss, previous_loss].into_iter().fold(f64::INFINITY, f64::min);
        let lowest = self.problem.optimum.map_or_else(lowest, |optimum| optimum.loss);
        // Exactly 0 for a quadratic cost, so that a small excess keeps its digits.
        let shift = self.offset - lowest;
        let point = Params::new(run.means.weight, run.means.bias).map(f64::from);
        let mean_excess = f64::from(run.means.loss) + shift;
        let drift = self.problem.excess(point[0], point[1], at_mean).unwrap_or(at_mean - lowest);
        Some(Figures {
            mean_loss,
            mean_excess,
            previous_excess: f64::from(run.means.previous_loss) + shift,
            // The drift of a quadratic cost is at most the mean excess, apart from the rounding of the mean point.
            drift: if self.problem.neuron.is_quadratic() { drift.min(mean_excess) } else { drift },
            valley_share: self.valley.map(|valley| valley.excess(point) / mean_excess),
            start_excess: start - lowest,
            end_excess: end - lowest,
            tolerance: self.problem.tolerance().unwrap_or_else(|| tolerance(lowest, self.problem.quadratic.var_y)),
            has_optimum: self.problem.optimum.is_some(),
        })
    }

    /// The first verdict that applies to a run with these figures.
    pub fn verdict(&self, run: &RunStatistics, figures: Option<&Figures>) -> Verdict {
        let Some(figures) = figures else { return Verdict::Diverged };
        if figures.has_converged() {
            Verdict::Converged
        } else if run.cycle_period.is_some() {
            Verdict::Cycling
        } else if figures.overshoots() {
            Verdict::Overshooting
        } else if figures.fluctuates() {
            if self.is_full_batch { Verdict::Oscillating } else { Verdict::Noisy }
        } else if !run.has_moved {
            Verdict::Stuck
        } else {
            Verdict::Slow
        }
    }
}
