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
        tile.sums[WindowPart::Previous as usize][2] = Column(tile.start_loss.0.map(|loss| loss - offset));
    }
}

/// Updates the statistics of the runs of a tile at the end of an epoch: the last loss and the first epoch at whose end the optimum was reached, of
/// the runs inside the range, and cycles.
pub fn update_statistics(context: &GroupContext<'_>, tile: &mut Tile, epoch: u64) {
    let losses = context.losses(tile);
    let Tile { active, last_loss, reached_epoch, .. } = &mut *tile;
    // Bit masks instead of branches, and numbers that are read before the loop: the compiler makes vectors of it.
    let select = |mask: u32, yes: u32, no: u32| (yes & mask) | (no & !mask);
    context.isa.run(|| {
        let (reached_loss, epoch) = (context.reached_loss, epoch as u32);
        for run in 0..TILE {
            let (active, loss) = (active.0[run], losses.0[run]);
            last_loss.0[run] = f32::from_bits(select(active, loss.to_bits(), last_loss.0[run].to_bits()));
            let reached = if loss <= reached_loss { epoch } else { NEVER };
            reached_epoch.0[run] = select(active, reached_epoch.0[run].min(reached), reached_epoch.0[run]);
        }
    });
    if let Some(elapsed) = cycle::epochs_since_anchor(epoch, context.group.epochs) {
        let [weight, bias] = &tile.state.theta.0;
        for run in 0..tile.runs {
            tile.cycles.0[run] = cycle::after_epoch(tile.cycles.0[run], Params::new(weight.0[run], bias.0[run]), elapsed);
        }
    }
}

/// Adds the updates after the first `first` ones to the sums of the windows. `path` are the parameters after each of them.
pub fn add_to_windows(context: &GroupContext<'_>, tile: &mut Tile, first: u64, path: Params<&[[f32; TILE]]>) {
    let [weights, biases] = path.0;
    for part in [WindowPart::Previous, WindowPart::Last] {
        let positions = context.window.positions(part, first, weights.len());
        let sums = &mut tile.sums[part as usize];
        if context.uses_moments() {
            let path = Params([&weights[positions.clone()], &biases[positions]]);
            context.isa.run(AddExcess { context, runs: tile.runs, path, sums });
            continue;
        }
        let [weight, bias] = context.centre().0;
        // Sums of a block are added to the sums of a window, so that float32 stays accurate over many updates.
        let mut block_sums = [Column::ZERO; 3];
        for position in positions {
            let theta = Params([&weights[position], &biases[position]]);
            let mut losses = [0.0; TILE];
            if context.window.is_point(first + position as u64 + 1) {
                context.functions.losses(theta, tile.runs, context.group.problem.train.columns(), &mut losses);
            }
            for (sum, (column, centre)) in block_sums.iter_mut().zip([(theta.0[0], weight), (theta.0[1], bias), (&losses, 0.0)]) {
                sum.0.iter_mut().zip(column).for_each(|(sum, value)| *sum += value - centre);
            }
        }
        for (sum, block_sum) in sums.iter_mut().zip(block_sums) {
            sum.0.iter_mut().zip(block_sum.0).for_each(|(sum, block_sum)| *sum += block_sum);
        }
    }
    let start = context.window.start(WindowPart::Last);
    if (first + 1..=first + weights.len() as u64).contains(&start) {
        let position = (start - first - 1) as usize;
        tile.window_start = Params([Column(weights[position]), Column(biases[position])]);
    }
}

/// Writes the means over the windows, in the order of [`WindowMeans`](crate::model::WindowMeans).
pub fn write_means(context: &GroupContext<'_>, tile: &Tile, means: &mut [&mut [f32]; 4]) {
    let ([[.., previous_loss], [weight, bias, loss]], [centre_weight, centre_bias]) = (&tile.sums, context.centre().0);
    let sums = [(weight, centre_weight), (bias, centre_bias), (loss, 0.0), (previous_loss, 0.0)];
    for ((means, (sums, centre)), count) in means.iter_mut().zip(sums).zip(context.window.counts()) {
        let factor = 1.0 / count as f32;
        means.iter_mut().zip(sums.0).for_each(|(mean, sum)| *mean = sum * factor + centre);
    }
}

/// Adds the parameters and J − J* of a quadratic cost along a path to the sums of a window.
struct AddExcess<'a> {
    context: &'a GroupContext<'a>,
    runs: usize,
    path: Params<&'a [[f32; TILE]]>,
    sums: &'a mut [Column<f32>; 3],
}

impl Kernel for AddExcess<'_> {
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
                sums = [sums[0] + deviation[0], sums[1] + deviation[1]];
            }
            let excess = variance.mul_add(squares[0], squares[1]);
            let terms = [sums[0], sums[1], excess];
            for slot in 0..3 {
                let column = &mut columns[slot].0;
                (Pair::<V>::load(column, pack) + terms[slot]).store(column, pack);
            }
        }
    }
}
