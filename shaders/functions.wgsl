// Elementary functions with the polynomials of the host. WGSL's built-in functions are less accurate and differ between devices. Twin:
// src/kernel/functions.rs, which has the error bounds.

const LOG2_E: f32 = 1.442695;
const LN2_HIGH: f32 = 0.69314575;
const LN2_LOW: f32 = 1.4286068e-6;
const LOWEST: f32 = -87.33654;
const HIGHEST: f32 = 88.72283;
const SMALLEST: f32 = 1.17549435e-38;

// 2^n for -126 <= n <= 127.
fn power_of_two(n: i32) -> f32 {
    return bitcast<f32>((n + 127) << 23u);
}

// e^r - 1 and n of a range reduction.
struct Reduced {
    less_one: f32,
    exponent: i32,
}

// Range reduction x = n ln 2 + r with |r| <= ln(2)/2.
fn reduced(x: f32) -> Reduced {
    let n = round(x * LOG2_E);
    // The clamp does not change the value. It keeps compilers from reassociating the sum, which would lose the digits of LN2_LOW.
    let r = fma(n, -LN2_LOW, clamp(fma(n, -LN2_HIGH, x), -0.5, 0.5));
    var p = fma(0.0013920349, r, 0.008369221);
    p = fma(p, r, 0.041666795);
    p = fma(p, r, 0.16666523);
    p = fma(p, r, 0.5);
    return Reduced(fma(r * r, p, r), i32(n));
}

fn exponential(x: f32) -> f32 {
    let at = reduced(clamp(x, LOWEST, HIGHEST));
    let half = at.exponent >> 1u;
    let value = ((1.0 + at.less_one) * power_of_two(half)) * power_of_two(at.exponent - half);
    return select(value, 0.0, x < LOWEST);
}

fn exponential_less_one(x: f32) -> f32 {
    let at = reduced(clamp(x, -20.0, 88.0));
    let power = power_of_two(at.exponent);
    return fma(at.less_one, power, power - 1.0);
}

fn logarithm(x: f32) -> f32 {
    let bits = bitcast<i32>(max(x, SMALLEST));
    let exponent = (bits - 0x3f3504f3) >> 23u;
    let f = bitcast<f32>(bits - (exponent << 23u)) - 1.0;
    var p = fma(-0.076681517, f, 0.12775245);
    p = fma(p, f, -0.13159582);
    p = fma(p, f, 0.14201115);
    p = fma(p, f, -0.16623282);
    p = fma(p, f, 0.20001258);
    p = fma(p, f, -0.25000823);
    p = fma(p, f, 0.3333333);
    p = fma(p, f, -0.5);
    let n = f32(exponent);
    let small = fma(f * f, p, n * LN2_LOW);
    return fma(n, LN2_HIGH, f + small);
}

// `size` with the sign of `x`.
fn signed_as(size: f32, x: f32) -> f32 {
    return select(size, -size, x < 0.0);
}

fn hyperbolic_tangent(x: f32) -> f32 {
    let size = abs(x);
    let square = x * x;
    var p = fma(-0.0056636552, square, 0.020603249);
    p = fma(p, square, -0.05372913);
    p = fma(p, square, 0.13331321);
    p = fma(p, square, -0.33333278);
    let near = fma(size * square, p, size);
    let far = 1.0 - 2.0 / (exponential(2.0 * size) + 1.0);
    return signed_as(select(far, near, size < 0.625), x);
}

fn logistic(x: f32) -> f32 {
    let e = exponential(-abs(x));
    return select(1.0, e, x < 0.0) / (1.0 + e);
}

fn softplus(x: f32) -> f32 {
    let e = exponential(-abs(x));
    let s = e / (2.0 + e);
    let square = s * s;
    var p = fma(0.24246346, square, 0.21443719);
    p = fma(p, square, 0.28615218);
    p = fma(p, square, 0.3999895);
    p = fma(p, square, 0.66666675);
    return fma(s * square, p, 2.0 * s) + max(x, 0.0);
}

fn error_function(x: f32) -> f32 {
    let size = min(abs(x), 4.0);
    let square = size * size;
    var p = fma(-0.0005958977, square, 0.004987253);
    p = fma(p, square, -0.026762916);
    p = fma(p, square, 0.1128173);
    p = fma(p, square, -0.3761249);
    p = fma(p, square, 0.12837915);
    let near = fma(p, size, size);
    var q = fma(-1.1230377e-5, size, 0.0003227959);
    q = fma(q, size, -0.0036424329);
    q = fma(q, size, 0.023762021);
    q = fma(q, size, -0.106236845);
    q = fma(q, size, -0.6351513);
    q = fma(q, size, -0.1286485);
    let far = 1.0 - exponential(fma(q, size, -size));
    return signed_as(select(far, near, size < 0.925), x);
}
