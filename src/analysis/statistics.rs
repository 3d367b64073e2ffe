//! Counts and quantiles over runs.

use super::runs::Runs;
use crate::model::Verdict;
use crate::text;

/// Number of verdicts.
pub const VERDICTS: usize = Verdict::ALL.len();

/// The number of runs with each verdict, in the order of [`Verdict::ALL`].
pub fn verdict_counts(runs: &Runs<'_>, rows: &[usize]) -> [u64; VERDICTS] {
    Verdict::ALL.map(|verdict| rows.iter().filter(|&&row| runs.table.verdict[row] == verdict).count() as u64)
}

/// Verdict counts in words, most frequent first: `18 converged, 3 diverged`.
pub fn in_words(counts: &[u64; VERDICTS]) -> String {
    let mut counted: Vec<(u64, &str)> = counts.iter().zip(Verdict::ALL).map(|(&count, verdict)| (count, verdict.name())).collect();
    counted.retain(|(count, _)| *count > 0);
    counted.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    counted.iter().map(|(count, name)| format!("{} {name}", text::grouped(*count))).collect::<Vec<_>>().join(", ")
}

/// The most frequent verdict of some runs in words: `slow`, or `3 of 5 converged`.
pub fn most_frequent_verdict(runs: &Runs<'_>, rows: &[usize]) -> String {
    if let [only] = rows {
        return runs.verdict(*only);
    }
    most_frequent_in_words(&verdict_counts(runs, rows))
}

/// The most frequent verdict in words: `slow`, or `3 of 5 converged`.
pub fn most_frequent_in_words(counts: &[u64; VERDICTS]) -> String {
    let (count, all, name) = (counts.iter().max().copied().unwrap_or(0), counts.iter().sum::<u64>(), most_frequent(counts).name());
    if count == all { name.into() } else { format!("{} of {} {name}", text::grouped(count), text::grouped(all)) }
}

/// The most frequent verdict; the first of equals.
pub fn most_frequent(counts: &[u64; VERDICTS]) -> Verdict {
    Verdict::ALL[(0..VERDICTS).rev().max_by_key(|&index| counts[index]).unwrap_or(0)]
}

/// The quantile at `probability` with linear interpolation. `None` without values, or if it depends on an infinite value, which stands for
/// a diverged run.
pub fn quantile(values: &[f64], probability: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = probability * sorted.len().checked_sub(1)? as f64;
    let (low, rest) = (libm::floor(position), position - libm::floor(position));
    let (below, above) = (sorted[low as usize], sorted[libm::ceil(position) as usize]);
    let value = if rest == 0.0 { below } else { below + (above - below) * rest };
    value.is_finite().then_some(value)
}

/// The 10 %, 50 % and 90 % quantiles.
pub fn quantiles(values: &[f64]) -> [Option<f64>; 3] {
    [0.1, 0.5, 0.9].map(|probability| quantile(values, probability))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_and_are_unknown_at_infinity() {
        let values = [4.0, 1.0, 3.0, 2.0, 5.0];
        assert_eq!(quantiles(&values).map(Option::unwrap), [1.4, 3.0, 4.6]);
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantiles(&[1.0, 2.0, f64::INFINITY]), [Some(1.2), Some(2.0), None]);
    }
}
