//! Sums over rows at the parameters of the runs of a tile: gradients, losses and errors of a neuron with any activation and loss.
//!
//! The sum over rows is compiled for each loss, with and without an activation. Activations are called through a pointer, once for each row
//! and pair of vectors, so that the number of compiled functions is the sum of activations and losses and not their product.

use std::marker::PhantomData;

use super::column::Column;
use super::isa::{Isa, Kernel};
use super::vector::TILE;
use super::vector::{Pair, Vector};
use crate::kernel::rows::pre_activation;
use crate::kernel::{ActivationFn, LossFn, LossForm, Number, moments};
use crate::model::{Activation, Neuron, Params};
use crate::{with_activation, with_loss};

/// Rows of a partial sum. Adding partial sums keeps float32 sums over many rows accurate.
const PARTIAL_ROWS: usize = 256;

/// Columns of x and y.
pub type RowSlices<'a> = (&'a [f32], &'a [f32]);

/// The rows of consecutive batches.
#[derive(Clone, Copy)]
pub struct RowBatches<'a> {
    /// The rows of all batches, one batch after the other.
    pub rows: RowSlices<'a>,
    /// Rows of a batch; the last one may be shorter.
    pub batch_size: usize,
}

impl<'a> RowBatches<'a> {
    /// Some rows as one batch.
    pub fn one((x, y): RowSlices<'a>) -> Self {
        Self { rows: (x, y), batch_size: x.len().max(1) }
    }

    /// How many batches there are.
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.rows.0.len().div_ceil(self.batch_size)
    }

    /// The rows of a batch.
    #[inline(always)]
    pub fn batch(&self, batch: usize) -> RowSlices<'a> {
        let (x, y) = self.rows;
        let first = batch * self.batch_size;
        let end = (first + self.batch_size).min(x.len());
        (&x[first..end], &y[first..end])
    }
}

/// The parameters of the runs of a tile before each of consecutive batches.
#[derive(Clone, Copy)]
pub struct TilePath<'a> {
    /// Before the first batch.
    pub start: Params<&'a [f32; TILE]>,
    /// After each batch, a row of all runs for each. The parameters after the last batch are not read.
    pub after: Params<&'a [[f32; TILE]]>,
}

impl<'a> TilePath<'a> {
    /// The parameters before one batch.
    pub fn point(start: Params<&'a [f32; TILE]>) -> Self {
        Self { start, after: Params([&[], &[]]) }
    }

    /// The parameters before a batch.
    #[inline(always)]
    pub fn before(&self, batch: usize) -> Params<&'a [f32; TILE]> {
        if batch == 0 { self.start } else { Params([&self.after.0[0][batch - 1], &self.after.0[1][batch - 1]]) }
    }
}

/// The functions over rows of a neuron, compiled for an instruction set.
#[derive(Clone, Copy, Debug)]
pub struct RowFunctions {
    isa: Isa,
    activation: ActivationPointer,
    gradient: SumPointer<2>,
    loss: SumPointer<1>,
    metrics: SumPointer<3>,
    use_bias: bool,
}

/// Computes φ(z) and φ′(z) of a pair of vectors.
type ActivationPointer = fn(Isa, &[f32; TILE], [&mut [f32; TILE]; 2]);

/// Computes K sums over the rows of batches, divided by a number of rows.
type SumPointer<const K: usize> = fn(&RowFunctions, PathRows<'_>, [&mut [f32; TILE]; K]);

/// The rows of consecutive batches and the parameters of a tile before each of them.
#[derive(Clone, Copy)]
pub struct PathRows<'a> {
    pub path: TilePath<'a>,
    /// Results are computed for the first runs of the tile.
    pub runs: usize,
    pub batches: RowBatches<'a>,
    /// The number of rows by which sums are divided: those of an epoch, of which the batches are a part.
    pub divisor: usize,
}

impl<'a> PathRows<'a> {
    /// Some rows as one batch, for a mean over them.
    pub fn one(theta: Params<&'a [f32; TILE]>, runs: usize, rows: RowSlices<'a>) -> Self {
        Self { path: TilePath::point(theta), runs, batches: RowBatches::one(rows), divisor: rows.0.len() }
    }
}

impl RowFunctions {
    /// The functions of a neuron.
    pub fn new(isa: Isa, neuron: &Neuron) -> Self {
        let activation: ActivationPointer = with_activation!(neuron.activation, A => |isa, z, outputs| {
            isa.run(Activate::<A> { z, outputs, activation: PhantomData });
        });
        let is_linear = neuron.activation == Activation::Linear;
        // The logistic loss and its gradient are functions of z.
        let is_direct = is_linear || neuron.form() == LossForm::Logits;
        with_loss!(neuron.form(), L => Self {
            isa,
            activation,
            gradient: if is_direct { sum::<Gradient<L>, 2, true> } else { sum::<Gradient<L>, 2, false> },
            loss: if is_direct { sum::<Loss<L>, 1, true> } else { sum::<Loss<L>, 1, false> },
            metrics: if is_linear { sum::<Metrics<L>, 3, true> } else { sum::<Metrics<L>, 3, false> },
            use_bias: neuron.use_bias,
        })
    }

    /// The gradient of the mean loss of some rows, for the first `runs` runs of a tile.
    #[inline]
    pub fn gradient(&self, theta: Params<&[f32; TILE]>, runs: usize, rows: RowSlices<'_>, gradient: &mut Params<Column<f32>>) {
        let [weight, bias] = &mut gradient.0;
        (self.gradient)(self, PathRows::one(theta, runs, rows), [&mut weight.0, &mut bias.0]);
        if !self.use_bias {
            bias.0.fill(0.0);
        }
    }

    /// The mean loss of some rows, for the first `runs` runs of a tile.
    pub fn losses(&self, theta: Params<&[f32; TILE]>, runs: usize, rows: RowSlices<'_>, losses: &mut [f32; TILE]) {
        (self.loss)(self, PathRows::one(theta, runs, rows), [losses]);
    }

    /// Loss, squared error and absolute error along a path.
    pub fn metrics(&self, rows: PathRows<'_>) -> [[f32; TILE]; 3] {
        let mut metrics = [[0.0; TILE]; 3];
        (self.metrics)(self, rows, metrics.each_mut());
        metrics
    }

    /// The absolute error of a linear neuron along a path.
    pub fn linear_error(&self, rows: PathRows<'_>) -> [f32; TILE] {
        let mut error = [0.0; TILE];
        sum::<LinearError, 1, true>(self, rows, [&mut error]);
        error
    }
}

struct Activate<'a, A> {
    z: &'a [f32; TILE],
    outputs: [&'a mut [f32; TILE]; 2],
    activation: PhantomData<A>,
}

impl<A: ActivationFn> Kernel for Activate<'_, A> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector, const IN_FLIGHT: usize>(self) {
        let [value, slope] = A::at(Pair::<V>::load(self.z, 0));
        let [values, slopes] = self.outputs;
        value.store(values, 0);
        slope.store(slopes, 0);
    }
}

/// φ(z) and φ′(z) of a pair of vectors. `buffers` pass z, φ and φ′ to and from the activation.
#[inline(always)]
fn activated<V: Vector>(functions: &RowFunctions, z: V, [input, value, slope]: &mut [[f32; TILE]; 3]) -> [V; 2] {
    z.store(input, 0);
    (functions.activation)(functions.isa, input, [&mut *value, &mut *slope]);
    [V::load(value, 0), V::load(slope, 0)]
}

/// A row (x, y) at the parameters `theta`.
struct Row<V> {
    theta: Params<V>,
    x: V,
    y: V,
    z: V,
    /// φ(z) and φ′(z).
    activated: [V; 2],
}

/// The K terms of a row.
trait RowTerms<const K: usize> {
    fn at<V: Number>(row: Row<V>) -> [V; K];
}

/// ∂ℓ/∂w and ∂ℓ/∂b.
struct Gradient<L>(PhantomData<L>);

impl<L: LossFn> RowTerms<2> for Gradient<L> {
    #[inline(always)]
    fn at<V: Number>(Row { z, activated, x, y, .. }: Row<V>) -> [V; 2] {
        let [_, slope] = L::at_pre_activation(z, activated, y);
        [slope * x, slope]
    }
}

/// ℓ.
struct Loss<L>(PhantomData<L>);

impl<L: LossFn> RowTerms<1> for Loss<L> {
    #[inline(always)]
    fn at<V: Number>(Row { z, activated, y, .. }: Row<V>) -> [V; 1] {
        let [loss, _] = L::at_pre_activation(z, activated, y);
        [loss]
    }
}

/// ℓ, e² and |e|.
struct Metrics<L>(PhantomData<L>);

impl<L: LossFn> RowTerms<3> for Metrics<L> {
    #[inline(always)]
    fn at<V: Number>(Row { z, activated, y, .. }: Row<V>) -> [V; 3] {
        let [loss, _] = L::at_pre_activation(z, activated, y);
        let error = activated[0] - y;
        [loss, error * error, error.abs()]
    }
}

/// |e| of a linear neuron.
struct LinearError;

impl RowTerms<1> for LinearError {
    #[inline(always)]
    fn at<V: Number>(Row { theta, x, y, .. }: Row<V>) -> [V; 1] {
        [moments::error(theta, x, y).abs()]
    }
}

/// K sums over the rows of batches for the runs of a tile. `DIRECT`: the terms are functions of z, without the activation.
fn sum<T: RowTerms<K>, const K: usize, const DIRECT: bool>(functions: &RowFunctions, rows: PathRows<'_>, sums: [&mut [f32; TILE]; K]) {
    functions.isa.run(Sum::<T, K, DIRECT> { functions, rows, sums, terms: PhantomData });
}

struct Sum<'a, T, const K: usize, const DIRECT: bool> {
    functions: &'a RowFunctions,
    rows: PathRows<'a>,
    sums: [&'a mut [f32; TILE]; K],
    terms: PhantomData<T>,
}

impl<T: RowTerms<K>, const K: usize, const DIRECT: bool> Kernel for Sum<'_, T, K, DIRECT> {
    type Output = ();

    /// Two vectors of runs at a time, whose parameters and sums stay in registers.
    #[inline(always)]
    fn run<V: Vector, const IN_FLIGHT: usize>(self) {
        let PathRows { path, runs, batches, divisor } = self.rows;
        let (zero, one) = (Pair::<V>::splat(0.0), Pair::<V>::splat(1.0));
        let divisor = Pair::<V>::splat(divisor as f32);
        // Zeroed once per sum: zeroing for each row would take longer than a short activation.
        let mut buffers = [[0.0; TILE]; 3];
        let packs = runs.div_ceil(Pair::<V>::LANES).min(TILE / Pair::<V>::LANES);
        for pack in 0..packs {
            let mut sums = [zero; K];
            for batch in 0..batches.count() {
                let Params([weight, bias]) = path.before(batch);
                let theta = Params([Pair::<V>::load(weight, pack), Pair::<V>::load(bias, pack)]);
                let (x, y) = batches.batch(batch);
                let mut total = [zero; K];
                for first in (0..x.len()).step_by(PARTIAL_ROWS) {
                    let mut partial = [zero; K];
                    for row in first..x.len().min(first + PARTIAL_ROWS) {
                        let (x, y) = (Pair::<V>::splat(x[row]), Pair::<V>::splat(y[row]));
                        let z = pre_activation(theta, x);
                        let activated = if DIRECT { [z, one] } else { activated(self.functions, z, &mut buffers) };
                        let terms = T::at(Row { theta, x, y, z, activated });
                        for k in 0..K {
                            partial[k] = partial[k] + terms[k];
                        }
                    }
                    for k in 0..K {
                        total[k] = total[k] + partial[k];
                    }
                }
                for k in 0..K {
                    sums[k] = sums[k] + total[k];
                }
            }
            for k in 0..K {
                (sums[k] / divisor).store(&mut *self.sums[k], pack);
            }
        }
    }
}
