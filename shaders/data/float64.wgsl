// float64 arithmetic in 32-bit integers, because WGSL has no float64. A number is a pair of words, the high word first. Sums and quotients are rounded
// to nearest, ties to even, as in IEEE 754. Double-float arithmetic (a pair of float32 per number) would not be safe, because a WGSL compiler may
// reassociate float operations and so lose the low part.
//
// Preconditions: numbers are finite and quotients are not subnormal. Subnormal operands and sums are replaced by 0.

alias Double = vec2<u32>;

const SIGN_BIT: u32 = 0x80000000u;
const HIDDEN_BIT: u32 = 0x00100000u;

fn exponent_of(a: Double) -> u32 {
    return (a.x >> 20u) & 0x7ffu;
}

// The 53 bits of the significand, including the hidden bit.
fn significand_of(a: Double) -> vec2<u32> {
    return vec2<u32>((a.x & (HIDDEN_BIT - 1u)) | HIDDEN_BIT, a.y);
}

// Shifts left by fewer than 64 places.
fn shifted_left(a: vec2<u32>, places: u32) -> vec2<u32> {
    if places == 0u {
        return a;
    }
    if places >= 32u {
        return vec2<u32>(a.y << (places - 32u), 0u);
    }
    return vec2<u32>((a.x << places) | (a.y >> (32u - places)), a.y << places);
}

// Shifts right. The last bit (sticky bit) is set if any bit that is shifted out is 1.
fn shifted_right(a: vec2<u32>, places: u32) -> vec2<u32> {
    if places == 0u {
        return a;
    }
    if places >= 64u {
        return vec2<u32>(0u, u32((a.x | a.y) != 0u));
    }
    if places >= 32u {
        let lost = a.y | (a.x & ((1u << (places - 32u)) - 1u));
        return vec2<u32>(0u, (a.x >> (places - 32u)) | u32(lost != 0u));
    }
    let lost = a.y & ((1u << places) - 1u);
    return vec2<u32>(a.x >> places, (a.y >> places) | (a.x << (32u - places)) | u32(lost != 0u));
}

// Rounding to nearest, ties to even, of a number whose last three bits are discarded: 1 if the remaining bits must be incremented, else 0.
fn rounds_up(bits: u32) -> u32 {
    let discarded = bits & 7u;
    return u32(discarded > 4u || (discarded == 4u && (bits & 8u) == 8u));
}

// The number with a significand of 56 bits, rounded to 53.
fn rounded(sign: u32, exponent: u32, bits: vec2<u32>) -> Double {
    let low = (bits.y >> 3u) | (bits.x << 29u);
    let up = rounds_up(bits.y);
    let high = (bits.x >> 3u) + u32(low + up < low);
    // The hidden bit adds 1 to the exponent, and so does a carry out of the significand.
    return Double(sign | (((exponent - 1u) << 20u) + high), low + up);
}

// The sum of two numbers.
fn sum(a: Double, b: Double) -> Double {
    let magnitudes = vec2<u32>(a.x, b.x) & vec2<u32>(~SIGN_BIT);
    let is_swapped = magnitudes.y > magnitudes.x || (magnitudes.y == magnitudes.x && b.y > a.y);
    let large = select(a, b, is_swapped);
    let small = select(b, a, is_swapped);
    if exponent_of(small) == 0u {
        return large;
    }
    let sign = large.x & SIGN_BIT;
    let exponent = exponent_of(large);
    let first = shifted_left(significand_of(large), 3u);
    let second = shifted_right(shifted_left(significand_of(small), 3u), exponent - exponent_of(small));
    if sign == (small.x & SIGN_BIT) {
        let low = first.y + second.y;
        let bits = vec2<u32>(first.x + second.x + u32(low < first.y), low);
        let carry = bits.x >> 24u;
        return rounded(sign, exponent + carry, shifted_right(bits, carry));
    }
    let bits = vec2<u32>(first.x - second.x - u32(first.y < second.y), first.y - second.y);
    let leading = select(countLeadingZeros(bits.x), 32u + countLeadingZeros(bits.y), bits.x == 0u);
    let places = leading - 8u;
    if leading == 64u || places >= exponent {
        return Double(0u, 0u);
    }
    return rounded(sign, exponent - places, shifted_left(bits, places));
}

// The quotient of a number and an integer divisor from 1 to 65,535, by long division in digits of 16 bits.
fn quotient(a: Double, divisor: u32) -> Double {
    if exponent_of(a) == 0u {
        return Double(0u, 0u);
    }
    let significand = shifted_left(significand_of(a), 11u);
    var digits = array<u32, 6>(significand.x >> 16u, significand.x & 0xffffu, significand.y >> 16u, significand.y & 0xffffu, 0u, 0u);
    var remainder = 0u;
    for (var i = 0u; i < 6u; i += 1u) {
        let dividend = (remainder << 16u) | digits[i];
        digits[i] = dividend / divisor;
        remainder = dividend % divisor;
    }
    let first = (digits[0] << 16u) | digits[1];
    let second = (digits[2] << 16u) | digits[3];
    let third = (digits[4] << 16u) | digits[5];
    let leading = countLeadingZeros(first);
    var bits = shifted_left(vec2<u32>(first, second), leading);
    bits.y |= shifted_left(vec2<u32>(0u, third), leading).x;
    let lost = u32(((third << leading) | remainder) != 0u);
    bits = shifted_right(bits, 8u);
    return rounded(a.x & SIGN_BIT, exponent_of(a) - leading, vec2<u32>(bits.x, bits.y | lost));
}

// Twice a number: its exponent plus 1; 0 stays 0.
fn doubled(a: Double) -> Double {
    return Double(a.x + select(HIDDEN_BIT, 0u, exponent_of(a) == 0u), a.y);
}

// The bits of the nearest float32. Overflow gives infinity; results below the smallest normal float32 are subnormal.
fn narrowed(a: Double) -> u32 {
    let sign = a.x & SIGN_BIT;
    // The exponent of float32, whose bias is smaller by 896.
    let exponent = i32(exponent_of(a)) - 896;
    if exponent >= 255 {
        return sign | 0x7f800000u;
    }
    if exponent_of(a) == 0u {
        return sign;
    }
    let bits = shifted_right(significand_of(a), 26u + u32(max(1 - exponent, 0))).y;
    return sign | ((u32(max(exponent, 1) - 1) << 23u) + (bits >> 3u) + rounds_up(bits));
}
