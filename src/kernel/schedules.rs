//! The learning rate of each batch under a schedule. The host computes it for every backend.
//!
//! ```text
//! exponential_decay      η₀·r^p, p = k/D, staircase: ⌊k/D⌋          inverse_time_decay    η₀/(1 + r·p)
//! piecewise_constant     values[number of boundaries < k]
//! polynomial_decay       (η₀ − end)(1 − q)^power + end, q = min(k, D)/D; cycle: D times max(1, ⌈k/D⌉), q = k/D
//! cosine_decay           η₀((1−α)·½(1 + cos(π·min(k, D)/D)) + α); with a warmup_target: η₀ + (target − η₀)k/W for k < W,
//!                        then the decay with target for η₀ and k − W for k
//! cosine_decay_restarts  η₀((1−α)·m_mulⁱ·½(1 + cos πf) + α): period i has D·t_mulⁱ batches, f is its completed fraction
//! ```
//!
//! Batches k count from 0 over all epochs. Arguments are rounded to float32 as in Keras, the rate is computed in float64 and rounded
//! once. Source: Keras 3, `LearningRateSchedule`.

use std::f64::consts::PI;
use std::sync::Arc;

use crate::model::schedule::PiecewiseRates;
use crate::model::{MissingParameter, Parameter, Schedule, Settings, Value};

/// Number of arguments of a [`RateSchedule`].
const ARGUMENTS: usize = 5;

/// A learning-rate schedule with its arguments. All runs of a sweep share the lists of piecewise schedules.
#[derive(Clone, Debug, PartialEq)]
pub struct RateSchedule {
    schedule: Schedule,
    /// η₀ and the schedule's arguments in Keras' order; flags are 0 or 1, a missing target is negative.
    numbers: [f32; ARGUMENTS],
    piecewise: Arc<PiecewiseRates>,
}

impl RateSchedule {
    /// The schedule of a run; `None` for a constant learning rate.
    ///
    /// # Errors
    ///
    /// If the settings lack a parameter.
    pub fn of(settings: &Settings, piecewise: &Arc<PiecewiseRates>) -> Result<Option<Self>, MissingParameter> {
        let schedule = settings.schedule();
        if schedule == Schedule::None {
            return Ok(None);
        }
        let mut numbers = [0.0; ARGUMENTS];
        numbers[0] = settings.required_number(Parameter::LearningRate)? as f32;
        for (slot, &(parameter, _)) in numbers[1..].iter_mut().zip(schedule.arguments()) {
            *slot = match settings.get(parameter) {
                Some(Value::Boolean(flag)) => f32::from(u8::from(flag)),
                Some(Value::Choice(_)) => -1.0,
                _ => settings.required_number(parameter)? as f32,
            };
        }
        Ok(Some(Self { schedule, numbers, piecewise: Arc::clone(piecewise) }))
    }

    /// A key that is equal for equal learning rates.
    pub fn key(&self) -> (Schedule, [u32; ARGUMENTS]) {
        (self.schedule, self.numbers.map(f32::to_bits))
    }

    /// The learning rate of a batch, counted from 0.
    pub fn at(&self, batch: u64) -> f32 {
        let [rate, a, b, c, d] = self.numbers.map(f64::from);
        let k = batch as f64;
        let periods = |steps: f64, staircase: f64| if staircase == 0.0 { k / steps } else { (k / steps).floor() };
        (match self.schedule {
            Schedule::None => rate,
            Schedule::ExponentialDecay => rate * libm::pow(b, periods(a, c)),
            Schedule::InverseTimeDecay => rate / (1.0 + b * periods(a, c)),
            Schedule::PiecewiseConstantDecay => {
                let piece = self.piecewise.boundaries.partition_point(|&boundary| boundary < batch);
                self.piecewise.values.get(piece).copied().unwrap_or(rate)
            }
            Schedule::PolynomialDecay => {
                let [steps, end, power, cycle] = [a, b, c, d];
                let fraction = if cycle == 0.0 { k.min(steps) / steps } else { k / (steps * (k / steps).ceil().max(1.0)) };
                (rate - end) * libm::pow(1.0 - fraction, power) + end
            }
            Schedule::CosineDecay => cosine_decay(rate, [a, b, c, d], k),
            Schedule::CosineDecayRestarts => rate * ((1.0 - d) * restarts([a, b, c], k) + d),
        }) as f32
    }
}

/// The half cosine ½(1 + cos πf), which falls from 1 to 0.
fn cosine(fraction: f64) -> f64 {
    0.5 * (1.0 + libm::cos(PI * fraction))
}

fn cosine_decay(rate: f64, [steps, alpha, target, warmup]: [f64; 4], k: f64) -> f64 {
    let decayed = |from: f64, k: f64| from * ((1.0 - alpha) * cosine(k.min(steps) / steps) + alpha);
    if target < 0.0 {
        decayed(rate, k)
    } else if k < warmup {
        rate + (target - rate) * (k / warmup)
    } else {
        decayed(target, k - warmup)
    }
}

/// The cosine with restarts, without α.
///
/// The index of the period comes from a logarithm. It is then corrected by one if rounding moved a restart to a neighbouring batch.
fn restarts([first, growth, height]: [f64; 3], k: f64) -> f64 {
    let start = |period: f64| {
        if growth == 1.0 { first * period } else { first * (libm::pow(growth, period) - 1.0) / (growth - 1.0) }
    };
    let mut period =
        if growth == 1.0 { (k / first).floor() } else { (libm::log(1.0 + k / first * (growth - 1.0)) / libm::log(growth)).floor() };
    if start(period + 1.0) <= k {
        period += 1.0;
    } else if start(period) > k {
        period -= 1.0;
    }
    let fraction = (k - start(period)) / (first * libm::pow(growth, period));
    libm::pow(height, period) * cosine(fraction)
}
