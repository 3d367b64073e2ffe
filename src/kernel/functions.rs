//! Elementary functions: for float32 the house's own polynomials, the same bits on every CPU; for float64 the crate `libm`. Twin:
//! `shaders/functions.wgsl`.
//!
//! No table, no branch and no saturating cast, so that a loop over lanes becomes vectors. Results are finite for finite arguments
//! (WGSL may assume that there is no infinity), and numbers below the smallest normal one count as 0. The coefficients are those of
//! `scripts/make_polynomials.py`. Bounds below are the largest error found in units of the last place of the result, against float64, over
//! every 1,009th float32 of the range ([`super::cases::functions`] has them, and a test finds them again).

/// The functions beyond + − × ÷ √, in words, so that none is mistaken for a method of std.
pub trait Functions: Sized {
    /// eˣ. Float32: within 1 ulp; 0 below −87.33654; e^88.72283 = 3.4028e38 above.
    fn exponential(self) -> Self;
    /// eˣ − 1. Float32: within 1.5 ulp; for x > 88 the value at 88.
    fn exponential_less_one(self) -> Self;
    /// ln x. Float32: within 1 ulp; for x below the smallest normal number, 0 and negative ones too, the logarithm of that: −87.33654.
    fn logarithm(self) -> Self;
    /// tanh x. Float32: within 1.5 ulp.
    fn hyperbolic_tangent(self) -> Self;
    /// 1/(1 + e⁻ˣ). Float32: within 2.5 ulp; 1 exactly from about 17 on.
    fn logistic(self) -> Self;
    /// ln(1 + eˣ). Float32: within 2.5 ulp.
    fn softplus(self) -> Self;
    /// erf x = 2/√π ∫₀ˣ e^(−t²) dt. Float32: within 1 ulp; 1 exactly from about 3.9 on.
    fn error_function(self) -> Self;
}

const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 in two parts; the first has 15 bits, so that its product with an exponent is exact.
const LN2_HIGH: f32 = 0.693_145_75;
const LN2_LOW: f32 = 1.428_606_8e-6;
/// Adding 1.5·2²³ leaves a small number rounded to an integer in the last bits.
const ROUNDER: f32 = 12_582_912.0;
/// The arguments between which eˣ is a normal float32.
const LOWEST: f32 = -87.336_54;
const HIGHEST: f32 = 88.722_83;

impl Functions for f32 {
    #[inline(always)]
    fn exponential(self) -> Self {
        let (less_one, exponent) = reduced(between(self, LOWEST, HIGHEST));
        // Two factors, since 2^128 is none.
        let half = exponent >> 1;
        let value = ((1.0 + less_one) * power_of_two(half)) * power_of_two(exponent - half);
        if self < LOWEST { 0.0 } else { value }
    }

    #[inline(always)]
    fn exponential_less_one(self) -> Self {
        let (less_one, exponent) = reduced(between(self, -20.0, 88.0));
        let power = power_of_two(exponent);
        less_one.mul_add(power, power - 1.0)
    }

    #[inline(always)]
    fn logarithm(self) -> Self {
        let bits = between(self, Self::MIN_POSITIVE, Self::MAX).to_bits() as i32;
        // The mantissa between √½ and √2.
        let exponent = (bits - 0x3f35_04f3) >> 23;
        let f = Self::from_bits((bits - (exponent << 23)) as u32) - 1.0;
        let mut p = -0.076_681_52_f32;
        for c in [0.127_752_45, -0.131_595_82, 0.142_011_15, -0.166_232_82, 0.200_012_58, -0.250_008_23, 0.333_333_3, -0.5] {
            p = p.mul_add(f, c);
        }
        let exponent = exponent as Self;
        let small = (f * f).mul_add(p, exponent * LN2_LOW);
        exponent.mul_add(LN2_HIGH, f + small)
    }

    #[inline(always)]
    fn hyperbolic_tangent(self) -> Self {
        let size = self.abs();
        let square = self * self;
        let mut p = -0.005_663_655_f32;
        for c in [0.020_603_249, -0.053_729_13, 0.133_313_21, -0.333_332_78] {
            p = p.mul_add(square, c);
        }
        let near = (size * square).mul_add(p, size);
        let far = 1.0 - 2.0 / ((2.0 * size).exponential() + 1.0);
        (if size < 0.625 { near } else { far }).copysign(self)
    }

    #[inline(always)]
    fn logistic(self) -> Self {
        let e = (-self.abs()).exponential();
        (if self < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }

    #[inline(always)]
    fn softplus(self) -> Self {
        log_of_one_and((-self.abs()).exponential()) + (if self > 0.0 { self } else { 0.0 })
    }

    #[inline(always)]
    fn error_function(self) -> Self {
        let size = between(self.abs(), 0.0, 4.0);
        let square = size * size;
        let mut p = -0.000_595_897_7_f32;
        for c in [0.004_987_253, -0.026_762_916, 0.112_817_3, -0.376_124_9, 0.128_379_15] {
            p = p.mul_add(square, c);
        }
        let near = p.mul_add(size, size);
        let mut q = -1.123_037_7e-5_f32;
        for c in [0.000_322_795_9, -0.003_642_432_9, 0.023_762_021, -0.106_236_845, -0.635_151_3, -0.128_648_5] {
            q = q.mul_add(size, c);
        }
        let far = 1.0 - q.mul_add(size, -size).exponential();
        (if size < 0.925 { near } else { far }).copysign(self)
    }
}

/// ln(1 + e) for 0 ≤ e ≤ 1: 2·artanh s with s = e/(2 + e), at most 1/3.
#[inline(always)]
pub fn log_of_one_and(e: f32) -> f32 {
    let s = e / (2.0 + e);
    let square = s * s;
    let mut p = 0.242_463_46_f32;
    for c in [0.214_437_19, 0.286_152_18, 0.399_989_5, 0.666_666_75] {
        p = p.mul_add(square, c);
    }
    (s * square).mul_add(p, 2.0 * s)
}

/// The nearest number in the range.
#[inline(always)]
fn between(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) << 23) as u32)
}

/// eʳ − 1 and n, where x = n·ln 2 + r and |r| ≤ ½ ln 2.
#[inline(always)]
fn reduced(x: f32) -> (f32, i32) {
    let rounded = x.mul_add(LOG2_E, ROUNDER);
    let exponent = (rounded.to_bits() as i32).wrapping_sub(ROUNDER.to_bits() as i32);
    let n = rounded - ROUNDER;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, x));
    let mut p = 0.001_392_034_9_f32;
    for c in [0.008_369_221, 0.041_666_795, 0.166_665_23, 0.5] {
        p = p.mul_add(r, c);
    }
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
