//! The statistics from which verdicts follow: J at epoch ends, cycles, and sums over the windows at the end of the run.

use super::column::Column;
use super::context::GroupContext;
use super::isa::Kernel;
use super::tile::Tile;
use super::vector::{Pair, TILE, Vector};
use crate::backend::outcome::NEVER;
use crate::kernel::{Number, WindowPart, cycle, moments};
use crate::model::Params;

/// Sets the statistics of the runs of a tile before their first update.
pub fn start(context: &GroupContext<'_>, tile: &mut Tile) {
    tile.start_loss = context.losses(tile);
    tile.last_loss = tile.start_loss;
    if context.window.is_single() {
        let offset = context.group.problem.loss_offset() as f32;
        tile.sums[3] = Column(tile.start_loss.0.map(|loss| loss - offset));
    }
}

/// Updates the statistics of the runs of a tile at the end of an epoch.
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

/// Updates the last loss, and the first epoch at whose end the optimum was reached, of the runs inside the range.
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
        let Tile { active, last_loss, reached_epoch, .. } = self.tile;
        // Bit masks instead of branches: the compiler makes vectors of this loop.
        let select = |mask: u32, yes: u32, no: u32| (yes & mask) | (no & !mask);
        for run in 0..TILE {
            let (active, loss) = (active.0[run], self.losses.0[run]);
            last_loss.0[run] = f32::from_bits(select(active, loss.to_bits(), last_loss.0[run].to_bits()));
            let reached = if loss <= self.reached_loss { self.epoch } else { NEVER };
            reached_epoch.0[run] = select(active, reached_epoch.0[run].min(reached), reached_epoch.0[run]);
        }
    }
}

/// Adds the updates after the first `first` ones to the sums of the windows. `path` are the parameters after each of them.
pub fn add_to_windows(context: &GroupContext<'_>, tile: &mut Tile, first: u64, path: Params<&[[f32; TILE]]>) {
    let [weights, biases] = path.0;
    for part in [WindowPart::Previous, WindowPart::Last] {
        let positions = context.window.positions(part, first, weights.len());
        if context.uses_moments() {
            let path = Params([&weights[positions.clone()], &biases[positions]]);
            let (runs, sums) = (tile.runs, &mut tile.sums);
            match part {
                WindowPart::Previous => context.isa.run(AddExcess::<false> { context, runs, path, sums }),
                WindowPart::Last => context.isa.run(AddExcess::<true> { context, runs, path, sums }),
            }
            continue;
        }
        for position in positions.filter(|&position| context.window.is_point(first + position as u64 + 1)) {
            let theta = Params([&weights[position], &biases[position]]);
            let mut losses = [0.0; TILE];
            context.functions.losses(theta, tile.runs, context.group.problem.train.columns(), &mut losses);
            let [weight, bias, loss, previous_loss] = &mut tile.sums;
            let sum = if part == WindowPart::Last { loss } else { previous_loss };
            sum.0.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
            if part == WindowPart::Last {
                for (sum, (column, centre)) in [weight, bias].into_iter().zip(theta.0.into_iter().zip(context.centre().0)) {
                    sum.0.iter_mut().zip(column).for_each(|(sum, parameter)| *sum += parameter - centre);
                }
            }
        }
    }
    let start = context.window.start(WindowPart::Last);
    if (first + 1..=first + weights.len() as u64).contains(&start) {
        let position = (start - first - 1) as usize;
        tile.window_start = Params([Column(weights[position]), Column(biases[position])]);
    }
}

/// Writes the means over the windows.
pub fn write_means(context: &GroupContext<'_>, tile: &Tile, means: &mut [&mut [f32]; 4]) {
    let factor = 1.0 / context.window.points() as f32;
    let [weight, bias] = context.centre().0;
    for ((mean, sum), centre) in means.iter_mut().zip(&tile.sums).zip([weight, bias, 0.0, 0.0]) {
        mean.iter_mut().zip(&sum.0).for_each(|(mean, sum)| *mean = sum * factor + centre);
    }
}

/// Adds J − J* of a quadratic cost along a path to the sum of a window. `LAST`: the last window, which sums the parameters too.
struct AddExcess<'a, const LAST: bool> {
    context: &'a GroupContext<'a>,
    runs: usize,
    path: Params<&'a [[f32; TILE]]>,
    sums: &'a mut [Column<f32>; 4],
}

impl<const LAST: bool> Kernel for AddExcess<'_, LAST> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector, const K: usize>(self) {
        let Self { context, runs, path: Params([weights, biases]), sums: columns } = self;
        let [centre_weight, centre_bias] = context.centre().map(Pair::<V>::splat).0;
        let [variance, mean] = context.distribution.map(Pair::<V>::splat);
        let zero = Pair::<V>::splat(0.0);
        for pack in 0..runs.div_ceil(Pair::<V>::LANES).min(TILE / Pair::<V>::LANES) {
            // Squares of the deviations of weight and mean prediction, and the deviations of weight and bias.
            let (mut squares, mut sums) = ([zero; 2], [zero; 2]);
            for (weight, bias) in weights.iter().zip(biases) {
                let deviation = Params([Pair::<V>::load(weight, pack) - centre_weight, Pair::<V>::load(bias, pack) - centre_bias]);
                let level = moments::mean_deviation(mean, deviation);
                squares = [deviation[0].mul_add(deviation[0], squares[0]), level.mul_add(level, squares[1])];
                if LAST {
                    sums = [sums[0] + deviation[0], sums[1] + deviation[1]];
                }
            }
            let excess = variance.mul_add(squares[0], squares[1]);
            let [weight, bias, loss, previous_loss] = &mut *columns;
            if LAST {
                add(loss, pack, excess);
                add(weight, pack, sums[0]);
                add(bias, pack, sums[1]);
            } else {
                add(previous_loss, pack, excess);
            }
        }
    }
}

/// Adds a vector to the `v`-th vector of a column.
#[inline(always)]
fn add<V: Vector>(column: &mut Column<f32>, v: usize, term: V) {
    (V::load(&column.0, v) + term).store(&mut column.0, v);
}
