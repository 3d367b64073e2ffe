//! Comparison of a backend's results with the float64 reference.
//!
//! Training is chaotic at large learning rates: a change of one ulp in the start changes the final parameters even in float64. Only runs
//! whose reference result is insensitive to such a change are compared.

use std::collections::HashMap;

use crate::backend::{Backend, Group, Outcome, RecordOptions, RunInputs, reference::Reference};
use crate::config::Experiment;
use crate::sweep::{Error, Plan, Problems};

/// The largest deviation that counts as agreement, relative to max(1, |value|). After 160 updates float32 deviates by about 1e-6 on a CPU. A
/// GPU may contract operations, and its division is less accurate.
pub const TOLERANCE: f64 = 1e-4;

/// A run is insensitive if a change of one ulp in its start changes its final parameters by less than this.
const INSENSITIVE: f64 = 1e-5;

/// Final parameters of the insensitive runs of a sample, computed in float64 and rounded to float32.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Final (weight, bias) by run number.
    ends: HashMap<u64, [f32; 2]>,
}

impl Expected {
    /// Trains `runs` twice with the reference, from their starts and from starts one ulp away.
    pub fn new(experiment: &Experiment, problems: &Problems, runs: &[u64]) -> Result<Self, Error> {
        let plan = Plan::new(experiment, problems, runs.iter().copied())?;
        let groups = plan.groups(problems, RecordOptions { every: 0, epochs: false });
        let nudged: Vec<RunInputs> = plan.groups.iter().map(|group| nudge(&group.inputs)).collect();
        let nudged_groups: Vec<Group<'_>> = groups.iter().zip(&nudged).map(|(group, inputs)| Group { inputs, ..*group }).collect();
        let mut outcomes = [vec![Outcome::default(); groups.len()], vec![Outcome::default(); groups.len()]];
        Reference.train(&groups, &mut outcomes[0])?;
        Reference.train(&nudged_groups, &mut outcomes[1])?;
        let nudged_ends: HashMap<u64, [f32; 2]> = ends(&plan, &outcomes[1]).collect();
        let ends = ends(&plan, &outcomes[0]).filter(|(run, end)| distance(*end, nudged_ends[run]) < INSENSITIVE).collect();
        Ok(Self { ends })
    }

    /// The number of insensitive runs.
    pub fn insensitive(&self) -> usize {
        self.ends.len()
    }

    /// The largest deviation over the insensitive runs in a plan; infinite if the plan has none of them.
    pub fn deviation(&self, plan: &Plan, outcomes: &[Outcome]) -> f64 {
        let compared = ends(plan, outcomes).filter_map(|(run, end)| Some(distance(end, *self.ends.get(&run)?)));
        compared.reduce(f64::max).unwrap_or(f64::INFINITY)
    }
}

/// The inputs with each start moved up by one ulp.
fn nudge(inputs: &RunInputs) -> RunInputs {
    let mut nudged = inputs.clone();
    for start in [&mut nudged.initial_weight, &mut nudged.initial_bias] {
        start.for_each_mut(|value| *value = value.next_up());
    }
    nudged
}

/// Run number and final (weight, bias) of every run of a plan.
fn ends<'a>(plan: &'a Plan, outcomes: &'a [Outcome]) -> impl Iterator<Item = (u64, [f32; 2])> + 'a {
    plan.groups.iter().zip(outcomes).flat_map(move |(group, outcome)| {
        let end = |lane: usize| [outcome.weight[lane], outcome.bias[lane]];
        group.members.iter().enumerate().map(move |(lane, &row)| (plan.runs[row as usize], end(lane)))
    })
}

/// The larger relative difference of the two parameters; infinite for NaN.
fn distance(a: [f32; 2], b: [f32; 2]) -> f64 {
    let relative = |a: f32, b: f32| (f64::from(a) - f64::from(b)).abs() / f64::from(b).abs().max(1.0);
    let distance = relative(a[0], b[0]).max(relative(a[1], b[1]));
    if distance.is_nan() { f64::INFINITY } else { distance }
}
