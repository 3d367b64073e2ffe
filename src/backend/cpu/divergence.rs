//! The divergence test, in two tiers.
//!
//! Tier 1: before training, a bound of all updates together may prove that no run of the group can leave the range. Such a group is not
//! tested. Tier 2: the step loop sums w² + b² over the parameters after each batch of a block. A sum up to the square of the limit proves
//! that no batch of the block left the range. Otherwise the block is repeated from its saved state, one batch at a time, with an exact test
//! after each.

use super::column::Column;
use super::isa::Isa;
use super::tile::Tile;
use super::vector::TILE;
use crate::backend::Group;
use crate::data::Centre;
use crate::kernel::Coefficients;
use crate::model::{Activation, Params, hyperparameters::DIVERGENCE_LIMIT};

/// The largest magnitude of a parameter inside the range.
pub const LIMIT: f32 = DIVERGENCE_LIMIT as f32;

/// The largest gradient for which tier 1 holds: its square, and the product of two of them, are far inside float32.
const LARGEST_GRADIENT: f64 = 1e15;

/// Tier 1: whether a run of the group may leave the range. `max_step` is the update rule's bound of a step in learning rates.
///
/// The bound adds up the longest possible steps in one direction. It holds for a rule with bounded steps, without options (which lengthen
/// steps), under a linear neuron whose loss has a bounded slope.
pub fn may_diverge(group: &Group<'_>, centre: &Centre, max_step: fn(&Coefficients<f32>) -> f32) -> bool {
    let (inputs, problem) = (group.inputs, group.problem);
    if !group.options.is_plain() || problem.neuron.activation != Activation::Linear {
        return true;
    }
    let start = inputs.initial_weight.largest().max(inputs.initial_bias.largest());
    let reach = f64::from(start) + f64::from(longest_step(group, max_step)) * group.steps() as f64;
    let largest = |column: &[f32]| column.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let x = f64::from(largest(&problem.train.x)) + f64::from(centre.x.abs()) + 1.0;
    let label = f64::from(largest(&problem.train.y));
    let distance = reach + f64::from(centre.weight.abs()) + f64::from(centre.bias.abs());
    let Some(slope) = problem.neuron.form().max_slope(distance * x + label, label) else { return true };
    // A quarter of the limit is left for rounding. NaN counts as a run that may diverge.
    !(reach <= f64::from(LIMIT) / 4.0 && 2.0 * slope * x <= LARGEST_GRADIENT)
}

/// The longest step of any run of the group.
fn longest_step(group: &Group<'_>, max_step: fn(&Coefficients<f32>) -> f32) -> f32 {
    let inputs = group.inputs;
    let [rate, others @ ..] = &inputs.coefficients;
    if others.iter().all(|slot| slot.shared_value().is_some()) {
        return rate.largest() * max_step(&inputs.coefficients(0));
    }
    let steps = (0..inputs.len()).map(|run| *rate.of(run) * max_step(&inputs.coefficients(run)));
    // 0 · ∞, of a learning rate of 0 without a bound, is no bound.
    steps.map(|step| if step.is_nan() { f32::INFINITY } else { step }).fold(0.0, f32::max)
}

/// Whether a run may have exceeded the divergence limit in a block, given the sums of the squared norms of its parameters.
pub fn may_have_diverged(isa: Isa, tile: &Tile, squared_norms: &Column<f32>) -> bool {
    isa.run(|| {
        let mut above = 0;
        for run in 0..TILE {
            above |= if squared_norms.0[run] <= LIMIT * LIMIT { 0 } else { tile.active.0[run] };
        }
        above != 0
    })
}

/// Marks the runs that left the range with a batch: their last parameters inside are those before it. `before` are the parameters of the
/// tile before the batch, and `batch` is its number in the run, from 1.
pub fn end_diverged(tile: &mut Tile, before: &Params<[f32; TILE]>, batch: u64) {
    for run in 0..tile.runs {
        let inside = tile.state.theta.0.iter().all(|column| column.0[run].abs() <= LIMIT);
        if tile.active.0[run] != 0 && !inside {
            tile.active.0[run] = 0;
            for (last, before) in tile.last_in_range.0.iter_mut().zip(&before.0) {
                last.0[run] = before[run];
            }
            tile.diverged_at.0[run] = batch;
        }
    }
}
