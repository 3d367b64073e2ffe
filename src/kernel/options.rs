//! Options of Keras' base optimizer, which wrap every update rule. Twin: `shaders/options.wgsl`.
//!
//! A batch applies them in this order:
//!
//! ```text
//! 1 accumulate   s ← s + g; every A-th batch continues with g = s/A, s ← 0; other batches skip 2 to 4
//! 2 clip         clipnorm, clipvalue: each gradient clipped to [−c, c]     global_clipnorm: g·c/max(√(g_w² + g_b²), c)
//! 3 decay        θ ← θ − θλη for weight and bias (AdamW and Muon decay in their rules)
//! 4 step         the update rule
//! 5 average      e ← Me + (1−M)θ; e ← θ up to the batch of the first update     overwrite: θ ← e at every F-th update
//! ```
//!
//! For one number clipnorm equals clipvalue. Every batch has equal weight in s, whatever its size, and s is not reset at the end of an
//! epoch. With an average, the result of a run is e; histories and epoch losses are those of θ. Source: Keras 3, `BaseOptimizer`.

use super::{Coefficients, Number, Rule, State, Update};
use crate::kernel::coefficients::StepFactors;
use crate::kernel::optimizers::{clip, decayed};
use crate::model::{MissingParameter, Optimizer, Parameter, Params, Schedule, Settings};

/// How gradients are clipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Clip {
    /// No clipping.
    #[default]
    None,
    /// The gradients of weight and bias separately.
    Each,
    /// The vector of both gradients by its norm.
    Global,
}

/// The options of a group of runs. Their values may differ between the runs and are [`OptionValues`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each option is on or off on its own")]
pub struct Options {
    /// The kind of gradient clipping.
    pub clip: Clip,
    /// Whether weight decay is applied before the rule.
    pub decay: bool,
    /// Batches per update (gradient accumulation).
    pub accumulation: u32,
    /// Whether an exponential moving average of the parameters is computed, which is then the result of the run.
    pub average: bool,
    /// Updates between two replacements of the parameters by their average; 0: never.
    pub overwrite: u32,
    /// Whether the learning rate follows a schedule.
    pub scheduled: bool,
    /// Whether the neuron has a bias. Without one the gradient of the bias would be 0, and a rule with ε = 0 would divide by 0. Therefore the rule
    /// receives the gradient of the weight twice, and the bias is not updated.
    pub bias: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self::PLAIN
    }
}

/// The values of a run's options: clipping bound, weight decay λ, momentum M of the average.
pub type OptionValues<T> = [T; OPTION_VALUES];

/// Number of slots of [`OptionValues`].
pub const OPTION_VALUES: usize = 3;

/// The number of an optional setting that is switched on; `None` if it is absent, "none" or 0.
fn enabled(settings: &Settings, parameter: Parameter) -> Option<f64> {
    settings.number(parameter).filter(|&value| value != 0.0)
}

/// The kind of clipping and its bound.
fn clipping(settings: &Settings) -> (Clip, f64) {
    let each =
        || enabled(settings, Parameter::Clipnorm).or_else(|| enabled(settings, Parameter::Clipvalue)).map(|bound| (Clip::Each, bound));
    enabled(settings, Parameter::GlobalClipnorm).map(|bound| (Clip::Global, bound)).or_else(each).unwrap_or((Clip::None, 0.0))
}

impl Options {
    /// No options: a batch consists of the update rule.
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

    /// Name and value of the WGSL override constants.
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

    /// Whether any option reads [`OptionValues`].
    pub fn has_values(&self) -> bool {
        self.clip != Clip::None || self.decay || self.average
    }

    /// Whether no option is set, so that a batch consists of the update rule.
    pub fn is_plain(&self) -> bool {
        *self == Self::PLAIN
    }

    /// Whether a batch, counted from 0, ends with an update.
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

    /// The action of a batch, counted from 0.
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

/// The action of one batch, which is identical for all runs of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchAction {
    /// The options of the group.
    pub options: Options,
    /// Whether the batch ends with an update.
    pub updates: bool,
    /// Whether the average is set to the parameters.
    starts_average: bool,
    /// Whether the average replaces the parameters.
    overwrites: bool,
}

impl BatchAction {
    /// Step 1: the mean of the gradients since the last update. `sum` accumulates them.
    #[inline(always)]
    pub fn accumulate<T: Number>(&self, g: Params<T>, sum: &mut Params<T>) -> Params<T> {
        let total = Params([sum[0] + g[0], sum[1] + g[1]]);
        *sum = if self.updates { Params::splat(T::splat(0.0)) } else { total };
        let count = T::splat(self.options.accumulation as f32);
        Params([total[0] / count, total[1] / count])
    }

    /// Step 5: the parameters after the average is updated.
    #[inline(always)]
    pub fn average<T: Number>(&self, momentum: T, theta: Params<T>, average: &mut Params<T>) -> Params<T> {
        for i in 0..2 {
            let next = momentum * average[i] + (T::splat(1.0) - momentum) * theta[i];
            average[i] = if self.starts_average { theta[i] } else { next };
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
fn clipped<T: Number>(clipping: Clip, bound: T, g: Params<T>) -> Params<T> {
    match clipping {
        Clip::None => g,
        Clip::Each => Params([clip(g[0], bound), clip(g[1], bound)]),
        Clip::Global => {
            let norm = g[0].mul_add(g[0], g[1] * g[1]).sqrt();
            let scale = bound / norm.larger(bound);
            Params([g[0] * scale, g[1] * scale])
        }
    }
}

/// The state of a run between batches.
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
    /// The state before the first batch.
    pub fn start<R: Rule>(theta: Params<T>, coefficients: &Coefficients<T>) -> Self {
        let zero = Params::splat(T::splat(0.0));
        Self { theta, rule: R::initial(coefficients), gradient_sum: zero, average: zero }
    }
}

/// The coefficients and option values of one run.
#[derive(Clone, Copy, Debug)]
pub struct RunCoefficients<T> {
    /// Coefficients of the update rule.
    pub rule: Coefficients<T>,
    /// Values of the options.
    pub options: OptionValues<T>,
}

impl<T: Number> RunCoefficients<T> {
    /// Processes one batch whose gradient at `state.theta` is `gradient`: all five steps of the module documentation.
    #[inline(always)]
    pub fn batch<R: Rule>(&self, action: &BatchAction, factors: &StepFactors<T>, gradient: Params<T>, state: &mut RunState<T>) {
        let [bound, decay, momentum] = self.options;
        let options = &action.options;
        let gradient = if options.accumulation > 1 { action.accumulate(gradient, &mut state.gradient_sum) } else { gradient };
        if action.updates {
            let theta = state.theta;
            let rate = self.rule[0];
            let decayed_theta =
                if options.decay { Params([decayed(theta[0], decay, rate), decayed(theta[1], decay, rate)]) } else { theta };
            let g = options.rule_gradient(bound, gradient);
            state.theta = R::step(&Update { coefficients: &self.rule, factors, theta: decayed_theta, g }, &mut state.rule);
            if !options.bias {
                state.theta[1] = theta[1];
            }
        }
        if options.average {
            state.theta = action.average(momentum, state.theta, &mut state.average);
        }
    }
}
