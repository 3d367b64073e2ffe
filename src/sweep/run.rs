//! The loop over chunks: plan, train, judge, store. What is stored stays readable at every moment.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use super::table::{Measured, measure, selected, table};
use super::{Error, Plan, Problems, estimate};
use crate::backend::{Backend, Outcome, RecordOptions};
use crate::config::{Experiment, HistoryRuns, RecordingPlan};
use crate::model::Verdict;
use crate::space::spread;
use crate::store::{Counts, Manifest, Writer};
use crate::table::RunTable;

/// What a sweep is told besides its config.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Runs of a chunk; left out: as many as fit the memory aimed at.
    pub chunk: Option<u64>,
}

/// Who wants to know how a sweep proceeds.
pub trait Observer {
    /// So many runs are stored, with so many updates.
    fn stored(&mut self, counts: &Counts);
    /// Whether to go on; asked before each chunk.
    fn goes_on(&self) -> bool;
}

/// Reports nothing and never stops the sweep.
impl Observer for () {
    fn stored(&mut self, _: &Counts) {}

    fn goes_on(&self) -> bool {
        true
    }
}

/// A sweep that ended, or was interrupted.
#[derive(Debug)]
pub struct Finished {
    pub manifest: Manifest,
    /// All rows of a small sweep; of a large one the best and an even sample.
    pub kept: RunTable,
}

/// Bytes that a chunk aims at, in lanes, outcomes and recorded rows; one is written while the next is trained.
const CHUNK_BYTES: u64 = 32 << 20;
/// Bytes of a run in a chunk besides recorded rows.
const LANE_BYTES: u64 = 400;
/// The most runs of a chunk: enough to fill every core, few enough that progress is seen.
const CHUNK_RUNS: u64 = 1 << 16;
/// Updates that a chunk aims at.
const CHUNK_STEPS: u64 = 4_000_000_000;

/// So many rows of a large sweep are kept in memory for the closing words: the best, and an even sample.
const KEPT_BEST: usize = 100;
const KEPT_SAMPLE: u64 = 10_000;

/// Runs of a chunk when nobody says.
fn chunk_runs(experiment: &Experiment, recorded: &RecordingPlan) -> u64 {
    let sizes = estimate(experiment);
    let points = if recorded.all() { sizes.points_per_run } else { 0 };
    let bytes = LANE_BYTES.saturating_add(points.saturating_mul(8)).saturating_add(sizes.epochs_per_run.saturating_mul(16));
    let runs = (CHUNK_BYTES / bytes).min(CHUNK_STEPS / sizes.longest.max(1)).min(CHUNK_RUNS);
    if runs >= 64 { runs / 64 * 64 } else { 64.min(CHUNK_BYTES / bytes).max(1) }
}

/// Trains every run of the experiment and stores it in `directory`.
pub fn run(
    experiment: &Experiment,
    problems: &Problems,
    backend: &dyn Backend,
    directory: &Path,
    manifest: Manifest,
    options: Options,
    observer: &mut dyn Observer,
) -> Result<Finished, Error> {
    let begun = Instant::now();
    let runs = experiment.space.len();
    let recorded = experiment.history.decide(runs);
    let chunk = options.chunk.unwrap_or_else(|| chunk_runs(experiment, &recorded)).max(1);
    let mut writer = Writer::create(directory, manifest, &experiment.text, &experiment.dataset.bytes)?;
    writer.manifest_mut().counts.runs = runs;
    writer.problems(&problems.all)?;
    let record = RecordOptions { every: if recorded.all() { recorded.every } else { 0 }, epochs: recorded.epochs };
    let work = Work { experiment, problems, backend };
    let kept = Kept::new(runs, &recorded);
    let mut training = Training { work, record, runs, chunk, first: 0, spare: Vec::new(), kept, observer };
    overlap(&mut training, &mut Storing { writer: &mut writer, problems, record })?;
    let Training { work, first, mut spare, kept, observer, .. } = training;
    let complete = first >= runs;
    if complete && !recorded.all() {
        let wanted = wanted(&recorded, runs, &kept);
        work.histories(&mut writer, &wanted, recorded.every, spare.pop().unwrap_or_default(), observer)?;
    }
    let manifest = writer.manifest_mut();
    manifest.timings.total_s = begun.elapsed().as_secs_f64();
    manifest.timings.steps_per_s = manifest.counts.steps_done as f64 / manifest.timings.training_s.max(1e-9);
    let manifest = if complete { writer.finish()? } else { writer.leave()? };
    Ok(Finished { manifest, kept: kept.table })
}

/// Trains one chunk while the last is written, on a thread of its own. At most two chunks are in memory.
fn overlap(training: &mut Training<'_>, storing: &mut Storing<'_>) -> Result<(), Error> {
    thread::scope(|scope| {
        let (trained, to_store) = mpsc::sync_channel::<Trained>(0);
        let (done, stored) = mpsc::channel();
        let writing = scope.spawn(move || {
            for chunk in to_store {
                // Nobody is left to hear of it where training has failed.
                let _ = done.send(storing.store(chunk)?);
            }
            Ok(())
        });
        let mut end = Ok(());
        loop {
            for chunk in stored.try_iter() {
                training.stored(chunk);
            }
            match training.next() {
                Ok(None) => break,
                Err(error) => {
                    end = Err(error);
                    break;
                }
                Ok(Some(chunk)) => {
                    if trained.send(chunk).is_err() {
                        // The writer has failed, and says why when it is joined.
                        break;
                    }
                }
            }
        }
        drop(trained);
        for chunk in stored {
            training.stored(chunk);
        }
        writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).and(end)
    })
}

/// A chunk on its way from training to its files.
struct Trained {
    plan: Plan,
    outcomes: Vec<Outcome>,
    measured: Vec<Measured>,
    seconds: f64,
}

/// A chunk that is stored, and what has been counted by then. Its outcomes' buffers are used again.
struct Stored {
    outcomes: Vec<Outcome>,
    table: RunTable,
    counts: Counts,
}

/// The side that trains.
struct Training<'a> {
    work: Work<'a>,
    record: RecordOptions,
    runs: u64,
    chunk: u64,
    /// The first run of the next chunk.
    first: u64,
    spare: Vec<Vec<Outcome>>,
    kept: Kept,
    observer: &'a mut dyn Observer,
}

impl Training<'_> {
    /// The next chunk, trained; `None` after the last, or where the observer asks to stop.
    fn next(&mut self) -> Result<Option<Trained>, Error> {
        if self.first >= self.runs || !self.observer.goes_on() {
            return Ok(None);
        }
        let begun = Instant::now();
        let end = self.runs.min(self.first.saturating_add(self.chunk));
        let plan = Plan::of_range(self.work.experiment, self.work.problems, self.first..end)?;
        let outcomes = self.work.train(&plan, self.record, self.spare.pop().unwrap_or_default())?;
        let measured = measure(&plan, self.work.problems, &outcomes, self.work.backend)?;
        self.first = end;
        Ok(Some(Trained { plan, outcomes, measured, seconds: begun.elapsed().as_secs_f64() }))
    }

    fn stored(&mut self, chunk: Stored) {
        self.observer.stored(&chunk.counts);
        self.kept.add(&chunk.table);
        self.spare.push(chunk.outcomes);
    }
}

/// The side that judges and writes.
struct Storing<'a> {
    writer: &'a mut Writer,
    problems: &'a Problems,
    record: RecordOptions,
}

impl Storing<'_> {
    fn store(&mut self, chunk: Trained) -> Result<Stored, Error> {
        let begun = Instant::now();
        let Trained { mut plan, outcomes, measured, seconds } = chunk;
        let table = table(&mut plan, self.problems, &outcomes, &measured);
        let RecordOptions { every, epochs } = self.record;
        let all = if epochs || every > 0 { selected(&plan, &outcomes) } else { Vec::new() };
        let counts = &mut self.writer.manifest_mut().counts;
        count(counts, &table);
        counts.histories += if every > 0 { all.len() as u64 } else { 0 };
        self.writer.chunk(&table, if epochs { &all } else { &[] }, if every > 0 { &all } else { &[] })?;
        drop(all);
        let manifest = self.writer.manifest_mut();
        manifest.timings.training_s += seconds;
        manifest.timings.writing_s += begun.elapsed().as_secs_f64();
        Ok(Stored { outcomes, table, counts: manifest.counts.clone() })
    }
}

/// What every chunk needs.
struct Work<'a> {
    experiment: &'a Experiment,
    problems: &'a Problems,
    backend: &'a dyn Backend,
}

impl Work<'_> {
    /// Trains the runs of a plan, into buffers of earlier ones.
    fn train(&self, plan: &Plan, record: RecordOptions, mut outcomes: Vec<Outcome>) -> Result<Vec<Outcome>, Error> {
        outcomes.resize_with(plan.groups.len(), Outcome::default);
        self.backend.train(&plan.groups(self.problems, record), &mut outcomes)?;
        Ok(outcomes)
    }

    /// Trains the runs whose histories are wanted once more, and stores those.
    fn histories(
        &self,
        writer: &mut Writer,
        wanted: &[u64],
        every: u64,
        mut outcomes: Vec<Outcome>,
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        let points = estimate(self.experiment).points_per_run;
        let chunk = (CHUNK_BYTES / points.saturating_mul(8).max(1)).clamp(1, CHUNK_RUNS) as usize;
        for runs in wanted.chunks(chunk) {
            if !observer.goes_on() {
                break;
            }
            let plan = Plan::new(self.experiment, self.problems, runs.iter().copied())?;
            outcomes = self.train(&plan, RecordOptions { every, epochs: false }, outcomes)?;
            writer.manifest_mut().counts.histories += runs.len() as u64;
            writer.chunk(&RunTable::default(), &[], &selected(&plan, &outcomes))?;
        }
        Ok(())
    }
}

/// The runs whose histories are stored after the sweep, ascending.
fn wanted(recorded: &RecordingPlan, runs: u64, kept: &Kept) -> Vec<u64> {
    let mut wanted: Vec<u64> = Vec::new();
    for which in &recorded.runs {
        match which {
            HistoryRuns::All => {}
            HistoryRuns::Best(count) => wanted.extend(kept.best(*count as usize)),
            HistoryRuns::Sample(count) => wanted.extend(spread(runs, *count)),
            HistoryRuns::List(list) => wanted.extend(list),
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

fn count(counts: &mut Counts, table: &RunTable) {
    counts.runs_done += table.run.len() as u64;
    counts.steps_done += table.steps.iter().sum::<u64>();
    for verdict in &table.verdict {
        *counts.of(*verdict) += 1;
    }
}

/// The rows that stay in memory, and the best runs of the whole sweep.
struct Kept {
    runs: u64,
    table: RunTable,
    /// The best runs so far by the bits of their loss (which order like the losses: none is negative), ascending.
    best: Vec<(u32, u64)>,
    most: usize,
}

impl Kept {
    fn new(runs: u64, recorded: &RecordingPlan) -> Self {
        let most = recorded.runs.iter().map(|which| if let HistoryRuns::Best(count) = which { *count as usize } else { 0 }).max();
        Self { runs, table: RunTable::default(), best: Vec::new(), most: most.unwrap_or(0).max(KEPT_BEST) }
    }

    fn add(&mut self, table: &RunTable) {
        let stride = self.runs.div_ceil(KEPT_SAMPLE).max(1);
        let alive = |row: &usize| table.verdict[*row] != Verdict::Diverged && table.train_loss[*row].is_finite();
        self.compete((0..table.run.len()).filter(alive).map(|row| (table.train_loss[row].to_bits(), table.run[row])));
        // Who is among the best at the chunk's end; not everyone who was for a moment.
        let worst = self.best.last();
        let among = |row: usize| {
            let own = (table.train_loss[row].to_bits(), table.run[row]);
            worst.is_some_and(|worst| own <= *worst) && self.best.binary_search(&own).is_ok()
        };
        let sampled = |run: u64| run.is_multiple_of(stride) || run + 1 == self.runs;
        let rows: Vec<usize> = (0..table.run.len()).filter(|&row| sampled(table.run[row]) || among(row)).collect();
        if rows.len() == table.run.len() { self.table.append(table) } else { self.table.append(&table.take(&rows)) }
    }

    fn compete(&mut self, runs: impl Iterator<Item = (u32, u64)>) {
        let worst = if self.best.len() < self.most { None } else { self.best.last().copied() };
        self.best.extend(runs.filter(|own| worst.is_none_or(|worst| *own < worst)));
        if self.best.len() > self.most {
            self.best.select_nth_unstable(self.most);
            self.best.truncate(self.most);
        }
        self.best.sort_unstable();
    }

    fn best(&self, count: usize) -> impl Iterator<Item = u64> {
        self.best.iter().take(count).map(|&(_, run)| run)
    }
}
