//! The training of a small sweep in memory.

use super::errors::Error;
use super::plan::Plan;
use super::problems::Problems;
use super::run_table::{final_metrics, run_table};
use crate::backend::{Backend, Outcome, RecordOptions};
use crate::config::Experiment;
use crate::table::RunTable;

/// Trains every run of an experiment at once, without a run directory, and returns its rows.
///
/// # Errors
///
/// If the backend fails, or if `problems` belong to another experiment.
pub fn trained(experiment: &Experiment, problems: &Problems, backend: &dyn Backend) -> Result<RunTable, Error> {
    let plan = Plan::of_range(experiment, problems, 0..experiment.space.len())?;
    let mut outcomes = vec![Outcome::default(); plan.groups.len()];
    backend.train(&plan.groups(problems, RecordOptions { every: 0, epochs: false }), &mut outcomes)?;
    let metrics = final_metrics(&plan, problems, &outcomes, backend)?;
    Ok(run_table(experiment, problems, &plan, &outcomes, &metrics))
}
