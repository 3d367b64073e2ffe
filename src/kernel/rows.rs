//! The direct path: a neuron's loss and gradient from rows, whatever its activation and loss. Twin: `shaders/rows.wgsl`.
//!
//! ```text
//! z = w·x + b     ŷ = φ(z)     dL/dw = mean(ℓ′·φ′·x)     dL/db = mean(ℓ′·φ′), 0 without a bias
//! ```
//!
//! z and e = ŷ − y stay unfused: ties decide kinks.

use super::Number;
use super::activations::ActivationFn;
use super::losses::{Logits, LossFn, LossForm};
use crate::model::{Neuron, Optimum, Params, Problem, Rows, optimum};
use crate::{with_activation, with_loss};

/// w·x + b, unfused.
#[inline(always)]
pub fn pre_activation<T: Number>(Params([weight, bias]): Params<T>, x: T) -> T {
    weight * x + bias
}

impl Neuron {
    /// Which text of the loss its rows need.
    pub fn form(&self) -> LossForm {
        LossForm::of(self.loss, self.activation, self.bits)
    }
}

/// Means over rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Means {
    pub gradient: Params<f64>,
    pub loss: f64,
    pub square: f64,
    pub absolute: f64,
}

/// A neuron in float64, its activation and loss chosen once.
#[derive(Clone, Copy, Debug)]
pub struct RowEvaluator {
    response: fn(f64) -> [f64; 2],
    penalty: fn(f64, [f64; 2], f64) -> [f64; 2],
    form: LossForm,
    use_bias: bool,
}

impl RowEvaluator {
    pub fn of(neuron: &Neuron) -> Self {
        Self {
            response: with_activation!(neuron.activation, A => A::at::<f64>),
            penalty: with_loss!(neuron.form(), L => L::at_pre_activation::<f64>),
            form: neuron.form(),
            use_bias: neuron.use_bias,
        }
    }

    /// ŷ at x.
    pub fn predict(&self, theta: Params<f64>, x: f64) -> f64 {
        (self.response)(pre_activation(theta, x))[0]
    }

    /// Loss, gradient and errors over rows at `[weight, bias]`; NaN without any.
    pub fn means(&self, rows: impl ExactSizeIterator<Item = (f32, f32)>, theta: Params<f64>) -> Means {
        let n = rows.len() as f64;
        let mut sums = Means::default();
        for (x, y) in rows {
            let (x, y) = (f64::from(x), f64::from(y));
            let z = pre_activation(theta, x);
            let response = (self.response)(z);
            let [loss, slope] = (self.penalty)(z, response, y);
            let error = response[0] - y;
            sums.gradient[0] += slope * x;
            sums.gradient[1] += slope;
            sums.loss += loss;
            sums.square += error * error;
            sums.absolute += error.abs();
        }
        let bias = if self.use_bias { sums.gradient[1] / n } else { 0.0 };
        Means { gradient: Params([sums.gradient[0] / n, bias]), loss: sums.loss / n, square: sums.square / n, absolute: sums.absolute / n }
    }

    /// Over all rows.
    pub fn over(&self, rows: &Rows, theta: Params<f64>) -> Means {
        self.means(rows.x.iter().copied().zip(rows.y.iter().copied()), theta)
    }

    /// The loss of [`Self::over`] alone: of logits a third of the exponentials.
    pub fn loss(&self, rows: &Rows, theta: Params<f64>) -> f64 {
        if self.form != LossForm::Logits {
            return self.over(rows, theta).loss;
        }
        let mut sum = 0.0;
        for (&x, &y) in rows.x.iter().zip(&rows.y) {
            sum += Logits::value(pre_activation(theta, f64::from(x)), f64::from(y));
        }
        sum / rows.len() as f64
    }
}

/// Rows that the search for an optimum begins with.
const ROUGH_ROWS: usize = 2_000;

/// The optimum of a problem by search over its training rows, which are float32; `None` where J falls on and on.
pub fn optimum(problem: &Problem) -> Option<Optimum> {
    let rows = &problem.train;
    if problem.neuron.form() == LossForm::Logits && problem.neuron.use_bias && separable(rows) {
        return None;
    }
    let direct = RowEvaluator::of(&problem.neuron);
    let stride = rows.len().div_ceil(ROUGH_ROWS).max(1);
    let thinned = |column: &[f32]| column.iter().copied().step_by(stride).collect::<Vec<f32>>();
    let rough = Rows { x: thinned(&rows.x), y: thinned(&rows.y) };
    let cost = |rows: &Rows, theta: Params<f64>| {
        let means = direct.over(rows, theta);
        (means.loss, means.gradient.0)
    };
    optimum::search(|theta| cost(rows, Params(theta)), |theta| cost(&rough, Params(theta)), &problem.quadratic, problem.neuron.use_bias)
}

/// Whether a threshold on x parts the rows whose labels are all 0 from those whose labels are all 1 (rows at the threshold itself may be of
/// both): then the logistic loss falls on for ever as the weight grows.
fn separable(rows: &Rows) -> bool {
    let range = |label: f32| {
        let own = rows.x.iter().zip(&rows.y).filter(|row| *row.1 == label).map(|row| *row.0);
        own.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    };
    let hard = rows.y.iter().all(|&y| y == 0.0 || y == 1.0);
    let (zero, one) = (range(0.0), range(1.0));
    hard && (zero.1 <= one.0 || one.1 <= zero.0)
}
