//! The statistics from which verdicts follow: J at epoch ends, cycles, and the steps of the last epoch that cross the minimum.

use super::column::Column;
use super::context::GroupContext;
use super::gradient::{GradientSource, Gradients, PackLoop};
use super::isa::Kernel;
use super::tile::Tile;
use super::vector::{TILE, Vector};
use crate::backend::outcome::NEVER;
use crate::kernel::{Mask, Number, cycle};
use crate::model::Params;

/// Updates the statistics of the runs of a tile at the end of a block that evaluates the loss.
pub fn update_statistics(context: &GroupContext<'_>, tile: &mut Tile, epoch: u64) {
    let losses = context.losses(tile);
    context.isa.run(UpdateStatistics { tile, losses: &losses, reached_loss: context.reached_loss, epoch: epoch as u32 });
    if let Some(elapsed) = cycle::epochs_since_anchor(epoch, context.group.epochs) {
        let [weight, bias] = &tile.state.theta.0;
        for run in 0..tile.runs {
            tile.cycles[run] = cycle::after_epoch(tile.cycles[run], Params::new(weight.0[run], bias.0[run]), elapsed);
        }
    }
}

/// Updates the largest and the last loss, and the first epoch at whose end the optimum was reached, of the runs inside the range.
struct UpdateStatistics<'a> {
    tile: &'a mut Tile,
    losses: &'a Column<f32>,
    reached_loss: f32,
    epoch: u32,
}

impl Kernel for UpdateStatistics<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector, const K: usize>(self) {
        let Tile { active, worst_loss, last_loss, reached_epoch, .. } = self.tile;
        // Bit masks instead of branches: the compiler makes vectors of this loop.
        let select = |mask: u32, yes: u32, no: u32| (yes & mask) | (no & !mask);
        for run in 0..TILE {
            let (active, loss, worst) = (active.0[run], self.losses.0[run], worst_loss.0[run]);
            let higher = if loss > worst { loss } else { worst };
            worst_loss.0[run] = f32::from_bits(select(active, higher.to_bits(), worst.to_bits()));
            last_loss.0[run] = f32::from_bits(select(active, loss.to_bits(), last_loss.0[run].to_bits()));
            let reached = if loss <= self.reached_loss { self.epoch } else { NEVER };
            reached_epoch.0[run] = select(active, reached_epoch.0[run].min(reached), reached_epoch.0[run]);
        }
    }
}

/// Counts the steps along a path that cross the minimum: J falls where the step starts and rises where it ends.
///
/// `start` are the parameters before the first step, `path` those after each. Only runs in `counted` are counted.
pub fn count_crossings(
    context: &GroupContext<'_>,
    start: Params<&[f32; TILE]>,
    path: Params<&[[f32; TILE]]>,
    counted: &Column<u32>,
    tile: &mut Tile,
) {
    let mut counts = [0.0; TILE];
    context.isa.run(Crossings { gradients: context.full_batch(), runs: tile.runs, start, path, counts: &mut counts });
    for run in 0..TILE {
        tile.crossings.0[run] += whole(counts[run]) & counted.0[run];
    }
}

/// A whole number below 2²³ as an integer. `as` would check each for its range.
#[inline(always)]
fn whole(count: f32) -> u32 {
    const ONES: f32 = 8_388_608.0;
    (count + ONES).to_bits() - ONES.to_bits()
}

struct Crossings<'a> {
    /// All training rows as one batch.
    gradients: Gradients<'a>,
    runs: usize,
    start: Params<&'a [f32; TILE]>,
    path: Params<&'a [[f32; TILE]]>,
    /// A count of each run, a whole number in float32.
    counts: &'a mut [f32; TILE],
}

impl Kernel for Crossings<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector, const K: usize>(mut self) {
        let (gradients, runs) = (self.gradients, self.runs);
        gradients.for_each_pack::<V, _, K>(runs, &mut self);
    }
}

impl PackLoop for Crossings<'_> {
    const AT_ORIGIN: bool = true;

    /// Counts the crossings of K vectors of runs, from the `first`-th on, along the path.
    #[inline(always)]
    fn pack<V: Vector, G: GradientSource, const K: usize>(&mut self, first: usize, mut gradients: G) {
        let Params([weights, biases]) = self.path;
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        let [mut theta, mut last] = [[Params::splat(zero); K]; 2];
        let mut counts = [zero; K];
        for k in 0..K {
            theta[k] = load(self.start, first + k);
        }
        gradients.prepare(0, &theta);
        for k in 0..K {
            last[k] = gradients.at(k, theta[k]);
        }
        for row in weights.iter().zip(biases).map(|(weight, bias)| Params([weight, bias])) {
            let from = theta;
            for k in 0..K {
                theta[k] = load(row, first + k);
            }
            gradients.prepare(0, &theta);
            for k in 0..K {
                let next = gradients.at(k, theta[k]);
                let change = Params([theta[k][0] - from[k][0], theta[k][1] - from[k][1]]);
                let falls = along(last[k], change).less(zero);
                let rises = zero.less(along(next, change));
                counts[k] = counts[k] + V::select(falls.and(rises), one, zero);
                last[k] = next;
            }
        }
        for k in 0..K {
            counts[k].store(self.counts, first + k);
        }
    }
}

/// The `v`-th vector of a row of a path.
#[inline(always)]
fn load<V: Vector>(Params([weight, bias]): Params<&[f32; TILE]>, v: usize) -> Params<V> {
    Params([V::load(weight, v), V::load(bias, v)])
}

/// The directional derivative of J along a step.
#[inline(always)]
fn along<T: Number>(gradient: Params<T>, change: Params<T>) -> T {
    gradient[0] * change[0] + gradient[1] * change[1]
}
