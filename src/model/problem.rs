//! A problem: what has one surface, one optimum and one Hessian. Every run belongs to one.

use super::{Neuron, Optimum, Quadratic, verdict};
use crate::data::{Dataset, Scaling, Split};

/// Rows as training sees them: float32, scaled, in the order of the split.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Rows {
    pub x: Vec<f32>,
    pub y: Vec<f32>,
}

impl Rows {
    pub fn len(&self) -> usize {
        self.x.len()
    }

    pub fn is_empty(&self) -> bool {
        self.x.is_empty()
    }
}

/// Data, split, scale and neuron.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Its number in problems.parquet.
    pub id: usize,
    /// `none`, `standard` or `min_max`.
    pub scale: &'static str,
    /// The seed of the split: data.seed, or rng.seed; `None` where the split draws nothing.
    pub split_seed: Option<u32>,
    pub split: Split,
    pub scaling: Scaling,
    pub train: Rows,
    pub test: Rows,
    pub neuron: Neuron,
    /// Of the training rows: what the neuron's cost would be if it were linear, under the mean squared error.
    pub quadratic: Quadratic,
    /// The lowest place of the neuron's cost over the training rows; `None` where there is none, or where nobody has sought it.
    pub optimum: Option<Optimum>,
}

/// Why data cannot be trained on in float32.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("the {column} values reach {largest:.1e}, so their squares overflow float32")]
    TooLarge { column: &'static str, largest: f64 },
    #[error(transparent)]
    Scaling(#[from] crate::data::ScalingError),
    #[error(transparent)]
    Label(#[from] super::loss::LabelError),
}

/// The largest magnitude whose square, summed over any number of rows that fit into memory, is a float32.
pub const LARGEST: f64 = 1e15;

impl Split {
    /// The paraboloid of the training rows, before they are rounded to float32.
    fn quadratic(&self, dataset: &Dataset, scaling: &Scaling) -> Quadratic {
        let x: Vec<f64> = self.train.iter().map(|&row| scaling.apply(dataset.x[row as usize])).collect();
        let y: Vec<f64> = self.train.iter().map(|&row| dataset.y[row as usize]).collect();
        Quadratic::of(&x, &y)
    }
}

impl Problem {
    /// Splits, scales and rounds the data. `split_seed` is kept for the record. The optimum is known where there is a formula.
    pub fn new(
        id: usize,
        dataset: &Dataset,
        split: Split,
        scale: &'static str,
        split_seed: Option<u32>,
        neuron: Neuron,
    ) -> Result<Self, Error> {
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

    /// The loss at or below which a run counts as having reached; `None` without an optimum.
    pub fn reached_loss(&self) -> Option<f64> {
        self.optimum.map(|optimum| verdict::reached(optimum.loss, self.quadratic.var_y))
    }

    /// J − J* at a point whose cost over the training rows is `loss`; from the closed form where there is one, so that no digits cancel.
    pub fn excess(&self, weight: f64, bias: f64, loss: f64) -> Option<f64> {
        let optimum = self.optimum?;
        Some(if self.neuron.is_quadratic() { self.quadratic.excess(weight, bias) } else { loss - optimum.loss })
    }
}
