//! Vectors for each function of the kernels, and how far a device may be from the host on them.
//!
//! Steps are compared from the *same* state: near a stability limit a path enlarges an ulp without bound. An ulp is one of the
//! terms' magnitude, not of the result's, where terms cancel. This file knows no device.

use super::coefficients::{Clock, HYPER, Hyper};
use super::optimizers::{STATE, State, Variant};
use crate::data::{Centre, Moments};
use crate::model::Optimizer;

/// How far the device's result of a function may be from the host's.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    /// Units of 2⁻²³ of the terms' magnitude.
    pub ulps: f32,
    pub why: &'static str,
}

/// Of `neuron::slope`.
pub const SLOPE: Allowed = Allowed { ulps: 3.0, why: "WGSL may round fma's product: half an ulp of each of six terms" };
/// Of `neuron::loss`, from the slope at the same point.
pub const LOSS: Allowed = Allowed { ulps: 6.0, why: "a product of two slopes, each off by up to its own bound" };
/// Of `neuron::error`.
pub const ERROR: Allowed = Allowed { ulps: 1.0, why: "WGSL may fuse what the host keeps unfused" };

/// Of an optimizer's `step`.
pub fn allowed(optimizer: Optimizer) -> Allowed {
    match optimizer {
        Optimizer::Sgd => Allowed { ulps: 2.0, why: "products and sums only; WGSL may fuse them, or not" },
        Optimizer::Rmsprop | Optimizer::Adam => {
            Allowed { ulps: 24.0, why: "WGSL: a root within 5 ulp, three of them in the pull, a division within 2.5, six roundings" }
        }
    }
}

/// A batch, a point, and a row.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub moments: Moments,
    pub centre: Centre,
    pub theta: [f32; 2],
    pub x: f32,
    pub y: f32,
}

/// Magnitudes of the terms of a neuron's functions.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub gradient: [f64; 2],
    pub loss: f64,
    pub error: f64,
}

impl Point {
    /// All points: batches of raw and standardised data, parameters at the centre, beside it and far away.
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
                    points.push(Self { moments: Moments { u, uu, r, ru, rr, rows: rows_of_batch }, centre, theta, x, y });
                }
            }
        }
        points
    }

    /// What an ulp is measured by.
    pub fn terms(&self) -> Terms {
        let wide = |value: f32| f64::from(value).abs();
        let (m, c) = (&self.moments, &self.centre);
        let dw = f64::from(self.theta[0] - c.weight).abs();
        let level = dw * wide(c.x) + f64::from(self.theta[1] - c.bias).abs();
        let by_bias = wide(m.u) * dw + 2.0 * level + wide(m.r);
        let tilt = wide(m.uu) * dw + wide(m.u) * level + wide(m.ru);
        Terms {
            gradient: [wide(c.x) * by_bias + tilt, by_bias],
            loss: 0.5 * (level * (by_bias + wide(m.r)) + dw * (tilt + wide(m.ru))) + wide(m.rr),
            error: wide(self.theta[0]) * wide(self.x) + wide(self.theta[1]) + wide(self.y),
        }
    }
}

/// What a rule's `step` is given.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub hyper: Hyper<f32>,
    pub clock: Clock<f32>,
    pub theta: [f32; 2],
    pub gradient: [f32; 2],
    pub state: State<f32>,
}

impl Step {
    /// All steps of a variant: first ones and later ones, gradients of every size, parameters at 0, where the whole pull shows.
    pub fn all(variant: Variant) -> Vec<Self> {
        let mut steps = Vec::new();
        for (hyper, clock) in hypers(variant.optimizer) {
            for theta in [[0.0, 0.0], [0.6, -0.021], [-3.0, 30.0], [1e6, -1e-3]] {
                for gradient in [[1e-6, -2.0], [-40_000.0, 300.0], [0.0, 5.0], [1e10, 1e-10], [-0.3, -0.7]] {
                    for warmth in [0.0, 0.3, -0.9] {
                        let state = state(variant.optimizer, gradient, warmth);
                        steps.push(Self { hyper, clock: [clock], theta, gradient, state });
                    }
                }
            }
        }
        steps
    }

    /// What an ulp of the parameters, then of each slot of the state, is measured by, when the host's step led to these.
    pub fn terms(&self, variant: Variant, next: [f32; 2], state: &State<f32>) -> ([f64; 2], [f64; STATE]) {
        let both = |old: f32, new: f32| f64::from(old).abs() + f64::from(new).abs();
        let slots: [f64; STATE] = std::array::from_fn(|slot| both(self.state[slot], state[slot]));
        // Velocities have the parameters' unit and are terms of them.
        let velocity = match variant.optimizer {
            Optimizer::Sgd => Some(0),
            Optimizer::Rmsprop => Some(4),
            Optimizer::Adam => None,
        };
        let theta = |i: usize| both(self.theta[i], next[i]) + velocity.map_or(0.0, |slot| slots[slot + i]);
        ([theta(0), theta(1)], slots)
    }
}

/// Hyperparameters and clocks of an optimizer, as `kernel::coefficients` has them.
fn hypers(optimizer: Optimizer) -> Vec<([f32; HYPER], f32)> {
    match optimizer {
        Optimizer::Sgd => vec![([0.01, 0.0, 0.0, 0.0, 0.0, 0.0], 0.0), ([3e-5, 0.9, 0.0, 0.0, 0.0, 0.0], 0.0)],
        Optimizer::Rmsprop => vec![([0.001, 0.9, 0.1, 0.0, 1e-7, 0.0], 0.0), ([0.3, 0.5, 0.5, 0.4, 1e-3, 0.0], 0.0)],
        Optimizer::Adam => vec![([0.001, 0.1, 0.001, 1e-7, 0.9, 0.999], 0.316_227_7), ([0.5, 0.2, 0.01, 1e-3, 0.8, 0.99], 0.95)],
    }
}

/// A state that gradients of this size leave behind: none at warmth 0. A mean is smaller than the root mean square.
fn state(optimizer: Optimizer, gradient: [f32; 2], warmth: f32) -> State<f32> {
    let [a, b] = gradient.map(|g| g * warmth);
    let [p, q] = [2.0 * a * a, 2.0 * b * b];
    match optimizer {
        Optimizer::Sgd => [1e-3 * a, 1e-3 * b, 0.0, 0.0, 0.0, 0.0],
        Optimizer::Rmsprop => [p, q, a, b, warmth, -warmth],
        Optimizer::Adam => [a, b, p, q, 1.5 * p, 0.5 * q],
    }
}
