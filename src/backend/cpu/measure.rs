//! What is measured beside the steps: a batch's loss and Σ|e|, whether a step passed the minimum, J at the ends of epochs, and an epoch's
//! row. Loops of their own, compiled once for all rules.
//!
//! The formulas are `kernel`'s; this file knows no rule.

use super::notes::{Recording, Shared, Theta, Wide, add_errors, judge, passed, record_epoch};
use super::simd::Loop;
use super::tile::Tile;
use crate::data::Moments;
use crate::kernel::moments;

/// Adds the losses of a batch's rows, and their |e|, before its step.
pub struct BatchLoss<'a, const N: usize> {
    pub shared: &'a Shared<'a>,
    pub moments: &'a Moments,
    pub theta: Theta<'a, N>,
    pub x: &'a [f32],
    pub y: &'a [f32],
    pub loss: &'a mut Wide<f32, N>,
    pub mae: &'a mut Wide<f32, N>,
}

impl<const N: usize> Loop for BatchLoss<'_, N> {
    #[inline(always)]
    fn run(self) {
        let Self { moments, theta, .. } = self;
        for l in 0..N {
            let slope = moments::moment_gradient(moments, &self.shared.centre, [theta[0][l], theta[1][l]]);
            self.loss.0[l] += moments.rows * moments::loss(moments, &slope);
        }
        let mut batch = Wide([0.0; N]);
        add_errors(&mut batch.0, theta, self.x, self.y);
        for l in 0..N {
            self.mae.0[l] += batch.0[l];
        }
    }
}

/// Where the last step ended, the gradient of J there, and how many steps have passed the minimum: the next step begins where this one ends.
pub struct Trail<const N: usize> {
    theta: [Wide<f32, N>; 2],
    gradient: [Wide<f32, N>; 2],
    /// A count in float32, as lanes have it.
    pub crossings: Wide<f32, N>,
}

/// A count of a block, a whole number below 2²³ that lanes have in float32. `as` would ask each whether it is too large.
#[inline(always)]
pub fn counted(count: f32) -> u32 {
    // From here on the last place is 1.
    const ONES: f32 = 8_388_608.0;
    (count + ONES).to_bits() - ONES.to_bits()
}

impl<const N: usize> Trail<N> {
    /// Before its first step, which [`Follow`] without `counts` tells it.
    pub const EMPTY: Self = Self { theta: [Wide::ZERO; 2], gradient: [Wide::ZERO; 2], crossings: Wide::ZERO };

    /// A lane goes on to where the gradient is this.
    #[inline(always)]
    fn go(&mut self, l: usize, to: [f32; 2], gradient: [f32; 2], counts: f32) {
        let (from, behind) = (Wide::lane(&self.theta, l), Wide::lane(&self.gradient, l));
        self.crossings.0[l] += passed([behind, gradient], from, to) * counts;
        for i in 0..2 {
            self.theta[i].0[l] = to[i];
            self.gradient[i].0[l] = gradient[i];
        }
    }
}

/// Goes on to `theta`, and counts whether the way there passed the minimum; without `counts` a trail begins there.
pub struct Follow<'a, const N: usize> {
    pub shared: &'a Shared<'a>,
    pub theta: Theta<'a, N>,
    pub trail: &'a mut Trail<N>,
    pub counts: bool,
}

impl<const N: usize> Loop for Follow<'_, N> {
    #[inline(always)]
    fn run(self) {
        let (total, centre, counts) = (self.shared.total, self.shared.centre, f32::from(u8::from(self.counts)));
        for l in 0..N {
            let to = [self.theta[0][l], self.theta[1][l]];
            self.trail.go(l, to, moments::moment_gradient(&total, &centre, to).gradient, counts);
        }
    }
}

/// The same along a path, from its first row on.
pub struct FollowPath<'a, const N: usize> {
    pub shared: &'a Shared<'a>,
    /// Weights and biases, a row before the first step and one after each.
    pub path: [&'a [[f32; N]]; 2],
    pub trail: &'a mut Trail<N>,
}

impl<const N: usize> Loop for FollowPath<'_, N> {
    #[inline(always)]
    fn run(self) {
        let Self { shared, path: [weight, bias], trail } = self;
        for (row, theta) in weight.iter().zip(bias).enumerate() {
            Follow { shared, theta: [theta.0, theta.1], trail: &mut *trail, counts: row > 0 }.run();
        }
    }
}

/// What [`Follow`] does where the gradients of J at `theta` are known.
pub struct Go<'a, const N: usize> {
    pub theta: Theta<'a, N>,
    pub gradient: &'a [[f32; N]; 2],
    pub trail: &'a mut Trail<N>,
    pub counts: bool,
}

impl<const N: usize> Loop for Go<'_, N> {
    #[inline(always)]
    fn run(self) {
        for l in 0..N {
            let to = [self.theta[0][l], self.theta[1][l]];
            self.trail.go(l, to, [self.gradient[0][l], self.gradient[1][l]], f32::from(u8::from(self.counts)));
        }
    }
}

/// Takes note of J at the first N runs of a tile.
pub struct Judge<'a, const N: usize> {
    pub tile: &'a mut Tile,
    pub shared: &'a Shared<'a>,
    pub theta: Theta<'a, N>,
    pub epoch: u32,
}

impl<const N: usize> Loop for Judge<'_, N> {
    #[inline(always)]
    fn run(self) {
        judge(self.tile, self.shared, self.theta, self.epoch);
    }
}

/// Records an epoch of the first N runs of a tile.
pub struct RecordEpoch<'a, 'b, const N: usize> {
    pub shared: &'a Shared<'a>,
    pub recording: &'a mut Recording<'b>,
    pub theta: Theta<'a, N>,
    /// Loss and Σ|e| of the epoch's batches.
    pub sums: [&'a [f32; N]; 2],
    /// Of the test rows, where they do not come from errors alone.
    pub val: Option<[[f32; N]; 2]>,
    pub epoch: usize,
}

impl<const N: usize> Loop for RecordEpoch<'_, '_, N> {
    #[inline(always)]
    fn run(self) {
        record_epoch(self.recording, self.shared, self.theta, self.sums, self.val, self.epoch);
    }
}
