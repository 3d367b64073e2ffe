//! Sobol points, scrambled by Owen's method, each computed from its index.
//!
//! Source of the direction numbers: S. Joe, F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections" (2008), file
//! new-joe-kuo-6. Source of the scrambling: B. Burley, "Practical hash-based Owen scrambling" (2020), with the hash of N. Vegdahl, "Building a
//! better LK hash" (2021).
//!
//! Owen's scrambling permutes the halves of the unit interval, the halves of each half, and so on. So each block of 2ᵐ points that is
//! stratified stays stratified, and each point is uniformly distributed.

/// The number of dimensions: at least that of the hyperparameters, which a test checks.
#[cfg(test)]
const DIMENSIONS: usize = TABLE.len() + 1;

/// The number of points of a sequence: indices have 32 bits.
pub const POINTS: u64 = 1 << 32;

/// The bits of an index that one table covers.
const BITS: usize = 8;

/// One coordinate of the points of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct SobolDimension {
    /// For each byte of an index and each of its values: the xor of the direction numbers of its bits.
    tables: Box<[[u32; 1 << BITS]; 4]>,
    seed: u32,
}

impl SobolDimension {
    /// The coordinate `dimension`, scrambled with a seed of its own; `None` from the 65th on.
    pub fn new(dimension: usize, seed: u32) -> Option<Self> {
        let directions = directions(dimension)?;
        let mut tables = Box::new([[0; 1 << BITS]; 4]);
        for (byte, table) in tables.iter_mut().enumerate() {
            for (value, entry) in table.iter_mut().enumerate() {
                let own = directions[byte * BITS..][..BITS].iter().enumerate().filter(|(bit, _)| value >> bit & 1 == 1);
                *entry = own.fold(0, |sum, (_, direction)| sum ^ direction);
            }
        }
        Some(Self { tables, seed })
    }

    /// The coordinate of a point, in [0, 1): a multiple of 2⁻³².
    pub fn unit(&self, index: u64) -> f64 {
        f64::from(scrambled(self.point(index), self.seed)) / POINTS as f64
    }

    /// The coordinate without scrambling, in units of 2⁻³².
    fn point(&self, index: u64) -> u32 {
        let [a, b, c, d, ..] = index.to_le_bytes();
        let [first, second, third, fourth] = &*self.tables;
        first[usize::from(a)] ^ second[usize::from(b)] ^ third[usize::from(c)] ^ fourth[usize::from(d)]
    }
}

/// Owen's scrambling of the bits of a coordinate: each bit is flipped by a hash of the seed and of all bits above it.
fn scrambled(point: u32, seed: u32) -> u32 {
    // In reversed order, each of these operations changes a bit only by bits below it.
    let mut bits = point.reverse_bits();
    bits ^= bits.wrapping_mul(0x3d20_adea);
    bits = bits.wrapping_add(seed);
    bits = bits.wrapping_mul((seed >> 16) | 1);
    bits ^= bits.wrapping_mul(0x0552_6c56);
    bits ^= bits.wrapping_mul(0x53a2_2864);
    bits.reverse_bits()
}

/// The direction numbers of a dimension in units of 2⁻³², by the recurrence of its primitive polynomial.
fn directions(dimension: usize) -> Option<[u32; 32]> {
    let mut directions = [0_u32; 32];
    if dimension == 0 {
        // Van der Corput's sequence.
        for (bit, direction) in directions.iter_mut().enumerate() {
            *direction = 1 << (31 - bit);
        }
        return Some(directions);
    }
    let &(degree, polynomial, first) = TABLE.get(dimension - 1)?;
    for bit in 0..32 {
        directions[bit] = if bit < degree {
            first[bit] << (31 - bit)
        } else {
            let inner = (1..degree).filter(|term| polynomial >> (degree - 1 - term) & 1 == 1);
            let last = directions[bit - degree] ^ (directions[bit - degree] >> degree);
            inner.fold(last, |sum, term| sum ^ directions[bit - term])
        };
    }
    Some(directions)
}

/// Degree and coefficients of the primitive polynomial, and the first direction numbers, of the dimensions from the second on.
///
/// The numbers of Joe and Kuo may be redistributed under the 3-clause BSD licence: Copyright (c) 2008, Frances Y. Kuo and Stephen Joe.
#[rustfmt::skip]
const TABLE: [(usize, u32, &[u32]); 63] = [
    (1, 0, &[1]),
    (2, 1, &[1, 3]),
    (3, 1, &[1, 3, 1]),
    (3, 2, &[1, 1, 1]),
    (4, 1, &[1, 1, 3, 3]),
    (4, 4, &[1, 3, 5, 13]),
    (5, 2, &[1, 1, 5, 5, 17]),
    (5, 4, &[1, 1, 5, 5, 5]),
    (5, 7, &[1, 1, 7, 11, 19]),
    (5, 11, &[1, 1, 5, 1, 1]),
    (5, 13, &[1, 1, 1, 3, 11]),
    (5, 14, &[1, 3, 5, 5, 31]),
    (6, 1, &[1, 3, 3, 9, 7, 49]),
    (6, 13, &[1, 1, 1, 15, 21, 21]),
    (6, 16, &[1, 3, 1, 13, 27, 49]),
    (6, 19, &[1, 1, 1, 15, 7, 5]),
    (6, 22, &[1, 3, 1, 15, 13, 25]),
    (6, 25, &[1, 1, 5, 5, 19, 61]),
    (7, 1, &[1, 3, 7, 11, 23, 15, 103]),
    (7, 4, &[1, 3, 7, 13, 13, 15, 69]),
    (7, 7, &[1, 1, 3, 13, 7, 35, 63]),
    (7, 8, &[1, 3, 5, 9, 1, 25, 53]),
    (7, 14, &[1, 3, 1, 13, 9, 35, 107]),
    (7, 19, &[1, 3, 1, 5, 27, 61, 31]),
    (7, 21, &[1, 1, 5, 11, 19, 41, 61]),
    (7, 28, &[1, 3, 5, 3, 3, 13, 69]),
    (7, 31, &[1, 1, 7, 13, 1, 19, 1]),
    (7, 32, &[1, 3, 7, 5, 13, 19, 59]),
    (7, 37, &[1, 1, 3, 9, 25, 29, 41]),
    (7, 41, &[1, 3, 5, 13, 23, 1, 55]),
    (7, 42, &[1, 3, 7, 3, 13, 59, 17]),
    (7, 50, &[1, 3, 1, 3, 5, 53, 69]),
    (7, 55, &[1, 1, 5, 5, 23, 33, 13]),
    (7, 56, &[1, 1, 7, 7, 1, 61, 123]),
    (7, 59, &[1, 1, 7, 9, 13, 61, 49]),
    (7, 62, &[1, 3, 3, 5, 3, 55, 33]),
    (8, 14, &[1, 3, 1, 15, 31, 13, 49, 245]),
    (8, 21, &[1, 3, 5, 15, 31, 59, 63, 97]),
    (8, 22, &[1, 3, 1, 11, 11, 11, 77, 249]),
    (8, 38, &[1, 3, 1, 11, 27, 43, 71, 9]),
    (8, 47, &[1, 1, 7, 15, 21, 11, 81, 45]),
    (8, 49, &[1, 3, 7, 3, 25, 31, 65, 79]),
    (8, 50, &[1, 3, 1, 1, 19, 11, 3, 205]),
    (8, 52, &[1, 1, 5, 9, 19, 21, 29, 157]),
    (8, 56, &[1, 3, 7, 11, 1, 33, 89, 185]),
    (8, 67, &[1, 3, 3, 3, 15, 9, 79, 71]),
    (8, 70, &[1, 3, 7, 11, 15, 39, 119, 27]),
    (8, 84, &[1, 1, 3, 1, 11, 31, 97, 225]),
    (8, 97, &[1, 1, 1, 3, 23, 43, 57, 177]),
    (8, 103, &[1, 3, 7, 7, 17, 17, 37, 71]),
    (8, 115, &[1, 3, 1, 5, 27, 63, 123, 213]),
    (8, 122, &[1, 1, 3, 5, 11, 43, 53, 133]),
    (9, 8, &[1, 3, 5, 5, 29, 17, 47, 173, 479]),
    (9, 13, &[1, 3, 3, 11, 3, 1, 109, 9, 69]),
    (9, 16, &[1, 1, 1, 5, 17, 39, 23, 5, 343]),
    (9, 22, &[1, 3, 1, 5, 25, 15, 31, 103, 499]),
    (9, 25, &[1, 1, 1, 11, 11, 17, 63, 105, 183]),
    (9, 44, &[1, 1, 5, 11, 9, 29, 97, 231, 363]),
    (9, 47, &[1, 1, 5, 15, 19, 45, 41, 7, 383]),
    (9, 52, &[1, 3, 7, 7, 31, 19, 83, 137, 221]),
    (9, 55, &[1, 1, 1, 3, 23, 15, 111, 223, 83]),
    (9, 59, &[1, 1, 5, 13, 31, 15, 55, 25, 161]),
    (9, 62, &[1, 1, 3, 13, 25, 47, 39, 87, 257]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Parameter;

    #[test]
    fn every_hyperparameter_may_have_a_dimension() {
        const { assert!(DIMENSIONS >= Parameter::COUNT) };
        assert!(SobolDimension::new(DIMENSIONS - 1, 0).is_some());
        assert!(SobolDimension::new(DIMENSIONS, 0).is_none());
    }

    #[test]
    fn the_first_points_are_those_that_joe_and_kuo_publish() {
        // Their sequence is in the order of the Gray code.
        let published = [
            [0.0, 0.0, 0.0],
            [0.5, 0.5, 0.5],
            [0.75, 0.25, 0.25],
            [0.25, 0.75, 0.75],
            [0.375, 0.375, 0.625],
            [0.875, 0.875, 0.125],
            [0.625, 0.125, 0.875],
            [0.125, 0.625, 0.375],
            [0.1875, 0.3125, 0.9375],
            [0.6875, 0.8125, 0.4375],
        ];
        for (index, point) in published.into_iter().enumerate() {
            let gray = (index ^ (index >> 1)) as u64;
            let own = [0, 1, 2].map(|dimension| f64::from(SobolDimension::new(dimension, 0).unwrap().point(gray)) / POINTS as f64);
            assert_eq!(own, point, "{index}");
        }
    }

    #[test]
    fn each_block_of_a_power_of_two_is_stratified_in_every_dimension() {
        for dimension in 0..DIMENSIONS {
            let sobol = SobolDimension::new(dimension, 0x9e37_79b9).unwrap();
            for bits in [1, 3, 8] {
                let size = 1_u64 << bits;
                for block in [0, 1, 77, (POINTS >> bits) - 1] {
                    let mut strata: Vec<u64> =
                        (block * size..(block + 1) * size).map(|index| (sobol.unit(index) * size as f64) as u64).collect();
                    strata.sort_unstable();
                    assert_eq!(strata, (0..size).collect::<Vec<_>>(), "dimension {dimension}, block {block} of {size}");
                }
            }
        }
    }

    #[test]
    fn the_first_two_dimensions_are_a_net_of_quality_zero() {
        // Each elementary box of area 2⁻ᵐ has one of the points of a block of 2ᵐ points.
        let [x, y] = [(0, 1), (1, 77)].map(|(dimension, seed)| SobolDimension::new(dimension, seed).unwrap());
        for m in 0..=10_u32 {
            let size = 1_u64 << m;
            for block in [0, 5] {
                for columns in 0..=m {
                    let place = |index: u64| {
                        let column = (x.unit(index) * f64::from(1 << columns)) as u64;
                        (column << (m - columns)) + (y.unit(index) * f64::from(1 << (m - columns))) as u64
                    };
                    let mut boxes: Vec<u64> = (block * size..(block + 1) * size).map(place).collect();
                    boxes.sort_unstable();
                    assert_eq!(boxes, (0..size).collect::<Vec<_>>(), "2^{m} points in 2^{columns} columns");
                }
            }
        }
    }

    #[test]
    fn scrambling_gives_each_seed_its_own_points() {
        // Over seeds, the first point is uniform: of 4,096 seeds, each sixteenth holds 256 ± 5 standard deviations of 15.5.
        let mut counts = [0; 16];
        for seed in 0..4096_u32 {
            counts[(scrambled(0, seed.wrapping_mul(0x9e37_79b9)) >> 28) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (256_i32 - count).abs() <= 78), "{counts:?}");
    }
}
