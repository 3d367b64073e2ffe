//! A problem: data, split, scale and neuron, which together define one cost surface with its optimum.

use super::precision::{Column, FEW_DIGITS, LARGEST, Precision, SMALLEST};
use super::{Neuron, Optimum, Quadratic};
use crate::data::{Dataset, Scaling, Split};
use crate::text;

/// J within this share of |J*| of the optimum has *reached* it.
pub const RELATIVE_TOLERANCE: f64 = 0.01;
/// J within this share of Var(y) of the optimum has *reached* it.
pub const VARIANCE_TOLERANCE: f64 = 1e-6;

/// The largest J − J* that counts as having reached an optimum, apart from rounding, from J* and the variance of the labels. J* may be negative (poisson).
pub fn tolerance(optimum: f64, variance: f64) -> f64 {
    RELATIVE_TOLERANCE * optimum.abs() + VARIANCE_TOLERANCE * variance
}

/// Scaled rows in float32, in the order of the split.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Rows {
    /// Feature values.
    pub x: Vec<f32>,
    /// Target values.
    pub y: Vec<f32>,
}

impl Rows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.x.is_empty()
    }

    /// The columns of x and y.
    pub fn columns(&self) -> (&[f32], &[f32]) {
        (&self.x, &self.y)
    }
}

/// The properties that distinguish the problems of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProblemKey {
    /// The seed of the split, data.seed or rng.seed; `None` if the split is not random.
    pub split_seed: Option<u32>,
    /// `none`, `standard` or `min_max`.
    pub scale: &'static str,
    /// The neuron, before its labels are known.
    pub neuron: Neuron,
}

/// A training problem. Runs that share one differ only in hyperparameters of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The number of the problem in problems.parquet.
    pub id: usize,
    /// `none`, `standard` or `min_max`.
    pub scale: &'static str,
    /// The seed of the split, data.seed or rng.seed; `None` if the split is not random.
    pub split_seed: Option<u32>,
    /// Training and test rows by their numbers in the file.
    pub split: Split,
    /// Scaling of the feature, fitted on the training rows.
    pub scaling: Scaling,
    /// Training rows, scaled.
    pub train: Rows,
    /// Test rows, scaled.
    pub test: Rows,
    /// The neuron.
    pub neuron: Neuron,
    /// The mean squared error of a linear neuron over the training rows, as rounded to float32.
    pub quadratic: Quadratic,
    /// The same over the test rows, if there are any.
    pub test_quadratic: Option<Quadratic>,
    /// The minimum of the neuron's cost over the training rows; `None` if there is none, or if it has not been searched for.
    pub optimum: Option<Optimum>,
    /// The excess below which float32 cannot tell a run from the optimum (`kernel::rounding`); 0 if it has not been computed.
    pub rounding_floor: f64,
}

/// An error while preparing a problem.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("the {column} values reach {largest:.1e}, so their squares overflow float32")]
    TooLarge { column: Column, largest: f64 },
    #[error("the {column} values reach only {largest:.1e}, so their squares underflow float32")]
    TooSmall { column: Column, largest: f64 },
    #[error(
        "float32 keeps no digit of the variation of the {column}: the values have a standard deviation of {}, but near {} float32 numbers are \
         {} apart",
        text::significant(.precision.deviation, 3), text::short(.precision.largest, 4), text::short(.precision.spacing, 3)
    )]
    Rounded { column: Column, precision: Precision },
    #[error(transparent)]
    Scaling(#[from] crate::data::ScalingError),
    #[error(transparent)]
    Label(#[from] super::loss::LabelError),
}

impl Problem {
    /// Scales the data and rounds it to float32. The optimum is set if it has a formula.
    ///
    /// # Errors
    ///
    /// If values are too large for float32, the feature cannot be scaled, or a label is outside the domain of the loss.
    pub fn new(id: usize, dataset: &Dataset, split: Split, key: ProblemKey) -> Result<Self, Error> {
        let ProblemKey { split_seed, scale, neuron } = key;
        let labels = split.train.iter().chain(&split.test).map(|&row| (dataset.lines[row as usize], dataset.y[row as usize]));
        neuron.loss.check(labels.clone())?;
        let neuron = neuron.on(labels.map(|(_, label)| label));
        let scaling = Scaling::fit(scale, split.train.iter().map(|&row| dataset.x[row as usize]))?;
        let take = |rows: &[u32]| Rows {
            x: rows.iter().map(|&row| scaling.apply(dataset.x[row as usize]) as f32).collect(),
            y: rows.iter().map(|&row| dataset.y[row as usize] as f32).collect(),
        };
        let (train, test) = (take(&split.train), take(&split.test));
        let quadratic = Quadratic::of(&wide(&train.x), &wide(&train.y));
        let optimum = neuron.is_quadratic().then(|| Optimum::from(&quadratic));
        let test_quadratic = (!test.is_empty()).then(|| Quadratic::of(&wide(&test.x), &wide(&test.y)));
        let problem =
            Self { id, scale, split_seed, split, scaling, train, test, neuron, quadratic, test_quadratic, optimum, rounding_floor: 0.0 };
        problem.check_magnitudes(dataset)?;
        Ok(problem)
    }

    /// Returns an error if float32 cannot represent the squares or the variation of a column.
    fn check_magnitudes(&self, dataset: &Dataset) -> Result<(), Error> {
        for (column, values) in [(Column::Feature, [&self.train.x, &self.test.x]), (Column::Target, [&self.train.y, &self.test.y])] {
            let largest = values.into_iter().flatten().fold(0.0_f64, |largest, &v| largest.max(f64::from(v).abs()));
            if !(largest <= LARGEST) {
                return Err(Error::TooLarge { column, largest });
            }
            let unrounded = self.unrounded(dataset, column);
            let largest = unrounded.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
            if largest < SMALLEST && largest > 0.0 {
                return Err(Error::TooSmall { column, largest });
            }
            if let Some(precision) = Precision::of(&unrounded).filter(|precision| precision.digits() < 0.0) {
                return Err(Error::Rounded { column, precision });
            }
        }
        Ok(())
    }

    /// The training rows of a column before they are rounded to float32.
    fn unrounded(&self, dataset: &Dataset, column: Column) -> Vec<f64> {
        let rows = self.split.train.iter().map(|&row| row as usize);
        match column {
            Column::Feature => rows.map(|row| self.scaling.apply(dataset.x[row])).collect(),
            Column::Target => rows.map(|row| dataset.y[row]).collect(),
        }
    }

    /// Whether all training rows have the same x, so that the data determine w·x + b, but not w and b.
    pub fn has_constant_feature(&self) -> bool {
        self.quadratic.var_x == 0.0
    }

    /// Sentences about properties of the training rows that make results hard to interpret.
    pub fn warnings(&self, dataset: &Dataset) -> Vec<String> {
        let mut warnings = Vec::new();
        let Quadratic { mean_x, mean_y, var_y, rows, .. } = self.quadratic;
        if rows == 1 {
            warnings.push("there is only one training row, so every line through its point is an optimum".into());
        } else {
            if self.has_constant_feature() {
                warnings.push(format!(
                    "the feature is {} in all {rows} training rows, so the data determine w·x + b, but not w and b",
                    text::short(mean_x, 4)
                ));
            }
            if var_y == 0.0 {
                warnings.push(format!(
                    "the target is {} in all {rows} training rows, so the neuron can only learn this constant",
                    text::short(mean_y, 4)
                ));
            }
        }
        for column in [Column::Feature, Column::Target] {
            let few = Precision::of(&self.unrounded(dataset, column)).filter(|precision| precision.digits() < FEW_DIGITS);
            warnings.extend(few.map(|precision| {
                let [deviation, rounding] = [precision.deviation, 0.5 * precision.spacing].map(|value| text::significant(value, 3));
                format!(
                    "the {column} is about {} and varies by {deviation} (standard deviation), but float32 rounds it by up to {rounding}: \
                     {:.1} digits of the variation remain; {}",
                    text::short(precision.mean, 4),
                    precision.digits(),
                    column.offset_remedy(&precision)
                )
            }));
        }
        warnings
    }

    /// The largest J − J* that counts as having reached the optimum: 0.01·|J*| + 1e-6·Var(y) + the rounding floor; `None` without an optimum.
    pub fn tolerance(&self) -> Option<f64> {
        Some(tolerance(self.optimum?.loss, self.quadratic.var_y) + self.rounding_floor)
    }

    /// The largest J that counts as having reached the optimum; `None` without an optimum.
    pub fn reached_loss(&self) -> Option<f64> {
        Some(self.optimum?.loss + self.tolerance()?)
    }

    /// The constant that backends subtract from J before they sum it over a window: J* of a quadratic cost, whose excess has a closed form without
    /// cancellation; else 0.
    pub fn loss_offset(&self) -> f64 {
        if self.neuron.is_quadratic() { self.quadratic.loss } else { 0.0 }
    }

    /// Whether `loss` is below the stated optimum by more than the accuracy of the search.
    pub fn is_below_optimum(&self, loss: f64) -> bool {
        let tolerance = |optimum: &Optimum| 1e-6 * optimum.loss.abs() + 1e-9 * self.quadratic.var_y;
        self.optimum.is_some_and(|optimum| loss < optimum.loss - tolerance(&optimum))
    }

    /// J at a point as J* + (J − J*) in float64; `None` if J is not a paraboloid. A float32 sum over rows loses J where the predictions are
    /// much larger than their errors.
    pub fn closed_form_loss(&self, weight: f64, bias: f64) -> Option<f64> {
        self.neuron.is_quadratic().then(|| self.quadratic.at(weight, bias))
    }

    /// The loss over the test rows in the same form; `None` if J is not a paraboloid, or without test rows.
    pub fn closed_form_test_loss(&self, weight: f64, bias: f64) -> Option<f64> {
        self.test_quadratic.filter(|_| self.neuron.is_quadratic()).map(|quadratic| quadratic.at(weight, bias))
    }

    /// J − J* at a point with cost `loss` over the training rows. A quadratic cost uses its closed form, which avoids cancellation.
    pub fn excess(&self, weight: f64, bias: f64, loss: f64) -> Option<f64> {
        let optimum = self.optimum?;
        Some(if self.neuron.is_quadratic() { self.quadratic.excess(weight, bias) } else { loss - optimum.loss })
    }
}

/// Whether J − J* ranks the runs of each of these problems, rather than J, by problem number. J ranks the runs of a loss if one of its problems
/// has no optimum, or if they have several activations or biases: then the optima differ, and J − J* does not tell which model fits better.
pub fn ranked_by_excess(problems: &[&Problem]) -> Vec<bool> {
    let mut by_excess = vec![false; problems.iter().map(|problem| problem.id + 1).max().unwrap_or(0)];
    for problem in problems {
        let mut of_loss = problems.iter().filter(|other| other.neuron.loss == problem.neuron.loss);
        by_excess[problem.id] = of_loss.all(|other| {
            let is_same_model = (other.neuron.activation, other.neuron.use_bias) == (problem.neuron.activation, problem.neuron.use_bias);
            is_same_model && other.optimum.is_some()
        });
    }
    by_excess
}

/// A column of float32 numbers in float64.
fn wide(column: &[f32]) -> Vec<f64> {
    column.iter().map(|&value| f64::from(value)).collect()
}
