// Threefry-2x32 with 20 rounds, and uniform integers from it. Twin: src/data/generator.rs, which has the sources.

// What a stream of the generator is for.
const STREAM_ORDER: u32 = 1u;

fn turned(value: u32, bits: u32) -> u32 {
    return (value << bits) | (value >> (32u - bits));
}

fn mixed(before: vec2<u32>, bits: u32) -> vec2<u32> {
    let first = before.x + before.y;
    return vec2<u32>(first, turned(before.y, bits) ^ first);
}

fn quarter(before: vec2<u32>, bits: vec4<u32>) -> vec2<u32> {
    return mixed(mixed(mixed(mixed(before, bits.x), bits.y), bits.z), bits.w);
}

// The words of a counter: 20 rounds of add, rotate, xor, a key injection after every fourth.
fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
    const ODD = vec4<u32>(13u, 15u, 26u, 6u);
    const EVEN = vec4<u32>(17u, 29u, 16u, 24u);
    let third = 0x1bd11bdau ^ key.x ^ key.y;
    var words = quarter(counter + key, ODD) + vec2<u32>(key.y, third + 1u);
    words = quarter(words, EVEN) + vec2<u32>(third, key.x + 2u);
    words = quarter(words, ODD) + vec2<u32>(key.x, key.y + 3u);
    words = quarter(words, EVEN) + vec2<u32>(key.y, third + 4u);
    return quarter(words, ODD) + vec2<u32>(third, key.x + 5u);
}

// The words for one epoch of a stream, one after the other.
struct Words {
    key: vec2<u32>,
    epoch: u32,
    // The counter behind the words at hand, and the second of them where it is not spent yet.
    next: u32,
    second: u32,
    has_second: bool,
}

fn words_of(seed: u32, stream: u32, epoch: u32) -> Words {
    return Words(vec2<u32>(seed, stream), epoch, 0u, 0u, false);
}

fn next_word(words: ptr<function, Words>) -> u32 {
    if (*words).has_second {
        (*words).has_second = false;
        return (*words).second;
    }
    let both = threefry((*words).key, vec2<u32>((*words).epoch, (*words).next));
    (*words).next += 1u;
    (*words).second = both.y;
    (*words).has_second = true;
    return both.x;
}

// A uniform integer in 0 ..= max, where max is not 0: words are masked to its bits, and those above it thrown away.
fn up_to(words: ptr<function, Words>, max: u32) -> u32 {
    let mask = 0xffffffffu >> countLeadingZeros(max);
    var word = next_word(words) & mask;
    while word > max {
        word = next_word(words) & mask;
    }
    return word;
}
