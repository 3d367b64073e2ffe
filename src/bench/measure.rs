//! The benchmark: every contender without and with histories, compared with the reference and then timed.

use std::cell::OnceCell;
use std::time::Instant;

use super::agreement::{Expected, TOLERANCE};
use super::contender::Contender;
use super::table::{Breakdown, Limit, Line, Missing, Speed, Table};
use super::workload::{Workload, groups, median};
use super::{clock, cost, roofline, sizes};
use crate::backend::{Description, Error, Group, Limits, reference::Reference};
use crate::config::Experiment;
use crate::sweep::{self, Plan, Problems};

/// Runs in the sample that the float64 reference trains; it is about 200 times slower than the CPU backend.
const REFERENCE_RUNS: u64 = 512;

/// The largest number of runs that is measured, because all results are held in memory: without and with histories.
const MAX_RUNS: u64 = 1 << 20;
const MAX_RECORDED_RUNS: u64 = 1 << 18;

/// Options of a benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Repetitions of each measurement; the median is reported.
    pub repeats: u32,
    /// Whether to measure at every size from one run up.
    pub at_sizes: bool,
}

/// Measures every contender on the first runs of a sweep.
///
/// # Errors
///
/// If a backend fails.
pub fn measure(experiment: &Experiment, contenders: &[Contender<'_>], options: Options) -> Result<Table, sweep::Error> {
    let Options { repeats, at_sizes } = options;
    let problems = Problems::new(experiment)?;
    let runs = experiment.space.len().min(MAX_RUNS);
    let sample: Vec<u64> = (0..runs).step_by(runs.div_ceil(REFERENCE_RUNS).max(1) as usize).collect();
    let expected = Expected::new(experiment, &problems, &sample)?;
    let mut table = Table {
        sweep: experiment.name.clone(),
        runs,
        limits: Vec::new(),
        compared: sample.len(),
        insensitive: expected.insensitive(),
        repeats,
        tolerance: TOLERANCE,
        lines: Vec::new(),
        costs: Vec::new(),
        missing: Vec::new(),
        sizes: None,
    };
    let sample_plan = Plan::new(experiment, &problems, sample.iter().copied())?;
    let full_plan = Plan::of_range(experiment, &problems, 0..runs)?;
    let recorded_plan = Plan::of_range(experiment, &problems, 0..runs.min(MAX_RECORDED_RUNS))?;
    let reference = Contender { name: "reference".into(), open: Box::new(|| Ok(Box::new(Reference))), open_without_verdicts: None };
    let bench = Bench { problems: &problems, expected, repeats };
    bench.add(&mut table, &reference, [&sample_plan; 2])?;
    for contender in contenders {
        bench.add(&mut table, contender, [&full_plan, &recorded_plan])?;
    }
    if at_sizes {
        let agreeing: Vec<_> = contenders.iter().filter(|contender| agrees(&table.lines, contender)).collect();
        table.sizes = Some(sizes::Bench { experiment, problems: &problems, repeats }.curves(&agreeing, runs.min(MAX_RECORDED_RUNS))?);
    }
    Ok(table)
}

/// Whether a contender was measured and all its results agree with the reference.
fn agrees(lines: &[Line], contender: &Contender<'_>) -> bool {
    let mut own = lines.iter().filter(|line| line.name == contender.name).peekable();
    own.peek().is_some() && own.all(|line| line.agrees)
}

/// The inputs that all measurements share.
struct Bench<'a> {
    problems: &'a Problems,
    expected: Expected,
    repeats: u32,
}

/// A contender and the runs that it trains.
struct Subject<'a> {
    contender: &'a Contender<'a>,
    /// Without and with histories.
    plans: [&'a Plan; 2],
    /// Measured once, after the first cold start.
    limits: OnceCell<Option<Limits>>,
}

impl Bench<'_> {
    /// Adds a contender's lines, limits and costs to the table, or the reason why it could not be measured.
    fn add(&self, table: &mut Table, contender: &Contender<'_>, plans: [&Plan; 2]) -> Result<(), Error> {
        let subject = Subject { contender, plans, limits: OnceCell::new() };
        for every in [0, 1] {
            match self.line(&subject, every) {
                Ok(line) => table.lines.push(line),
                Err(error) => {
                    table.missing.push(Missing { name: contender.name.clone(), why: error.to_string() });
                    break;
                }
            }
        }
        if agrees(&table.lines, contender)
            && let Some(open_without_verdicts) = &contender.open_without_verdicts
        {
            table.costs.push(cost::cost(contender, open_without_verdicts, plans[0], self.problems, self.repeats)?);
        }
        table.limits.extend(subject.limits.into_inner().flatten().map(|limits| Limit { name: contender.name.clone(), limits }));
        Ok(())
    }

    /// Opens a contender and trains once (the cold start), compares its results, and measures its speed if they agree.
    fn line(&self, subject: &Subject<'_>, every: u64) -> Result<Line, Error> {
        let Subject { contender, plans, limits } = subject;
        let plan = plans[usize::from(every > 0)];
        let groups = groups(plan, self.problems, every);
        let begun = Instant::now();
        let backend = (contender.open)()?;
        let mut workload = Workload::new(backend.as_ref(), &groups);
        workload.train()?;
        let cold_s = begun.elapsed().as_secs_f64();
        let cold_times = backend.take_times();
        let deviation = self.expected.deviation(plan, &workload.outcomes);
        let limits = match limits.get() {
            Some(limits) => *limits,
            None => backend.limits().map(|measured| *limits.get_or_init(|| measured))?,
        };
        let Description { backend: kind, device, detail, software } = backend.describe();
        let runs = plan.runs.len() as u64;
        let mut line = Line {
            name: contender.name.clone(),
            backend: kind.to_owned(),
            device,
            detail,
            software,
            history: every > 0,
            runs,
            steps: workload.steps(),
            deviation,
            agrees: deviation <= TOLERANCE,
            cold_s,
            speed: None,
            breakdown: None,
        };
        if line.agrees {
            // The limits were measured since the last call.
            backend.take_times();
            let begun = Instant::now();
            let speed = self.speed(&mut workload, runs)?;
            let wall = begun.elapsed().as_secs_f64();
            line.breakdown = backend.take_times().zip(cold_times).map(|(times, cold)| Breakdown::new(&times, &cold, wall));
            let limit = limits.and_then(|limits| limit(&limits, &groups, every));
            line.speed = Some(Speed {
                cpu_per_wall: speed.cpu_per_wall.filter(|_| kind == "cpu"),
                share_of_limit: limit.map(|limit| speed.steps_per_s / limit),
                ..speed
            });
        }
        Ok(line)
    }

    /// The speed of warm trainings.
    fn speed(&self, workload: &mut Workload<'_>, runs: u64) -> Result<Speed, Error> {
        let (begun, cpu_before) = (Instant::now(), clock::cpu_seconds());
        let seconds = workload.measure_repeatedly(self.repeats)?;
        let wall = begun.elapsed().as_secs_f64();
        let cpu_per_wall = cpu_before.zip(clock::cpu_seconds()).map(|(before, after)| (after - before) / wall);
        let median_s = median(&seconds);
        Ok(Speed {
            median_s,
            min_s: seconds[0],
            max_s: seconds[seconds.len() - 1],
            runs_per_s: runs as f64 / median_s,
            steps_per_s: workload.steps() as f64 / median_s,
            cpu_per_wall,
            share_of_limit: None,
        })
    }
}

/// The limit of steps a second, if all groups have one rule and its limit is known.
fn limit(limits: &Limits, groups: &[Group<'_>], every: u64) -> Option<f64> {
    let variant = groups.first()?.variant;
    if groups.iter().any(|group| group.variant != variant) {
        return None;
    }
    roofline::steps_per_s(limits, variant, every)
}
