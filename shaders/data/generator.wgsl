// The generator Threefry-2x32 with 20 rounds, and uniform integers from its words. Twin: src/data/generator.rs, which names the sources.

// The stream of the generator that shuffles rows.
const STREAM_ORDER: u32 = 1u;

fn rotated_left(value: u32, bits: u32) -> u32 {
    return (value << bits) | (value >> (32u - bits));
}

fn threefry_round(before: vec2<u32>, bits: u32) -> vec2<u32> {
    let first = before.x + before.y;
    return vec2<u32>(first, rotated_left(before.y, bits) ^ first);
}

fn four_rounds(before: vec2<u32>, bits: vec4<u32>) -> vec2<u32> {
    return threefry_round(threefry_round(threefry_round(threefry_round(before, bits.x), bits.y), bits.z), bits.w);
}

// The two words of a counter: 20 rounds of add, rotate and xor, with a key injection after every fourth round.
fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
    const ODD = vec4<u32>(13u, 15u, 26u, 6u);
    const EVEN = vec4<u32>(17u, 29u, 16u, 24u);
    let third = 0x1bd11bdau ^ key.x ^ key.y;
    var words = four_rounds(counter + key, ODD) + vec2<u32>(key.y, third + 1u);
    words = four_rounds(words, EVEN) + vec2<u32>(third, key.x + 2u);
    words = four_rounds(words, ODD) + vec2<u32>(key.x, key.y + 3u);
    words = four_rounds(words, EVEN) + vec2<u32>(key.y, third + 4u);
    return four_rounds(words, ODD) + vec2<u32>(third, key.x + 5u);
}

// A sequence of words: one epoch of one stream.
struct Words {
    key: vec2<u32>,
    epoch: u32,
    // The counter of the next pair, and the second word of the current pair while it is unused.
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
    let pair = threefry((*words).key, vec2<u32>((*words).epoch, (*words).next));
    (*words).next += 1u;
    (*words).second = pair.y;
    (*words).has_second = true;
    return pair.x;
}

// A uniform integer in 0 ..= max for max > 0, by masked rejection: a word is masked to the bits of max and rejected if it is larger.
fn up_to(words: ptr<function, Words>, max: u32) -> u32 {
    let mask = 0xffffffffu >> countLeadingZeros(max);
    var word = next_word(words) & mask;
    while word > max {
        word = next_word(words) & mask;
    }
    return word;
}
