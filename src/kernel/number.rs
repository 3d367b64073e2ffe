//! The numbers that a formula is generic over: `f32` and SIMD vectors of it for training, `f64` for the reference.
//!
//! Every operation is one that IEEE 754 rounds in exactly one way on every CPU (+ − × ÷ √, fused multiply-add, comparison, selection), so a
//! formula gives identical bits for a scalar and for each lane of a vector. A formula selects between values by
//! [`Number::select`] and has no other branches on data.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A float, or a vector of floats to which each operation applies lane by lane.
pub trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self> + Functions
{
    /// The result of a comparison, one boolean per lane.
    type Mask: Mask;

    /// The value in every lane.
    fn splat(value: f32) -> Self;
    /// The square root, correctly rounded.
    fn sqrt(self) -> Self;
    /// The absolute value.
    fn abs(self) -> Self;
    /// `self·a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// `self < other`; false where either is NaN.
    fn less(self, other: Self) -> Self::Mask;
    /// `self ≤ other`; false where either is NaN.
    fn less_or_equal(self, other: Self) -> Self::Mask;
    /// `yes` where the mask is set, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// The larger of two numbers; `other` where either is NaN.
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        Self::select(other.less(self), self, other)
    }

    /// The smaller of two numbers; `other` where either is NaN.
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        Self::select(self.less(other), self, other)
    }

    /// −1, 0 or 1; 0 for NaN.
    #[inline(always)]
    fn sign(self) -> Self {
        let zero = Self::splat(0.0);
        let positive = Self::select(zero.less(self), Self::splat(1.0), zero);
        Self::select(self.less(zero), Self::splat(-1.0), positive)
    }
}

/// The elementary functions beyond + − × ÷ √. Their names differ from those of std's methods.
pub trait Functions: Sized {
    /// eˣ. Float32: within 1 ulp; 0 for x < −87.33654; e^88.72283 = 3.4028e38 for x > 88.72283.
    fn exponential(self) -> Self;
    /// eˣ − 1. Float32: within 1.5 ulp; for x > 88 the value at 88.
    fn exponential_less_one(self) -> Self;
    /// ln x. Float32: within 1 ulp; −87.33654 for x below the smallest normal number, including 0 and negative numbers.
    fn logarithm(self) -> Self;
    /// tanh x. Float32: within 1.5 ulp.
    fn hyperbolic_tangent(self) -> Self;
    /// 1/(1 + e⁻ˣ). Float32: within 2.5 ulp; exactly 1 for x above about 17.
    fn logistic(self) -> Self;
    /// ln(1 + eˣ). Float32: within 2.5 ulp.
    fn softplus(self) -> Self;
    /// erf x = 2/√π ∫₀ˣ e^(−t²) dt. Float32: within 1 ulp; exactly ±1 for |x| above about 3.9.
    fn error_function(self) -> Self;
}

/// One boolean per lane.
pub trait Mask: Copy {
    /// Lanes that are set in both masks.
    fn and(self, other: Self) -> Self;
}

impl Mask for bool {
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        self && other
    }
}

/// A float32, or a vector of them, with access to its bits as 32-bit integers, which the polynomials of [`Functions`] use.
pub trait Float32: Number {
    /// One 32-bit integer per lane.
    type Bits: Copy;

    /// The bit pattern.
    fn to_bits(self) -> Self::Bits;
    /// The number with a bit pattern.
    fn from_bits(bits: Self::Bits) -> Self;
    /// The integer in every lane.
    fn bits(value: i32) -> Self::Bits;
    /// Integer sum, wrapping.
    fn add_bits(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// Integer difference, wrapping.
    fn sub_bits(a: Self::Bits, b: Self::Bits) -> Self::Bits;
    /// The integer shifted to the left.
    fn shift_left<const BY: i32>(bits: Self::Bits) -> Self::Bits;
    /// The integer shifted to the right, its sign kept.
    fn shift_right<const BY: i32>(bits: Self::Bits) -> Self::Bits;
    /// The integer as a float, rounded to the nearest.
    fn from_integer(bits: Self::Bits) -> Self;

    /// The magnitude of `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
}

macro_rules! scalar {
    ($number:ident) => {
        impl Number for $number {
            type Mask = bool;

            #[inline(always)]
            fn splat(value: f32) -> Self {
                Self::from(value)
            }

            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }

            #[inline(always)]
            fn abs(self) -> Self {
                self.abs()
            }

            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                self.mul_add(a, b)
            }

            #[inline(always)]
            fn less(self, other: Self) -> bool {
                self < other
            }

            #[inline(always)]
            fn less_or_equal(self, other: Self) -> bool {
                self <= other
            }

            #[inline(always)]
            fn select(mask: bool, yes: Self, no: Self) -> Self {
                if mask { yes } else { no }
            }
        }
    };
}

scalar!(f32);
scalar!(f64);

impl Float32 for f32 {
    type Bits = i32;

    #[inline(always)]
    fn to_bits(self) -> i32 {
        self.to_bits() as i32
    }

    #[inline(always)]
    fn from_bits(bits: i32) -> Self {
        Self::from_bits(bits as u32)
    }

    #[inline(always)]
    fn bits(value: i32) -> i32 {
        value
    }

    #[inline(always)]
    fn add_bits(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }

    #[inline(always)]
    fn sub_bits(a: i32, b: i32) -> i32 {
        a.wrapping_sub(b)
    }

    #[inline(always)]
    fn shift_left<const BY: i32>(bits: i32) -> i32 {
        bits << BY
    }

    #[inline(always)]
    fn shift_right<const BY: i32>(bits: i32) -> i32 {
        bits >> BY
    }

    #[inline(always)]
    fn from_integer(bits: i32) -> Self {
        bits as Self
    }

    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        self.copysign(sign)
    }
}
