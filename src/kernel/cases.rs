//! Test vectors for each function of `kernel`, and the tolerances of float32 on the host and on a device (a GPU).
//!
//! Single steps are compared, each from equal states, because near the stability limit a path amplifies a difference of one ulp without bound. An ulp is
//! 2⁻²³ of the magnitude of the terms of a result, not of the result itself, because terms can cancel.

pub mod batches;
pub mod cycles;
pub mod functions;
pub mod options;
pub mod shapes;

use std::sync::Arc;

use super::coefficients::{Coefficients, FactorInputs, StepFactorGenerator, StepFactors, coefficients};
use super::optimizers::{STATE, State, Update, Variant};
use crate::data::{Centre, Moments};
use crate::model::{Optimizer, Parameter, Params, Settings, Value};

/// The largest allowed deviation of a function's result.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// The deviation in ulps: units of 2⁻²³ of the magnitude of the terms.
    pub ulps: f32,
    /// Why the results can differ by this much.
    pub reason: &'static str,
}

/// The absolute difference that is allowed on a device in addition to the tolerance in ulps. Most drivers (RADV, NVK, Direct3D 12, Metal) flush subnormal
/// numbers to 0. This changes an intermediate value by less than the smallest normal number, and a result by up to twice this number, because softplus
/// doubles an intermediate value.
pub const FLUSHED: f64 = 2.0 * f32::MIN_POSITIVE as f64;

/// Tolerance of `moments::moment_gradient` on a device.
pub const GRADIENT: Tolerance =
    Tolerance { ulps: 3.0, reason: "the result has six terms, and a device that rounds the product of an fma adds half an ulp to each" };
/// Tolerance of `moments::loss` on a device. The loss is computed from the gradient at the same point.
pub const LOSS: Tolerance =
    Tolerance { ulps: 6.0, reason: "the loss is a product of two terms of the gradient, and each may deviate by its own tolerance" };
/// Tolerance of `moments::error` on a device.
pub const ERROR: Tolerance = Tolerance { ulps: 1.0, reason: "a device may round the product of the fma" };

/// Tolerances of the host's float32, compared with float64.
pub const GRADIENT_ON_HOST: Tolerance = Tolerance { ulps: 3.0, reason: "the result is rounded six times, by at most half an ulp" };
pub const LOSS_ON_HOST: Tolerance =
    Tolerance { ulps: 6.0, reason: "the loss is a product of two terms of the gradient, and each may deviate by its own tolerance" };
pub const ERROR_ON_HOST: Tolerance = Tolerance { ulps: 1.0, reason: "the result is rounded twice, by at most half an ulp" };

/// Tolerance of an optimizer's `step` on the host.
pub fn host_tolerance(optimizer: Optimizer) -> Tolerance {
    match optimizer {
        Optimizer::Ftrl => {
            Tolerance { ulps: 48.0, reason: "the power multiplies the error of the logarithm by the exponent, which is at most 46" }
        }
        _ => Tolerance { ulps: 8.0, reason: "a step rounds at most sixteen times, by at most half an ulp" },
    }
}

/// Tolerance of an optimizer's `step` on a device.
pub fn device_tolerance(optimizer: Optimizer) -> Tolerance {
    match optimizer {
        Optimizer::Sgd | Optimizer::Lion => Tolerance { ulps: 2.0, reason: "the step has products and sums, which a device may fuse" },
        Optimizer::Ftrl => Tolerance {
            ulps: 96.0,
            reason: "the deviation of the other rules, and the power multiplies the error of the logarithm by the exponent, which is at most 46",
        },
        _ => Tolerance {
            ulps: 24.0,
            reason: "WGSL allows 5 ulp for each of three roots and 2.5 ulp for a division, and the step rounds six times",
        },
    }
}

/// Arguments of gradient, loss and error of a linear neuron: moments of a batch, parameters, and a row.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub moments: Moments,
    pub centre: Centre,
    pub theta: Params<f32>,
    pub x: f32,
    pub y: f32,
}

/// Magnitudes of the terms of gradient, loss and error; an ulp is relative to them.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub gradient: [f64; 2],
    pub loss: f64,
    pub error: f64,
}

impl Point {
    /// All points: batches of raw and standardised data, parameters at the centre, near it and far away.
    pub fn all() -> Vec<Self> {
        let batches = [
            (Centre::new(0.047_536_6, 7.032_593_5, 147.042_5), [0.0, 14_662.0, 0.0, 0.0, 10.5, 200.0]),
            (Centre::new(0.047_536_6, 7.032_593_5, 147.042_5), [-61.3, 9_812.0, 1.7, -310.5, 7.25, 10.0]),
            (Centre::new(4.069, 14.022_5, 0.0), [0.31, 1.62, -2.4, 0.77, 12.0, 7.0]),
            (Centre::new(-2.0, 1e4, -1e3), [1e3, 2e6, 5.0, -3e4, 1e2, 1.0]),
        ];
        let thetas = [[0.047_536_6, 7.032_593_5], [0.6, 0.0], [0.05, 6.5], [-3.0, 30.0], [1e6, -1e8], [-1e11, 1e-3]];
        let rows = [[230.1, 22.1], [-1.7, 0.4], [0.0, 5.0], [1e4, -1e4]];
        let mut points = Vec::new();
        for (centre, [u, uu, r, ru, rr, rows_of_batch]) in batches {
            for theta in thetas {
                for [x, y] in rows {
                    points.push(Self { moments: Moments { u, uu, r, ru, rr, rows: rows_of_batch }, centre, theta: Params(theta), x, y });
                }
            }
        }
        points
    }

    /// The magnitudes of the terms.
    pub fn terms(&self) -> Terms {
        let wide = |value: f32| f64::from(value).abs();
        let (m, c) = (&self.moments, &self.centre);
        let dw = f64::from(self.theta[0] - c.weight).abs();
        let deviation = dw * wide(c.x) + f64::from(self.theta[1] - c.bias).abs();
        let gradient_b = wide(m.u) * dw + 2.0 * deviation + wide(m.r);
        let gradient_u = wide(m.uu) * dw + wide(m.u) * deviation + wide(m.ru);
        Terms {
            gradient: [wide(c.x) * gradient_b + gradient_u, gradient_b],
            loss: 0.5 * (deviation * (gradient_b + wide(m.r)) + dw * (gradient_u + wide(m.ru))) + wide(m.rr),
            error: wide(self.theta[0]) * wide(self.x) + wide(self.theta[1]) + wide(self.y),
        }
    }
}

/// Arguments of a rule's `step`.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub coefficients: Coefficients<f32>,
    pub factors: StepFactors<f32>,
    pub theta: Params<f32>,
    pub gradient: Params<f32>,
    pub state: State<f32>,
}

impl Step {
    /// The inputs of the update.
    pub fn update(&self) -> Update<'_, f32> {
        Update { coefficients: &self.coefficients, factors: &self.factors, theta: self.theta, g: self.gradient }
    }

    /// All steps of a variant: first and later steps, gradients of many magnitudes, and several parameters. Parameters of 0 expose the change itself.
    pub fn all(variant: Variant) -> Vec<Self> {
        let mut steps = Vec::new();
        for (coefficients, factors) in coefficient_cases(variant.optimizer) {
            for theta in [[0.0, 0.0], [0.6, -0.021], [-3.0, 30.0], [1e6, -1e-3]] {
                for gradient in [[1e-6, -2.0], [-40_000.0, 300.0], [0.0, 5.0], [1e10, 1e-10], [-0.3, -0.7]] {
                    for scale in [0.0, 0.3, -0.9] {
                        let state = state(variant.optimizer, gradient, scale);
                        steps.push(Self { coefficients, factors, theta: Params(theta), gradient: Params(gradient), state });
                    }
                }
            }
        }
        steps
    }

    /// The magnitudes that define an ulp of the parameters and of each slot of the state, given the host's results.
    pub fn terms(&self, variant: Variant, next: [f32; 2], state: &State<f32>) -> ([f64; 2], [f64; STATE]) {
        let magnitude = |old: f32, new: f32| f64::from(old).abs() + f64::from(new).abs();
        let mut slots: [f64; STATE] = std::array::from_fn(|slot| magnitude(self.state[slot], state[slot]));
        if variant.optimizer == Optimizer::Ftrl {
            for i in 0..2 {
                slots[2 + i] = self.ftrl_z(i, state);
            }
        }
        // The new parameters are a sum with a state slot: the velocity of SGD and RMSprop, or z of Ftrl after its division. So the slot is a term.
        let theta = |i: usize| {
            magnitude(self.theta[i], next[i])
                + match variant.optimizer {
                    Optimizer::Sgd => slots[i],
                    Optimizer::Rmsprop => slots[4 + i],
                    Optimizer::Ftrl => slots[2 + i] / self.ftrl_divisor(state[i]),
                    _ => 0.0,
                }
        };
        ([theta(0), theta(1)], slots)
    }

    /// The magnitude of the terms of Ftrl's z, which is a difference of large terms.
    fn ftrl_z(&self, i: usize, state: &State<f32>) -> f64 {
        let wide = |value: f32| f64::from(value).abs();
        let powers = self.ftrl_divisor(self.state[i]) + self.ftrl_divisor(state[i]);
        wide(self.state[2 + i]) + wide(self.gradient[i]) + wide(self.theta[i]) * powers
    }

    /// The divisor of Ftrl's z: n⁻ᵖ / η, where p is `learning_rate_power`.
    fn ftrl_divisor(&self, n: f32) -> f64 {
        let [rate, power, ..] = self.coefficients.map(f64::from);
        libm::pow(f64::from(n), power) / rate
    }
}

/// Coefficients and step factors of an optimizer: Keras' defaults at the first update, other values at the thirtieth.
fn coefficient_cases(optimizer: Optimizer) -> [(Coefficients<f32>, StepFactors<f32>); 2] {
    let settings = |has_defaults: bool| {
        let mut settings = Settings::default();
        for &(parameter, default) in optimizer.arguments() {
            let value = if has_defaults { default } else { other(parameter, default) };
            settings.set(parameter, Some(value));
        }
        settings
    };
    let at = |settings: &Settings, updates: usize| {
        const COMPLETE: &str = "the settings hold every argument of the optimizer";
        let (factor_inputs, mut generator) =
            (FactorInputs::of(optimizer, settings, &Arc::default()).expect(COMPLETE), StepFactorGenerator::START);
        let factors = (0..updates).map(|_| generator.next(optimizer, &factor_inputs));
        (coefficients(optimizer, settings).expect(COMPLETE), factors.last().unwrap_or_default())
    };
    [at(&settings(true), 1), at(&settings(false), 30)]
}

/// A value other than the default.
fn other(parameter: Parameter, default: Value) -> Value {
    use Parameter::{Beta1, Beta2, Beta2Decay, Epsilon, Epsilon2, LearningRatePower, Momentum, NsSteps, Rho, WeightDecay};
    match (parameter, default) {
        (Parameter::LearningRate, _) => Value::Float(0.3),
        (Momentum | Rho | WeightDecay, _) => Value::Float(0.4),
        (Beta1, _) => Value::Float(0.8),
        (Beta2, _) => Value::Float(0.99),
        (Epsilon | Epsilon2, _) => Value::Float(1e-3),
        (Beta2Decay | LearningRatePower, _) => Value::Float(-0.6),
        (NsSteps, _) => Value::Integer(2),
        (_, Value::Float(value)) => Value::Float(0.5 * value + 0.05),
        (_, value) => value,
    }
}

/// A state as after gradients of magnitude `scale` times `gradient`; for scale 0 the initial state. As in training, the mean of the gradients is smaller
/// than their root mean square.
fn state(optimizer: Optimizer, gradient: [f32; 2], scale: f32) -> State<f32> {
    let [a, b] = gradient.map(|g| g * scale);
    let [p, q] = [2.0 * a * a, 2.0 * b * b];
    match optimizer {
        Optimizer::Sgd => [1e-3 * a, 1e-3 * b, 0.0, 0.0, 0.0, 0.0],
        // RMSprop stores the mean square times 1/(1−ρ).
        Optimizer::Rmsprop => [10.0 * p, 10.0 * q, a, b, scale, -scale],
        Optimizer::Adam | Optimizer::Adamw | Optimizer::Nadam | Optimizer::Lamb => [a, b, p, q, 1.5 * p, 0.5 * q],
        Optimizer::Adamax => [a, b, 2.0 * a.abs(), 2.0 * b.abs(), 0.0, 0.0],
        Optimizer::Adadelta => [p, q, scale * scale, 1e-3 * scale * scale, 0.0, 0.0],
        Optimizer::Adagrad | Optimizer::Adafactor => [p, q, 0.0, 0.0, 0.0, 0.0],
        Optimizer::Lion => [a, b, 0.0, 0.0, 0.0, 0.0],
        Optimizer::Ftrl => [0.1 + p, 0.1 + q, a, b, 0.0, 0.0],
        Optimizer::Muon => [a, b, q, 0.0, 0.0, 0.0],
    }
}
