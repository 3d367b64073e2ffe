//! SIMD vectors of float32 as numbers that a formula is generic over.
//!
//! Each operation is one instruction and rounds like the scalar one. [`Pair`] doubles a vector, so that a loop over rows
//! has two independent sums in flight.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::kernel::{Float32, Mask, Number};

/// Runs of a tile, which is the length of a column.
pub const TILE: usize = 128;

/// A vector that is loaded from and stored to columns of numbers.
pub trait Vector: Float32 {
    /// Numbers in the vector.
    const LANES: usize;

    /// The `v`-th vector of a column.
    fn load(column: &[f32; TILE], v: usize) -> Self;

    /// Stores the `v`-th vector of a column.
    fn store(self, column: &mut [f32; TILE], v: usize);

    /// Stores the `v`-th vector of a row of a path. x86-64 also prefetches the cache line of a later row: in a history every row is new memory.
    #[inline(always)]
    fn store_in_path(self, row: &mut [f32; TILE], v: usize) {
        self.store(row, v);
    }
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

/// Methods that apply to each half.
macro_rules! halves {
    ($($name:ident($($argument:ident: $type:ty),*) -> $output:ty { $function:path })*) => {
        $(#[inline(always)]
        fn $name($($argument: $type),*) -> $output {
            Pair($function($($argument.0),*), $function($($argument.1),*))
        })*
    };
}

macro_rules! pair_operator {
    ($($operator:ident $name:ident),*) => {
        $(impl<T: Number> $operator for Pair<T> {
            type Output = Self;

            halves! { $name(self: Self, other: Self) -> Self { $operator::$name } }
        })*
    };
}

pair_operator!(Add add, Sub sub, Mul mul, Div div);

impl<T: Number> Neg for Pair<T> {
    type Output = Self;

    halves! { neg(self: Self) -> Self { Neg::neg } }
}

impl<M: Mask> Mask for Pair<M> {
    halves! { and(self: Self, other: Self) -> Self { M::and } }
}

impl<T: Float32> Number for Pair<T> {
    type Mask = Pair<T::Mask>;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(T::splat(value), T::splat(value))
    }

    halves! {
        sqrt(self: Self) -> Self { T::sqrt }
        abs(self: Self) -> Self { T::abs }
        mul_add(self: Self, a: Self, b: Self) -> Self { T::mul_add }
        less(self: Self, other: Self) -> Self::Mask { T::less }
        less_or_equal(self: Self, other: Self) -> Self::Mask { T::less_or_equal }
        select(mask: Self::Mask, yes: Self, no: Self) -> Self { T::select }
        larger(self: Self, other: Self) -> Self { T::larger }
        smaller(self: Self, other: Self) -> Self { T::smaller }
    }
}

impl<T: Float32> Float32 for Pair<T> {
    type Bits = Pair<T::Bits>;

    #[inline(always)]
    fn bits(value: i32) -> Self::Bits {
        Pair(T::bits(value), T::bits(value))
    }

    #[inline(always)]
    fn shift_left<const BY: i32>(bits: Self::Bits) -> Self::Bits {
        Pair(T::shift_left::<BY>(bits.0), T::shift_left::<BY>(bits.1))
    }

    #[inline(always)]
    fn shift_right<const BY: i32>(bits: Self::Bits) -> Self::Bits {
        Pair(T::shift_right::<BY>(bits.0), T::shift_right::<BY>(bits.1))
    }

    halves! {
        to_bits(self: Self) -> Self::Bits { T::to_bits }
        from_bits(bits: Self::Bits) -> Self { T::from_bits }
        add_bits(a: Self::Bits, b: Self::Bits) -> Self::Bits { T::add_bits }
        sub_bits(a: Self::Bits, b: Self::Bits) -> Self::Bits { T::sub_bits }
        from_integer(bits: Self::Bits) -> Self { T::from_integer }
        copysign(self: Self, sign: Self) -> Self { T::copysign }
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
