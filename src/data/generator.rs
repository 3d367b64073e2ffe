//! Two random number generators: Threefry-2x32-20, the default, and NumPy's legacy `RandomState` (MT19937), which scikit-learn and Keras 2
//! notebooks use. Both shuffle by Fisher–Yates from the end, with masked rejection sampling.
//!
//! Sources: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011); Matsumoto and Nishimura, "Mersenne Twister"
//! (1998); the order in which NumPy's `RandomState` consumes words is measured (tests/golden).

/// The independent streams of Threefry: draws from one never change the draws from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// The permutation of a split.
    Split = 0,
    /// The row order of an epoch.
    Order = 1,
    /// A random initial weight.
    InitialWeight = 2,
    /// A random initial bias.
    InitialBias = 3,
    /// The hyperparameters of a run in a sampled sweep.
    Sweep = 4,
}

/// A source of uniform 32-bit words.
trait Words {
    fn next_word(&mut self) -> u32;

    /// The next word, masked to the bits of `max`, which is not 0.
    #[inline(always)]
    fn masked(&mut self, max: usize) -> usize {
        self.next_word() as usize & (usize::MAX >> max.leading_zeros())
    }

    /// A uniform integer in `0..=max` by rejection: words are masked to the bits of `max`, and larger ones are discarded.
    fn up_to(&mut self, max: u32) -> u32 {
        if max == 0 {
            return 0;
        }
        loop {
            let word = self.masked(max as usize);
            if word <= max as usize {
                return word as u32;
            }
        }
    }

    /// Shuffles with the positions that [`Self::up_to`] gives. Each iteration consumes one word; a rejected word swaps a value with itself, so
    /// that the loop has no unpredictable branch.
    fn shuffle_in_place(&mut self, values: &mut [u32]) {
        let mut last = values.len().saturating_sub(1);
        while last > 0 {
            let word = self.masked(last);
            let taken = word <= last;
            let place = if taken { word } else { last };
            values.swap(last, place);
            last -= usize::from(taken);
        }
    }
}

/// Threefry-2x32 with 20 rounds, a counter-based generator: key (seed, stream), counter (epoch, i).
#[derive(Clone, Debug)]
pub struct Threefry {
    key: [u32; 2],
    epoch: u32,
    /// The counter of the next block.
    next: u32,
    words: [u32; 2 * BLOCKS],
    /// The number of words already consumed.
    spent: usize,
}

/// The number of blocks computed together, as independent dependency chains.
const BLOCKS: usize = 16;

impl Threefry {
    /// The words of one epoch of a stream; the epoch is 0 for streams without epochs.
    pub fn new(seed: u32, stream: Stream, epoch: u32) -> Self {
        Self { key: [seed, stream as u32], epoch, next: 0, words: [0; 2 * BLOCKS], spent: 2 * BLOCKS }
    }

    /// The block function: 20 rounds of add, rotate and xor, with a key injection after every fourth.
    #[inline(always)]
    pub fn block(key: [u32; 2], counter: [u32; 2]) -> [u32; 2] {
        let keys = [key[0], key[1], 0x1BD1_1BDA ^ key[0] ^ key[1]];
        let (mut first, mut second) = (counter[0].wrapping_add(keys[0]), counter[1].wrapping_add(keys[1]));
        let mut quarter = |rotations: [u32; 4], injection: usize| {
            for rotation in rotations {
                first = first.wrapping_add(second);
                second = second.rotate_left(rotation) ^ first;
            }
            first = first.wrapping_add(keys[injection % 3]);
            second = second.wrapping_add(keys[(injection + 1) % 3]).wrapping_add(injection as u32);
        };
        quarter([13, 15, 26, 6], 1);
        quarter([17, 29, 16, 24], 2);
        quarter([13, 15, 26, 6], 3);
        quarter([17, 29, 16, 24], 4);
        quarter([13, 15, 26, 6], 5);
        [first, second]
    }

    #[inline(never)]
    fn refill(&mut self) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the CPU has AVX2.
            #[expect(unsafe_code, reason = "calls a function that is compiled for AVX2")]
            return unsafe { self.refill_wide() };
        }
        self.fill();
    }

    /// Computes the words of [`Self::fill`] with AVX2: eight chains per register.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn refill_wide(&mut self) {
        self.fill();
    }

    #[inline(always)]
    fn fill(&mut self) {
        for i in 0..BLOCKS {
            let [first, second] = Self::block(self.key, [self.epoch, self.next.wrapping_add(i as u32)]);
            self.words[2 * i] = first;
            self.words[2 * i + 1] = second;
        }
        self.next = self.next.wrapping_add(BLOCKS as u32);
        self.spent = 0;
    }

    /// Shuffles in place.
    pub fn shuffle(&mut self, values: &mut [u32]) {
        self.shuffle_in_place(values);
    }

    /// A uniform number in [0, 1) with 24 bits, exact in float32.
    pub fn unit(&mut self) -> f64 {
        f64::from(self.next_word() >> 8) / f64::from(1 << 24)
    }
}

impl Words for Threefry {
    #[inline(always)]
    fn next_word(&mut self) -> u32 {
        if self.spent == self.words.len() {
            self.refill();
        }
        self.spent += 1;
        self.words[self.spent - 1]
    }
}

const N: usize = 624;

/// NumPy's `RandomState(seed)`.
#[derive(Clone)]
pub struct RandomState {
    state: Box<[u32; N]>,
    position: usize,
}

impl std::fmt::Debug for RandomState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RandomState").field("position", &self.position).finish_non_exhaustive()
    }
}

impl RandomState {
    /// The state that `numpy.random.RandomState(seed)` starts from.
    pub fn new(seed: u32) -> Self {
        let mut state = Box::new([0; N]);
        state[0] = seed;
        for i in 1..N {
            let previous = state[i - 1] ^ (state[i - 1] >> 30);
            state[i] = previous.wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, position: N }
    }

    /// `permutation(n)`.
    pub fn permutation(&mut self, n: u32) -> Vec<u32> {
        let mut values: Vec<u32> = (0..n).collect();
        self.shuffle(&mut values);
        values
    }

    /// `shuffle(values)`.
    pub fn shuffle(&mut self, values: &mut [u32]) {
        self.shuffle_in_place(values);
    }

    /// `randint(high)` for `0 < high ≤ 2³²`.
    pub fn randint(&mut self, high: u32) -> u32 {
        self.up_to(high - 1)
    }

    fn renew(&mut self) {
        const M: usize = 397;
        for i in 0..N {
            let joined = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7FFF_FFFF);
            let odd = if joined & 1 == 1 { 0x9908_B0DF } else { 0 };
            self.state[i] = self.state[(i + M) % N] ^ (joined >> 1) ^ odd;
        }
        self.position = 0;
    }
}

impl Words for RandomState {
    fn next_word(&mut self) -> u32 {
        if self.position == N {
            self.renew();
        }
        let mut word = self.state[self.position];
        self.position += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9D2C_5680;
        word ^= (word << 15) & 0xEFC6_0000;
        word ^ (word >> 18)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threefry_gives_the_known_vectors_of_random123() {
        assert_eq!(Threefry::block([0, 0], [0, 0]), [0x6b20_0159, 0x99ba_4efe]);
        assert_eq!(Threefry::block([u32::MAX; 2], [u32::MAX; 2]), [0x1cb9_96fc, 0xbb00_2be7]);
        assert_eq!(Threefry::block([0x1319_8a2e, 0x0370_7344], [0x243f_6a88, 0x85a3_08d3]), [0xc492_3a9c, 0x483d_f7a0]);
    }

    #[test]
    fn mersenne_twister_gives_its_published_ten_thousandth_word() {
        let mut state = RandomState::new(5489);
        let last = (0..10_000).map(|_| state.next_word()).last();
        assert_eq!(last, Some(4_123_659_995));
    }
}
