//! A linear neuron's sums over rows with AVX2: two vectors of runs at a time, whose parameters and sums stay in registers.
//!
//! For the losses that a vector can go through ([`Algebraic`]); others, and other levels, have the passes of `rows`. The order of
//! additions is theirs, so the bits are too.

use std::marker::PhantomData;

use super::notes::{FOLD, Theta};
use super::rows::{Sums, Wanted};
use super::simd::Simd;
use super::tile::TILE;
use super::vector::{Vector, WIDTH, align_frame};
use crate::kernel::rows::pre_activation;
use crate::kernel::{Algebraic, Number};
use crate::model::{Activation, Neuron};
use crate::with_algebraic;

/// Lanes of two vectors.
const PAIR: usize = 2 * WIDTH;

/// What a row adds to K sums.
trait Row<const K: usize> {
    fn at(prediction: Vector, x: Vector, y: Vector) -> [Vector; K];
}

/// By weight and bias.
struct Gradient<L>(PhantomData<L>);

impl<L: Algebraic> Row<2> for Gradient<L> {
    #[inline(always)]
    fn at(prediction: Vector, x: Vector, y: Vector) -> [Vector; 2] {
        let [_, slope] = L::few(prediction, y);
        [slope * x, slope]
    }
}

struct Losses<L>(PhantomData<L>);

impl<L: Algebraic> Row<1> for Losses<L> {
    #[inline(always)]
    fn at(prediction: Vector, _: Vector, y: Vector) -> [Vector; 1] {
        let [loss, _] = L::few(prediction, y);
        [loss]
    }
}

/// ℓ, e² and |e|.
struct Metrics<L>(PhantomData<L>);

impl<L: Algebraic> Row<3> for Metrics<L> {
    #[inline(always)]
    fn at(prediction: Vector, _: Vector, y: Vector) -> [Vector; 3] {
        let ([loss, _], error) = (L::few(prediction, y), prediction - y);
        [loss, error * error, error.abs()]
    }
}

/// Rows, and the runs of a tile that go over them.
#[derive(Clone, Copy)]
pub struct Over<'a> {
    pub theta: Theta<'a, TILE>,
    /// Lanes behind these are anything.
    pub lanes: usize,
    pub x: &'a [f32],
    pub y: &'a [f32],
    /// What sums are divided by.
    pub count: f32,
}

type Pass<const K: usize> = unsafe fn(Over<'_>, &mut [&mut [f32; TILE]; K]);

/// A loss' passes. There is none where the CPU has no AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    gradient: Pass<2>,
    losses: Pass<1>,
    metrics: Pass<3>,
}

impl Linear {
    /// `None` where the passes of `rows` are needed.
    pub fn of(simd: Simd, neuron: &Neuron) -> Option<Self> {
        if neuron.activation != Activation::Linear || !simd.has_avx2() {
            return None;
        }
        with_algebraic!(neuron.form(), L => Self {
            gradient: over::<Gradient<L>, 2>,
            losses: over::<Losses<L>, 1>,
            metrics: over::<Metrics<L>, 3>,
        })
    }

    /// By weight and bias.
    pub fn gradient(&self, over: Over<'_>, sums: &mut [[f32; TILE]; 2]) {
        // SAFETY: passes are only chosen at levels that have AVX2 and FMA, as `Simd::is_available` has seen.
        unsafe { (self.gradient)(over, &mut sums.each_mut()) }
    }

    /// Those that are wanted; others are anything.
    pub fn sums(&self, over: Over<'_>, wanted: Wanted, sums: &mut Sums) {
        let Sums { gradient, loss, square, absolute } = sums;
        if wanted.gradient {
            self.gradient(over, gradient);
        }
        // SAFETY: as above.
        unsafe {
            if wanted.errors {
                (self.metrics)(over, &mut [loss, square, absolute]);
            } else if wanted.loss {
                (self.losses)(over, &mut [loss]);
            }
        }
    }
}

#[target_feature(enable = "avx2,fma")]
fn over<R: Row<K>, const K: usize>(over: Over<'_>, sums: &mut [&mut [f32; TILE]; K]) {
    align_frame();
    let Over { theta: [weight, bias], lanes, x, y, count } = over;
    let rows = x.len().min(y.len());
    let (x, y) = (&x[..rows], &y[..rows]);
    for pair in 0..lanes.div_ceil(PAIR).min(TILE / PAIR) {
        let own = [2 * pair, 2 * pair + 1];
        let mut theta = [[Vector::of(0.0); 2]; 2];
        for i in 0..2 {
            theta[i] = [Vector::load(weight, own[i]), Vector::load(bias, own[i])];
        }
        let mut all = [[Vector::of(0.0); K]; 2];
        let mut first = 0;
        while first < rows {
            let end = rows.min(first + FOLD);
            let mut part = [[Vector::of(0.0); K]; 2];
            for row in first..end {
                let (x, y) = (Vector::of(x[row]), Vector::of(y[row]));
                for i in 0..2 {
                    let added = R::at(pre_activation(theta[i], x), x, y);
                    for k in 0..K {
                        part[i][k] = part[i][k] + added[k];
                    }
                }
            }
            for i in 0..2 {
                for k in 0..K {
                    all[i][k] = if first == 0 { part[i][k] } else { part[i][k] + all[i][k] };
                }
            }
            first = end;
        }
        for i in 0..2 {
            for k in 0..K {
                (all[i][k] / Vector::of(count)).store(sums[k], own[i]);
            }
        }
    }
}
