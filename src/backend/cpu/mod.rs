//! The CPU backend: tiles of 128 runs, spread over threads, trained by one step loop over SIMD vectors.
//!
//! The results have identical bits for every instruction set, thread count and chunk size. The formulas are in `kernel`.

mod column;
mod context;
mod divergence;
mod error;
mod evaluate;
mod gradient;
mod isa;
#[cfg(feature = "cli")]
mod limits;
mod record;
mod rows;
mod steps;
mod tile;
mod train;
mod vector;
mod verdict;
#[cfg(target_arch = "x86_64")]
mod x86;

use rayon::prelude::*;

pub use error::Error;
pub use isa::Simd;

use self::context::GroupContext;
use self::isa::Isa;
use self::record::Recording;
use self::rows::RowFunctions;
use self::steps::BatchFactors;
use self::tile::Tile;
use self::train::TileTraining;
use self::vector::TILE;
use super::batches::{Batches, Window};
use super::outcome::{EpochSeries, History, OutcomePart, next_of};
use super::paraboloid::Terms;
use super::{Backend, Description, Group, Metrics, Outcome};
use crate::kernel::StepFactorGenerator;
use crate::kernel::cycle::{OBSERVED_EPOCHS, cycle_period};
use crate::model::{Neuron, Rows};

/// The CPU backend.
#[derive(Debug)]
pub struct Cpu {
    /// `None` on targets without threads: rayon then computes on the calling thread.
    pool: Option<rayon::ThreadPool>,
    isa: Isa,
    verdicts: bool,
}

impl Cpu {
    /// Opens the backend: all cores and the widest instruction set, unless told otherwise.
    ///
    /// # Errors
    /// The CPU lacks the instruction set, or the system starts no threads.
    pub fn open(threads: Option<usize>, simd: Option<Simd>) -> Result<Self, Error> {
        let simd = simd.unwrap_or_else(Simd::best);
        let isa = Isa::detect(simd).ok_or_else(|| Error::NoSuchLevel { wanted: simd.name(), available: Simd::available() })?;
        let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let pool = || rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = (!cfg!(target_family = "wasm")).then(pool).transpose();
        Ok(Self { pool: pool.map_err(|source| Error::Threads { threads, source })?, isa, verdicts: true })
    }

    /// Benchmark only: skips the statistics from which verdicts follow.
    pub fn without_verdicts(self) -> Self {
        Self { verdicts: false, ..self }
    }

    /// The instruction set in use.
    pub fn simd(&self) -> Simd {
        self.isa.simd()
    }

    /// The number of threads in use.
    pub fn threads(&self) -> usize {
        self.pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// Runs parallel work on this backend's threads.
    fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Trains a group and writes its results.
    fn train_group(&self, group: &Group<'_>, outcome: &mut Outcome) {
        outcome.prepare(group);
        let (mut history, mut epochs) = (outcome.history.take(), outcome.epochs.take());
        self.train_tiles(group, TileJob::all(outcome.parts(0..group.inputs.len(), TILE), &mut history, &mut epochs));
        (outcome.history, outcome.epochs) = (history, epochs);
    }

    /// Trains the tiles of a group: the batches of a window of epochs are built once, and every tile is trained through them.
    fn train_tiles(&self, group: &Group<'_>, mut jobs: Vec<TileJob<'_>>) {
        let mut windows = Batches::new(group);
        let context = GroupContext::new(self.isa, group, &windows.rows, self.verdicts);
        let mut generator = StepFactorGenerator::START;
        let Some(window) = windows.next_window() else { return };
        let factors = &context.shared_factors(&mut generator, window);
        let start = |tile: &mut Tile, first: usize| {
            tile.load(group, first, &context.used);
            verdict::start(&context, tile);
        };
        if window.epochs as u64 == group.epochs {
            jobs.par_iter_mut().for_each_init(Tile::default, |tile, job| {
                start(tile, job.ends.first);
                TileTraining { context: &context, window, factors, tile, recording: &mut job.recording, actions: Vec::new() }.run();
                job.write_ends(tile, &context);
            });
            return;
        }
        let started = |job: &TileJob<'_>| {
            let mut tile = Tile::default();
            start(&mut tile, job.ends.first);
            tile
        };
        let mut tiles: Vec<Tile> = jobs.par_iter().map(started).collect();
        let mut train = |window: &Window, factors: &[BatchFactors<f32>]| {
            tiles.par_iter_mut().zip(&mut jobs).for_each(|(tile, job)| {
                TileTraining { context: &context, window, factors, tile, recording: &mut job.recording, actions: Vec::new() }.run();
            });
        };
        train(window, factors);
        while let Some(window) = windows.next_window() {
            train(window, &context.shared_factors(&mut generator, window));
        }
        tiles.par_iter().zip(&mut jobs).for_each(|(tile, job)| job.write_ends(tile, &context));
    }
}

impl Backend for Cpu {
    fn describe(&self) -> Description {
        let detail = format!("{}, {} thread{}", self.simd().name(), self.threads(), if self.threads() == 1 { "" } else { "s" });
        Description { backend: "cpu", device: model_name(), detail, software: false }
    }

    #[cfg(feature = "cli")]
    fn limits(&self) -> Result<Option<super::Limits>, super::Error> {
        Ok(Some(limits::limits(self.threads(), self.isa)))
    }

    fn train(&self, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<(), super::Error> {
        self.install(|| {
            groups.par_iter().zip(outcomes).for_each(|(group, outcome)| {
                self.train_group(group, outcome);
            });
        });
        Ok(())
    }

    fn metrics(&self, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, super::Error> {
        let mut metrics = Metrics::unknown(weight.len());
        if rows.is_empty() {
            return Ok(metrics);
        }
        let functions = RowFunctions::new(self.isa, neuron);
        self.install(|| {
            let outputs = metrics.loss.par_chunks_mut(TILE).zip(metrics.mse.par_chunks_mut(TILE)).zip(metrics.mae.par_chunks_mut(TILE));
            let points = weight.par_chunks(TILE).zip(bias.par_chunks(TILE));
            points.zip(outputs).for_each(|((weight, bias), ((loss, mse), mae))| {
                evaluate::metrics(&functions, rows, [weight, bias], [loss, mse, mae]);
            });
        });
        Ok(metrics)
    }

    fn surface(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, super::Error> {
        let mut cells = vec![0.0; weight.len() * bias.len()];
        let columns = weight.len().max(1);
        if neuron.is_quadratic() {
            let Terms { curve, shift, bias_offsets } = Terms::new(rows, weight, bias);
            self.install(|| {
                cells.par_chunks_mut(columns).zip(bias_offsets).for_each(|(cells, bias_offset)| {
                    evaluate::quadratic_row(self.isa, &curve, &shift, bias_offset, cells);
                });
            });
            return Ok(cells);
        }
        let functions = RowFunctions::new(self.isa, neuron);
        self.install(|| {
            cells.par_chunks_mut(columns).zip(bias).for_each(|(cells, &bias)| {
                cells.chunks_mut(TILE).zip(weight.chunks(TILE)).for_each(|(cells, weight)| {
                    evaluate::surface_cells(&functions, rows, (weight, bias), cells);
                });
            });
        });
        Ok(cells)
    }
}

/// A tile of a group and its parts of the result columns.
struct TileJob<'a> {
    ends: OutcomePart<'a>,
    recording: Recording<'a>,
}

impl<'a> TileJob<'a> {
    /// Divides the results of a group into tiles.
    fn all(ends: Vec<OutcomePart<'a>>, history: &'a mut Option<History>, epochs: &'a mut Option<EpochSeries>) -> Vec<Self> {
        let mut width = TILE;
        let mut history = history.as_mut().map(|history| {
            width = history.blocks.width;
            [&mut history.weight, &mut history.bias].map(|column| column.chunks_mut(history.blocks.block_len()))
        });
        let mut series = epochs.as_mut().map(|series| {
            width = series.blocks.width;
            [&mut series.loss, &mut series.mae, &mut series.val_loss, &mut series.val_mae]
                .map(|column| column.chunks_mut(series.blocks.block_len()))
        });
        let job = |ends| -> TileJob<'a> {
            let [weight, bias] = history.as_mut().map_or_else(Default::default, next_of);
            let [loss, mae, val_loss, val_mae] = series.as_mut().map_or_else(Default::default, next_of);
            TileJob { ends, recording: Recording { width, weight, bias, loss, mae, val_loss, val_mae } }
        };
        ends.into_iter().map(job).collect()
    }

    /// Writes the final values and statistics of a tile.
    fn write_ends(&mut self, tile: &Tile, context: &GroupContext<'_>) {
        let OutcomePart { numbers, means, counts: [reached_epoch, cycle_periods], has_moved, steps, .. } = &mut self.ends;
        let runs = tile.runs;
        let [weight, bias] = if context.group.options.average { &tile.state.average.0 } else { &tile.state.theta.0 };
        for (ends, column) in numbers.iter_mut().zip([weight, bias, &tile.start_loss, &tile.last_loss]) {
            ends.copy_from_slice(&column.0[..runs]);
        }
        verdict::write_means(context, tile, means);
        let ([weight, bias], [start_weight, start_bias]) = (&tile.state.theta.0, &tile.window_start.0);
        for run in 0..runs {
            has_moved[run] = weight.0[run] != start_weight.0[run] || bias.0[run] != start_bias.0[run];
        }
        reached_epoch.copy_from_slice(&tile.reached_epoch.0[..runs]);
        cycle_periods.fill(0);
        if context.group.epochs > u64::from(OBSERVED_EPOCHS) {
            for (period, detector) in cycle_periods.iter_mut().zip(tile.cycles.0) {
                *period = cycle_period(detector).unwrap_or(0);
            }
        }
        steps.fill(context.group.steps());
        for run in (0..runs).filter(|&run| tile.active.0[run] == 0) {
            let ([weight, bias, ..], [last_weight, last_bias]) = (&mut *numbers, &tile.last_in_range.0);
            (weight[run], bias[run]) = (last_weight.0[run], last_bias.0[run]);
            for column in means.iter_mut() {
                column[run] = 0.0;
            }
            steps[run] = tile.diverged_at.0[run] - 1;
            cycle_periods[run] = 0;
            has_moved[run] = false;
        }
    }
}

/// The CPU's name according to Linux; "unknown CPU" elsewhere.
pub fn model_name() -> String {
    #[cfg(target_os = "linux")]
    if let Ok(text) = std::fs::read_to_string("/proc/cpuinfo")
        && let Some((_, name)) = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'))
    {
        return name.trim().to_owned();
    }
    "unknown CPU".to_owned()
}
