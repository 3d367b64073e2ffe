//! The comparison of backends on this machine: results first, then speed. No speed is given for a result that differs.
//!
//! It measures what `Backend::train` takes and knows no files. A figure is a median with its spread; absolute times mean little
//! from one machine to the next, ratios within a table do.

mod agree;
mod clock;
mod picture;
mod shares;
mod sizes;

use std::cell::OnceCell;
use std::time::Instant;

use serde::Serialize;

use crate::backend::{Backend, Description, Error, Group, Limits, Outcome, RecordOptions, reference::Reference};
use crate::config::Experiment;
use crate::sweep::{self, Plan, Problems};

pub use agree::{Judge, TOLERANCE};
pub use picture::{picture, verdict};
pub use sizes::{Curve, Point, Sizes};

/// The sweep that is measured when nobody names another: RMSprop on standardised data, where no run is chaotic at small rates.
pub const BUILT_IN: &str = include_str!("bench.toml");

/// Runs of which the float64 reference, which is slow, takes a sample.
const REFERENCE_RUNS: u64 = 512;

/// The most runs that are measured: what is kept of them has to fit into memory.
const MOST_RUNS: u64 = 1 << 18;

/// What takes part: a name, and a way to open it (its cold start).
pub struct Contender<'a> {
    pub name: String,
    pub open: Open<'a>,
    /// The same without what verdicts rest on, where that can be had.
    pub bare: Option<Open<'a>>,
}

/// How a backend is opened.
pub type Open<'a> = Box<dyn Fn() -> Result<Box<dyn Backend>, Error> + 'a>;

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub name: String,
    pub backend: String,
    pub device: String,
    pub detail: String,
    pub software: bool,
    pub history: bool,
    pub runs: u64,
    pub steps: u64,
    /// The largest deviation from the reference over the runs that the reference shows to be insensitive.
    pub deviation: f64,
    pub agrees: bool,
    /// Opening the backend and the first training, together. Seconds.
    pub cold_s: f64,
    /// Of the warm repetitions; nothing where the results differ.
    pub speed: Option<Speed>,
}

/// A median and its spread.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Speed {
    pub median_s: f64,
    pub min_s: f64,
    pub max_s: f64,
    pub runs_per_s: f64,
    pub steps_per_s: f64,
    /// Time that threads ran over time that passed; about the number of threads where nobody else wanted the cores. `None` for a GPU,
    /// and where the system does not say.
    pub cpu_per_wall: Option<f64>,
    /// The speed as a share of the machine's own limit: the √/÷ units or the multiply-adds without histories, filling memory with them.
    pub share_of_limit: Option<f64>,
}

/// A contender that could not take part.
#[derive(Clone, Debug, Serialize)]
pub struct Missing {
    pub name: String,
    pub why: String,
}

/// The whole table.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    pub sweep: String,
    pub runs: u64,
    /// What the machine reached in loops that do nothing else.
    pub limits: Vec<Limit>,
    /// Runs that the reference judged, and those among them that it shows to be insensitive.
    pub judged: usize,
    pub insensitive: usize,
    pub repeats: u32,
    pub tolerance: f64,
    pub lines: Vec<Line>,
    /// What figures beside weights and biases cost.
    pub costs: Vec<Cost>,
    pub missing: Vec<Missing>,
    /// Where it was asked for.
    pub sizes: Option<Sizes>,
}

/// Measures every contender on the sweep's first runs, without and with histories; on request also at every size from one run on.
pub fn measure(experiment: &Experiment, contenders: &[Contender<'_>], repeats: u32, at_sizes: bool) -> Result<Table, sweep::Error> {
    let problems = Problems::new(experiment)?;
    let runs = experiment.space.len().min(MOST_RUNS);
    let sample: Vec<u64> = (0..runs).step_by(runs.div_ceil(REFERENCE_RUNS).max(1) as usize).collect();
    let judge = Judge::new(experiment, &problems, &sample)?;
    let mut table = Table {
        sweep: experiment.name.clone(),
        runs,
        limits: Vec::new(),
        judged: sample.len(),
        insensitive: judge.insensitive(),
        repeats,
        tolerance: TOLERANCE,
        lines: Vec::new(),
        costs: Vec::new(),
        missing: Vec::new(),
        sizes: None,
    };
    let plan = Plan::new(experiment, &problems, sample.iter().copied())?;
    let reference = Contender { name: "reference".into(), open: Box::new(|| Ok(Box::new(Reference))), bare: None };
    let whole = Plan::new(experiment, &problems, 0..runs)?;
    let all = std::iter::once((&reference, &plan)).chain(contenders.iter().map(|contender| (contender, &whole)));
    for (contender, plan) in all {
        let limits = OnceCell::new();
        for every in [0, 1] {
            match line(contender, plan, &problems, every, &judge, repeats, &limits) {
                Ok(line) => table.lines.push(line),
                Err(error) => {
                    table.missing.push(Missing { name: contender.name.clone(), why: error.to_string() });
                    break;
                }
            }
        }
        if takes_part(&table.lines, contender)
            && let Some(bare) = &contender.bare
        {
            table.costs.push(cost(contender, bare, plan, &problems, repeats)?);
        }
        table.limits.extend(limits.into_inner().flatten().map(|limits| Limit { name: contender.name.clone(), limits }));
    }
    if at_sizes {
        let taking_part: Vec<_> = contenders.iter().filter(|contender| takes_part(&table.lines, contender)).collect();
        table.sizes = Some(sizes::sizes(experiment, &problems, &taking_part, runs, repeats)?);
    }
    Ok(table)
}

/// Whether a contender could be measured, and agrees wherever it was.
fn takes_part(lines: &[Line], contender: &Contender<'_>) -> bool {
    let mut own = lines.iter().filter(|line| line.name == contender.name).peekable();
    own.peek().is_some() && own.all(|line| line.agrees)
}

/// What a contender's machine can do at most.
#[derive(Clone, Debug, Serialize)]
pub struct Limit {
    pub name: String,
    #[serde(flatten)]
    pub limits: Limits,
}

/// What a contender's figures cost, as shares of the time without any.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    pub name: String,
    /// Updates a second without any.
    pub bare_steps_per_s: f64,
    /// J at the ends of epochs, and which steps of the last epoch pass the minimum: what verdicts rest on.
    pub verdicts: f64,
    /// Loss and MAE of each epoch beside those, from the rows.
    pub epochs: f64,
}

/// Measures in turns, so that all see the same state of the machine.
fn cost(contender: &Contender<'_>, bare: &Open<'_>, plan: &Plan, problems: &Problems, repeats: u32) -> Result<Cost, Error> {
    let (bare, whole) = (bare()?, (contender.open)()?);
    let [plain, recorded] = [false, true].map(|epochs| plan.groups(problems, RecordOptions { every: 0, epochs }));
    let cases = [(&bare, &plain), (&whole, &plain), (&whole, &recorded)];
    let mut outcomes = vec![vec![Outcome::default(); plain.len()]; cases.len()];
    // The first time makes room for results.
    for ((backend, groups), outcomes) in cases.iter().zip(&mut outcomes) {
        backend.train(groups, outcomes)?;
    }
    let mut samples = Vec::new();
    for ((backend, groups), outcomes) in cases.iter().zip(&mut outcomes) {
        samples.push(Sample::of(backend.as_ref(), groups, outcomes)?);
    }
    let mut seconds: [Vec<f64>; 3] = Default::default();
    for _ in 0..repeats.max(1) {
        for (((backend, groups), sample), (outcomes, seconds)) in cases.iter().zip(&samples).zip(outcomes.iter_mut().zip(&mut seconds)) {
            seconds.push(sample.take(backend.as_ref(), groups, outcomes)?);
        }
    }
    let [bare, verdicts, epochs] = seconds.map(|mut seconds| {
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    });
    let steps: u64 = outcomes[0].iter().flat_map(|outcome| &outcome.steps).sum();
    let name = contender.name.clone();
    Ok(Cost { name, bare_steps_per_s: steps as f64 / bare, verdicts: verdicts / bare - 1.0, epochs: (epochs - verdicts) / bare })
}

/// A line of the table. `limits` are measured behind the first cold start, and kept for the next line.
fn line(
    contender: &Contender<'_>,
    plan: &Plan,
    problems: &Problems,
    every: u64,
    judge: &Judge,
    repeats: u32,
    limits: &OnceCell<Option<Limits>>,
) -> Result<Line, Error> {
    let groups = plan.groups(problems, RecordOptions { every, epochs: false });
    let mut outcomes = vec![Outcome::default(); groups.len()];
    let begun = Instant::now();
    let backend = (contender.open)()?;
    backend.train(&groups, &mut outcomes)?;
    let cold_s = begun.elapsed().as_secs_f64();
    let deviation = judge.deviation(plan, &outcomes);
    let agrees = deviation <= TOLERANCE;
    let steps = outcomes.iter().flat_map(|outcome| &outcome.steps).sum();
    let variant = groups.first().map(|group| group.variant).filter(|first| groups.iter().all(|group| group.variant == *first));
    let known = match limits.get() {
        Some(limits) => *limits,
        None => backend.limits().map(|measured| *limits.get_or_init(|| measured))?,
    };
    let limit = known.zip(variant).and_then(|(limits, variant)| shares::steps_per_s(&limits, variant, every));
    let Description { backend: kind, device, detail, software } = backend.describe();
    let measured =
        if agrees { Some(speed(backend.as_ref(), &groups, &mut outcomes, steps, plan.runs.len() as u64, repeats)?) } else { None };
    let speed = measured.map(|speed| Speed {
        cpu_per_wall: speed.cpu_per_wall.filter(|_| kind == "cpu"),
        share_of_limit: limit.map(|limit| speed.steps_per_s / limit),
        ..speed
    });
    Ok(Line {
        name: contender.name.clone(),
        backend: kind.to_owned(),
        device,
        detail,
        software,
        history: every > 0,
        runs: plan.runs.len() as u64,
        steps,
        deviation,
        agrees,
        cold_s,
        speed,
    })
}

/// The seconds of each repetition, one at least, ascending.
fn repeated(backend: &dyn Backend, groups: &[Group<'_>], outcomes: &mut [Outcome], repeats: u32) -> Result<Vec<f64>, Error> {
    let sample = Sample::of(backend, groups, outcomes)?;
    let seconds = (0..repeats.max(1)).map(|_| sample.take(backend, groups, outcomes));
    let mut seconds = seconds.collect::<Result<Vec<f64>, Error>>()?;
    seconds.sort_by(f64::total_cmp);
    Ok(seconds)
}

/// How often the same is trained for one figure. Threads that were asleep are a few milliseconds late, on some systems all on one core
/// at first: what is over sooner is done again and again.
struct Sample {
    times: u32,
}

impl Sample {
    /// The time that a figure should take, in seconds, and the most that is trained for it.
    const ENOUGH: f64 = 0.03;
    const MOST: f64 = 1000.0;

    /// By the time that once takes.
    fn of(backend: &dyn Backend, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<Self, Error> {
        let once = Self { times: 1 }.take(backend, groups, outcomes)?;
        Ok(Self { times: (Self::ENOUGH / once).clamp(1.0, Self::MOST).ceil() as u32 })
    }

    /// Seconds that once took, on average.
    fn take(&self, backend: &dyn Backend, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<f64, Error> {
        let begun = Instant::now();
        for _ in 0..self.times {
            backend.train(groups, outcomes)?;
        }
        Ok(begun.elapsed().as_secs_f64() / f64::from(self.times))
    }
}

fn speed(
    backend: &dyn Backend,
    groups: &[Group<'_>],
    outcomes: &mut [Outcome],
    steps: u64,
    runs: u64,
    repeats: u32,
) -> Result<Speed, Error> {
    let (begun, ran) = (Instant::now(), clock::cpu_seconds());
    let seconds = repeated(backend, groups, outcomes, repeats)?;
    let passed = begun.elapsed().as_secs_f64();
    let cpu_per_wall = ran.zip(clock::cpu_seconds()).map(|(before, after)| (after - before) / passed);
    let median_s = seconds[seconds.len() / 2];
    Ok(Speed {
        median_s,
        min_s: seconds[0],
        max_s: seconds[seconds.len() - 1],
        runs_per_s: runs as f64 / median_s,
        steps_per_s: steps as f64 / median_s,
        cpu_per_wall,
        share_of_limit: None,
    })
}
