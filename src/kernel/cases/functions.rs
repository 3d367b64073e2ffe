//! The elementary functions, the ranges in which they are tested, and their tolerances against float64.

use super::FLUSHED;
use crate::kernel::Functions;

/// An elementary function and its tolerances, in units of the last place (ulps) of the exact result.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The name in Rust and in WGSL.
    pub name: &'static str,
    /// The function in float32, which is tested.
    pub single: fn(f32) -> f32,
    /// The function in float64, whose result counts as exact.
    pub double: fn(f64) -> f64,
    /// The range of tested arguments. Results at its ends neither overflow nor underflow.
    pub range: [f32; 2],
    /// The largest error on the host.
    pub host_ulps: f64,
    /// The largest error on a device. It is larger than on the host, because WGSL allows an error of 2.5 ulps in a division and an unfused `fma`.
    pub device_tolerance: f64,
}

macro_rules! function {
    ($name:ident, $range:expr, $host:expr, $device:expr) => {
        Function {
            name: stringify!($name),
            single: <f32 as Functions>::$name,
            double: <f64 as Functions>::$name,
            range: $range,
            host_ulps: $host,
            device_tolerance: $device,
        }
    };
}

/// Every function of `kernel::functions`.
pub const ALL: [Function; 7] = [
    function!(exponential, [-87.336_54, 88.722_83], 1.0, 2.0),
    function!(exponential_less_one, [-100.0, 88.0], 1.5, 3.0),
    function!(logarithm, [f32::MIN_POSITIVE, f32::MAX], 1.0, 2.0),
    function!(hyperbolic_tangent, [-30.0, 30.0], 1.5, 3.5),
    function!(logistic, [-87.0, 87.0], 2.5, 5.5),
    function!(softplus, [-87.0, 1e30], 2.5, 6.0),
    function!(error_function, [-10.0, 10.0], 1.0, 2.0),
];

const SMALLEST: f64 = f32::MIN_POSITIVE as f64;

/// The part of `|value − exact|` that exceeds `allowed`, in ulps of `exact`; 0 if nothing exceeds it, NaN if `value` is NaN.
fn ulps_beyond(allowed: f64, value: f64, exact: f64) -> f64 {
    let difference = (value - exact).abs();
    if difference <= allowed {
        return 0.0;
    }
    let binade = f64::from_bits(exact.abs().max(SMALLEST).to_bits() & 0x7ff0_0000_0000_0000);
    (difference - allowed) / (binade * f64::from(f32::EPSILON))
}

impl Function {
    /// Every `stride`-th float32 of the range, including both ends.
    pub fn arguments(&self, stride: u32) -> impl Iterator<Item = f32> {
        let [low, high] = self.range;
        // Consecutive float32 numbers have consecutive integers as keys.
        let key = |x: f32| if x.is_sign_negative() { -i64::from(x.abs().to_bits()) } else { i64::from(x.to_bits()) };
        let (first, last) = (key(low), key(high));
        let number = |key: i64| f32::from_bits(key.unsigned_abs() as u32) * if key < 0 { -1.0 } else { 1.0 };
        (first..last).step_by(stride as usize).chain([last]).map(number)
    }

    /// The error of `value`, the host's result at `x`, in ulps. Where the exact result is subnormal, 0 counts as correct.
    pub fn ulps(&self, x: f32, value: f32) -> f64 {
        let exact = (self.double)(f64::from(x));
        let allowed = if exact.abs() < SMALLEST { SMALLEST } else { 0.0 };
        ulps_beyond(allowed, f64::from(value), exact)
    }

    /// The error of `value`, a device's result at `x`, in ulps. A difference of [`FLUSHED`] is not counted, because devices may flush subnormal numbers.
    pub fn device_ulps(&self, x: f32, value: f32) -> f64 {
        ulps_beyond(FLUSHED, f64::from(value), (self.double)(f64::from(x)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_within_their_tolerances() {
        for function in ALL {
            let (mut worst, mut at, mut count) = (0.0, 0.0, 0);
            for x in function.arguments(1009) {
                let ulps = function.ulps(x, (function.single)(x));
                count += 1;
                if ulps > worst {
                    (worst, at) = (ulps, x);
                }
            }
            println!("{}: {count} arguments, {worst:.3} of {} ulp, at {at:e}", function.name, function.host_ulps);
            assert!(count > 1_000_000 && worst <= function.host_ulps, "{}: {worst} ulp at {at:e}", function.name);
        }
    }

    #[test]
    fn device_tolerances_allow_flushed_subnormal_numbers_and_nothing_larger() {
        let logistic = ALL.into_iter().find(|function| function.name == "logistic").unwrap();
        // logistic(-87.3) is 1.2e-38, just above the smallest normal number, but below FLUSHED.
        assert!(logistic.ulps(-87.3, 0.0) > 1e6 && logistic.ulps(-87.3, f32::NAN).is_nan());
        assert!(logistic.device_ulps(-87.3, 0.0) == 0.0 && logistic.device_ulps(-87.3, f32::NAN).is_nan());
        // logistic(-85) is 1.2e-37, ten times the smallest normal number.
        assert!(logistic.device_ulps(-85.0, 0.0) > 1e6);
        assert!(logistic.device_ulps(0.0, 0.500_001) > 5.0);
    }

    #[test]
    fn functions_saturate_at_finite_numbers() {
        assert_eq!((1e30_f32.exponential(), f32::MIN.exponential()), (88.722_83_f32.exponential(), 0.0));
        assert!(1e30_f32.exponential() < f32::MAX && 1e30_f32.exponential_less_one() < f32::MAX);
        assert_eq!((0.0_f32.logarithm(), (-1.0_f32).logarithm()), (f32::MIN_POSITIVE.logarithm(), f32::MIN_POSITIVE.logarithm()));
        assert_eq!((1e30_f32.hyperbolic_tangent(), f32::MIN.hyperbolic_tangent()), (1.0, -1.0));
        assert_eq!((1e30_f32.logistic(), f32::MIN.logistic()), (1.0, 0.0));
        assert_eq!((1e30_f32.softplus(), f32::MIN.softplus()), (1e30, 0.0));
        assert_eq!((1e30_f32.error_function(), f32::MIN.error_function()), (1.0, -1.0));
        assert_eq!((0.0_f32.exponential(), 1.0_f32.logarithm(), 0.0_f32.exponential_less_one()), (1.0, 0.0, 0.0));
    }
}
