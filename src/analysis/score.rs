//! How well a run predicts: R² under a loss for regression, accuracy under a loss for two classes.

use serde::Serialize;

use super::runs::Runs;
use crate::kernel::RowEvaluator;
use crate::model::Neuron;
use crate::model::loss::Labels;

/// A score of the final weight and bias of a run. Higher is better, and 1 is perfect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// `r_squared` is 1 − MSE / Var(y); `accuracy` is the fraction of rows whose class is predicted.
    pub measure: &'static str,
    /// `test`, or `train` without test rows.
    pub rows: &'static str,
    /// The score.
    pub value: f64,
}

impl Score {
    /// The measure in words: `test R²`, `accuracy`.
    pub fn label(&self) -> String {
        let measure = if self.measure == "r_squared" { "R²" } else { "accuracy" };
        if self.rows == "test" { format!("test {measure}") } else { measure.to_owned() }
    }
}

/// The prediction at which the class changes: 0.5 for probabilities, 0 for hinge losses, whose labels are −1 and 1. `None` if the labels are not
/// two classes.
pub fn class_threshold(neuron: &Neuron) -> Option<f64> {
    match neuron.loss.labels() {
        Labels::Any | Labels::NotNegative => None,
        Labels::Probability => neuron.bits.then_some(0.5),
        Labels::TwoClasses => Some(0.0),
    }
}

impl Runs<'_> {
    /// The score of a run on the test rows, or on the training rows without test rows. `None` for a diverged run, for labels that are neither
    /// classes nor numbers with a variance, and for probabilities between 0 and 1.
    pub fn score(&self, row: usize) -> Option<Score> {
        self.score_on(row, !self.problem(row).test.is_empty())
    }

    /// The score of a run on the test rows or on the training rows; `None` as for [`Runs::score`], or without rows.
    pub fn score_on(&self, row: usize, is_test: bool) -> Option<Score> {
        let problem = self.problem(row);
        let (name, rows) = if is_test { ("test", &problem.test) } else { ("train", &problem.train) };
        if self.has_diverged(row) {
            return None;
        }
        let (measure, value) = match (problem.neuron.loss.labels(), class_threshold(&problem.neuron)) {
            (Labels::Any | Labels::NotNegative, _) => {
                let mse = f64::from(if is_test { self.table.test_mse[row] } else { self.table.train_mse[row] });
                ("r_squared", 1.0 - mse / variance(&rows.y))
            }
            (_, None) => return None,
            (_, Some(threshold)) => {
                let neuron = RowEvaluator::of(&problem.neuron);
                let is_right =
                    |(x, y): (&f32, &f32)| (neuron.predict(self.end(row), f64::from(*x)) > threshold) == (f64::from(*y) > threshold);
                let right = rows.x.iter().zip(&rows.y).filter(|pair| is_right(*pair)).count();
                ("accuracy", right as f64 / rows.len() as f64)
            }
        };
        value.is_finite().then_some(Score { measure, rows: name, value })
    }
}

/// The population variance.
fn variance(values: &[f32]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count
}
