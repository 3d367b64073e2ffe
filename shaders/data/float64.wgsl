// float64 where a device has none: the bits of a number are a pair of words, the high one first. Sums and quotients are rounded to the nearest,
// ties to even, as every CPU rounds them, by integers alone: of floats a compiler may drop what a sum has lost.
//
// Numbers are finite; a subnormal one counts as 0, and no quotient is one.

alias Double = vec2<u32>;

const SIGN: u32 = 0x80000000u;
const HIDDEN: u32 = 0x00100000u;

fn exponent_of(a: Double) -> u32 {
    return (a.x >> 20u) & 0x7ffu;
}

// 53 bits, the hidden one among them.
fn significand_of(a: Double) -> vec2<u32> {
    return vec2<u32>((a.x & (HIDDEN - 1u)) | HIDDEN, a.y);
}

// By fewer than 64 places.
fn shifted_left(a: vec2<u32>, places: u32) -> vec2<u32> {
    if places == 0u {
        return a;
    }
    if places >= 32u {
        return vec2<u32>(a.y << (places - 32u), 0u);
    }
    return vec2<u32>((a.x << places) | (a.y >> (32u - places)), a.y << places);
}

// Whatever falls off at the right stays as a 1 in the last place.
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

// Whether what stands before the last three bits is rounded up by these.
fn goes_up(bits: u32) -> u32 {
    let rest = bits & 7u;
    return u32(rest > 4u || (rest == 4u && (bits & 8u) == 8u));
}

// The number whose significand is the first 53 of these 56 bits, rounded by the other three.
fn rounded(sign: u32, exponent: u32, bits: vec2<u32>) -> Double {
    let low = (bits.y >> 3u) | (bits.x << 29u);
    let up = goes_up(bits.y);
    let high = (bits.x >> 3u) + u32(low + up < low);
    // The hidden bit counts as 1 of the exponent, and so does a carry beyond it.
    return Double(sign | (((exponent - 1u) << 20u) + high), low + up);
}

fn sum(a: Double, b: Double) -> Double {
    let sizes = vec2<u32>(a.x, b.x) & vec2<u32>(~SIGN);
    let turned = sizes.y > sizes.x || (sizes.y == sizes.x && b.y > a.y);
    let large = select(a, b, turned);
    let small = select(b, a, turned);
    if exponent_of(small) == 0u {
        return large;
    }
    let sign = large.x & SIGN;
    let exponent = exponent_of(large);
    let first = shifted_left(significand_of(large), 3u);
    let second = shifted_right(shifted_left(significand_of(small), 3u), exponent - exponent_of(small));
    if sign == (small.x & SIGN) {
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

// By a number of 1 to 65,535: long division, 16 bits at a time.
fn quotient(a: Double, divisor: u32) -> Double {
    if exponent_of(a) == 0u {
        return Double(0u, 0u);
    }
    let whole = shifted_left(significand_of(a), 11u);
    var digits = array<u32, 6>(whole.x >> 16u, whole.x & 0xffffu, whole.y >> 16u, whole.y & 0xffffu, 0u, 0u);
    var rest = 0u;
    for (var i = 0u; i < 6u; i += 1u) {
        let part = (rest << 16u) | digits[i];
        digits[i] = part / divisor;
        rest = part % divisor;
    }
    let first = (digits[0] << 16u) | digits[1];
    let second = (digits[2] << 16u) | digits[3];
    let third = (digits[4] << 16u) | digits[5];
    let leading = countLeadingZeros(first);
    var bits = shifted_left(vec2<u32>(first, second), leading);
    bits.y |= shifted_left(vec2<u32>(0u, third), leading).x;
    let lost = u32(((third << leading) | rest) != 0u);
    bits = shifted_right(bits, 8u);
    return rounded(a.x & SIGN, exponent_of(a) - leading, vec2<u32>(bits.x, bits.y | lost));
}

fn doubled(a: Double) -> Double {
    return Double(a.x + select(HIDDEN, 0u, exponent_of(a) == 0u), a.y);
}

// The bits of the nearest float32: infinity beyond the largest, subnormal numbers below the smallest.
fn narrowed(a: Double) -> u32 {
    let sign = a.x & SIGN;
    // Of float32, whose bias is 896 less.
    let exponent = i32(exponent_of(a)) - 896;
    if exponent >= 255 {
        return sign | 0x7f800000u;
    }
    if exponent_of(a) == 0u {
        return sign;
    }
    let bits = shifted_right(significand_of(a), 26u + u32(max(1 - exponent, 0))).y;
    return sign | ((u32(max(exponent, 1) - 1) << 23u) + (bits >> 3u) + goes_up(bits));
}
