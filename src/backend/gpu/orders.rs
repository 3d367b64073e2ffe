//! Groups that differ in the order of their batches alone, joined to one: a sweep over seeds has thousands of them with a few runs each,
//! and each would keep the device waiting for its own dispatches.

use std::ops::Range;

use crate::backend::{EpochSeries, Group, Outcome, RunInputs};
use crate::kernel::FactorInputs;

/// The most groups that are joined, whatever fits the device: the host goes through their lists.
const MOST: usize = 1 << 14;

/// How many of the last beginnings a group is compared with.
const LOOKED_AT: usize = 16;

/// Groups by number, those together that are trained as one; `bound` says how many like one fit the device.
pub fn together(groups: &[Group<'_>], bound: impl Fn(&Group<'_>) -> usize) -> Vec<Vec<usize>> {
    let mut joined: Vec<Vec<usize>> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let most = bound(group).min(MOST);
        let fits = |others: &&mut Vec<usize>| others.len() < most && joins(&groups[others[0]], group);
        match joined.iter_mut().rev().take(LOOKED_AT).find(fits) {
            Some(others) => others.push(number),
            None => joined.push(vec![number]),
        }
    }
    joined
}

/// Whether two groups can be one: all that a dispatch has once is the same for both.
fn joins(one: &Group<'_>, other: &Group<'_>) -> bool {
    let timings = [one, other].map(|group| group.inputs.factor_inputs.only().map(FactorInputs::key));
    std::ptr::eq(one.problem, other.problem)
        && (one.order.rows, one.order.batch_size, one.epochs) == (other.order.rows, other.order.batch_size, other.epochs)
        && (one.variant, one.options, one.record) == (other.variant, other.options, other.record)
        && !one.order.repeats_every_epoch()
        && !other.order.repeats_every_epoch()
        && timings[0].is_some()
        && timings[0] == timings[1]
}

/// The runs of some groups, group by group.
pub fn merged(groups: &[Group<'_>], members: &[usize]) -> RunInputs {
    let mut lanes = RunInputs::default();
    for &member in members {
        lanes.append(groups[member].inputs.clone());
    }
    lanes
}

/// Gives each group what is its own of a joint outcome.
pub fn scatter(joint: &Outcome, groups: &[Group<'_>], members: &[usize], outcomes: &mut [Outcome]) {
    let mut first = 0;
    for &member in members {
        let (group, own) = (&groups[member], &mut outcomes[member]);
        let runs = first..first + group.inputs.len();
        own.prepare(group);
        for (lane, run) in runs.clone().enumerate() {
            own.end(lane, [joint.weight[run], joint.bias[run]], &joint.figures(run));
        }
        if let Some((own, joint)) = own.history.as_mut().zip(joint.history.as_ref()) {
            for (lane, run) in runs.clone().enumerate() {
                for point in 0..joint.blocks.rows {
                    let (to, from) = (own.blocks.index(lane, point), joint.blocks.index(run, point));
                    (own.weight[to], own.bias[to]) = (joint.weight[from], joint.bias[from]);
                }
            }
        }
        if let Some((own, joint)) = own.epochs.as_mut().zip(joint.epochs.as_ref()) {
            scatter_series(joint, runs.clone(), own);
        }
        first = runs.end;
    }
}

/// Gives a group its rows of joint series.
fn scatter_series(joint: &EpochSeries, runs: Range<usize>, own: &mut EpochSeries) {
    let columns = [
        (&joint.loss, &mut own.loss),
        (&joint.mae, &mut own.mae),
        (&joint.val_loss, &mut own.val_loss),
        (&joint.val_mae, &mut own.val_mae),
    ];
    for (from, to) in columns.into_iter().filter(|(from, _)| !from.is_empty()) {
        for (lane, run) in runs.clone().enumerate() {
            for epoch in 0..joint.blocks.rows {
                to[own.blocks.index(lane, epoch)] = from[joint.blocks.index(run, epoch)];
            }
        }
    }
}
