//! Whether sweeps have the same data, so that their costs are comparable.

use super::errors::Error;
use crate::config::Experiment;
use crate::model::Problem;
use crate::text;

/// Checks that the sweeps, each with its name, experiment and problems, have the same training rows and test rows.
///
/// # Errors
///
/// If two sweeps differ; the error has the reason.
pub fn require_same_data(sweeps: &[(&str, &Experiment, &[Problem])]) -> Result<(), Error> {
    for pair in sweeps.windows(2) {
        let [(first, a, of_a), (second, b, of_b)] = pair else { continue };
        let difference = columns(a, b).or_else(|| rows(a, b)).or_else(|| split(of_a, of_b));
        if let Some(reason) = difference {
            return Err(Error::OtherData { first: (*first).to_owned(), second: (*second).to_owned(), reason });
        }
    }
    Ok(())
}

fn columns(a: &Experiment, b: &Experiment) -> Option<String> {
    let [own, other] = [a, b].map(|experiment| [&experiment.data.format.feature, &experiment.data.format.target]);
    (own != other).then(|| format!("one predicts {} from {}, and the other {} from {}", own[1], own[0], other[1], other[0]))
}

fn rows(a: &Experiment, b: &Experiment) -> Option<String> {
    let [own, other] = [&a.dataset, &b.dataset];
    if own.x.len() != other.x.len() {
        let [own, other] = [own.x.len(), other.x.len()].map(|count| text::count(count, "row"));
        return Some(format!("their data have {own} and {other}"));
    }
    let differ = |row: &usize| (own.x[*row], own.y[*row]) != (other.x[*row], other.y[*row]);
    (0..own.x.len()).find(differ).map(|row| format!("their data differ in row {row}"))
}

fn split(a: &[Problem], b: &[Problem]) -> Option<String> {
    let all_in = |some: &[Problem], others: &[Problem]| some.iter().all(|one| others.iter().any(|other| one.split == other.split));
    let is_equal = all_in(a, b) && all_in(b, a);
    (!is_equal).then(|| "their training rows differ: compare data.test_size, train_rows, test_rows and the seeds of the split".to_owned())
}
