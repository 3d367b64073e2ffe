//! A per-run column that is stored as one value while all runs are equal.
//!
//! In most sweeps one or two hyperparameters vary and a dozen are constant. A full column for each of them would shared cost memory traffic.

use crate::kernel::FactorInputs;
use crate::kernel::options::OptionValues;

/// The sign bit of a float32.
const SIGN: u32 = 1 << 31;

/// Equality of bit patterns, which distinguishes 0 from −0.
pub trait BitEq {
    /// Whether two values have identical bits.
    fn bit_eq(&self, other: &Self) -> bool;
}

impl BitEq for f32 {
    fn bit_eq(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

impl BitEq for u32 {
    fn bit_eq(&self, other: &Self) -> bool {
        self == other
    }
}

impl BitEq for OptionValues<f32> {
    fn bit_eq(&self, other: &Self) -> bool {
        self.iter().zip(other).all(|(own, other)| own.bit_eq(other))
    }
}

impl BitEq for FactorInputs {
    fn bit_eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

/// A per-run column that is stored as one value while all runs are equal. The number of runs is stored elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Broadcast<T>(Vec<T>);

impl<T> Default for Broadcast<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone + BitEq> Broadcast<T> {
    /// Appends the value of one run to a column of `runs` runs.
    pub fn push(&mut self, runs: usize, value: &T) {
        if !self.shared_value().is_some_and(|shared| shared.bit_eq(value)) {
            self.expand(runs);
            self.0.push(value.clone());
        }
    }

    /// Appends `more` copies of the last value.
    pub fn repeat_last(&mut self, more: usize) {
        if let [_, .., last] = &self.0[..] {
            let last = last.clone();
            self.0.resize(self.0.len() + more, last);
        }
    }

    /// Appends the column of `more` runs to a column of `runs` runs.
    pub fn append(&mut self, runs: usize, mut others: Self, more: usize) {
        match (self.shared_value(), others.shared_value()) {
            (Some(shared), Some(other)) if shared.bit_eq(other) => {}
            _ if runs == 0 => *self = others,
            _ => {
                self.expand(runs);
                others.expand(more);
                self.0.append(&mut others.0);
            }
        }
    }

    /// Stores one value for each of `runs` runs.
    fn expand(&mut self, runs: usize) {
        if let [shared] = &self.0[..] {
            let shared = shared.clone();
            self.0.resize(runs, shared);
        }
    }

    /// The value of a run. Panics if the run does not exist.
    pub fn of(&self, run: usize) -> &T {
        if let [shared] = &self.0[..] { shared } else { &self.0[run] }
    }

    /// The value that all runs share; `None` if runs differ, or without runs.
    pub fn shared_value(&self) -> Option<&T> {
        if let [shared] = &self.0[..] { Some(shared) } else { None }
    }

    /// The values of a range of runs.
    pub fn range(&self, runs: std::ops::Range<usize>) -> impl Iterator<Item = &T> {
        runs.map(|run| self.of(run))
    }

    /// The column with one value for each of `runs` runs.
    pub fn to_vec(&self, runs: usize) -> Vec<T> {
        if let [shared] = &self.0[..] { vec![shared.clone(); runs] } else { self.0.clone() }
    }

    /// Applies a function to each stored value: one per run, or the shared one.
    pub fn for_each_mut(&mut self, update: impl Fn(&mut T)) {
        self.0.iter_mut().for_each(update);
    }
}

impl Broadcast<f32> {
    /// The largest magnitude of a value.
    pub fn largest(&self) -> f32 {
        // The bits of magnitudes are ordered like the magnitudes, and the compiler vectorises integer comparisons.
        let mut largest = 0;
        for value in &self.0 {
            let bits = value.to_bits() & !SIGN;
            largest = if bits > largest { bits } else { largest };
        }
        f32::from_bits(largest)
    }

    /// Copies the values of the runs `first ..` into `column`.
    pub fn fill(&self, first: usize, column: &mut [f32]) {
        match &self.0[..] {
            [shared] => column.fill(*shared),
            values => column.copy_from_slice(&values[first..first + column.len()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A value out of three, so that equal neighbours are common. 0 and −0 are different values.
    fn value() -> impl Strategy<Value = f32> {
        prop_oneof![Just(0.0_f32), Just(-0.0), Just(1.5)]
    }

    proptest! {
        #[test]
        fn a_column_returns_the_values_that_were_appended(values in prop::collection::vec(value(), 0..9), cut in 0..9_usize) {
            let cut = cut.min(values.len());
            let filled = |values: &[f32]| {
                let mut column = Broadcast::default();
                for (runs, value) in values.iter().enumerate() {
                    match runs.checked_sub(1) {
                        Some(last) if values[last].bit_eq(value) => column.repeat_last(1),
                        _ => column.push(runs, value),
                    }
                }
                column
            };
            let mut joined = filled(&values[..cut]);
            joined.append(cut, filled(&values[cut..]), values.len() - cut);
            let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            for column in [filled(&values), joined] {
                let mut read = vec![7.0; values.len()];
                column.fill(0, &mut read);
                prop_assert_eq!(bits(&read), bits(&values));
                let one_by_one: Vec<f32> = column.range(0..values.len()).copied().collect();
                prop_assert_eq!(bits(&one_by_one), bits(&values));
            }
        }
    }
}
