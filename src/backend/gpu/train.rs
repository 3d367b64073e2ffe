//! Training of groups: joins groups that differ only in their batch order, and divides each group into run batches that fit the device's buffers.

use std::collections::HashSet;

use super::batch_source::max_joined_orders;
use super::context::Context;
use super::error::Error;
use super::in_flight::InFlight;
use super::joined_orders::{self, TrainingGroup};
use super::results::TrainingResults;
use super::run_batch::RunBatch;
use super::step_inputs::has_step_inputs;
use super::train_pipelines::TrainPipelines;
use crate::backend::batches::WINDOW_STEPS;
use crate::backend::outcome::{BlockLayout, NEVER};
use crate::backend::{Group, Outcome};
use crate::kernel::layout::{INPUT_COLUMNS, STATE_COLUMNS, STEP_INPUTS};

/// Updates between two recorded points from which the readback of histories takes less time than training. Such groups are not divided further for
/// their histories, because small run batches can leave cores of the device idle.
const SPARSE_INTERVAL: u64 = 8;

/// The most runs of a run batch.
const MAX_RUNS: u64 = 1 << 22;

/// Trains groups and writes their results into `outcomes`, one per group.
pub fn train(context: &mut Context, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<(), Error> {
    let mut joined = Outcome::default();
    for members in joined_orders::partition(groups, |group| max_joined_orders(context, group)) {
        if let [only] = members[..] {
            train_group(context, TrainingGroup { group: &groups[only], members: &[] }, &mut outcomes[only])?;
            continue;
        }
        let inputs = joined_orders::merged_inputs(groups, &members);
        let group = Group { inputs: &inputs, ..groups[members[0]] };
        let member_groups: Vec<Group<'_>> = members.iter().map(|&member| groups[member]).collect();
        train_group(context, TrainingGroup { group: &group, members: &member_groups }, &mut joined)?;
        joined_orders::scatter(&joined, groups, &members, outcomes);
    }
    Ok(())
}

/// Trains a group, one run batch after the other. The results of a run batch are read back while the next one trains.
fn train_group(context: &mut Context, training: TrainingGroup<'_>, outcome: &mut Outcome) -> Result<(), Error> {
    let group = training.group;
    outcome.prepare(group);
    let pipelines = TrainPipelines::new(context, training);
    let steps = group.steps();
    if steps >= u64::from(NEVER) || group.epochs > u64::from(NEVER) {
        return Err(Error::TooLong { steps });
    }
    let max_runs = max_runs_in_buffers(context, group, outcome)?;
    let mut in_flight = InFlight::new();
    let mut unread: Option<TrainingResults> = None;
    let mut first = 0;
    while first < group.inputs.len() {
        let fitting = max_runs.min(group.inputs.len() - first);
        let end = first + runs_with_fitting_tables(context, group, first, fitting);
        let results = RunBatch::new(context, training, &pipelines, outcome, first..end).train(&mut in_flight, outcome)?;
        if let Some(previous) = unread.replace(results) {
            previous.finish(context, group, outcome)?;
        }
        first = end;
    }
    in_flight.wait(context)?;
    unread.map_or(Ok(()), |last| last.finish(context, group, outcome))
}

/// The most runs of a run batch: limited by the buffers and, if points are recorded often, by the readback; whole blocks of recorded rows.
fn max_runs_in_buffers(context: &Context, group: &Group<'_>, outcome: &Outcome) -> Result<usize, Error> {
    let limit = context.max_binding_size();
    let history_bytes = outcome.history.as_ref().map_or(0, |history| history.blocks.rows as u64 * 8);
    let series_bytes = outcome.epochs.as_ref().map_or(0, |series| series.blocks.rows as u64 * 16);
    let bytes_per_run = history_bytes.max(series_bytes).max(STATE_COLUMNS.max(INPUT_COLUMNS) as u64 * 4);
    let block = (BlockLayout::WIDTH as u64).min(group.inputs.len() as u64).max(1);
    let fitting = limit / bytes_per_run / block * block;
    if fitting == 0 {
        return Err(Error::TooLarge { contents: "recorded points", runs: block, needed: bytes_per_run * block, limit });
    }
    let is_dense = (1..SPARSE_INTERVAL).contains(&group.record.every);
    let target = (context.tuning.recorded_bytes / bytes_per_run).max(context.tuning.min_recorded_runs);
    let target = if is_dense { (target / block).max(1) * block } else { u64::MAX };
    Ok(fitting.min(target).min(MAX_RUNS) as usize)
}

/// How many of the `count` runs from `first` on have step-input tables that fit one buffer: whole blocks of recorded rows, or all.
fn runs_with_fitting_tables(context: &Context, group: &Group<'_>, first: usize, count: usize) -> usize {
    if !has_step_inputs(group) {
        return count;
    }
    let steps = (WINDOW_STEPS.max(group.order.batches()) as u64).min(group.steps());
    let table_bytes = steps * STEP_INPUTS as u64 * 4;
    let max_tables = (context.max_binding_size() / table_bytes).max(1) as usize;
    let mut known = HashSet::new();
    let mut runs = group.inputs.factor_inputs.range(first..first + count);
    let fitting = runs.position(|run| known.insert(run.key()) && known.len() > max_tables);
    fitting.map_or(count, |runs| (runs / BlockLayout::WIDTH).max(1) * BlockLayout::WIDTH).min(count)
}
