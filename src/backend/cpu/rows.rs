//! The direct path over lanes: loss, gradient and errors from rows, whatever the activation and the loss.
//!
//! A pass goes over a few rows of a tile: the activation's makes ŷ and φ′, the loss' makes ∂ℓ/∂z and sums gradients, or makes ℓ and sums
//! losses. Passes are chosen by function pointers, so that activations and losses add up in the binary instead of multiplying. What
//! nobody asked for is not computed.

use std::marker::PhantomData;

use super::notes::FOLD;
use super::simd::{Loop, Simd};
use super::tile::TILE;
use crate::kernel::direct::level;
use crate::kernel::{Form, Penalty, Response};
use crate::model::Neuron;
use crate::{with_penalty, with_response};

/// Numbers of an array: a few rows of a tile, within the nearest cache.
const LEN: usize = 16 * TILE;
type Array = [f32; LEN];

/// Which sums are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub gradient: bool,
    pub loss: bool,
    /// e² and |e|.
    pub errors: bool,
}

impl Wanted {
    pub const GRADIENT: Self = Self { gradient: true, loss: false, errors: false };
    pub const LOSS: Self = Self { gradient: false, loss: true, errors: false };
    pub const METRICS: Self = Self { gradient: false, loss: true, errors: true };
    pub const ALL: Self = Self { gradient: true, loss: true, errors: true };
}

/// Sums over rows, a lane each.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Sums {
    pub gradient: [[f32; TILE]; 2],
    pub loss: [f32; TILE],
    pub square: [f32; TILE],
    pub absolute: [f32; TILE],
}

impl Sums {
    const ZERO: Self = Self { gradient: [[0.0; TILE]; 2], loss: [0.0; TILE], square: [0.0; TILE], absolute: [0.0; TILE] };

    fn clear(&mut self, wanted: Wanted) {
        if wanted.gradient {
            self.gradient = [[0.0; TILE]; 2];
        }
        if wanted.loss {
            self.loss = [0.0; TILE];
        }
        if wanted.errors {
            (self.square, self.absolute) = ([0.0; TILE], [0.0; TILE]);
        }
    }

    fn add(&mut self, other: &Self) {
        for l in 0..TILE {
            self.gradient[0][l] += other.gradient[0][l];
            self.gradient[1][l] += other.gradient[1][l];
            self.loss[l] += other.loss[l];
            self.square[l] += other.square[l];
            self.absolute[l] += other.absolute[l];
        }
    }
}

/// Where passes work, `[row][lane]`: one value, so that the compiler sees that its arrays do not overlap. No vector of it lies across
/// two cache lines. What stands here before does not matter.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Room {
    theta: [[f32; TILE]; 2],
    z: Array,
    prediction: Array,
    /// φ′
    slope: Array,
    sums: Sums,
    /// Of the rows before a fold.
    part: Sums,
}

impl Room {
    pub const EMPTY: Self =
        Self { theta: [[0.0; TILE]; 2], z: [0.0; LEN], prediction: [0.0; LEN], slope: [0.0; LEN], sums: Sums::ZERO, part: Sums::ZERO };
}

/// A few rows, on lanes of the room.
#[derive(Clone, Copy)]
struct Few<'a> {
    width: usize,
    x: &'a [f32],
    y: &'a [f32],
}

impl<'a> Few<'a> {
    /// The place of each row in the arrays, its x and its label.
    #[inline(always)]
    fn rows(self) -> impl Iterator<Item = (std::ops::Range<usize>, f32, f32)> + 'a {
        let rows = self.x.iter().zip(self.y).enumerate();
        rows.map(move |(row, (&x, &y))| (row * self.width..(row + 1) * self.width, x, y))
    }
}

/// A pass over a few rows.
type Pass = fn(Simd, &mut Room, Few<'_>);

/// A neuron's passes at a SIMD level.
#[derive(Clone, Copy, Debug)]
pub struct Direct {
    simd: Simd,
    respond: Pass,
    predict: Pass,
    slopes: Pass,
    lose: Pass,
    /// Whether loss and gradient come from z, and ŷ matters for errors alone.
    from_z: bool,
    use_bias: bool,
}

/// A loop as a pass.
macro_rules! pass {
    ($pass:ident<$text:ident>) => {
        |simd, room, few| simd.run_step($pass::<$text>(room, few, PhantomData))
    };
}

impl Direct {
    pub fn new(simd: Simd, neuron: &Neuron) -> Self {
        Self {
            simd,
            respond: with_response!(neuron.activation, A => pass!(Respond<A>)),
            predict: with_response!(neuron.activation, A => pass!(Predict<A>)),
            slopes: with_penalty!(neuron.form(), L => pass!(Slopes<L>)),
            lose: with_penalty!(neuron.form(), L => pass!(Lose<L>)),
            from_z: neuron.form() == Form::Logits,
            use_bias: neuron.use_bias,
        }
    }

    /// Sums over rows at the parameters of each lane: the same bits whatever else is wanted. Lanes from `lanes` on are not looked at, and
    /// their sums mean nothing, like those that are not wanted.
    pub fn sums<'r>(&self, room: &'r mut Room, theta: [&[f32; TILE]; 2], lanes: usize, x: &[f32], y: &[f32], wanted: Wanted) -> &'r Sums {
        // Whole vectors; fewer lanes leave room for more rows.
        let width = lanes.next_multiple_of(16).min(TILE);
        for (own, theta) in room.theta.iter_mut().zip(theta) {
            *own = *theta;
        }
        room.sums.clear(wanted);
        for (fold, (x, y)) in x.chunks(FOLD).zip(y.chunks(FOLD)).enumerate() {
            if fold > 0 {
                room.part = room.sums.clone();
                room.sums.clear(wanted);
            }
            for (x, y) in x.chunks(LEN / width).zip(y.chunks(LEN / width)) {
                self.pass(room, Few { width, x, y }, wanted);
            }
            if fold > 0 {
                room.sums.add(&room.part);
            }
        }
        if !self.use_bias {
            room.sums.gradient[1] = [0.0; TILE];
        }
        &room.sums
    }

    fn pass(&self, room: &mut Room, few: Few<'_>, wanted: Wanted) {
        let Self { simd, from_z, .. } = *self;
        if from_z {
            simd.run_loop(Levels(room, few));
        }
        if wanted.gradient && !from_z {
            (self.respond)(simd, room, few);
        } else if wanted.errors || !from_z {
            (self.predict)(simd, room, few);
        }
        if wanted.gradient {
            (self.slopes)(simd, room, few);
        }
        if wanted.loss {
            (self.lose)(simd, room, few);
        }
        if wanted.errors {
            simd.run_loop(Errors(room, few));
        }
    }
}

/// z.
struct Levels<'a>(&'a mut Room, Few<'a>);

impl Loop for Levels<'_> {
    #[inline(always)]
    fn run(self) {
        let Self(room, few) = self;
        let (weight, bias) = (&room.theta[0][..few.width], &room.theta[1][..few.width]);
        for (own, x, _) in few.rows() {
            let z = &mut room.z[own];
            for l in 0..few.width {
                z[l] = level([weight[l], bias[l]], x);
            }
        }
    }
}

/// The activation's pass.
struct Respond<'a, A>(&'a mut Room, Few<'a>, PhantomData<A>);

impl<A: Response> Loop for Respond<'_, A> {
    #[inline(always)]
    fn run(self) {
        let Self(room, few, _) = self;
        let (weight, bias) = (&room.theta[0][..few.width], &room.theta[1][..few.width]);
        for (own, x, _) in few.rows() {
            let (prediction, slope) = (&mut room.prediction[own.clone()], &mut room.slope[own]);
            for l in 0..few.width {
                [prediction[l], slope[l]] = A::at(level([weight[l], bias[l]], x));
            }
        }
    }
}

/// The same without the derivative.
struct Predict<'a, A>(&'a mut Room, Few<'a>, PhantomData<A>);

impl<A: Response> Loop for Predict<'_, A> {
    #[inline(always)]
    fn run(self) {
        let Self(room, few, _) = self;
        let (weight, bias) = (&room.theta[0][..few.width], &room.theta[1][..few.width]);
        for (own, x, _) in few.rows() {
            let prediction = &mut room.prediction[own];
            for l in 0..few.width {
                prediction[l] = A::at(level([weight[l], bias[l]], x))[0];
            }
        }
    }
}

/// The loss' pass for gradients.
struct Slopes<'a, L>(&'a mut Room, Few<'a>, PhantomData<L>);

impl<L: Penalty> Loop for Slopes<'_, L> {
    #[inline(always)]
    fn run(self) {
        let Self(room, few, _) = self;
        let [by_weight, by_bias] = &mut room.sums.gradient;
        let (by_weight, by_bias) = (&mut by_weight[..few.width], &mut by_bias[..few.width]);
        for (own, x, y) in few.rows() {
            let (z, prediction, slope) = (&room.z[own.clone()], &room.prediction[own.clone()], &room.slope[own]);
            for l in 0..few.width {
                let slope = L::behind(z[l], [prediction[l], slope[l]], y)[1];
                by_weight[l] += slope * x;
                by_bias[l] += slope;
            }
        }
    }
}

/// The loss' pass for losses.
struct Lose<'a, L>(&'a mut Room, Few<'a>, PhantomData<L>);

impl<L: Penalty> Loop for Lose<'_, L> {
    #[inline(always)]
    fn run(self) {
        let Self(room, few, _) = self;
        let sums = &mut room.sums.loss[..few.width];
        for (own, _, y) in few.rows() {
            let (z, prediction) = (&room.z[own.clone()], &room.prediction[own]);
            for l in 0..few.width {
                sums[l] += L::behind(z[l], [prediction[l], 0.0], y)[0];
            }
        }
    }
}

/// e² and |e|.
struct Errors<'a>(&'a mut Room, Few<'a>);

impl Loop for Errors<'_> {
    #[inline(always)]
    fn run(self) {
        let Self(room, few) = self;
        let (squares, absolutes) = (&mut room.sums.square[..few.width], &mut room.sums.absolute[..few.width]);
        for (own, _, y) in few.rows() {
            let prediction = &room.prediction[own];
            for l in 0..few.width {
                let error = prediction[l] - y;
                squares[l] += error * error;
                absolutes[l] += error.abs();
            }
        }
    }
}
