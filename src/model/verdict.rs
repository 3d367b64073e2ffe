//! The verdict on a run: its words, thresholds, and the rule that a run's figures are judged by.
//!
//! The figures are accumulated where the steps are taken (`backend`); this file only judges them.

use super::Quadratic;

/// *Reached* means `J ≤ J* + (REACHED_SHARE − 1)·|J*| + REACHED_VARIANCE·Var(y)` on the training rows at an epoch's end.
pub const REACHED_SHARE: f64 = 1.01;
pub const REACHED_VARIANCE: f64 = 1e-6;

/// What became of a run. In the order in which the rule asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// A parameter left the range ±1e12, or the radicand of centered RMSprop fell to 0.
    Diverged,
    /// Reached at the last epoch's end.
    Converged,
    /// The ends of its last epochs come back to where they were, at a period of two epochs or more (`kernel::cycle`).
    Cycling,
    /// J above the start's at some epoch's end.
    Overshooting,
    /// More than half of the last epoch's steps pass the minimum along the step.
    Oscillating,
    /// None of the others.
    Slow,
}

impl Verdict {
    pub const ALL: [Self; 6] = [Self::Diverged, Self::Converged, Self::Cycling, Self::Overshooting, Self::Oscillating, Self::Slow];

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

    /// The name, and of a cycle its period: `cycling(2)`.
    pub fn in_words(self, cycle_period: Option<u32>) -> String {
        match cycle_period.filter(|_| self == Self::Cycling) {
            Some(period) => format!("{}({period})", self.name()),
            None => self.name().into(),
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

/// What the kernels report of a run for its verdict. An *epoch's end* is that, or with one epoch the end of each quarter of
/// its steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunStatistics {
    /// J over the training rows at the start.
    pub start_loss: f32,
    /// The largest J at the start and the epochs' ends.
    pub worst_loss: f32,
    /// J at the last epoch's end that the run saw.
    pub last_loss: f32,
    /// The first epoch, from 0, at whose end the run had reached.
    pub reached_epoch: Option<u32>,
    /// How many steps of the last epoch pass the minimum along the step.
    pub crossings: u32,
    /// How many steps the last epoch has.
    pub last_epoch_steps: u32,
    /// After how many epochs, 2 or more, the run comes back to where it was, again and again.
    pub cycle_period: Option<u32>,
    /// The first batch, from 1, whose result is outside.
    pub diverged_at: Option<u64>,
}

/// The loss at or below which a run counts as having reached.
pub fn reached_loss(quadratic: &Quadratic) -> f64 {
    reached(quadratic.loss, quadratic.var_y)
}

/// The same, from the optimum's J and the variance of the labels. A J* below 0, as poisson has it, is no reason to ask for more.
pub fn reached(optimum: f64, variance: f64) -> f64 {
    optimum + (REACHED_SHARE - 1.0) * optimum.abs() + REACHED_VARIANCE * variance
}

impl RunStatistics {
    /// Before the first update of a run whose J is `loss`.
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

    /// Takes note of J at an epoch's end.
    pub fn epoch_ends(&mut self, loss: f32, epoch: u32, reached_loss: f32) {
        self.worst_loss = self.worst_loss.max(loss);
        self.last_loss = loss;
        if self.reached_epoch.is_none() && loss <= reached_loss {
            self.reached_epoch = Some(epoch);
        }
    }

    /// The first verdict that fits.
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
