//! Gradients of a batch at the parameters of the runs of a tile, from the batch's moments or from its rows.

use super::column::{Column, load_params, store_params};
use super::rows::{RowBatches, RowFunctions};
use super::vector::Vector;
use crate::data::{Centre, Moments};
use crate::kernel::moments;
use crate::model::Params;

/// The batches of consecutive steps, as gradients are computed from them.
#[derive(Clone, Copy)]
pub enum Gradients<'a> {
    /// Moments of each batch: the linear neuron under the mean squared error.
    Moments { centre: &'a Centre, batches: &'a [Moments] },
    /// Rows of each batch: any other neuron.
    Rows { functions: &'a RowFunctions, batches: RowBatches<'a> },
}

/// A source of gradients for a loop over batches.
pub trait GradientSource {
    /// Prepares the gradients of a batch at the parameters of K vectors of runs.
    fn prepare<V: Vector, const K: usize>(&mut self, batch: usize, theta: &[Params<V>; K]);

    /// The gradient of the prepared batch's mean loss at `theta`, the parameters of the `k`-th vector of runs.
    fn at<V: Vector>(&self, k: usize, theta: Params<V>) -> Params<V>;
}

/// Gradients from moments. `ORIGIN`: the abscissa of the centre is 0, which halves the number of operations.
pub struct FromMoments<'a, const ORIGIN: bool> {
    centre: Centre,
    batches: &'a [Moments],
    prepared: Moments,
}

impl<'a, const ORIGIN: bool> FromMoments<'a, ORIGIN> {
    /// The gradients of batches about a centre.
    #[inline(always)]
    pub fn new(centre: &Centre, batches: &'a [Moments]) -> Self {
        Self { centre: *centre, batches, prepared: Moments { u: 0.0, uu: 0.0, r: 0.0, ru: 0.0, rr: 0.0, rows: 0.0 } }
    }
}

impl<const ORIGIN: bool> GradientSource for FromMoments<'_, ORIGIN> {
    #[inline(always)]
    fn prepare<V: Vector, const K: usize>(&mut self, batch: usize, _: &[Params<V>; K]) {
        self.prepared = self.batches[batch];
    }

    #[inline(always)]
    fn at<V: Vector>(&self, _: usize, theta: Params<V>) -> Params<V> {
        if ORIGIN {
            moments::moment_gradient_at_origin(&self.prepared, &self.centre, theta).gradient
        } else {
            moments::moment_gradient(&self.prepared, &self.centre, theta).gradient
        }
    }
}

/// Gradients from rows, computed when a batch is prepared.
pub struct FromRows<'a> {
    functions: &'a RowFunctions,
    batches: RowBatches<'a>,
    /// The parameters of the prepared vectors.
    theta: Params<Column<f32>>,
    gradient: Params<Column<f32>>,
}

impl<'a> FromRows<'a> {
    /// The gradients of batches of rows.
    #[inline(always)]
    pub fn new(functions: &'a RowFunctions, batches: RowBatches<'a>) -> Self {
        Self { functions, batches, theta: Params::splat(Column::ZERO), gradient: Params::splat(Column::ZERO) }
    }
}

impl GradientSource for FromRows<'_> {
    #[inline(always)]
    fn prepare<V: Vector, const K: usize>(&mut self, batch: usize, theta: &[Params<V>; K]) {
        for k in 0..K {
            store_params(theta[k], &mut self.theta, k);
        }
        let [weight, bias] = &self.theta.0;
        self.functions.gradient(Params([&weight.0, &bias.0]), K * V::LANES, self.batches.batch(batch), &mut self.gradient);
    }

    #[inline(always)]
    fn at<V: Vector>(&self, k: usize, _: Params<V>) -> Params<V> {
        load_params(&self.gradient, k)
    }
}
