//! The numbers that a rule is written over: float32 as both backends compute, float64 as the reference judges.
//!
//! Only operations that IEEE 754 rounds in one way on every CPU: + − × ÷ √, fused multiply-add, comparison.

use super::Functions;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number, or a vector of them that goes through each operation as one.
pub trait Number: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self> {
    /// Widens or keeps a float32.
    fn of(value: f32) -> Self;
    fn sqrt(self) -> Self;
    fn abs(self) -> Self;
    /// −1, 0 or 1; 0 where it is no number.
    fn sign(self) -> Self;
    /// `self·a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// The larger of two numbers; `other` where they cannot be compared.
    fn larger(self, other: Self) -> Self;
    /// `self` where `sign` is above 0, elsewhere `other`.
    fn where_positive(self, sign: Self, other: Self) -> Self;
}

/// `f32` or `f64`.
pub trait Real: Number + Functions + PartialOrd {}

macro_rules! real {
    ($number:ident) => {
        impl Number for $number {
            #[inline(always)]
            fn of(value: f32) -> Self {
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
            fn sign(self) -> Self {
                let positive = if self > 0.0 { 1.0 } else { 0.0 };
                if self < 0.0 { -1.0 } else { positive }
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                self.mul_add(a, b)
            }
            #[inline(always)]
            fn larger(self, other: Self) -> Self {
                if self > other { self } else { other }
            }
            #[inline(always)]
            fn where_positive(self, sign: Self, other: Self) -> Self {
                if sign > 0.0 { self } else { other }
            }
        }
        impl Real for $number {}
    };
}

real!(f32);
real!(f64);
