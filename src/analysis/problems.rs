//! The problems of a sweep in figures: one figure or panel per problem.

use super::runs::Runs;

/// The largest number of problems that get a figure or panel of their own.
pub const SHOWN: usize = 4;

/// The rows of each shown problem. Of more than [`SHOWN`] problems the ones with distinct scales come first.
pub fn by_problem(runs: &Runs<'_>, rows: &[usize]) -> Vec<Vec<usize>> {
    let mut ids = distinct(rows.iter().map(|&row| runs.table.problem[row]).collect());
    ids.sort_by_key(|&id| {
        let scale = runs.problems[id as usize].scale;
        runs.problems[..id as usize].iter().filter(|other| other.scale == scale).count()
    });
    ids.truncate(SHOWN);
    ids.into_iter().map(|id| rows.iter().copied().filter(|&row| runs.table.problem[row] == id).collect()).collect()
}

/// The number of problems that the runs of a sweep belong to.
pub fn count(runs: &Runs<'_>) -> usize {
    distinct(runs.table.problem.clone()).len()
}

/// Sorts problem numbers and removes duplicates.
fn distinct(mut ids: Vec<u32>) -> Vec<u32> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The problem of a run in words: `data.scale standard`, with the seed of the split if the sweep has several seeds.
pub fn problem_name(runs: &Runs<'_>, row: usize) -> String {
    let seed = split_seed(runs, row).map_or_else(String::new, |seed| format!(", split {seed}"));
    format!("data.scale {}{seed}", runs.problem(row).scale)
}

/// The problem of a run as a part of a file name.
pub fn file_stem(runs: &Runs<'_>, row: usize) -> String {
    let seed = split_seed(runs, row).map_or_else(String::new, |seed| format!("-split-{seed}"));
    format!("{}{seed}", runs.problem(row).scale)
}

/// The seed of a run's split; `None` unless other problems have the same scale.
fn split_seed(runs: &Runs<'_>, row: usize) -> Option<u32> {
    let problem = runs.problem(row);
    let is_ambiguous = runs.problems.iter().any(|other| other.scale == problem.scale && other.id != problem.id);
    problem.split_seed.filter(|_| is_ambiguous)
}
