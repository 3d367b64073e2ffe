//! Replay: a run is a function of the config and its number, so a backend can compute its path again.

use super::errors::Error;
use super::plan::Plan;
use super::problems::Problems;
use crate::backend::{Backend, Outcome, RecordOptions};
use crate::config::Experiment;
use crate::model::Path;

/// The paths of some runs, in the given order, with a point after every update. A backend gives the same bits here as in the sweep.
///
/// # Errors
///
/// If the sweep has no run of that number, or the backend fails.
pub fn replay(experiment: &Experiment, problems: &Problems, backend: &dyn Backend, runs: &[u64]) -> Result<Vec<Path>, Error> {
    let count = experiment.space.len();
    if let Some(&run) = runs.iter().find(|&&run| run >= count) {
        return Err(Error::NoSuchRun { run, last: count.saturating_sub(1) });
    }
    let mut ascending = runs.to_vec();
    ascending.sort_unstable();
    ascending.dedup();
    let plan = Plan::new(experiment, problems, ascending.iter().copied())?;
    let mut outcomes = vec![Outcome::default(); plan.groups.len()];
    backend.train(&plan.groups(problems, RecordOptions { every: 1, epochs: true }), &mut outcomes)?;
    let mut paths = vec![Path::default(); ascending.len()];
    for (group, outcome) in plan.groups.iter().zip(&outcomes) {
        for (lane, &position) in group.members.iter().enumerate() {
            paths[position as usize] = outcome.path(lane).unwrap_or_default();
        }
    }
    let position = |run: &u64| ascending.binary_search(run).unwrap_or_default();
    Ok(runs.iter().map(|run| paths[position(run)].clone()).collect())
}
