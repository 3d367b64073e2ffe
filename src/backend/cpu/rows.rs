//! Sums over rows at the parameters of the runs of a tile: gradients, losses and errors of a neuron with any activation and loss.
//!
//! The sum over rows is compiled for each loss. Activations other than the linear one are called through a pointer, once for each row and
//! pair of vectors, so that the number of compiled functions is the sum of activations and losses and not their product.

use std::marker::PhantomData;

use super::column::Column;
use super::isa::{Isa, Kernel};
use super::vector::TILE;
use super::vector::{Pair, Vector};
use crate::kernel::rows::pre_activation;
use crate::kernel::{ActivationFn, LossFn, LossForm, Number};
use crate::model::{Activation, Neuron, Params};
use crate::{with_activation, with_loss};

/// Rows of a partial sum. Adding partial sums keeps float32 sums over many rows accurate.
pub const PARTIAL_ROWS: usize = 256;

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
    /// `None` for the linear activation.
    activation: Option<ActivationPointer>,
    /// Whether loss and gradient are functions of z alone, as the logistic loss and its gradient are.
    from_z: bool,
    gradient: SumPointer<2>,
    loss: SumPointer<1>,
    metrics: SumPointer<3>,
    epoch_metrics: SumPointer<2>,
    use_bias: bool,
}

/// Computes φ(z) and φ′(z) of a pair of vectors.
type ActivationPointer = fn(Isa, &[f32; TILE], [&mut [f32; TILE]; 2]);

/// Computes K sums over rows for the runs of a tile.
type SumPointer<const K: usize> = fn(SumInputs<'_>, [&mut [f32; TILE]; K]);

/// The inputs of a sum over the rows of batches.
#[derive(Clone, Copy)]
struct SumInputs<'a> {
    isa: Isa,
    activation: Option<ActivationPointer>,
    path: TilePath<'a>,
    /// Sums are computed for the first runs of the tile.
    runs: usize,
    batches: RowBatches<'a>,
    /// The number of rows by which the sums are divided.
    divisor: f32,
}

impl RowFunctions {
    /// The functions of a neuron.
    pub fn new(isa: Isa, neuron: &Neuron) -> Self {
        let activation: ActivationPointer = with_activation!(neuron.activation, A => |isa, z, outputs| {
            isa.run(Activate::<A> { z, outputs, activation: PhantomData });
        });
        with_loss!(neuron.form(), L => Self {
            isa,
            activation: (neuron.activation != Activation::Linear).then_some(activation),
            from_z: neuron.form() == LossForm::Logits,
            gradient: sum::<Gradient<L>, 2>,
            loss: sum::<Loss<L>, 1>,
            metrics: sum::<Metrics<L>, 3>,
            epoch_metrics: sum::<EpochMetrics<L>, 2>,
            use_bias: neuron.use_bias,
        })
    }

    /// The inputs of a mean over some rows.
    fn mean<'a>(&self, theta: Params<&'a [f32; TILE]>, runs: usize, rows: RowSlices<'a>) -> SumInputs<'a> {
        let (path, batches, divisor) = (TilePath::point(theta), RowBatches::one(rows), rows.0.len() as f32);
        SumInputs { isa: self.isa, activation: self.activation, path, runs, batches, divisor }
    }

    /// The inputs of a mean over some rows of the loss or its gradient.
    fn loss_mean<'a>(&self, theta: Params<&'a [f32; TILE]>, runs: usize, rows: RowSlices<'a>) -> SumInputs<'a> {
        SumInputs { activation: self.activation.filter(|_| !self.from_z), ..self.mean(theta, runs, rows) }
    }

    /// The gradient of the mean loss of some rows, for the first `runs` runs of a tile.
    #[inline]
    pub fn gradient(&self, theta: Params<&[f32; TILE]>, runs: usize, rows: RowSlices<'_>, gradient: &mut Params<Column<f32>>) {
        let [weight, bias] = &mut gradient.0;
        (self.gradient)(self.loss_mean(theta, runs, rows), [&mut weight.0, &mut bias.0]);
        if !self.use_bias {
            bias.0.fill(0.0);
        }
    }

    /// The mean loss of some rows, for the first `runs` runs of a tile.
    pub fn losses(&self, theta: Params<&[f32; TILE]>, runs: usize, rows: RowSlices<'_>, losses: &mut [f32; TILE]) {
        (self.loss)(self.loss_mean(theta, runs, rows), [losses]);
    }

    /// The mean loss, squared error and absolute error of some rows, for the first `runs` runs of a tile.
    pub fn metrics(&self, theta: Params<&[f32; TILE]>, runs: usize, rows: RowSlices<'_>, metrics: &mut [[f32; TILE]; 3]) {
        (self.metrics)(self.mean(theta, runs, rows), metrics.each_mut());
    }

    /// The sums of loss and absolute error over the rows of batches, each at the parameters before its batch, divided by `rows`.
    pub fn epoch_metrics(&self, path: TilePath<'_>, runs: usize, batches: RowBatches<'_>, rows: usize) -> [[f32; TILE]; 2] {
        let mut metrics = [[0.0; TILE]; 2];
        let inputs = SumInputs { isa: self.isa, activation: self.activation, path, runs, batches, divisor: rows as f32 };
        (self.epoch_metrics)(inputs, metrics.each_mut());
        metrics
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

/// φ(z) and φ′(z) of a pair of vectors; z and 1 without an activation. `buffers` pass z, φ and φ′ to and from the activation.
#[inline(always)]
fn response<V: Vector>(isa: Isa, activation: Option<ActivationPointer>, z: V, buffers: &mut [[f32; TILE]; 3]) -> [V; 2] {
    let Some(activation) = activation else { return [z, V::splat(1.0)] };
    let [input, value, slope] = buffers;
    z.store(input, 0);
    activation(isa, input, [&mut *value, &mut *slope]);
    [V::load(value, 0), V::load(slope, 0)]
}

/// The K terms of a row.
trait RowTerms<const K: usize> {
    fn at<V: Number>(z: V, response: [V; 2], x: V, y: V) -> [V; K];
}

/// ∂ℓ/∂w and ∂ℓ/∂b.
struct Gradient<L>(PhantomData<L>);

impl<L: LossFn> RowTerms<2> for Gradient<L> {
    #[inline(always)]
    fn at<V: Number>(z: V, response: [V; 2], x: V, y: V) -> [V; 2] {
        let [_, slope] = L::at_pre_activation(z, response, y);
        [slope * x, slope]
    }
}

/// ℓ.
struct Loss<L>(PhantomData<L>);

impl<L: LossFn> RowTerms<1> for Loss<L> {
    #[inline(always)]
    fn at<V: Number>(z: V, response: [V; 2], _: V, y: V) -> [V; 1] {
        let [loss, _] = L::at_pre_activation(z, response, y);
        [loss]
    }
}

/// ℓ, e² and |e|.
struct Metrics<L>(PhantomData<L>);

impl<L: LossFn> RowTerms<3> for Metrics<L> {
    #[inline(always)]
    fn at<V: Number>(z: V, response: [V; 2], _: V, y: V) -> [V; 3] {
        let [loss, _] = L::at_pre_activation(z, response, y);
        let error = response[0] - y;
        [loss, error * error, error.abs()]
    }
}

/// ℓ and |e|.
struct EpochMetrics<L>(PhantomData<L>);

impl<L: LossFn> RowTerms<2> for EpochMetrics<L> {
    #[inline(always)]
    fn at<V: Number>(z: V, response: [V; 2], _: V, y: V) -> [V; 2] {
        let [loss, _] = L::at_pre_activation(z, response, y);
        [loss, (response[0] - y).abs()]
    }
}

/// K sums over the rows of batches for the runs of a tile, divided by a number of rows.
fn sum<T: RowTerms<K>, const K: usize>(inputs: SumInputs<'_>, sums: [&mut [f32; TILE]; K]) {
    inputs.isa.run(Sum::<T, K> { inputs, sums, terms: PhantomData });
}

struct Sum<'a, T, const K: usize> {
    inputs: SumInputs<'a>,
    sums: [&'a mut [f32; TILE]; K],
    terms: PhantomData<T>,
}

impl<T: RowTerms<K>, const K: usize> Kernel for Sum<'_, T, K> {
    type Output = ();

    /// Two vectors of runs at a time, whose parameters and sums stay in registers.
    #[inline(always)]
    fn run<V: Vector, const IN_FLIGHT: usize>(self) {
        let SumInputs { isa, activation, path, runs, batches, divisor } = self.inputs;
        let zero = Pair::<V>::splat(0.0);
        let divisor = Pair::<V>::splat(divisor);
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
                        let terms = T::at(z, response(isa, activation, z, &mut buffers), x, y);
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
