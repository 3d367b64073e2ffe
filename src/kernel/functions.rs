//! Elementary functions with identical bits on every CPU. Twin: `shaders/functions.wgsl`.
//!
//! For float32 and SIMD vectors of it they are polynomials of this crate, because the bits of a system's libm differ between platforms. For float64
//! they are the functions of the crate `libm`.
//!
//! The polynomials use no table, no branch and no saturating cast. Results are finite for finite arguments, because WGSL compilers may assume that
//! infinity never occurs, and arguments below the smallest normal number count as 0. `scripts/make_polynomials.py` computes the coefficients.
//! The error bounds in [`Functions`] are the largest errors against float64, in units in the last place of the result, over every
//! 1,009th float32 of the range. A test of [`super::cases::functions`] measures them.

use super::number::{Float32, Functions, Number};

const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 = `LN2_HIGH` + `LN2_LOW`. The high part has 15 significant bits, so its product with an exponent is exact (Cody-Waite reduction).
const LN2_HIGH: f32 = 0.693_145_75;
const LN2_LOW: f32 = 1.428_606_8e-6;
/// 1.5·2²³. The sum of it and a small number holds the number, rounded to an integer, in its last bits.
const ROUNDER: f32 = 12_582_912.0;
/// eˣ is a normal float32 for LOWEST ≤ x ≤ HIGHEST.
const LOWEST: f32 = -87.336_54;
const HIGHEST: f32 = 88.722_83;

impl<T: Float32> Functions for T {
    #[inline(always)]
    fn exponential(self) -> Self {
        let (less_one, exponent) = reduce(clamp(self, LOWEST, HIGHEST));
        // Two factors, because 2^128 exceeds float32.
        let half = T::shift_right::<1>(exponent);
        let value = ((T::splat(1.0) + less_one) * power_of_two::<T>(half)) * power_of_two::<T>(T::sub_bits(exponent, half));
        T::select(self.less(T::splat(LOWEST)), T::splat(0.0), value)
    }

    #[inline(always)]
    fn exponential_less_one(self) -> Self {
        let (less_one, exponent) = reduce(clamp(self, -20.0, 88.0));
        let power = power_of_two::<T>(exponent);
        less_one.mul_add(power, power - T::splat(1.0))
    }

    #[inline(always)]
    fn logarithm(self) -> Self {
        let bits = clamp(self, f32::MIN_POSITIVE, f32::MAX).to_bits();
        // The exponent for a significand in [√½, √2].
        let exponent = T::shift_right::<23>(T::sub_bits(bits, T::bits(0x3f35_04f3)));
        let f = T::from_bits(T::sub_bits(bits, T::shift_left::<23>(exponent))) - T::splat(1.0);
        let p = polynomial(
            f,
            [-0.076_681_52, 0.127_752_45, -0.131_595_82, 0.142_011_15, -0.166_232_82, 0.200_012_58, -0.250_008_23, 0.333_333_3, -0.5],
        );
        let exponent = T::from_integer(exponent);
        let small = (f * f).mul_add(p, exponent * T::splat(LN2_LOW));
        exponent.mul_add(T::splat(LN2_HIGH), f + small)
    }

    #[inline(always)]
    fn hyperbolic_tangent(self) -> Self {
        let (size, square, one, two) = (self.abs(), self * self, T::splat(1.0), T::splat(2.0));
        let p = polynomial(square, [-0.005_663_655, 0.020_603_249, -0.053_729_13, 0.133_313_21, -0.333_332_78]);
        let near = (size * square).mul_add(p, size);
        let far = one - two / ((two * size).exponential() + one);
        T::select(size.less(T::splat(0.625)), near, far).copysign(self)
    }

    #[inline(always)]
    fn logistic(self) -> Self {
        let e = (-self.abs()).exponential();
        let one = T::splat(1.0);
        T::select(self.less(T::splat(0.0)), e, one) / (one + e)
    }

    #[inline(always)]
    fn softplus(self) -> Self {
        log_one_plus((-self.abs()).exponential()) + self.larger(T::splat(0.0))
    }

    #[inline(always)]
    fn error_function(self) -> Self {
        let size = clamp(self.abs(), 0.0, 4.0);
        let square = size * size;
        let p = polynomial(square, [-0.000_595_897_7, 0.004_987_253, -0.026_762_916, 0.112_817_3, -0.376_124_9, 0.128_379_15]);
        let near = p.mul_add(size, size);
        let q = polynomial(
            size,
            [-1.123_037_7e-5, 0.000_322_795_9, -0.003_642_432_9, 0.023_762_021, -0.106_236_845, -0.635_151_3, -0.128_648_5],
        );
        let far = T::splat(1.0) - q.mul_add(size, -size).exponential();
        T::select(size.less(T::splat(0.925)), near, far).copysign(self)
    }
}

/// The polynomial with these coefficients, the highest power first, by Horner's scheme.
#[inline(always)]
fn polynomial<T: Number, const N: usize>(x: T, coefficients: [f32; N]) -> T {
    let mut value = T::splat(coefficients[0]);
    for i in 1..N {
        value = value.mul_add(x, T::splat(coefficients[i]));
    }
    value
}

/// ln(1 + e) for 0 ≤ e ≤ 1: 2·artanh s with s = e/(2 + e), at most 1/3.
#[inline(always)]
fn log_one_plus<T: Number>(e: T) -> T {
    let two = T::splat(2.0);
    let s = e / (two + e);
    let square = s * s;
    let p = polynomial(square, [0.242_463_46, 0.214_437_19, 0.286_152_18, 0.399_989_5, 0.666_666_75]);
    (s * square).mul_add(p, two * s)
}

/// x clipped to [low, high].
#[inline(always)]
fn clamp<T: Number>(x: T, low: f32, high: f32) -> T {
    let (low, high) = (T::splat(low), T::splat(high));
    let x = T::select(x.less(low), low, x);
    T::select(high.less(x), high, x)
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two<T: Float32>(n: T::Bits) -> T {
    T::from_bits(T::shift_left::<23>(T::add_bits(n, T::bits(127))))
}

/// Range reduction of eˣ: eʳ − 1 and n, with x = n·ln 2 + r and |r| ≤ ½ ln 2.
#[inline(always)]
fn reduce<T: Float32>(x: T) -> (T, T::Bits) {
    let rounder = T::splat(ROUNDER);
    let rounded = x.mul_add(T::splat(LOG2_E), rounder);
    let exponent = T::sub_bits(rounded.to_bits(), rounder.to_bits());
    let n = rounded - rounder;
    let r = n.mul_add(T::splat(-LN2_LOW), n.mul_add(T::splat(-LN2_HIGH), x));
    let p = polynomial(r, [0.001_392_034_9, 0.008_369_221, 0.041_666_795, 0.166_665_23, 0.5]);
    ((r * r).mul_add(p, r), exponent)
}

impl Functions for f64 {
    fn exponential(self) -> Self {
        libm::exp(self)
    }

    fn exponential_less_one(self) -> Self {
        libm::expm1(self)
    }

    fn logarithm(self) -> Self {
        libm::log(self)
    }

    fn hyperbolic_tangent(self) -> Self {
        libm::tanh(self)
    }

    fn logistic(self) -> Self {
        let e = libm::exp(-self.abs());
        (if self < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }

    fn softplus(self) -> Self {
        self.max(0.0) + libm::log1p(libm::exp(-self.abs()))
    }

    fn error_function(self) -> Self {
        libm::erf(self)
    }
}
