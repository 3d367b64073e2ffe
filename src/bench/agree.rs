//! Whether a backend's results are those of the float64 reference.
//!
//! Large rates make a run chaotic: there float64 itself ends elsewhere when it starts an ulp away. A backend is judged on the runs
//! that the reference shows to be insensitive.

use std::collections::HashMap;

use crate::backend::{Backend, Group, Outcome, RecordOptions, RunInputs, reference::Reference};
use crate::config::Experiment;
use crate::sweep::{Error, Plan, Problems};

/// The largest deviation that counts as agreement, relative to max(1, |value|). float32 leaves about 1e-6 of a run of 160 updates; a
/// GPU may contract and divides more coarsely.
pub const TOLERANCE: f64 = 1e-4;

/// A run counts as insensitive where an ulp at the start moves its end by less than this.
const INSENSITIVE: f64 = 1e-5;

/// The ends of some runs in float64.
#[derive(Clone, Debug)]
pub struct Judge {
    /// Weight and bias of the insensitive runs.
    ends: HashMap<u64, [f32; 2]>,
}

impl Judge {
    pub fn new(experiment: &Experiment, problems: &Problems, runs: &[u64]) -> Result<Self, Error> {
        let plan = Plan::new(experiment, problems, runs.iter().copied())?;
        let groups = plan.groups(problems, RecordOptions { every: 0, epochs: false });
        let nudged: Vec<RunInputs> = plan.groups.iter().map(|group| nudge(&group.inputs)).collect();
        let moved: Vec<Group<'_>> = groups.iter().zip(&nudged).map(|(group, inputs)| Group { inputs, ..*group }).collect();
        let mut outcomes = [vec![Outcome::default(); groups.len()], vec![Outcome::default(); groups.len()]];
        Reference.train(&groups, &mut outcomes[0])?;
        Reference.train(&moved, &mut outcomes[1])?;
        let moved: HashMap<u64, [f32; 2]> = ends(&plan, &outcomes[1]).collect();
        let ends = ends(&plan, &outcomes[0]).filter(|(run, end)| distance(*end, moved[run]) < INSENSITIVE).collect();
        Ok(Self { ends })
    }

    pub fn insensitive(&self) -> usize {
        self.ends.len()
    }

    /// The largest deviation of the judged runs of a plan; infinite where none of them was trained.
    pub fn deviation(&self, plan: &Plan, outcomes: &[Outcome]) -> f64 {
        let judged = ends(plan, outcomes).filter_map(|(run, end)| Some(distance(end, *self.ends.get(&run)?)));
        judged.reduce(f64::max).unwrap_or(f64::INFINITY)
    }
}

/// The same starts, an ulp away.
fn nudge(lanes: &RunInputs) -> RunInputs {
    let mut nudged = lanes.clone();
    for start in [&mut nudged.initial_weight, &mut nudged.initial_bias] {
        start.change(|value| *value = value.next_up());
    }
    nudged
}

/// Run number and final weight and bias of every run of a plan.
fn ends<'a>(plan: &'a Plan, outcomes: &'a [Outcome]) -> impl Iterator<Item = (u64, [f32; 2])> + 'a {
    plan.groups.iter().zip(outcomes).flat_map(move |(group, outcome)| {
        let end = |lane: usize| [outcome.weight[lane], outcome.bias[lane]];
        group.members.iter().enumerate().map(move |(lane, &row)| (plan.runs[row as usize], end(lane)))
    })
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f64 {
    let one = |a: f32, b: f32| (f64::from(a) - f64::from(b)).abs() / f64::from(b).abs().max(1.0);
    let distance = one(a[0], b[0]).max(one(a[1], b[1]));
    if distance.is_nan() { f64::INFINITY } else { distance }
}
