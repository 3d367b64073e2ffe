//! The direct path over lanes: loss, gradient and errors from rows, whatever the activation and the loss.
//!
//! A pass works on arrays: rows make z, the activation's pass makes ŷ and φ′, the loss' pass makes ℓ and ∂ℓ/∂z, and those are summed.
//! Passes are chosen by function pointers, so that activations and losses add up in the binary instead of multiplying.

use std::marker::PhantomData;

use super::notes::FOLD;
use super::simd::{Loop, Simd};
use super::tile::{Column, TILE};
use crate::kernel::direct::level;
use crate::kernel::{Form, Penalty, Response};
use crate::model::Neuron;
use crate::{with_penalty, with_response};

/// Numbers of an array: a few rows of a tile, within the nearest cache.
const ROOM: usize = 8 * TILE;
type Array = [f32; ROOM];

/// Sums over rows, a lane each.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Sums {
    pub gradient: [[f32; TILE]; 2],
    pub loss: [f32; TILE],
    pub square: [f32; TILE],
    pub absolute: [f32; TILE],
}

/// What is summed over rows, part by part.
trait Total {
    const ZERO: Self;
    fn add(&mut self, part: &Self);
}

impl Total for Column<f32> {
    const ZERO: Self = Self([0.0; TILE]);

    fn add(&mut self, part: &Self) {
        for l in 0..TILE {
            self.0[l] += part.0[l];
        }
    }
}

impl Total for Sums {
    const ZERO: Self = Self { gradient: [[0.0; TILE]; 2], loss: [0.0; TILE], square: [0.0; TILE], absolute: [0.0; TILE] };

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

/// A neuron's passes at a SIMD level.
#[derive(Clone, Copy, Debug)]
pub struct Direct {
    simd: Simd,
    respond: fn(Simd, &mut Arrays, usize),
    penalize: fn(Simd, &mut Arrays, usize),
    /// The same two without derivatives; the first is not needed where the loss comes from z.
    predict: Option<fn(Simd, &mut Arrays, usize)>,
    lose: fn(Simd, &mut Arrays, usize),
    use_bias: bool,
}

/// What the passes hand on: `[row][lane]`. No vector of it lies across two cache lines.
#[repr(align(64))]
struct Arrays {
    z: Array,
    prediction: Array,
    /// φ′, then ∂ℓ/∂z.
    slope: Array,
    label: Array,
    loss: Array,
}

impl Arrays {
    const ZERO: Self = Self { z: [0.0; ROOM], prediction: [0.0; ROOM], slope: [0.0; ROOM], label: [0.0; ROOM], loss: [0.0; ROOM] };
}

impl Direct {
    pub fn new(simd: Simd, neuron: &Neuron) -> Self {
        Self {
            simd,
            respond: with_response!(neuron.activation, A => |simd, arrays, len| simd.run_loop(Respond::<A>(arrays, len, PhantomData))),
            penalize: with_penalty!(neuron.form(), L => |simd, arrays, len| simd.run_loop(Penalize::<L>(arrays, len, PhantomData))),
            predict: (neuron.form() != Form::Logits)
                .then(|| with_response!(neuron.activation, A => predict::<A> as fn(Simd, &mut Arrays, usize))),
            lose: with_penalty!(neuron.form(), L => |simd, arrays, len| simd.run_loop(Lose::<L>(arrays, len, PhantomData))),
            use_bias: neuron.use_bias,
        }
    }

    /// The losses alone, summed over rows, at the parameters of each lane: the bits of [`Self::sums`], for less.
    pub fn losses(&self, theta: [&[f32; TILE]; 2], lanes: usize, x: &[f32], y: &[f32]) -> [f32; TILE] {
        let sums = self.over(theta, lanes, x, y, |arrays, width, x, sums: &mut Column<f32>| {
            let len = x.len() * width;
            if let Some(predict) = self.predict {
                predict(self.simd, arrays, len);
            }
            (self.lose)(self.simd, arrays, len);
            self.simd.run_loop(AddLosses { arrays, width, len, sums });
        });
        sums.0
    }

    /// Sums over rows at the parameters of each lane. Lanes from `lanes` on are not looked at, and their sums mean nothing.
    pub fn sums(&self, theta: [&[f32; TILE]; 2], lanes: usize, x: &[f32], y: &[f32]) -> Sums {
        let mut sums = self.over(theta, lanes, x, y, |arrays, width, x, sums: &mut Sums| {
            let len = x.len() * width;
            (self.respond)(self.simd, arrays, len);
            (self.penalize)(self.simd, arrays, len);
            self.simd.run_loop(Add { arrays, width, x, sums });
        });
        if !self.use_bias {
            sums.gradient[1] = [0.0; TILE];
        }
        sums
    }

    /// Totals over rows: `pass` adds a few rows, whose z and labels the arrays hold, to a part; parts are folded.
    fn over<S: Total>(
        &self,
        theta: [&[f32; TILE]; 2],
        lanes: usize,
        x: &[f32],
        y: &[f32],
        pass: impl Fn(&mut Arrays, usize, &[f32], &mut S),
    ) -> S {
        // Whole vectors; fewer lanes leave room for more rows.
        let width = lanes.next_multiple_of(16).min(TILE);
        let mut arrays = Arrays::ZERO;
        let mut total = S::ZERO;
        for (x, y) in x.chunks(FOLD).zip(y.chunks(FOLD)) {
            let mut part = S::ZERO;
            for (x, y) in x.chunks(ROOM / width).zip(y.chunks(ROOM / width)) {
                self.simd.run_loop(Levels { arrays: &mut arrays, theta, width, x, y });
                pass(&mut arrays, width, x, &mut part);
            }
            total.add(&part);
        }
        total
    }
}

/// z and the labels.
struct Levels<'a> {
    arrays: &'a mut Arrays,
    theta: [&'a [f32; TILE]; 2],
    width: usize,
    x: &'a [f32],
    y: &'a [f32],
}

impl Loop for Levels<'_> {
    #[inline(always)]
    fn run(self) {
        let (weight, bias) = (&self.theta[0][..self.width], &self.theta[1][..self.width]);
        let (z, label) = (self.arrays.z.chunks_exact_mut(self.width), self.arrays.label.chunks_exact_mut(self.width));
        for ((z, label), (&x, &y)) in z.zip(label).zip(self.x.iter().zip(self.y)) {
            for l in 0..z.len() {
                z[l] = level([weight[l], bias[l]], x);
            }
            label.fill(y);
        }
    }
}

/// The activation's pass.
struct Respond<'a, A>(&'a mut Arrays, usize, PhantomData<A>);

impl<A: Response> Loop for Respond<'_, A> {
    #[inline(always)]
    fn run(self) {
        let Self(arrays, len, _) = self;
        let (z, prediction, slope) = (&arrays.z[..len], &mut arrays.prediction[..len], &mut arrays.slope[..len]);
        for i in 0..len {
            [prediction[i], slope[i]] = A::at(z[i]);
        }
    }
}

/// The loss' pass.
struct Penalize<'a, L>(&'a mut Arrays, usize, PhantomData<L>);

impl<L: Penalty> Loop for Penalize<'_, L> {
    #[inline(always)]
    fn run(self) {
        let Self(arrays, len, _) = self;
        let (z, prediction, label) = (&arrays.z[..len], &arrays.prediction[..len], &arrays.label[..len]);
        let (slope, loss) = (&mut arrays.slope[..len], &mut arrays.loss[..len]);
        for i in 0..len {
            [loss[i], slope[i]] = L::behind(z[i], [prediction[i], slope[i]], label[i]);
        }
    }
}

/// The activation's pass without its derivative.
fn predict<A: Response>(simd: Simd, arrays: &mut Arrays, len: usize) {
    simd.run_loop(Predict::<A>(arrays, len, PhantomData));
}

struct Predict<'a, A>(&'a mut Arrays, usize, PhantomData<A>);

impl<A: Response> Loop for Predict<'_, A> {
    #[inline(always)]
    fn run(self) {
        let Self(arrays, len, _) = self;
        for (prediction, &z) in arrays.prediction[..len].iter_mut().zip(&arrays.z[..len]) {
            *prediction = A::at(z)[0];
        }
    }
}

/// The loss' pass without its derivative.
struct Lose<'a, L>(&'a mut Arrays, usize, PhantomData<L>);

impl<L: Penalty> Loop for Lose<'_, L> {
    #[inline(always)]
    fn run(self) {
        let Self(arrays, len, _) = self;
        let (z, prediction, label) = (&arrays.z[..len], &arrays.prediction[..len], &arrays.label[..len]);
        let loss = &mut arrays.loss[..len];
        for i in 0..len {
            loss[i] = L::behind(z[i], [prediction[i], 0.0], label[i])[0];
        }
    }
}

/// The sum of losses.
struct AddLosses<'a> {
    arrays: &'a Arrays,
    width: usize,
    len: usize,
    sums: &'a mut Column<f32>,
}

impl Loop for AddLosses<'_> {
    #[inline(always)]
    fn run(self) {
        let sums = &mut self.sums.0[..self.width];
        for loss in self.arrays.loss[..self.len].chunks_exact(self.width) {
            for l in 0..loss.len() {
                sums[l] += loss[l];
            }
        }
    }
}

/// The sums' pass.
struct Add<'a> {
    arrays: &'a Arrays,
    width: usize,
    x: &'a [f32],
    sums: &'a mut Sums,
}

impl Loop for Add<'_> {
    #[inline(always)]
    fn run(self) {
        let (width, arrays, sums) = (self.width, self.arrays, self.sums);
        for (row, &x) in self.x.iter().enumerate() {
            let own = row * width..(row + 1) * width;
            let (slope, loss) = (&arrays.slope[own.clone()], &arrays.loss[own.clone()]);
            let (prediction, label) = (&arrays.prediction[own.clone()], &arrays.label[own]);
            let [by_weight, by_bias] = sums.gradient.each_mut().map(|column| &mut column[..width]);
            for l in 0..width {
                by_weight[l] += slope[l] * x;
                by_bias[l] += slope[l];
            }
            let (losses, squares, absolutes) = (&mut sums.loss[..width], &mut sums.square[..width], &mut sums.absolute[..width]);
            for l in 0..width {
                let error = prediction[l] - label[l];
                losses[l] += loss[l];
                squares[l] += error * error;
                absolutes[l] += error.abs();
            }
        }
    }
}
