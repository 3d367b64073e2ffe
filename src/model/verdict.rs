//! The verdict on a run: its names, its thresholds, and the rule that derives it from statistics of the run.
//!
//! The backends accumulate the statistics while they train.

use super::Quadratic;

/// *Reached* means `J ≤ J* + (REACHED_SHARE − 1)·|J*| + REACHED_VARIANCE·Var(y)` on the training rows at an epoch's end.
pub const REACHED_SHARE: f64 = 1.01;
/// A run reaches the optimum if its excess is at most this share of Var(y), plus the relative tolerance.
pub const REACHED_VARIANCE: f64 = 1e-6;

/// The verdict on a run. The rule tests them in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// A parameter left the range ±1e12, or the radicand of centered RMSprop fell to 0.
    Diverged,
    /// The loss at the end of the last epoch has *reached* the optimum.
    Converged,
    /// The parameters at the ends of epochs repeat with a period of two epochs or more (`kernel::cycle`).
    Cycling,
    /// J exceeds its initial value at the end of some epoch.
    Overshooting,
    /// More than half of the steps of the last epoch cross the minimum along the direction of the step.
    Oscillating,
    /// No other verdict applies.
    Slow,
}

impl Verdict {
    /// All verdicts, in the order in which they are tested.
    pub const ALL: [Self; 6] = [Self::Diverged, Self::Converged, Self::Cycling, Self::Overshooting, Self::Oscillating, Self::Slow];

    /// The name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Diverged => "diverged",
            Self::Converged => "converged",
            Self::Cycling => "cycling",
            Self::Overshooting => "overshooting",
            Self::Oscillating => "oscillating",
            Self::Slow => "slow",
        }
    }

    /// The name, with the period of a cycle: `cycling(2)`.
    pub fn in_words(self, cycle_period: Option<u32>) -> String {
        match cycle_period.filter(|_| self == Self::Cycling) {
            Some(period) => format!("{}({period})", self.name()),
            None => self.name().into(),
        }
    }

    /// The verdict with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

/// The statistics of a run that its verdict follows from. For a run of one epoch, *epoch's end* means the end of each quarter of
/// its steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunStatistics {
    /// J over the training rows at the start.
    pub start_loss: f32,
    /// The largest J at the start and the epochs' ends.
    pub worst_loss: f32,
    /// J at the end of the last completed epoch.
    pub last_loss: f32,
    /// The first epoch, from 0, whose end has reached the optimum.
    pub reached_epoch: Option<u32>,
    /// The number of steps of the last epoch that cross the minimum along their direction.
    pub crossings: u32,
    /// The number of steps of the last epoch.
    pub last_epoch_steps: u32,
    /// The period in epochs, 2 or more, with which the parameters repeat.
    pub cycle_period: Option<u32>,
    /// The first batch, from 1, after which a parameter exceeds the divergence limit.
    pub diverged_at: Option<u64>,
}

/// The largest loss that counts as having reached the optimum of a quadratic cost.
pub fn reached_loss(quadratic: &Quadratic) -> f64 {
    reached(quadratic.loss, quadratic.var_y)
}

/// The largest loss that counts as having reached an optimum, from J* and the variance of the labels. J* may be negative (poisson).
pub fn reached(optimum: f64, variance: f64) -> f64 {
    optimum + (REACHED_SHARE - 1.0) * optimum.abs() + REACHED_VARIANCE * variance
}

impl RunStatistics {
    /// The statistics of a run before its first update, with J = `loss`.
    pub fn at_start(loss: f32, last_epoch_steps: u32) -> Self {
        Self {
            start_loss: loss,
            worst_loss: loss,
            last_loss: loss,
            reached_epoch: None,
            crossings: 0,
            last_epoch_steps,
            cycle_period: None,
            diverged_at: None,
        }
    }

    /// Records J at the end of an epoch.
    pub fn epoch_ends(&mut self, loss: f32, epoch: u32, reached_loss: f32) {
        self.worst_loss = self.worst_loss.max(loss);
        self.last_loss = loss;
        if self.reached_epoch.is_none() && loss <= reached_loss {
            self.reached_epoch = Some(epoch);
        }
    }

    /// The first verdict that applies.
    pub fn judge(&self, reached_loss: f32) -> Verdict {
        if self.diverged_at.is_some() {
            Verdict::Diverged
        } else if self.last_loss <= reached_loss {
            Verdict::Converged
        } else if self.cycle_period.is_some() {
            Verdict::Cycling
        } else if self.worst_loss > self.start_loss {
            Verdict::Overshooting
        } else if u64::from(self.crossings) * 2 > u64::from(self.last_epoch_steps) {
            Verdict::Oscillating
        } else {
            Verdict::Slow
        }
    }
}
