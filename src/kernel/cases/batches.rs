//! Test vectors for the construction of batches on a device: shuffles, and float64 means rounded to float32. Both use integers on a device, so the
//! results must be equal.

use super::Tolerance;
use crate::data::{Stream, Threefry};

/// Tolerance on the device against the host.
pub const EXACT: Tolerance = Tolerance { ulps: 0.0, reason: "integer arithmetic" };
/// Tolerance on the host against float64.
pub const MEAN_ON_HOST: Tolerance = Tolerance { ulps: 0.5, reason: "one rounding" };

/// Rows of each order.
pub const ROWS: usize = 16;

/// Seeds and epochs of orders.
pub fn orders() -> Vec<(u32, u32)> {
    let seeds = [0, 1, 2, 0xFFFF, 0x1_0000, 0x1234_5678, u32::MAX];
    seeds.into_iter().flat_map(|seed| [0, 1, 2, 40].map(|epoch| (seed, epoch))).collect()
}

/// Terms of each sum.
pub const TERMS: usize = 4;

/// Terms and the divisor of their sum: terms of equal and of different magnitude, terms with few bits for ties, sums that cancel, results outside float32's
/// range, and near ties that only the last bit decides.
pub fn means() -> Vec<([f64; TERMS], u32)> {
    let mut cases = vec![
        ([0.0; TERMS], 3),
        ([1.0, -1.0, 0.0, 0.0], 7),
        ([1.0, f64::EPSILON / 2.0, f64::EPSILON / 2.0, 0.0], 1),
        ([1.0, f64::EPSILON / 2.0, 0.0, -1.0], 1),
        ([1e300, 1e300, -1e300, 0.0], 1),
        ([1e300, -1e300, 1e-300, 0.0], 1),
        ([f64::from(f32::MAX), 0.0, 0.0, 0.0], 1),
        ([f64::from(f32::MIN_POSITIVE), 0.0, 0.0, 0.0], 3),
        ([1e-45, 0.0, 0.0, 0.0], 2),
        ([1e-60, 0.0, 0.0, 0.0], 2),
        // Half of the last place plus a term that is 20 or 53 binary places smaller.
        ([1.0, f64::EPSILON / 2.0 * (1.0 + f64::EPSILON), 0.0, 0.0], 1),
        ([1.0, f64::EPSILON / 2.0 * (1.0 + 2_f64.powi(-20)), 0.0, 0.0], 1),
        ([1.0, -f64::EPSILON / 4.0 * (1.0 + f64::EPSILON), 0.0, 0.0], 1),
    ];
    cases.extend([65_535, 40_009, 10].into_iter().flat_map(near_ties));
    let mut draws = Threefry::new(0, Stream::Split, 0);
    let mut draw = |max: f64| (draws.unit() * max) as u64;
    for spread in [1.0, 4.0, 60.0, 200.0] {
        for bits in [52, 30, 24, 2] {
            for divisor in [1, 2, 3, 10, 160, 1000, 40_009, 65_535] {
                let mut terms = [0.0; TERMS];
                for term in &mut terms {
                    let fraction = (draw(16_777_216.0) << 28 | draw(268_435_456.0)) >> (52 - bits) << (52 - bits);
                    let exponent = 1023 - (spread / 2.0) as u64 + draw(spread);
                    *term = f64::from_bits(draw(2.0) << 63 | exponent << 52 | fraction);
                }
                cases.push((terms, divisor));
                // The first two terms cancel except for some last bits.
                let near = f64::from_bits(terms[0].to_bits() ^ draw(16.0));
                cases.push(([terms[0], -near, terms[2] * 1e-16, 0.0], divisor));
            }
        }
    }
    cases
}

/// Numbers whose quotient is slightly more than halfway between two float64 numbers: the difference is after its 64th bit.
fn near_ties(divisor: u32) -> impl Iterator<Item = ([f64; TERMS], u32)> {
    let is_near_tie = move |significand: &u64| {
        let quotient = (u128::from(*significand) << 75) / u128::from(divisor);
        let after_53_bits = quotient << (quotient.leading_zeros() + 53);
        after_53_bits >> (128 - 11) == 1 << 10 && after_53_bits << 11 != 0
    };
    let significands = (1..1_u64 << 20).map(|k| (1 << 52) + k * 4_503_599_627);
    significands.filter(is_near_tie).take(4).map(move |significand| ([significand as f64, 0.0, 0.0, 0.0], divisor))
}
