//! Which rows train and which test, counted as scikit-learn's `train_test_split` counts.

use super::generator::{RandomState, Stream, Threefry};

/// How many rows are held out.
#[derive(Clone, Debug, PartialEq)]
pub enum TestSize {
    /// All rows train, in file order.
    None,
    /// `ceil(fraction · n)` rows.
    Fraction(f64),
    Count(u64),
    /// Row numbers as given, from 0; nothing is drawn.
    Rows {
        train: Vec<u32>,
        test: Vec<u32>,
    },
}

/// Row numbers of the file, from 0, in the order in which they are used.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Split {
    pub train: Vec<u32>,
    pub test: Vec<u32>,
}

/// Why rows cannot be split.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SplitError {
    #[error("{test} of {rows} rows are held out: none is left for training")]
    NothingToTrain { test: u64, rows: usize },
    #[error("row {row} is past the end: the file has {rows} rows, numbered from 0")]
    PastTheEnd { row: u32, rows: usize },
}

/// Who draws the permutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permutation {
    House { seed: u32 },
    NumpyLegacy { seed: u32 },
}

impl TestSize {
    /// Whether a permutation is drawn, and hence the seed of the split means something.
    pub fn draws(&self) -> bool {
        matches!(self, Self::Fraction(_) | Self::Count(_))
    }

    /// The split of `rows` rows.
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
            Permutation::House { seed } => {
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
