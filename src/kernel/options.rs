//! What Keras' base class does around every rule, for each batch in this order. Twin: `shaders/options.wgsl`.
//!
//! ```text
//! 1 accumulate   s ← s + g; each A-th batch g = s/A, s ← 0, and on; other batches skip 2 to 4
//! 2 clip         clipnorm, clipvalue: each gradient between −c and c     global_clipnorm: both times c/max(√(g_w² + g_b²), c)
//! 3 decay        θ ← θ − θλη, of w and b, before the rule (AdamW and Muon have it in their own)
//! 4 the rule
//! 5 average      e ← Me + (1−M)θ, but e ← θ before the first update's batch has passed     overwrite: θ ← e every F
//! ```
//!
//! For one number clipnorm is clipvalue. Batches weigh alike, and nothing is flushed at an epoch's end. Where the average is asked
//! for, a run ends at it; histories and epoch losses are those of θ. Source: Keras 3, `BaseOptimizer`.

use super::{Coefficients, Number, Rule, State};
use crate::kernel::coefficients::StepFactors;
use crate::kernel::optimizers::{clip, decayed};
use crate::model::{MissingParameter, Optimizer, Parameter, Params, Schedule, Settings};

/// How gradients are clipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Clip {
    #[default]
    None,
    /// w and b on their own.
    Each,
    /// By their common norm.
    Global,
}

/// Which options the runs of a group have; their values differ by lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each option is on or off on its own")]
pub struct Options {
    pub clip: Clip,
    /// Whether the base class decays parameters.
    pub decay: bool,
    /// Batches of an update.
    pub accumulation: u32,
    /// Whether an average is kept, in which the run ends.
    pub average: bool,
    /// The average replaces the parameters with each so-many-th update; 0: never.
    pub overwrite: u32,
    /// Whether the rate follows a schedule.
    pub scheduled: bool,
    /// Whether there is a bias. Without one its gradient is 0, and with ε = 0 a rule would divide by it; so the rule is given the
    /// weight's gradient twice, and the bias stays as it is.
    pub bias: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self::PLAIN
    }
}

/// The values of a run's options: the bound of clipping, λ, M.
pub type OptionValues<T> = [T; OPTION_VALUES];

/// Slots of [`OptionValues`].
pub const OPTION_VALUES: usize = 3;

/// The number of an optional setting that is switched on; `None` if it is absent, "none" or 0.
fn enabled(settings: &Settings, parameter: Parameter) -> Option<f64> {
    settings.number(parameter).filter(|&value| value != 0.0)
}

/// The bound of clipping, and how it is meant.
fn clipping(settings: &Settings) -> (Clip, f64) {
    let each =
        || enabled(settings, Parameter::Clipnorm).or_else(|| enabled(settings, Parameter::Clipvalue)).map(|bound| (Clip::Each, bound));
    enabled(settings, Parameter::GlobalClipnorm).map(|bound| (Clip::Global, bound)).or_else(each).unwrap_or((Clip::None, 0.0))
}

impl Options {
    /// None: the rule is all that a batch does.
    pub const PLAIN: Self =
        Self { clip: Clip::None, decay: false, accumulation: 1, average: false, overwrite: 0, scheduled: false, bias: true };

    /// The options of a run.
    ///
    /// # Errors
    ///
    /// If the settings lack a parameter.
    pub fn of(optimizer: Optimizer, settings: &Settings) -> Result<Self, MissingParameter> {
        let count = |parameter: Parameter| enabled(settings, parameter).map(|count| count as u32);
        let average = settings.required_flag(Parameter::UseEma)?;
        Ok(Self {
            clip: clipping(settings).0,
            decay: !optimizer.decays() && enabled(settings, Parameter::WeightDecay).is_some(),
            accumulation: count(Parameter::GradientAccumulationSteps).unwrap_or(1),
            average,
            overwrite: count(Parameter::EmaOverwriteFrequency).filter(|_| average).unwrap_or(0),
            scheduled: settings.schedule() != Schedule::None,
            bias: settings.required_flag(Parameter::UseBias)?,
        })
    }

    /// The override constants of the twin.
    pub fn constants(&self) -> [(&'static str, f64); 7] {
        let flag = |flag: bool| f64::from(u8::from(flag));
        [
            ("CLIP", f64::from(self.clip as u8)),
            ("DECAY", flag(self.decay)),
            ("ACCUMULATION", f64::from(self.accumulation)),
            ("AVERAGE", flag(self.average)),
            ("OVERWRITE", f64::from(self.overwrite)),
            ("SCHEDULED", flag(self.scheduled)),
            ("BIAS", flag(self.bias)),
        ]
    }

    /// Whether any of them reads a value.
    pub fn has_values(&self) -> bool {
        self.clip != Clip::None || self.decay || self.average
    }

    /// Whether the rule is all that a batch does.
    pub fn is_plain(&self) -> bool {
        *self == Self::PLAIN
    }

    /// Whether batch k, from 0, ends with an update.
    #[inline(always)]
    pub fn updates(&self, batch: u64) -> bool {
        (batch + 1).is_multiple_of(u64::from(self.accumulation))
    }

    /// Step 2: the gradient that the update rule receives.
    #[inline(always)]
    pub fn rule_gradient<T: Number>(&self, bound: T, g: Params<T>) -> Params<T> {
        let g = clipped(self.clip, bound, g);
        if self.bias { g } else { Params::splat(g[0]) }
    }

    /// What batch k, from 0, does.
    #[inline(always)]
    pub fn at(&self, batch: u64) -> BatchAction {
        let accumulation = u64::from(self.accumulation);
        BatchAction {
            options: *self,
            updates: self.updates(batch),
            starts_average: batch < accumulation,
            overwrites: self.overwrite > 0 && (batch / accumulation + 1).is_multiple_of(u64::from(self.overwrite)),
        }
    }
}

/// What a batch does, the same for all runs of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchAction {
    pub options: Options,
    pub updates: bool,
    /// Whether the average starts anew.
    starts_average: bool,
    /// Whether the average replaces the parameters.
    overwrites: bool,
}

impl BatchAction {
    /// Step 1: the mean of the gradients since the last update. `sum` accumulates them.
    #[inline(always)]
    pub fn accumulate<T: Number>(&self, g: Params<T>, sum: &mut Params<T>) -> Params<T> {
        let all = Params([sum[0] + g[0], sum[1] + g[1]]);
        *sum = if self.updates { Params::splat(T::splat(0.0)) } else { all };
        let count = T::splat(self.options.accumulation as f32);
        Params([all[0] / count, all[1] / count])
    }

    /// Step 5: the parameters after the average is updated.
    #[inline(always)]
    pub fn average<T: Number>(&self, momentum: T, theta: Params<T>, average: &mut Params<T>) -> Params<T> {
        for i in 0..2 {
            let renewed = momentum * average[i] + (T::splat(1.0) - momentum) * theta[i];
            average[i] = if self.starts_average { theta[i] } else { renewed };
        }
        if self.overwrites { *average } else { theta }
    }
}

/// The values of a run's options.
///
/// # Errors
///
/// If the settings lack a parameter.
pub fn values(settings: &Settings) -> Result<OptionValues<f32>, MissingParameter> {
    let decay = enabled(settings, Parameter::WeightDecay).unwrap_or(0.0);
    let momentum = settings.required_number(Parameter::EmaMomentum)?;
    Ok([clipping(settings).1, decay, momentum].map(|value| value as f32))
}

/// The gradient after clipping.
#[inline(always)]
fn clipped<T: Number>(how: Clip, bound: T, g: Params<T>) -> Params<T> {
    match how {
        Clip::None => g,
        Clip::Each => Params([clip(g[0], bound), clip(g[1], bound)]),
        Clip::Global => {
            let norm = g[0].mul_add(g[0], g[1] * g[1]).sqrt();
            let share = bound / norm.larger(bound);
            Params([g[0] * share, g[1] * share])
        }
    }
}

/// What a run carries from batch to batch.
#[derive(Clone, Copy, Debug)]
pub struct RunState<T> {
    /// Weight and bias.
    pub theta: Params<T>,
    /// The state of the update rule.
    pub rule: State<T>,
    /// Sum of the gradients since the last update, of gradient accumulation.
    pub gradient_sum: Params<T>,
    /// Exponential moving average of the parameters.
    pub average: Params<T>,
}

impl<T: Number> RunState<T> {
    /// Before the first batch.
    pub fn start<R: Rule>(theta: Params<T>, coefficients: &Coefficients<T>) -> Self {
        let zero = Params::splat(T::splat(0.0));
        Self { theta, rule: R::initial(coefficients), gradient_sum: zero, average: zero }
    }
}

/// The hyperparameters of one run, as numbers.
#[derive(Clone, Copy, Debug)]
pub struct RunCoefficients<T> {
    pub rule: Coefficients<T>,
    pub options: OptionValues<T>,
}

impl<T: Number> RunCoefficients<T> {
    /// Processes one batch whose gradient at `state.theta` is `gradient`: all five steps of the module's table.
    #[inline(always)]
    pub fn batch<R: Rule>(&self, action: &BatchAction, factors: &StepFactors<T>, gradient: Params<T>, state: &mut RunState<T>) {
        let [bound, decay, momentum] = self.options;
        let options = &action.options;
        let gradient = if options.accumulation > 1 { action.accumulate(gradient, &mut state.gradient_sum) } else { gradient };
        if action.updates {
            let theta = state.theta;
            let rate = self.rule[0];
            let from = if options.decay { Params([decayed(theta[0], decay, rate), decayed(theta[1], decay, rate)]) } else { theta };
            state.theta = R::step(&self.rule, factors, from, options.rule_gradient(bound, gradient), &mut state.rule);
            if !options.bias {
                state.theta[1] = theta[1];
            }
        }
        if options.average {
            state.theta = action.average(momentum, state.theta, &mut state.average);
        }
    }
}
