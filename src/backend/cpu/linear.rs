//! The linear neuron under the mean squared error: losses of the runs of a tile from moments, and absolute errors from rows.

use super::isa::Kernel;
use super::rows::{PARTIAL_ROWS, RowBatches, TilePath};
use super::vector::{Pair, TILE, Vector};
use crate::data::{Centre, Moments};
use crate::kernel::{Number, moments};
use crate::model::Params;

/// The losses of consecutive batches, each at the parameters before its batch and weighted by its share of `rows`, from their moments.
pub struct MomentLosses<'a> {
    pub batches: &'a [Moments],
    pub centre: &'a Centre,
    pub path: TilePath<'a>,
    pub runs: usize,
    pub rows: usize,
    pub losses: &'a mut [f32; TILE],
}

impl Kernel for MomentLosses<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector, const K: usize>(self) {
        for v in 0..self.runs.div_ceil(V::LANES).min(TILE / V::LANES) {
            let mut sum = V::splat(0.0);
            for (batch, moments) in self.batches.iter().enumerate() {
                let Params([weight, bias]) = self.path.before(batch);
                let gradient = moments::moment_gradient(moments, self.centre, Params([V::load(weight, v), V::load(bias, v)]));
                sum = moments::loss(moments, &gradient).mul_add(V::splat(moments.rows / self.rows as f32), sum);
            }
            sum.store(self.losses, v);
        }
    }
}

/// The sums of |ŷ − y| over the rows of consecutive batches, each at the parameters before its batch, divided by `rows`.
///
/// |ŷ − y| has no moments. Two vectors of runs at a time, so that two sums are in flight.
pub struct LinearErrors<'a> {
    pub batches: RowBatches<'a>,
    pub path: TilePath<'a>,
    pub runs: usize,
    pub rows: usize,
    pub errors: &'a mut [f32; TILE],
}

impl Kernel for LinearErrors<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector, const K: usize>(self) {
        let (zero, rows) = (Pair::<V>::splat(0.0), Pair::<V>::splat(self.rows as f32));
        for v in 0..self.runs.div_ceil(Pair::<V>::LANES).min(TILE / Pair::<V>::LANES) {
            let mut sum = zero;
            for batch in 0..self.batches.count() {
                let Params([weight, bias]) = self.path.before(batch);
                let theta = Params([Pair::<V>::load(weight, v), Pair::<V>::load(bias, v)]);
                let (x, y) = self.batches.batch(batch);
                for first in (0..x.len()).step_by(PARTIAL_ROWS) {
                    let mut partial = zero;
                    for row in first..x.len().min(first + PARTIAL_ROWS) {
                        partial = partial + moments::error(theta, Pair::splat(x[row]), Pair::splat(y[row])).abs();
                    }
                    sum = sum + partial;
                }
            }
            (sum / rows).store(self.errors, v);
        }
    }
}
