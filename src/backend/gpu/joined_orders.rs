//! Groups that differ only in their batch order, joined into one. A sweep over seeds has thousands of such groups with a few runs each; trained one by
//! one, each would need dispatches of its own.

use std::ops::Range;

use rayon::prelude::*;

use crate::backend::{EpochSeries, Group, Outcome, RunInputs};
use crate::kernel::FactorInputs;

/// The most groups that are joined. It bounds the lists on the host.
const MAX_JOINED: usize = 1 << 14;

/// How many of the latest joined groups a group is compared with.
const COMPARED: usize = 16;

/// A group as it is trained.
#[derive(Clone, Copy, Debug)]
pub struct TrainingGroup<'g> {
    /// The group, or the runs of all joined groups with the other fields of the first.
    pub group: &'g Group<'g>,
    /// The groups that were joined; empty for a single group.
    pub members: &'g [Group<'g>],
}

impl TrainingGroup<'_> {
    pub fn is_joined(&self) -> bool {
        !self.members.is_empty()
    }
}

/// Partitions group indices into sets that can be trained as one; `max_orders` is the most batch orders like a group's that fit the device.
pub fn partition(groups: &[Group<'_>], max_orders: impl Fn(&Group<'_>) -> usize) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let max = max_orders(group).min(MAX_JOINED);
        let fits = |set: &&mut Vec<usize>| set.len() < max && can_join(&groups[set[0]], group);
        match sets.iter_mut().rev().take(COMPARED).find(fits) {
            Some(set) => set.push(index),
            None => sets.push(vec![index]),
        }
    }
    sets
}

/// Whether two groups can be joined: all values that a dispatch has once are equal.
fn can_join(one: &Group<'_>, other: &Group<'_>) -> bool {
    let factor_inputs = [one, other].map(|group| group.inputs.factor_inputs.shared_value().map(FactorInputs::key));
    std::ptr::eq(one.problem, other.problem)
        && (one.order.rows, one.order.batch_size, one.epochs) == (other.order.rows, other.order.batch_size, other.epochs)
        && (one.variant, one.options, one.record) == (other.variant, other.options, other.record)
        && !one.order.repeats_every_epoch()
        && !other.order.repeats_every_epoch()
        && factor_inputs[0].is_some()
        && factor_inputs[0] == factor_inputs[1]
}

/// The runs of some groups, group by group.
pub fn merged_inputs(groups: &[Group<'_>], members: &[usize]) -> RunInputs {
    let mut inputs = RunInputs::default();
    for &member in members {
        inputs.append(groups[member].inputs.clone());
    }
    inputs
}

/// Copies the results of joined groups into the outcome of each group.
pub fn scatter(joined: &Outcome, groups: &[Group<'_>], members: &[usize], outcomes: &mut [Outcome]) {
    let mut first_runs = vec![None; outcomes.len()];
    let mut first = 0;
    for &member in members {
        first_runs[member] = Some(first);
        first += groups[member].inputs.len();
    }
    outcomes.par_iter_mut().zip(groups).zip(first_runs).for_each(|((own, group), first)| {
        let Some(first) = first else { return };
        let runs = first..first + group.inputs.len();
        own.prepare(group);
        for (lane, run) in runs.clone().enumerate() {
            own.set_run(lane, [joined.weight[run], joined.bias[run]], &joined.statistics(run));
        }
        if let Some((own, joined)) = own.history.as_mut().zip(joined.history.as_ref()) {
            for (lane, run) in runs.clone().enumerate() {
                for point in 0..joined.blocks.rows {
                    let (to, from) = (own.blocks.index(lane, point), joined.blocks.index(run, point));
                    (own.weight[to], own.bias[to]) = (joined.weight[from], joined.bias[from]);
                }
            }
        }
        if let Some((own, joined)) = own.epochs.as_mut().zip(joined.epochs.as_ref()) {
            scatter_series(joined, runs, own);
        }
    });
}

/// Copies the epoch series of some runs of joined groups into those of one group.
fn scatter_series(joined: &EpochSeries, runs: Range<usize>, own: &mut EpochSeries) {
    let columns = [
        (&joined.loss, &mut own.loss),
        (&joined.mae, &mut own.mae),
        (&joined.val_loss, &mut own.val_loss),
        (&joined.val_mae, &mut own.val_mae),
    ];
    for (from, to) in columns.into_iter().filter(|(from, _)| !from.is_empty()) {
        for (lane, run) in runs.clone().enumerate() {
            for epoch in 0..joined.blocks.rows {
                to[own.blocks.index(lane, epoch)] = from[joined.blocks.index(run, epoch)];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::RecordOptions;
    use crate::config::{self, ConfigSource, DataLocation};
    use crate::sweep::{Plan, Problems};

    /// Three optimizers, 30 seeds, and three learning rates per group.
    const SWEEP: &str = r#"
[data]
path = "rows.csv"
feature = "x"
target = "y"
[sweep.parameters]
optimizer = ["sgd", "rmsprop", "adam"]
learning_rate = [1e-3, 1e-1, 1e1]
"training.seed" = { min = 0, max = 29, count = 30 }
"#;

    #[test]
    fn groups_that_differ_in_their_seed_are_joined() {
        let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Bytes(b"x,y\n0,1\n1,3\n2,4\n") };
        let experiment = config::load_text(SWEEP, &source, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let problems = Problems::new(&experiment).unwrap();
        let plan = Plan::new(&experiment, &problems, 0..experiment.space.len()).unwrap();
        let groups = plan.groups(&problems, RecordOptions { every: 3, epochs: true });
        assert_eq!(groups.len(), 90);
        assert_eq!(partition(&groups, |_| 10).iter().map(Vec::len).collect::<Vec<_>>(), [10; 9]);
        assert_eq!(partition(&groups, |_| 100).len(), 3);
    }
}
