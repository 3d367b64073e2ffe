//! A problem: data, split, scale and neuron, which together define one cost surface with its optimum.

use super::{Neuron, Optimum, Quadratic, verdict};
use crate::data::{Dataset, Scaling, Split};

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
    /// The mean squared error of a linear neuron over the training rows.
    pub quadratic: Quadratic,
    /// The minimum of the neuron's cost over the training rows; `None` if there is none, or if it has not been searched for.
    pub optimum: Option<Optimum>,
}

/// An error while preparing a problem.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum Error {
    #[error("the {column} values reach {largest:.1e}, so their squares overflow float32")]
    TooLarge { column: &'static str, largest: f64 },
    #[error(transparent)]
    Scaling(#[from] crate::data::ScalingError),
    #[error(transparent)]
    Label(#[from] super::loss::LabelError),
}

/// The largest accepted magnitude: sums of squares over all rows that fit into memory stay within float32.
pub const LARGEST: f64 = 1e15;

impl Split {
    /// The quadratic cost of the training rows, before they are rounded to float32.
    fn quadratic(&self, dataset: &Dataset, scaling: &Scaling) -> Quadratic {
        let x: Vec<f64> = self.train.iter().map(|&row| scaling.apply(dataset.x[row as usize])).collect();
        let y: Vec<f64> = self.train.iter().map(|&row| dataset.y[row as usize]).collect();
        Quadratic::of(&x, &y)
    }
}

impl Problem {
    /// Scales the data and rounds it to float32. The optimum is set if it has a formula.
    ///
    /// # Errors
    ///
    /// If values are too large for float32, the feature cannot be scaled, or a label is outside the domain of the loss.
    pub fn new(id: usize, dataset: &Dataset, split: Split, key: ProblemKey) -> Result<Self, Error> {
        let ProblemKey { split_seed, scale, neuron } = key;
        let labels = split.train.iter().chain(&split.test).map(|&row| (row as usize, dataset.y[row as usize]));
        neuron.loss.check(labels.clone())?;
        let neuron = neuron.on(labels.map(|(_, label)| label));
        let scaling = Scaling::fit(scale, split.train.iter().map(|&row| dataset.x[row as usize]))?;
        let take = |rows: &[u32]| Rows {
            x: rows.iter().map(|&row| scaling.apply(dataset.x[row as usize]) as f32).collect(),
            y: rows.iter().map(|&row| dataset.y[row as usize] as f32).collect(),
        };
        let (train, test) = (take(&split.train), take(&split.test));
        for (column, values) in [("feature", [&train.x, &test.x]), ("target", [&train.y, &test.y])] {
            let largest = values.into_iter().flatten().fold(0.0_f64, |largest, &v| largest.max(f64::from(v).abs()));
            if !(largest <= LARGEST) {
                return Err(Error::TooLarge { column, largest });
            }
        }
        let quadratic = split.quadratic(dataset, &scaling);
        let optimum = neuron.is_quadratic().then(|| Optimum::from(&quadratic));
        Ok(Self { id, scale, split_seed, split, scaling, train, test, neuron, quadratic, optimum })
    }

    /// The largest loss that counts as having reached the optimum; `None` without an optimum.
    pub fn reached_loss(&self) -> Option<f64> {
        self.optimum.map(|optimum| verdict::reached(optimum.loss, self.quadratic.var_y))
    }

    /// J − J* at a point with cost `loss` over the training rows. A quadratic cost uses its closed form, which avoids cancellation.
    pub fn excess(&self, weight: f64, bias: f64, loss: f64) -> Option<f64> {
        let optimum = self.optimum?;
        Some(if self.neuron.is_quadratic() { self.quadratic.excess(weight, bias) } else { loss - optimum.loss })
    }
}
