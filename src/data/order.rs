//! The order of the training rows in each epoch, and its cut into batches. A portable function of seed and epoch.

use super::generator::{RandomState, Stream, Threefry};

/// What NumPy's `RandomState` is asked for between the split and the first epoch, and thrown away: Keras 2's initializer draws
/// its own seed with `randint(10e6)`.
const INITIALIZER_HIGH: u32 = 10_000_000;

/// How an epoch's order comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shuffle {
    /// As the split left them.
    None,
    /// A fresh permutation each epoch, by the house generator.
    House { seed: u32 },
    /// One `RandomState(seed)` read in order: permutation of all rows (the split's; `all_rows` is 0 where the split draws
    /// nothing), one number, then before each epoch a
    /// shuffle in place of the same index array.
    NumpyLegacy { seed: u32, all_rows: u32 },
}

/// The batches of every epoch of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchOrder {
    /// Training rows.
    pub rows: usize,
    /// Rows a batch, at most `rows`; the last batch of an epoch may be shorter.
    pub batch_size: usize,
    pub shuffle: Shuffle,
}

impl BatchOrder {
    /// Batches an epoch.
    pub fn batches(&self) -> usize {
        self.rows.div_ceil(self.batch_size)
    }

    /// A cursor before the first epoch.
    pub fn epochs(&self) -> Epochs {
        let state = match self.shuffle {
            Shuffle::NumpyLegacy { seed, all_rows } => {
                let mut state = RandomState::new(seed);
                state.permutation(all_rows);
                state.randint(INITIALIZER_HIGH);
                Some(state)
            }
            Shuffle::None | Shuffle::House { .. } => None,
        };
        Epochs { shuffle: self.shuffle, indices: (0..self.rows as u32).collect(), epoch: 0, state }
    }
}

/// Walks through the epochs; each call of `advance` gives the next one's order.
#[derive(Clone, Debug)]
pub struct Epochs {
    shuffle: Shuffle,
    indices: Vec<u32>,
    epoch: u32,
    state: Option<RandomState>,
}

impl Epochs {
    /// The next epoch's order: positions in the training rows.
    pub fn advance(&mut self) -> &[u32] {
        if let Shuffle::House { seed } = self.shuffle {
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
