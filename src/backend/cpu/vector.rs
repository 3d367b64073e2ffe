//! SIMD vectors of float32 as numbers that a formula is generic over.
//!
//! Each operation is one instruction and rounds like the scalar one. [`Pair`] doubles a vector, so that a loop over rows
//! has two independent sums in flight.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::kernel::{Float32, Mask, Number};

/// Runs of a tile, which is the length of a column.
pub const TILE: usize = 64;

/// A vector that is loaded from and stored to columns of numbers.
pub trait Vector: Float32 {
    /// Numbers in the vector.
    const LANES: usize;

    /// The `v`-th vector of a column.
    fn load(column: &[f32; TILE], v: usize) -> Self;

    /// Stores the `v`-th vector of a column.
    fn store(self, column: &mut [f32; TILE], v: usize);
}

impl Vector for f32 {
    const LANES: usize = 1;

    #[inline(always)]
    fn load(column: &[f32; TILE], v: usize) -> Self {
        column[v]
    }

    #[inline(always)]
    fn store(self, column: &mut [f32; TILE], v: usize) {
        column[v] = self;
    }
}

/// Two vectors side by side.
#[derive(Clone, Copy, Debug)]
pub struct Pair<T>(T, T);

macro_rules! pair_operator {
    ($operator:ident, $name:ident) => {
        impl<T: Number> $operator for Pair<T> {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self(self.0.$name(other.0), self.1.$name(other.1))
            }
        }
    };
}

pair_operator!(Add, add);
pair_operator!(Sub, sub);
pair_operator!(Mul, mul);
pair_operator!(Div, div);

impl<T: Number> Neg for Pair<T> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0, -self.1)
    }
}

impl<M: Mask> Mask for Pair<M> {
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(self.0.and(other.0), self.1.and(other.1))
    }

    #[inline(always)]
    fn all(self) -> bool {
        self.0.and(self.1).all()
    }
}

impl<T: Float32> Number for Pair<T> {
    type Mask = Pair<T::Mask>;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(T::splat(value), T::splat(value))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.sqrt(), self.1.sqrt())
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs(), self.1.abs())
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self(self.0.mul_add(a.0, b.0), self.1.mul_add(a.1, b.1))
    }

    #[inline(always)]
    fn less(self, other: Self) -> Self::Mask {
        Pair(self.0.less(other.0), self.1.less(other.1))
    }

    #[inline(always)]
    fn less_or_equal(self, other: Self) -> Self::Mask {
        Pair(self.0.less_or_equal(other.0), self.1.less_or_equal(other.1))
    }

    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(T::select(mask.0, yes.0, no.0), T::select(mask.1, yes.1, no.1))
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        Self(self.0.larger(other.0), self.1.larger(other.1))
    }

    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        Self(self.0.smaller(other.0), self.1.smaller(other.1))
    }
}

impl<T: Float32> Float32 for Pair<T> {
    type Bits = Pair<T::Bits>;

    #[inline(always)]
    fn to_bits(self) -> Self::Bits {
        Pair(self.0.to_bits(), self.1.to_bits())
    }

    #[inline(always)]
    fn from_bits(bits: Self::Bits) -> Self {
        Self(T::from_bits(bits.0), T::from_bits(bits.1))
    }

    #[inline(always)]
    fn bits(value: i32) -> Self::Bits {
        Pair(T::bits(value), T::bits(value))
    }

    #[inline(always)]
    fn add_bits(a: Self::Bits, b: Self::Bits) -> Self::Bits {
        Pair(T::add_bits(a.0, b.0), T::add_bits(a.1, b.1))
    }

    #[inline(always)]
    fn sub_bits(a: Self::Bits, b: Self::Bits) -> Self::Bits {
        Pair(T::sub_bits(a.0, b.0), T::sub_bits(a.1, b.1))
    }

    #[inline(always)]
    fn shift_left<const BY: i32>(bits: Self::Bits) -> Self::Bits {
        Pair(T::shift_left::<BY>(bits.0), T::shift_left::<BY>(bits.1))
    }

    #[inline(always)]
    fn shift_right<const BY: i32>(bits: Self::Bits) -> Self::Bits {
        Pair(T::shift_right::<BY>(bits.0), T::shift_right::<BY>(bits.1))
    }

    #[inline(always)]
    fn from_integer(bits: Self::Bits) -> Self {
        Self(T::from_integer(bits.0), T::from_integer(bits.1))
    }

    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        Self(self.0.copysign(sign.0), self.1.copysign(sign.1))
    }
}

impl<T: Vector> Vector for Pair<T> {
    const LANES: usize = 2 * T::LANES;

    #[inline(always)]
    fn load(column: &[f32; TILE], v: usize) -> Self {
        Self(T::load(column, 2 * v), T::load(column, 2 * v + 1))
    }

    #[inline(always)]
    fn store(self, column: &mut [f32; TILE], v: usize) {
        self.0.store(column, 2 * v);
        self.1.store(column, 2 * v + 1);
    }
}

/// Four lanes without intrinsics: the compiler makes NEON instructions of them.
#[cfg(target_arch = "aarch64")]
pub type Array = Pair<Pair<f32>>;
