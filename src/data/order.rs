//! The order of the training rows in each epoch and its division into batches: a portable function of seed and epoch.

use super::generator::{RandomState, Stream, Threefry};

/// The upper bound of the number that a Keras 2 notebook draws between the split and the first epoch: the initializer draws its own seed with
/// `randint(10e6)`.
const INITIALIZER_HIGH: u32 = 10_000_000;

/// The method that orders the rows of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields are seeds and row counts")]
pub enum Shuffle {
    /// The order of the split, in every epoch.
    None,
    /// A new permutation in each epoch, by Threefry.
    Threefry { seed: u32 },
    /// One `RandomState(seed)` that is consumed in order: a permutation of all rows for the split (`all_rows` is 0
    /// without a random split), one number for the initializer, then before each epoch an in-place shuffle of the index array of the previous epoch.
    NumpyLegacy { seed: u32, all_rows: u32 },
}

/// The batches of all epochs of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchOrder {
    /// The number of training rows.
    pub rows: usize,
    /// Rows per batch, at most `rows`. The last batch of an epoch may be shorter.
    pub batch_size: usize,
    /// The order of the rows in each epoch.
    pub shuffle: Shuffle,
}

impl BatchOrder {
    /// The number of batches per epoch.
    pub fn batches(&self) -> usize {
        self.rows.div_ceil(self.batch_size)
    }

    /// Whether all epochs have identical batches.
    pub fn repeats_every_epoch(&self) -> bool {
        self.shuffle == Shuffle::None
    }

    /// The orders of all epochs, from the first one on.
    pub fn epochs(&self) -> EpochOrders {
        let state = match self.shuffle {
            Shuffle::NumpyLegacy { seed, all_rows } => {
                let mut state = RandomState::new(seed);
                state.permutation(all_rows);
                state.randint(INITIALIZER_HIGH);
                Some(state)
            }
            Shuffle::None | Shuffle::Threefry { .. } => None,
        };
        EpochOrders { shuffle: self.shuffle, indices: (0..self.rows as u32).collect(), epoch: 0, state }
    }
}

/// The row orders of consecutive epochs; each call of `advance` returns the next one.
#[derive(Clone, Debug)]
pub struct EpochOrders {
    shuffle: Shuffle,
    indices: Vec<u32>,
    epoch: u32,
    state: Option<RandomState>,
}

impl EpochOrders {
    /// Returns the order of the next epoch, as positions in the training rows.
    pub fn advance(&mut self) -> &[u32] {
        if let Shuffle::Threefry { seed } = self.shuffle {
            for (position, index) in self.indices.iter_mut().enumerate() {
                *index = position as u32;
            }
            Threefry::new(seed, Stream::Order, self.epoch).shuffle(&mut self.indices);
        } else if let Some(state) = &mut self.state {
            state.shuffle(&mut self.indices);
        }
        self.epoch = self.epoch.wrapping_add(1);
        &self.indices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn epochs(order: BatchOrder, count: usize) -> Vec<Vec<u32>> {
        let mut epochs = order.epochs();
        (0..count).map(|_| epochs.advance().to_vec()).collect()
    }

    fn any_shuffle() -> impl Strategy<Value = Shuffle> {
        prop_oneof![
            Just(Shuffle::None),
            any::<u32>().prop_map(|seed| Shuffle::Threefry { seed }),
            (any::<u32>(), 0_u32..300).prop_map(|(seed, all_rows)| Shuffle::NumpyLegacy { seed, all_rows }),
        ]
    }

    proptest! {
        #[test]
        fn every_epoch_has_every_row_once(rows in 1_usize..300, shuffle in any_shuffle()) {
            for mut order in epochs(BatchOrder { rows, batch_size: 1, shuffle }, 3) {
                order.sort_unstable();
                prop_assert!(order.into_iter().eq(0..rows as u32));
            }
        }

        #[test]
        fn the_order_does_not_depend_on_the_batch_size(rows in 1_usize..100, size in 1_usize..100, shuffle in any_shuffle()) {
            let order = |batch_size| epochs(BatchOrder { rows, batch_size, shuffle }, 2);
            prop_assert_eq!(order(size.min(rows)), order(rows));
        }
    }

    #[test]
    fn without_shuffling_rows_stay_and_with_it_epochs_differ() {
        let order = |shuffle| epochs(BatchOrder { rows: 50, batch_size: 10, shuffle }, 2);
        let still = order(Shuffle::None);
        assert!(still[0] == still[1] && still[0].iter().copied().eq(0..50));
        let [a, b] = [1, 2].map(|seed| order(Shuffle::Threefry { seed }));
        assert!(a[0] != a[1] && a[0] != b[0] && a[1] != b[1]);
        assert_eq!(a, order(Shuffle::Threefry { seed: 1 }));
    }

    /// 24 orders of 4 rows, 500 each: χ² with 23 degrees of freedom stays below 49.7 but for one generator in a thousand.
    #[test]
    fn the_house_shuffle_is_fair() {
        let mut counts = std::collections::HashMap::new();
        for seed in 0..12_000 {
            let order = epochs(BatchOrder { rows: 4, batch_size: 1, shuffle: Shuffle::Threefry { seed } }, 1).remove(0);
            *counts.entry(order).or_insert(0.0_f64) += 1.0;
        }
        let chi: f64 = counts.values().map(|count| (count - 500.0).powi(2) / 500.0).sum();
        assert!(counts.len() == 24 && chi < 49.7, "{} orders, chi squared {chi}", counts.len());
    }

    #[test]
    fn the_last_batch_may_be_short() {
        let order = |rows, batch_size| BatchOrder { rows, batch_size, shuffle: Shuffle::None };
        assert_eq!([order(160, 10), order(161, 10), order(5, 5), order(1, 1)].map(|order| order.batches()), [16, 17, 1, 1]);
    }
}
