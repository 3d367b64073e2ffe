//! The loop over the chunks of a sweep: plan, train, compute verdicts, store. The run directory is readable at every moment.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::errors::Error;
use super::estimate::estimate;
use super::plan::Plan;
use super::problems::Problems;
use super::recorded::{EpochRows, HistoryRows, trained_runs};
use super::run_table::{FinalMetrics, final_metrics, run_table};
use super::top_runs::TopRuns;
use crate::backend::{Backend, ChunkLimits, Description, Outcome, RecordOptions};
use crate::config::{Experiment, RecordingPlan};
use crate::kernel::RowEvaluator;
use crate::model::Params;
use crate::store::{Counts, DirectoryLock, Expected, Manifest, Status, Writer, holds_sweep};
use crate::table::RunTable;

/// The inputs of a sweep.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The resolved config.
    pub experiment: &'a Experiment,
    /// The problems of the experiment.
    pub problems: &'a Problems,
    /// The backend that trains.
    pub backend: &'a dyn Backend,
}

/// Options of a sweep that are not part of its config.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Runs per chunk; by default as many as fit into a fixed amount of memory.
    pub chunk: Option<u64>,
    /// Goes on with the sweep that the directory holds, if it holds one. The optima of the problems must be the stored ones.
    pub resume: bool,
}

/// Receives the progress of a sweep, and can stop it.
pub trait Observer {
    /// Is called after a chunk was stored.
    fn stored(&mut self, counts: &Counts);
    /// Whether the sweep continues; is called before each chunk.
    fn continues(&self) -> bool;
}

/// Ignores the progress, and never stops the sweep.
impl Observer for () {
    fn stored(&mut self, _: &Counts) {}

    fn continues(&self) -> bool {
        true
    }
}

/// The result of a sweep, finished or interrupted.
#[derive(Debug)]
pub struct Summary {
    /// Keeps other processes from writing to the directory until it is dropped.
    pub lock: DirectoryLock,
    /// The manifest as it was stored last.
    pub manifest: Manifest,
    /// All rows of runs.parquet, without the columns of hyperparameters; of a sweep of more than about a million runs, the best rows and an evenly
    /// spaced sample.
    pub runs: RunTable,
    /// The problems with better optima, if a run was below the optimum that the search had found.
    pub problems: Option<Problems>,
}

/// Bytes of a run in a chunk, without its recorded rows.
const RUN_BYTES: u64 = 400;

/// The default number of runs in a chunk: whole tiles, unless their recorded rows need too much memory.
fn chunk_runs(limits: &ChunkLimits, experiment: &Experiment, recorded: &RecordingPlan) -> u64 {
    let sizes = estimate(experiment);
    let points = if recorded.records_all_runs() { sizes.points_per_run } else { 0 };
    let bytes = RUN_BYTES.saturating_add(points.saturating_mul(8)).saturating_add(sizes.epochs_per_run.saturating_mul(16));
    let runs = (limits.updates / sizes.longest.max(1)).clamp(limits.fewest_runs, limits.most_runs).min(limits.bytes / bytes);
    if runs >= 64 { runs / 64 * 64 } else { runs.max(1) }
}

/// Trains every run of a sweep and stores the results in `directory`, which is created. A resumed sweep trains the runs that are not stored.
///
/// # Errors
/// If one run records more than a computer can hold, if the backend fails, if a file cannot be written, or if the directory holds another sweep.
/// Earlier chunks stay stored.
pub fn run(
    inputs: Inputs<'_>,
    directory: &Path,
    manifest: Manifest,
    options: Options,
    observer: &mut dyn Observer,
) -> Result<Summary, Error> {
    let begun = Instant::now();
    let device = inputs.backend.describe();
    let experiment = inputs.experiment;
    let runs = experiment.space.len();
    estimate(experiment).require_storable()?;
    let data = &experiment.dataset.bytes;
    let mut stored = options.resume && holds_sweep(directory);
    let mut writer =
        if stored { Writer::resume(directory, &manifest, data)? } else { Writer::create(directory, manifest, &experiment.text, data)? };
    let earlier_s = if stored { writer.manifest_mut().timings.total_s } else { 0.0 };
    writer.manifest_mut().counts.runs = runs;
    let mut replaced: Option<Problems> = None;
    let mut restarts = 0;
    loop {
        let inputs = Inputs { problems: replaced.as_ref().unwrap_or(inputs.problems), ..inputs };
        let trained = train_all(inputs, &mut writer, Options { resume: stored, ..options }, observer)?;
        stored = false;
        let Some((problem, end)) = trained.below_optimum else {
            let manifest = writer.manifest_mut();
            let last_device = inputs.backend.describe();
            if last_device != device {
                let Description { backend, device, detail, .. } = last_device;
                let _ = write!(manifest.detail, "; failed during the sweep, which continued on {backend} ({device}, {detail})");
            }
            manifest.timings.total_s = earlier_s + begun.elapsed().as_secs_f64();
            manifest.timings.longest_dispatch_s = inputs.backend.take_times().map(|times| times.longest_dispatch_s);
            manifest.timings.steps_per_s = manifest.counts.steps_done as f64 / manifest.timings.training_s.max(1e-9);
            let (manifest, lock) = if trained.complete { writer.finish()? } else { writer.close_incomplete()? };
            return Ok(Summary { manifest, runs: trained.runs, problems: replaced, lock });
        };
        let mut problems = inputs.problems.clone();
        if restarts < RESTARTS {
            problems.replace_optimum(problem, end);
        } else {
            problems.drop_optimum(problem);
        }
        restarts += 1;
        writer.discard_parts()?;
        replaced = Some(problems);
    }
}

/// The number of times that a sweep begins again with a better optimum. After that, an optimum that a run is below is dropped.
const RESTARTS: usize = 8;

/// The result of training all runs of a sweep with the optima of its problems.
struct Trained {
    runs: RunTable,
    /// Whether all runs are stored.
    complete: bool,
    /// The problem and the end of a run that is below the stated optimum. The sweep has stopped because of it: the optimum is an input of
    /// training, which records when a run reaches it.
    below_optimum: Option<(usize, Params<f64>)>,
}

/// Trains and stores all runs, until one is below the optimum of its problem.
fn train_all(inputs: Inputs<'_>, writer: &mut Writer, options: Options, observer: &mut dyn Observer) -> Result<Trained, Error> {
    let experiment = inputs.experiment;
    let recorded = experiment.history.recording_plan(experiment.space.len());
    let shard = writer.manifest_mut().shard;
    let runs = shard.map_or(0..experiment.space.len(), |shard| shard.runs(experiment.space.len()));
    let (top_runs, next_run) = if options.resume {
        let stored = keep_stored(inputs, &recorded, &runs, writer)?;
        observer.stored(&writer.manifest_mut().counts);
        stored
    } else {
        writer.write_problems(&inputs.problems.all)?;
        (TopRuns::new(experiment, inputs.problems, &recorded), runs.start)
    };
    writer.save_manifest()?;
    let mut trainer = Trainer {
        inputs,
        below_optimum: None,
        record: RecordOptions { every: if recorded.records_all_runs() { recorded.every } else { 0 }, epochs: recorded.epochs },
        end: runs.end,
        chunk: options.chunk.unwrap_or_else(|| chunk_runs(&inputs.backend.chunk_limits(), experiment, &recorded)).max(1),
        next_run,
        spare: Vec::new(),
        top_runs,
        observer,
    };
    let Inputs { problems, .. } = inputs;
    let record = trainer.record;
    train_and_store(&mut trainer, &mut ChunkWriter { writer, experiment, problems, record, saved: Instant::now() })?;
    let mut complete = trainer.next_run >= runs.end && trainer.below_optimum.is_none();
    // The tables of a shard are finished when the shards are merged.
    complete &= shard.is_none();
    if complete && !recorded.records_all_runs() && writer.manifest_mut().status == Status::Incomplete {
        complete = store_selected_histories(&mut trainer, &recorded, writer)?;
    }
    Ok(Trained { complete, below_optimum: trainer.below_optimum, runs: trainer.top_runs.into_rows() })
}

/// Reads the stored rows of a resumed sweep, and returns the rows for its summary and the first run that is not stored.
fn keep_stored(inputs: Inputs<'_>, recorded: &RecordingPlan, runs: &Range<u64>, writer: &mut Writer) -> Result<(TopRuns, u64), Error> {
    let Inputs { experiment, problems, .. } = inputs;
    let records_histories = recorded.records_all_runs() && recorded.every > 0;
    let expected = Expected { runs: runs.clone(), problems: problems.all.len(), epochs: recorded.epochs, histories: records_histories };
    loop {
        let mut top_runs = TopRuns::new(experiment, problems, recorded);
        let mut counts = Counts::default();
        let stored = writer.keep_stored(&expected, &mut |rows| {
            add_counts(&mut counts, &rows);
            top_runs.add(rows);
        })?;
        if let Some(first) = stored {
            let own = &mut writer.manifest_mut().counts;
            let histories = if records_histories { counts.runs_done } else { own.histories };
            *own = Counts { runs: own.runs, saturated_cells: own.saturated_cells, histories, ..counts };
            return Ok((top_runs, first));
        }
    }
}

/// The problem and the end of a run that is below the problem's stated optimum, if there is one. J is evaluated in float64.
fn end_below_optimum(problems: &Problems, metrics: &[FinalMetrics]) -> Option<(usize, Params<f64>)> {
    let mut ends = metrics.iter().map(|own| (own.problem, own.lowest_end));
    ends.find(|&(number, end)| {
        let problem = &problems.all[number];
        !problem.neuron.is_quadratic() && problem.is_below_optimum(RowEvaluator::of(&problem.neuron).loss(&problem.train, end))
    })
}

/// Trains one chunk while the next one is planned and the last one is written by other threads. At most two chunks and a plan are in memory.
fn train_and_store(trainer: &mut Trainer<'_>, writer: &mut ChunkWriter<'_>) -> Result<(), Error> {
    thread::scope(|scope| {
        let Trainer { inputs: Inputs { experiment, problems, .. }, end, chunk, next_run, .. } = *trainer;
        let (to_training, plans) = mpsc::sync_channel(0);
        let plan = move || {
            let firsts = std::iter::successors(Some(next_run), |first: &u64| first.checked_add(chunk)).take_while(|first| *first < end);
            for first in firsts {
                // The trainer has stopped if it no longer receives.
                if to_training.send(Plan::of_range(experiment, problems, first..end.min(first.saturating_add(chunk)))).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().spawn_scoped(scope, plan).map_err(Error::Thread)?;
        let (to_writer, from_trainer) = mpsc::sync_channel::<TrainedChunk>(0);
        let (to_trainer, from_writer) = mpsc::channel();
        let write = move || {
            for chunk in from_trainer {
                // The trainer has failed if it no longer receives.
                let _ = to_trainer.send(writer.store(chunk)?);
            }
            Ok(())
        };
        let writing = thread::Builder::new().spawn_scoped(scope, write).map_err(Error::Thread)?;
        let trained = loop {
            for chunk in from_writer.try_iter() {
                trainer.finish_chunk(chunk);
            }
            match trainer.train_next(&plans) {
                Ok(Some(chunk)) => {
                    if to_writer.send(chunk).is_err() {
                        // The writer has failed; its error is returned below.
                        break Ok(());
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop((to_writer, plans));
        for chunk in from_writer {
            trainer.finish_chunk(chunk);
        }
        writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).and(trained)
    })
}

/// A trained chunk, before it is stored.
struct TrainedChunk {
    plan: Plan,
    outcomes: Vec<Outcome>,
    metrics: Vec<FinalMetrics>,
    training_s: f64,
}

/// A stored chunk. Its outcomes return to the trainer, which reuses their memory.
struct StoredChunk {
    outcomes: Vec<Outcome>,
    table: RunTable,
    /// The counts of the manifest after this chunk.
    counts: Counts,
}

/// The training side of the loop.
struct Trainer<'a> {
    inputs: Inputs<'a>,
    below_optimum: Option<(usize, Params<f64>)>,
    record: RecordOptions,
    /// The number after the last run.
    end: u64,
    /// Runs per chunk.
    chunk: u64,
    /// The first run of the next chunk.
    next_run: u64,
    /// Outcomes of stored chunks.
    spare: Vec<Vec<Outcome>>,
    top_runs: TopRuns,
    observer: &'a mut dyn Observer,
}

impl Trainer<'_> {
    /// Trains the next chunk; `None` after the last one, if a run is below the optimum, or if the observer stops the sweep.
    fn train_next(&mut self, plans: &mpsc::Receiver<Result<Plan, Error>>) -> Result<Option<TrainedChunk>, Error> {
        if self.next_run >= self.end || !self.observer.continues() {
            return Ok(None);
        }
        let begun = Instant::now();
        let Ok(plan) = plans.recv() else { return Ok(None) };
        let plan = plan?;
        let outcomes = self.train(&plan, self.record)?;
        let metrics = final_metrics(&plan, self.inputs.problems, &outcomes, self.inputs.backend)?;
        self.below_optimum = end_below_optimum(self.inputs.problems, &metrics);
        if self.below_optimum.is_some() {
            return Ok(None);
        }
        self.next_run += plan.runs.len() as u64;
        Ok(Some(TrainedChunk { plan, outcomes, metrics, training_s: begun.elapsed().as_secs_f64() }))
    }

    /// Trains the runs of a plan, in the memory of earlier outcomes.
    fn train(&mut self, plan: &Plan, record: RecordOptions) -> Result<Vec<Outcome>, Error> {
        let mut outcomes = self.spare.pop().unwrap_or_default();
        outcomes.resize_with(plan.groups.len(), Outcome::default);
        self.inputs.backend.train(&plan.groups(self.inputs.problems, record), &mut outcomes)?;
        Ok(outcomes)
    }

    /// Reports a stored chunk, adds its rows to the summary, and keeps its memory for later chunks.
    fn finish_chunk(&mut self, chunk: StoredChunk) {
        self.observer.stored(&chunk.counts);
        self.top_runs.add(chunk.table);
        self.spare.push(chunk.outcomes);
    }
}

/// The writing side of the loop, which also computes the verdicts.
struct ChunkWriter<'a> {
    writer: &'a mut Writer,
    experiment: &'a Experiment,
    problems: &'a Problems,
    record: RecordOptions,
    /// The time at which the manifest was saved.
    saved: Instant,
}

/// The counts of the manifest are saved no more often than this. A save waits for the disk, and small chunks are stored faster than that.
const MANIFEST_INTERVAL: Duration = Duration::from_secs(1);

impl ChunkWriter<'_> {
    fn store(&mut self, chunk: TrainedChunk) -> Result<StoredChunk, Error> {
        let begun = Instant::now();
        let TrainedChunk { plan, outcomes, metrics, training_s } = chunk;
        let table = run_table(self.experiment, self.problems, &plan, &outcomes, &metrics);
        let RecordOptions { every, epochs } = self.record;
        if epochs || every > 0 {
            let trained = trained_runs(&plan, &outcomes);
            self.writer.write_epochs(&EpochRows(&trained))?;
            self.writer.write_histories(&HistoryRows(&trained))?;
        }
        // A chunk counts as stored once its rows of runs.parquet are.
        self.writer.write_runs(&table)?;
        let manifest = self.writer.manifest_mut();
        add_counts(&mut manifest.counts, &table);
        manifest.counts.histories += if every > 0 { table.run.len() as u64 } else { 0 };
        manifest.timings.training_s += training_s;
        manifest.timings.writing_s += begun.elapsed().as_secs_f64();
        let counts = manifest.counts.clone();
        if self.saved.elapsed() >= MANIFEST_INTERVAL {
            self.writer.save_manifest()?;
            self.saved = Instant::now();
        }
        Ok(StoredChunk { outcomes, table, counts })
    }
}

/// Adds the rows of a chunk to the counts of the manifest.
fn add_counts(counts: &mut Counts, table: &RunTable) {
    counts.runs_done += table.run.len() as u64;
    counts.steps_done += table.steps.iter().sum::<u64>();
    for verdict in &table.verdict {
        *counts.of_mut(*verdict) += 1;
    }
}

/// Trains the runs with requested histories a second time and stores their histories, because the best runs are known only after the sweep. Returns
/// whether all of them are stored.
fn store_selected_histories(trainer: &mut Trainer<'_>, recorded: &RecordingPlan, writer: &mut Writer) -> Result<bool, Error> {
    let Inputs { experiment, problems, .. } = trainer.inputs;
    let points = estimate(experiment).points_per_run;
    let limits = trainer.inputs.backend.chunk_limits();
    let chunk = (limits.bytes / points.saturating_mul(8).max(1)).clamp(1, limits.most_runs) as usize;
    for runs in trainer.top_runs.history_runs(recorded).chunks(chunk) {
        if !trainer.observer.continues() {
            return Ok(false);
        }
        let plan = Plan::new(experiment, problems, runs.iter().copied())?;
        let outcomes = trainer.train(&plan, RecordOptions { every: recorded.every, epochs: false })?;
        writer.write_histories(&HistoryRows(&trained_runs(&plan, &outcomes)))?;
        writer.manifest_mut().counts.histories += runs.len() as u64;
        writer.save_manifest()?;
        trainer.spare.push(outcomes);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, ConfigSource, DataLocation};

    #[test]
    fn chunks_are_a_function_of_the_limits_and_the_config() {
        let card = ChunkLimits { fewest_runs: 1 << 18, most_runs: 1 << 20, updates: 1_000_000_000_000, bytes: 512 << 20 };
        let chunk = |limits: &ChunkLimits, rest: &str| {
            let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Bytes(b"x,y\n1,3\n2,5\n4,9\n") };
            let text = format!(
                "[data]\npath = \"x.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[training]\nbatch_size = 3\n{rest}\n[sweep.parameters]\n\
                 learning_rate = {{ min = 1e-3, max = 1e-1, count = 10000000 }}\n"
            );
            let experiment = config::load_text(&text, &source, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
            let recorded = experiment.history.recording_plan(experiment.space.len());
            chunk_runs(limits, &experiment, &recorded)
        };
        // 160 updates per run: as many runs as the backend wants.
        assert_eq!(chunk(&ChunkLimits::HOST, "epochs = 160"), 1 << 16);
        assert_eq!(chunk(&card, "epochs = 160"), 1 << 20);
        // 10^6 updates per run: the host reports progress after 4,000 runs, a card is filled.
        assert_eq!(chunk(&ChunkLimits::HOST, "epochs = 1000000"), 3968);
        assert_eq!(chunk(&card, "epochs = 1000000"), 1_000_000 / 64 * 64);
        assert_eq!(chunk(&card, "epochs = 100000000"), 1 << 18);
        // Histories of 1,001 points need 8,408 bytes per run.
        let history = "epochs = 1000\n[history]\nruns = \"all\"\nepochs = false";
        assert_eq!(chunk(&ChunkLimits::HOST, history), (32 << 20) / 8408 / 64 * 64);
        assert_eq!(chunk(&card, history), (512 << 20) / 8408 / 64 * 64);
    }
}
