//! Counts and quantiles over runs.

use super::view::View;
use crate::model::Verdict;

/// How many verdicts there are.
pub const VERDICTS: usize = Verdict::ALL.len();

/// Runs by verdict, in the order of [`Verdict::ALL`].
pub fn verdicts(view: &View<'_>, rows: &[usize]) -> [u64; VERDICTS] {
    Verdict::ALL.map(|verdict| rows.iter().filter(|&&row| view.runs.verdict[row] == verdict).count() as u64)
}

/// `18 converged, 3 diverged`: the largest first, those without a run left out.
pub fn in_words(verdicts: &[u64; VERDICTS]) -> String {
    let mut counted: Vec<(u64, &str)> = verdicts.iter().zip(Verdict::ALL).map(|(&count, verdict)| (count, verdict.name())).collect();
    counted.retain(|(count, _)| *count > 0);
    counted.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    counted.iter().map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

/// What became of some runs in a word or two: `slow`, `3 of 5 converged`.
pub fn verdict(view: &View<'_>, rows: &[usize]) -> String {
    if let [only] = rows {
        return view.verdict(*only);
    }
    let counts = verdicts(view, rows);
    let Some(most) = (0..counts.len()).rev().max_by_key(|&index| counts[index]) else { return String::new() };
    let name = Verdict::ALL[most].name();
    if counts[most] == rows.len() as u64 { name.into() } else { format!("{} of {} {name}", counts[most], rows.len()) }
}

/// The quantile `share` (0 to 1), linear between neighbours; `None` for no values, or where a diverged run's infinity has a part in it.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = share * sorted.len().checked_sub(1)? as f64;
    let (low, rest) = (libm::floor(position), position - libm::floor(position));
    let (below, above) = (sorted[low as usize], sorted[libm::ceil(position) as usize]);
    let value = if rest == 0.0 { below } else { below + (above - below) * rest };
    value.is_finite().then_some(value)
}

/// 10 %, 50 % and 90 %.
pub fn band(values: &[f64]) -> [Option<f64>; 3] {
    [0.1, 0.5, 0.9].map(|share| quantile(values, share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_linear_and_infinity_has_none() {
        let values = [4.0, 1.0, 3.0, 2.0, 5.0];
        assert_eq!(band(&values).map(Option::unwrap), [1.4, 3.0, 4.6]);
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(band(&[1.0, 2.0, f64::INFINITY]), [Some(1.2), Some(2.0), None]);
    }
}
