//! Where the gradients of a batch come from on the general path: arrays over a tile, filled before its rule is asked.

use super::general::WIDTH;
use super::notes::{Shared, add_errors, take};
use super::rows::{Direct, Divide, Sums};
use super::simd::Loop;
use super::tile::{TILE, Tile};
use crate::data::Moments;
use crate::kernel::moments;

/// What a batch gives to N runs.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Gradients<const N: usize> {
    /// By weight and bias, averaged over the batch.
    pub gradient: [[f32; N]; 2],
    /// The batch's mean loss.
    pub loss: [f32; N],
    /// Σ|e| over the batch's rows; 0 where nobody asks.
    pub absolute: [f32; N],
}

impl<const N: usize> Gradients<N> {
    pub const ZERO: Self = Self { gradient: [[0.0; N]; 2], loss: [0.0; N], absolute: [0.0; N] };
}

/// Who fills the gradients of a group.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The batch's moments: the linear neuron under the mean squared error.
    Moments,
    /// The batch's rows: any other.
    Rows(Direct),
}

/// One batch of a tile: its moments, and its rows where Σ|e| is asked for.
pub struct Fill<'a> {
    pub tile: &'a Tile,
    pub shared: &'a Shared<'a>,
    pub moments: &'a Moments,
    pub x: &'a [f32],
    pub y: &'a [f32],
    /// Whether the loss is asked for.
    pub measured: bool,
    pub gradients: &'a mut Gradients<TILE>,
}

impl Loop for Fill<'_> {
    #[inline(always)]
    fn run(self) {
        for offset in (0..self.tile.lanes).step_by(WIDTH) {
            let theta: [[f32; WIDTH]; 2] = [take(&self.tile.theta[0].0, offset), take(&self.tile.theta[1].0, offset)];
            for l in 0..WIDTH {
                let slope = moments::moment_gradient(self.moments, &self.shared.centre, [theta[0][l], theta[1][l]]);
                self.gradients.gradient[0][offset + l] = slope.gradient[0];
                self.gradients.gradient[1][offset + l] = slope.gradient[1];
            }
            if !self.measured {
                continue;
            }
            for l in 0..WIDTH {
                let slope = moments::moment_gradient(self.moments, &self.shared.centre, [theta[0][l], theta[1][l]]);
                self.gradients.loss[offset + l] = moments::loss(self.moments, &slope);
            }
            let mut absolute = [0.0; WIDTH];
            add_errors(&mut absolute, [&theta[0], &theta[1]], self.x, self.y);
            self.gradients.absolute[offset..offset + WIDTH].copy_from_slice(&absolute);
        }
    }
}

/// The same from the sums over the rows of a batch, loss and Σ|e| too.
pub struct Means<'a> {
    pub sums: &'a Sums,
    pub rows: usize,
    pub gradients: &'a mut Gradients<TILE>,
}

impl Loop for Means<'_> {
    #[inline(always)]
    fn run(self) {
        let Self { sums, gradients, .. } = self;
        let count = self.rows as f32;
        Divide { sums, count, means: &mut gradients.gradient }.run();
        for l in 0..TILE {
            gradients.loss[l] = sums.loss[l] / count;
        }
        gradients.absolute = sums.absolute;
    }
}
