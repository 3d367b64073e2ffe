//! Loss and gradient of a neuron from rows, for any activation and loss. Twin: `shaders/rows.wgsl`.
//!
//! ```text
//! z = w·x + b     ŷ = φ(z)     dL/dw = mean(ℓ′·φ′·x)     dL/db = mean(ℓ′·φ′), 0 without a bias
//! ```
//!
//! z and e = ŷ − y are not fused, because an exact 0 selects the branch at a kink.

use super::Number;
use super::activations::ActivationFn;
use super::losses::{Logits, LossFn, LossForm};
use crate::model::{Loss, Neuron, Optimum, Params, Problem, Rows, optimum};
use crate::{with_activation, with_loss};

/// The pre-activation z = w·x + b, not fused.
#[inline(always)]
pub fn pre_activation<T: Number>(Params([weight, bias]): Params<T>, x: T) -> T {
    weight * x + bias
}

impl Neuron {
    /// The form of the neuron's loss.
    pub fn form(&self) -> LossForm {
        LossForm::of(self.loss, self.activation, self.bits)
    }
}

/// Means over rows: gradient, loss, squared error and absolute error.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Means {
    pub gradient: Params<f64>,
    pub loss: f64,
    pub square: f64,
    pub absolute: f64,
}

/// A neuron in float64, with function pointers to its activation and loss.
#[derive(Clone, Copy, Debug)]
pub struct RowEvaluator {
    activation: fn(f64) -> [f64; 2],
    loss: fn(f64, [f64; 2], f64) -> [f64; 2],
    form: LossForm,
    use_bias: bool,
}

impl RowEvaluator {
    /// The evaluator of a neuron.
    pub fn of(neuron: &Neuron) -> Self {
        Self {
            activation: with_activation!(neuron.activation, A => A::at::<f64>),
            loss: with_loss!(neuron.form(), L => L::at_pre_activation::<f64>),
            form: neuron.form(),
            use_bias: neuron.use_bias,
        }
    }

    /// The prediction ŷ at x.
    pub fn predict(&self, theta: Params<f64>, x: f64) -> f64 {
        (self.activation)(pre_activation(theta, x))[0]
    }

    /// The loss of one row.
    pub fn row_loss(&self, theta: Params<f64>, x: f64, y: f64) -> f64 {
        let z = pre_activation(theta, x);
        if self.form == LossForm::Logits { Logits::value(z, y) } else { (self.loss)(z, (self.activation)(z), y)[0] }
    }

    /// Means over rows (x, y) at the parameters; NaN without rows.
    pub fn means(&self, rows: impl ExactSizeIterator<Item = (f32, f32)>, theta: Params<f64>) -> Means {
        let n = rows.len() as f64;
        let mut sums = Means::default();
        for (x, y) in rows {
            let (x, y) = (f64::from(x), f64::from(y));
            let z = pre_activation(theta, x);
            let activated = (self.activation)(z);
            let [loss, slope] = (self.loss)(z, activated, y);
            let error = activated[0] - y;
            sums.gradient[0] += slope * x;
            sums.gradient[1] += slope;
            sums.loss += loss;
            sums.square += error * error;
            sums.absolute += error.abs();
        }
        let bias = if self.use_bias { sums.gradient[1] / n } else { 0.0 };
        Means { gradient: Params([sums.gradient[0] / n, bias]), loss: sums.loss / n, square: sums.square / n, absolute: sums.absolute / n }
    }

    /// Means over all rows of a data set at the parameters.
    pub fn over(&self, rows: &Rows, theta: Params<f64>) -> Means {
        self.means(rows.x.iter().copied().zip(rows.y.iter().copied()), theta)
    }

    /// The mean loss over all rows. For logits it needs a third of the exponentials of [`Self::over`].
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

/// The largest number of rows of the coarse search for an optimum.
const COARSE_ROWS: usize = 2_000;

/// The optimum of a problem by a numerical search over its training rows; `None` if J has no minimum.
pub fn optimum(problem: &Problem) -> Option<Optimum> {
    let rows = &problem.train;
    if problem.neuron.form() == LossForm::Logits && problem.neuron.use_bias && separable(rows) || is_unbounded(problem) {
        return None;
    }
    let evaluator = RowEvaluator::of(&problem.neuron);
    let stride = rows.len().div_ceil(COARSE_ROWS).max(1);
    let every_nth = |column: &[f32]| column.iter().copied().step_by(stride).collect::<Vec<f32>>();
    let coarse = Rows { x: every_nth(&rows.x), y: every_nth(&rows.y) };
    let cost = |rows: &Rows, theta: Params<f64>| {
        let means = evaluator.over(rows, theta);
        (means.loss, means.gradient)
    };
    optimum::search(|theta| cost(rows, theta), |theta| cost(&coarse, theta), &problem.quadratic, problem.neuron.use_bias)
}

/// The optimum of a problem by a descent from the point `theta`; `None` if J has no minimum there.
pub fn optimum_near(problem: &Problem, theta: Params<f64>) -> Option<Optimum> {
    let evaluator = RowEvaluator::of(&problem.neuron);
    let cost = |theta: Params<f64>| {
        let means = evaluator.over(&problem.train, theta);
        (means.loss, means.gradient)
    };
    optimum::descent(cost, theta, &problem.quadratic, problem.neuron.use_bias)
}

/// Whether J decreases without bound for negative predictions, for which poisson is not defined: Keras' loss is NaN there, and this one is
/// ŷ plus a constant.
fn is_unbounded(problem: &Problem) -> bool {
    let Neuron { loss, activation, use_bias, .. } = problem.neuron;
    if loss != Loss::Poisson || !activation.is_unbounded_below() {
        return false;
    }
    let far = 1e6 * (1.0 + problem.quadratic.mean_y);
    let size = libm::hypot(problem.quadratic.var_x.sqrt(), problem.quadratic.mean_x).max(f64::MIN_POSITIVE);
    let directions = if use_bias { vec![Params::new(0.0, -far)] } else { [far, -far].map(|far| Params::new(far / size, 0.0)).to_vec() };
    let evaluator = RowEvaluator::of(&problem.neuron);
    directions.into_iter().any(|theta| evaluator.loss(&problem.train, theta) < -1e-3 * far)
}

/// Whether a threshold on x separates rows with label 0 from rows with label 1 (quasi-separation: rows at the threshold may have both labels).
/// Then the logistic loss has no minimum, because it decreases as the weight grows without bound.
fn separable(rows: &Rows) -> bool {
    let range = |label: f32| {
        let own = rows.x.iter().zip(&rows.y).filter(|row| *row.1 == label).map(|row| *row.0);
        own.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    };
    let are_binary = rows.y.iter().all(|&y| y == 0.0 || y == 1.0);
    let (zero, one) = (range(0.0), range(1.0));
    are_binary && (zero.1 <= one.0 || one.1 <= zero.0)
}
