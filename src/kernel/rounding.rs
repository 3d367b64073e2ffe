//! The rounding floor of J: the excess below which float32 cannot tell a run from the optimum.

use super::rows::RowEvaluator;
use crate::model::{Loss, Params, Problem};

/// The unit roundoff of float32: the largest relative error of one rounding.
const UNIT_ROUNDOFF: f64 = 1.0 / (1 << 24) as f64;

/// Roundings between exact parameters and a prediction, in units of `|w*|·max|x| + |b*| + max|y|`; see [`rounding_floor`].
const ROUNDINGS: f64 = 4.0;

/// The increase of J when all predictions are off by the rounding errors of float32.
///
/// With u = 2⁻²⁴, rounding to float32 shifts the terms of ŷ − y = (w·x + b) − y at the optimum (w*, b*) by at most:
///
/// ```text
/// w, x and their product    u·|w*·x| each      b    u·|b*|      z = w·x + b    u·|z|, and |z| is about |y|      y    u·|y|
/// ```
///
/// The sum is at most 3u·(|w*|·max|x| + |b*| + max|y|). The factor 4 leaves room for parameters that rest a few float32 numbers away from the optimum,
/// because a step below half of their spacing is rounded to 0. A shift of all predictions by ε raises the mean squared error by exactly ε², since the
/// residuals have mean 0. For other losses it is the larger increase of J when the bias moves by ±ε.
///
/// To this comes the rounding of J itself. A few u·|J*| are far below `RELATIVE_TOLERANCE`·|J*|, but a loss that is a difference of larger terms is rounded
/// like these terms.
///
/// 0 without an optimum.
pub fn rounding_floor(problem: &Problem) -> f64 {
    let Some(optimum) = problem.optimum else { return 0.0 };
    let largest = |column: &[f32]| column.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let (x, y) = (f64::from(largest(&problem.train.x)), f64::from(largest(&problem.train.y)));
    let shift = ROUNDINGS * UNIT_ROUNDOFF * (optimum.weight.abs() * x + optimum.bias.abs() + y);
    if problem.neuron.is_quadratic() {
        return shift * shift;
    }
    let evaluator = RowEvaluator::of(&problem.neuron);
    let increase = |shift: f64| evaluator.loss(&problem.train, Params::new(optimum.weight, optimum.bias + shift)) - optimum.loss;
    increase(shift).max(increase(-shift)).max(0.0) + cancellation(problem.neuron.loss, y)
}

/// The rounding error of a loss that is a difference of terms, at labels up to `largest`; 0 for other losses.
fn cancellation(loss: Loss, largest: f64) -> f64 {
    let roundings = ROUNDINGS * UNIT_ROUNDOFF;
    match loss {
        // |e| + ln(1 + exp(−2|e|)) − ln 2
        Loss::LogCosh => roundings * std::f64::consts::LN_2,
        // ŷ − y·ln ŷ
        Loss::Poisson => roundings * largest * libm::log(largest).abs().max(1.0),
        // (ln(1 + ŷ) − ln(1 + y))², with an error of each logarithm
        Loss::Msle => libm::pow(2.0 * roundings * libm::log1p(largest), 2.0),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{CsvFormat, Dataset, Split};
    use crate::model::{Loss, Neuron, ProblemKey};

    fn floor(rows: &[u8], loss: Loss) -> f64 {
        let dataset = Dataset::parse([b"x,y\n", rows].concat(), &CsvFormat::new("x", "y")).unwrap();
        let count = dataset.x.len() as u32;
        let neuron = Neuron { loss, ..Neuron::LINEAR };
        let key = ProblemKey { split_seed: None, scale: "none", neuron };
        let mut problem = Problem::new(0, &dataset, Split { train: (0..count).collect(), test: Vec::new() }, key).unwrap();
        problem.optimum = problem.optimum.or_else(|| super::super::rows::optimum(&problem));
        rounding_floor(&problem)
    }

    #[test]
    fn the_floor_has_the_scale_of_the_loss() {
        // The optimum of a constant target 7 is w = 0, b = 7, so the shift is 4·2⁻²⁴·(7 + 7).
        let shift = 56.0 / f64::from(1 << 24);
        for (loss, expected) in [(Loss::Mse, shift * shift), (Loss::Mae, shift), (Loss::Huber, 0.5 * shift * shift)] {
            let floor = floor(b"0,7\n1,7\n", loss);
            assert!((floor / expected - 1.0).abs() < 1e-3, "{loss:?}: {floor:e} against {expected:e}");
        }
    }
}
