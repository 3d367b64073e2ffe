//! The split into training and test rows, with the counts of scikit-learn's `train_test_split`.

use super::generator::{RandomState, Stream, Threefry};

/// The size of the test set.
#[derive(Clone, Debug, PartialEq)]
pub enum TestSize {
    /// No test rows: all rows are training rows, in file order.
    None,
    /// `ceil(fraction · n)` rows.
    Fraction(f64),
    /// A number of test rows.
    Count(u64),
    /// Explicit row numbers, from 0.
    Rows {
        /// Training rows, numbered from 0.
        train: Vec<u32>,
        /// Test rows, numbered from 0.
        test: Vec<u32>,
    },
}

/// Training and test rows as row numbers of the file, from 0, in order of use.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Split {
    /// Training rows, in order.
    pub train: Vec<u32>,
    /// Test rows, in order.
    pub test: Vec<u32>,
}

/// An error while splitting rows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant describes it")]
pub enum SplitError {
    #[error("{test} of {rows} rows are test rows, so no row is left for training")]
    NothingToTrain { test: u64, rows: usize },
    #[error("row {row} does not exist: the file has {rows} rows, numbered from 0")]
    PastTheEnd { row: u32, rows: usize },
}

/// The generator that draws the permutation of a random split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is a generator with its seed")]
pub enum Permutation {
    Threefry { seed: u32 },
    NumpyLegacy { seed: u32 },
}

impl TestSize {
    /// Whether the test rows are drawn at random, so that the split depends on its seed.
    pub fn is_random(&self) -> bool {
        matches!(self, Self::Fraction(_) | Self::Count(_))
    }

    /// Splits `rows` rows.
    ///
    /// # Errors
    ///
    /// If no training row is left, or a named row does not exist.
    pub fn split(&self, rows: usize, permutation: Permutation) -> Result<Split, SplitError> {
        let test = match self {
            Self::None => return Ok(Split { train: (0..rows as u32).collect(), test: Vec::new() }),
            Self::Rows { train, test } => {
                if let Some(&row) = train.iter().chain(test).find(|&&row| row as usize >= rows) {
                    return Err(SplitError::PastTheEnd { row, rows });
                }
                return Ok(Split { train: train.clone(), test: test.clone() });
            }
            Self::Fraction(fraction) => (fraction * rows as f64).ceil() as u64,
            Self::Count(count) => *count,
        };
        if test >= rows as u64 {
            return Err(SplitError::NothingToTrain { test, rows });
        }
        let order = match permutation {
            Permutation::Threefry { seed } => {
                let mut order: Vec<u32> = (0..rows as u32).collect();
                Threefry::new(seed, Stream::Split, 0).shuffle(&mut order);
                order
            }
            Permutation::NumpyLegacy { seed } => RandomState::new(seed).permutation(rows as u32),
        };
        let (test, train) = order.split_at(test as usize);
        Ok(Split { train: train.to_vec(), test: test.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const THREEFRY: Permutation = Permutation::Threefry { seed: 2 };

    fn sizes(test: &TestSize, rows: usize) -> (usize, usize) {
        let split = test.split(rows, THREEFRY).unwrap();
        (split.train.len(), split.test.len())
    }

    #[test]
    fn rows_are_counted_as_scikit_learn_counts_them() {
        assert_eq!(sizes(&TestSize::Fraction(0.2), 200), (160, 40));
        assert_eq!(sizes(&TestSize::Fraction(0.25), 10), (7, 3));
        assert_eq!(sizes(&TestSize::Fraction(0.001), 10), (9, 1));
        assert_eq!(sizes(&TestSize::Count(3), 10), (7, 3));
        assert_eq!(sizes(&TestSize::None, 10), (10, 0));
    }

    #[test]
    fn somebody_has_to_train() {
        let refused = Err(SplitError::NothingToTrain { test: 10, rows: 10 });
        assert_eq!(TestSize::Count(10).split(10, THREEFRY), refused);
        assert_eq!(TestSize::Fraction(0.95).split(10, THREEFRY), refused);
    }

    #[test]
    fn rows_by_number_are_taken_as_they_are() {
        let rows = TestSize::Rows { train: vec![3, 0], test: vec![9] };
        assert_eq!(rows.split(10, THREEFRY), Ok(Split { train: vec![3, 0], test: vec![9] }));
        assert_eq!(rows.split(9, THREEFRY), Err(SplitError::PastTheEnd { row: 9, rows: 9 }));
    }

    proptest! {
        #[test]
        fn every_row_is_on_one_side(rows in 2_usize..300, share in 0.01_f64..0.5, seed: u32, numpy: bool) {
            let permutation = if numpy { Permutation::NumpyLegacy { seed } } else { Permutation::Threefry { seed } };
            let split = TestSize::Fraction(share).split(rows, permutation).unwrap();
            let mut all = [split.train, split.test].concat();
            all.sort_unstable();
            prop_assert!(all.into_iter().eq(0..rows as u32));
        }
    }
}
