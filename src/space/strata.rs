//! A random permutation of 0..n that is computed value by value, without a table. A Latin hypercube sample assigns strata to runs by one such
//! permutation per dimension.
//!
//! A Feistel network permutes the numbers of a few bits. A result of at least n is permuted again until it is below n ("cycle walking": J. Black,
//! P. Rogaway, "Ciphers with arbitrary finite domains", 2002), which visits each number below n once.

use crate::data::Threefry;

/// The rounds of the network. Four give a pseudorandom permutation (M. Luby, C. Rackoff, 1988); further ones serve small domains, whose halves
/// have few bits. The number is even, so that halves of unequal size end in their places.
const ROUNDS: usize = 8;

/// The least number of bits, because halves of one or two bits permute poorly.
const LEAST_BITS: u32 = 8;

/// A permutation of `0..len`.
#[derive(Clone, Debug, PartialEq)]
pub struct Permutation {
    len: u64,
    /// The bits of the upper and of the lower half.
    upper: u32,
    lower: u32,
    keys: [u64; ROUNDS],
}

impl Permutation {
    /// The permutation of a key. `len` is at least 1 and at most 2⁶³.
    pub fn new(len: u64, key: [u32; 2]) -> Self {
        let bits = (u64::BITS - len.saturating_sub(1).leading_zeros()).max(LEAST_BITS);
        let round_key = |round: usize| {
            let [high, low] = Threefry::block(key, [u32::MAX, round as u32]);
            u64::from(high) << 32 | u64::from(low)
        };
        Self { len, upper: bits / 2, lower: bits - bits / 2, keys: std::array::from_fn(round_key) }
    }

    /// The number at a position below the length.
    pub fn at(&self, position: u64) -> u64 {
        let mut number = position;
        loop {
            number = self.network(number);
            if number < self.len {
                return number;
            }
        }
    }

    /// One pass through the network. Each round moves the lower half up, and the upper half, changed by a hash of the lower half, down.
    fn network(&self, number: u64) -> u64 {
        let (mut bits, mut other_bits) = (self.upper, self.lower);
        let (mut half, mut other) = (number >> other_bits, number & mask(other_bits));
        for key in self.keys {
            let changed = half ^ (hash(other ^ key) & mask(bits));
            (half, other) = (other, changed);
            (bits, other_bits) = (other_bits, bits);
        }
        half << other_bits | other
    }
}

/// The number with that many low bits set.
fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

/// The finaliser of `MurmurHash3`, in which each bit of the input changes half of the bits of the result.
fn hash(mut bits: u64) -> u64 {
    bits ^= bits >> 33;
    bits = bits.wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits ^= bits >> 33;
    bits = bits.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_occurs_once() {
        for len in (1..=300).chain([1000, 1023, 1024, 1025, 4095, 4096, 4097, 100_000]) {
            let permutation = Permutation::new(len, [len as u32, 7]);
            let mut numbers: Vec<u64> = (0..len).map(|position| permutation.at(position)).collect();
            numbers.sort_unstable();
            assert!(numbers.iter().copied().eq(0..len), "{len}");
        }
    }

    #[test]
    fn positions_beyond_32_bits_are_distinct_and_in_range() {
        let len = (1 << 62) + 12_345;
        let permutation = Permutation::new(len, [1, 2]);
        let mut numbers: Vec<u64> = (0..1000).chain(len - 1000..len).map(|position| permutation.at(position)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert!(numbers.len() == 2000 && numbers.iter().all(|&number| number < len));
    }

    #[test]
    fn every_permutation_of_four_numbers_is_equally_frequent() {
        // 24 permutations over 24,000 keys: chi-square with 23 degrees of freedom is below 50 with a probability of 0.999.
        let mut counts = std::collections::HashMap::new();
        for key in 0..24_000 {
            let permutation = Permutation::new(4, [key, 3]);
            *counts.entry([0, 1, 2, 3].map(|position| permutation.at(position))).or_insert(0_i32) += 1;
        }
        let chi_square: f64 = counts.values().map(|&count| f64::from(count - 1000).powi(2) / 1000.0).sum();
        assert!(counts.len() == 24 && chi_square < 50.0, "{chi_square}");
    }

    #[test]
    fn two_permutations_are_uncorrelated() {
        // The rank correlation of n independent pairs has a standard deviation of 1/√(n − 1).
        let len = 10_000;
        let [a, b] = [1, 2].map(|key| Permutation::new(len, [0, key]));
        let centred = |number: u64| number as f64 - (len - 1) as f64 / 2.0;
        let correlation = |f: &dyn Fn(u64) -> [u64; 2]| {
            let sum: f64 = (0..len).map(|position| f(position).map(centred)).map(|[x, y]| x * y).sum();
            sum / ((len as f64).powi(3) / 12.0)
        };
        for pairs in [&(|k| [a.at(k), b.at(k)]) as &dyn Fn(u64) -> [u64; 2], &|k| [k, a.at(k)], &|k| [a.at(k), a.at((k + 1) % len)]] {
            assert!(correlation(pairs).abs() < 0.04, "{}", correlation(pairs));
        }
    }
}
