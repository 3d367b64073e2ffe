//! The direct path over lanes: loss, gradient and errors from rows, whatever the activation and the loss.
//!
//! A pass goes over a few rows of a tile: the activation's makes ŷ and φ′, the loss' makes ∂ℓ/∂z and sums gradients, or makes ℓ and sums
//! losses. Passes are chosen by function pointers, so that activations and losses add up in the binary instead of multiplying; the
//! linear activation alone, with which most regressions are trained, has each loss' gradients in one pass. What nobody asked for is
//! not computed.

use std::marker::PhantomData;

#[cfg(target_arch = "x86_64")]
use super::linear::{Linear, Over};
use super::notes::FOLD;
use super::simd::{Loop, Simd};
use super::tile::TILE;
use crate::kernel::rows::pre_activation;
use crate::kernel::{ActivationFn, LossFn, LossForm};
use crate::model::{Activation, Neuron};
use crate::{with_activation, with_loss};

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

impl Few<'_> {
    /// The place of a row in the arrays, its x and its label; `None` after the last. No iterator: its parts would be calls.
    #[inline(always)]
    fn row(self, row: usize) -> Option<(std::ops::Range<usize>, f32, f32)> {
        if row < self.x.len() && row < self.y.len() {
            Some((row * self.width..(row + 1) * self.width, self.x[row], self.y[row]))
        } else {
            None
        }
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
    /// Both in one, of a linear neuron whose loss allows it.
    linear: Option<Pass>,
    /// All of them, where vectors can go through the loss of a linear neuron.
    #[cfg(target_arch = "x86_64")]
    vectors: Option<Linear>,
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
        // Longer slopes, several rows at a time, are no loops over lanes to the compiler.
        let in_one = neuron.activation == Activation::Linear && neuron.form().has_algebraic_slope();
        Self {
            simd,
            respond: with_activation!(neuron.activation, A => pass!(Respond<A>)),
            predict: with_activation!(neuron.activation, A => pass!(Predict<A>)),
            slopes: with_loss!(neuron.form(), L => pass!(Slopes<L>)),
            linear: in_one.then_some(with_loss!(neuron.form(), L => pass!(Straight<L>))),
            #[cfg(target_arch = "x86_64")]
            vectors: Linear::of(simd, neuron),
            lose: with_loss!(neuron.form(), L => pass!(Lose<L>)),
            from_z: neuron.form() == LossForm::Logits,
            use_bias: neuron.use_bias,
        }
    }

    /// The means of gradients over rows at the parameters of each lane, by weight and bias; as of [`Self::sums`].
    pub fn gradient(&self, room: &mut Room, theta: [&[f32; TILE]; 2], lanes: usize, x: &[f32], y: &[f32], means: &mut [[f32; TILE]; 2]) {
        let count = x.len() as f32;
        #[cfg(target_arch = "x86_64")]
        if let Some(vectors) = &self.vectors {
            vectors.gradient(Over { theta, lanes, x, y, count }, means);
            if !self.use_bias {
                means[1] = [0.0; TILE];
            }
            return;
        }
        let sums = self.sums(room, theta, lanes, x, y, Wanted::GRADIENT);
        self.simd.run_loop(Divide { sums, count, means });
    }

    /// Sums over rows at the parameters of each lane: the same bits whatever else is wanted. Lanes from `lanes` on are not looked at, and
    /// their sums mean nothing, like those that are not wanted.
    pub fn sums<'r>(&self, room: &'r mut Room, theta: [&[f32; TILE]; 2], lanes: usize, x: &[f32], y: &[f32], wanted: Wanted) -> &'r Sums {
        #[cfg(target_arch = "x86_64")]
        if let Some(vectors) = &self.vectors {
            vectors.sums(Over { theta, lanes, x, y, count: 1.0 }, wanted, &mut room.sums);
            if !self.use_bias {
                room.sums.gradient[1] = [0.0; TILE];
            }
            return &room.sums;
        }
        // Whole vectors; fewer lanes leave room for more rows.
        let width = lanes.next_multiple_of(16).min(TILE);
        for (own, theta) in room.theta.iter_mut().zip(theta) {
            *own = *theta;
        }
        room.sums.clear(wanted);
        // Plain counting: a batch is over so soon that the parts of iterators, which are calls, would be a tenth of it.
        let (rows, mut first) = (x.len().min(y.len()), 0);
        while first < rows {
            let (fold, end) = (first > 0, rows.min(first + FOLD));
            if fold {
                room.part = room.sums.clone();
                room.sums.clear(wanted);
            }
            while first < end {
                let next = end.min(first + LEN / width);
                self.pass(room, Few { width, x: &x[first..next], y: &y[first..next] }, wanted);
                first = next;
            }
            if fold {
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
        if let Some(linear) = self.linear {
            if wanted.gradient {
                linear(simd, room, few);
            }
            if wanted.loss || wanted.errors {
                (self.predict)(simd, room, few);
            }
        } else if wanted.gradient && !from_z {
            (self.respond)(simd, room, few);
        } else if wanted.errors || !from_z {
            (self.predict)(simd, room, few);
        }
        if wanted.gradient && self.linear.is_none() {
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
        let mut row = 0;
        while let Some((own, x, _)) = few.row(row) {
            row += 1;
            let z = &mut room.z[own];
            for l in 0..few.width {
                z[l] = pre_activation([weight[l], bias[l]], x);
            }
        }
    }
}

/// The activation's pass.
struct Respond<'a, A>(&'a mut Room, Few<'a>, PhantomData<A>);

impl<A: ActivationFn> Loop for Respond<'_, A> {
    #[inline(always)]
    fn run(self) {
        let Self(room, few, _) = self;
        let (weight, bias) = (&room.theta[0][..few.width], &room.theta[1][..few.width]);
        let mut row = 0;
        while let Some((own, x, _)) = few.row(row) {
            row += 1;
            let (prediction, slope) = (&mut room.prediction[own.clone()], &mut room.slope[own]);
            for l in 0..few.width {
                [prediction[l], slope[l]] = A::at(pre_activation([weight[l], bias[l]], x));
            }
        }
    }
}

/// The same without the derivative.
struct Predict<'a, A>(&'a mut Room, Few<'a>, PhantomData<A>);

impl<A: ActivationFn> Loop for Predict<'_, A> {
    #[inline(always)]
    fn run(self) {
        let Self(room, few, _) = self;
        let (weight, bias) = (&room.theta[0][..few.width], &room.theta[1][..few.width]);
        let mut row = 0;
        while let Some((own, x, _)) = few.row(row) {
            row += 1;
            let prediction = &mut room.prediction[own];
            for l in 0..few.width {
                prediction[l] = A::at(pre_activation([weight[l], bias[l]], x))[0];
            }
        }
    }
}

/// The loss' pass for gradients.
struct Slopes<'a, L>(&'a mut Room, Few<'a>, PhantomData<L>);

impl<L: LossFn> Loop for Slopes<'_, L> {
    #[inline(always)]
    fn run(self) {
        let Self(room, few, _) = self;
        let [by_weight, by_bias] = &mut room.sums.gradient;
        let (by_weight, by_bias) = (&mut by_weight[..few.width], &mut by_bias[..few.width]);
        let mut row = 0;
        while let Some((own, x, y)) = few.row(row) {
            row += 1;
            let (z, prediction, slope) = (&room.z[own.clone()], &room.prediction[own.clone()], &room.slope[own]);
            for l in 0..few.width {
                let slope = L::behind(z[l], [prediction[l], slope[l]], y)[1];
                by_weight[l] += slope * x;
                by_bias[l] += slope;
            }
        }
    }
}

/// The passes of a linear neuron for gradients: ŷ is z and φ′ is 1, and nothing need be kept between the two.
struct Straight<'a, L>(&'a mut Room, Few<'a>, PhantomData<L>);

impl<L: LossFn> Straight<'_, L> {
    /// K rows in one go: parameters and sums stay in registers meanwhile.
    #[inline(always)]
    fn rows<const K: usize>(&mut self, first: usize) {
        let Self(room, few, _) = self;
        let (mut x, mut y) = ([0.0; K], [0.0; K]);
        x.copy_from_slice(&few.x[first..first + K]);
        y.copy_from_slice(&few.y[first..first + K]);
        let (weight, bias) = (&room.theta[0][..few.width], &room.theta[1][..few.width]);
        let [by_weight, by_bias] = &mut room.sums.gradient;
        let (by_weight, by_bias) = (&mut by_weight[..few.width], &mut by_bias[..few.width]);
        for l in 0..few.width {
            let (mut along_weight, mut along_bias) = (by_weight[l], by_bias[l]);
            for k in 0..K {
                let z = pre_activation([weight[l], bias[l]], x[k]);
                let slope = L::behind(z, [z, 1.0], y[k])[1];
                along_weight += slope * x[k];
                along_bias += slope;
            }
            by_weight[l] = along_weight;
            by_bias[l] = along_bias;
        }
    }
}

impl<L: LossFn> Loop for Straight<'_, L> {
    #[inline(always)]
    fn run(mut self) {
        const ROWS: usize = 4;
        let (mut first, rows) = (0, self.1.x.len());
        while first + ROWS <= rows {
            self.rows::<ROWS>(first);
            first += ROWS;
        }
        while first < rows {
            self.rows::<1>(first);
            first += 1;
        }
    }
}

/// The loss' pass for losses.
struct Lose<'a, L>(&'a mut Room, Few<'a>, PhantomData<L>);

impl<L: LossFn> Loop for Lose<'_, L> {
    #[inline(always)]
    fn run(self) {
        let Self(room, few, _) = self;
        let sums = &mut room.sums.loss[..few.width];
        let mut row = 0;
        while let Some((own, _, y)) = few.row(row) {
            row += 1;
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
        let mut row = 0;
        while let Some((own, _, y)) = few.row(row) {
            row += 1;
            let prediction = &room.prediction[own];
            for l in 0..few.width {
                let error = prediction[l] - y;
                squares[l] += error * error;
                absolutes[l] += error.abs();
            }
        }
    }
}

/// Means of gradients from their sums.
pub struct Divide<'a> {
    pub sums: &'a Sums,
    pub count: f32,
    pub means: &'a mut [[f32; TILE]; 2],
}

impl Loop for Divide<'_> {
    #[inline(always)]
    fn run(self) {
        let Self { sums, count, means } = self;
        for i in 0..2 {
            for l in 0..TILE {
                means[i][l] = sums.gradient[i][l] / count;
            }
        }
    }
}
