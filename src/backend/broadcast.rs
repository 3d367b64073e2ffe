//! A value of each run of a group, kept once while all runs have the same.
//!
//! In most sweeps one or two numbers vary and a dozen do not: a column of each would be written by the plan, and read by the backend, for
//! nothing.

use crate::kernel::FactorInputs;
use crate::kernel::options::OptionValues;

/// The bit of a float32 that is its sign.
const SIGN: u32 = 1 << 31;

/// What can be told apart to the bit.
pub trait BitEq {
    /// Whether two values have the same bits.
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

/// See the module. It does not know how many runs share a single value.
#[derive(Clone, Debug, PartialEq)]
pub struct Broadcast<T>(Vec<T>);

impl<T> Default for Broadcast<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone + BitEq> Broadcast<T> {
    /// Adds the value of the run behind `runs` others.
    pub fn push(&mut self, runs: usize, value: &T) {
        if !self.shared_value().is_some_and(|only| only.bit_eq(value)) {
            self.expand(runs);
            self.0.push(value.clone());
        }
    }

    /// Adds the value of the last run for `more` others.
    pub fn repeat_last(&mut self, more: usize) {
        if let [_, .., last] = &self.0[..] {
            let last = last.clone();
            self.0.resize(self.0.len() + more, last);
        }
    }

    /// Adds the values of `more` runs behind `runs` others.
    pub fn append(&mut self, runs: usize, mut others: Self, more: usize) {
        match (self.shared_value(), others.shared_value()) {
            (Some(only), Some(other)) if only.bit_eq(other) => {}
            _ if runs == 0 => *self = others,
            _ => {
                self.expand(runs);
                others.expand(more);
                self.0.append(&mut others.0);
            }
        }
    }

    /// A value for each of `runs` runs.
    fn expand(&mut self, runs: usize) {
        if let [only] = &self.0[..] {
            let only = only.clone();
            self.0.resize(runs, only);
        }
    }

    /// The value of a run, which there is.
    pub fn of(&self, run: usize) -> &T {
        if let [only] = &self.0[..] { only } else { &self.0[run] }
    }

    /// The value that all runs have; `None` where they differ, or where there are none.
    pub fn shared_value(&self) -> Option<&T> {
        if let [only] = &self.0[..] { Some(only) } else { None }
    }

    /// The values of some runs.
    pub fn range(&self, runs: std::ops::Range<usize>) -> impl Iterator<Item = &T> {
        runs.map(|run| self.of(run))
    }

    /// A value for each of `runs` runs.
    pub fn to_vec(&self, runs: usize) -> Vec<T> {
        if let [only] = &self.0[..] { vec![only.clone(); runs] } else { self.0.clone() }
    }

    /// Changes the values; each of them, or the one that all share.
    pub fn for_each_mut(&mut self, update: impl Fn(&mut T)) {
        self.0.iter_mut().for_each(update);
    }
}

impl Broadcast<f32> {
    /// The largest magnitude of a value.
    pub fn largest(&self) -> f32 {
        // Without their signs the bits of numbers are in their order, and integers are compared many at a time.
        let mut largest = 0;
        for value in &self.0 {
            let bits = value.to_bits() & !SIGN;
            largest = if bits > largest { bits } else { largest };
        }
        f32::from_bits(largest)
    }

    /// Writes the values of the runs from `first` on into `column`.
    pub fn fill(&self, first: usize, column: &mut [f32]) {
        match &self.0[..] {
            [only] => column.fill(*only),
            values => column.copy_from_slice(&values[first..first + column.len()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Few values, so that runs of equal ones are common; 0 and −0 are two.
    fn value() -> impl Strategy<Value = f32> {
        prop_oneof![Just(0.0_f32), Just(-0.0), Just(1.5)]
    }

    proptest! {
        #[test]
        fn it_holds_what_was_put_in(values in prop::collection::vec(value(), 0..9), cut in 0..9_usize) {
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
            let mut parted = filled(&values[..cut]);
            parted.append(cut, filled(&values[cut..]), values.len() - cut);
            let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            for column in [filled(&values), parted] {
                let mut read = vec![7.0; values.len()];
                column.fill(0, &mut read);
                prop_assert_eq!(bits(&read), bits(&values));
                let one_by_one: Vec<f32> = column.range(0..values.len()).copied().collect();
                prop_assert_eq!(bits(&one_by_one), bits(&values));
            }
        }
    }
}
