//! The fused path: a tile of runs through the epochs of a window, block by block.
//!
//! The steps are in `steps` and `stream`; this file knows which of them fits, tests for divergence, and keeps the sums behind a verdict.

use super::growth::{Growth, Largest, Pull};
use super::measure::{BatchLoss, FollowPath, Judge, RecordEpoch, Trail, counted};
use super::notes::{Due, LIMIT, Recording, Shared, Wide, part_of, record_point};
use super::simd::Simd;
use super::steps::{Again, Clocks, FEW, Fused, Lanes, Path, Steps, StepsBy, hyper_of};
#[cfg(target_arch = "x86_64")]
use super::stream;
use super::tile::{TILE, Tile};
use crate::backend::batches::Window;
use crate::data::Moments;
use crate::kernel::blocks::{BLOCK_STEPS, Block};
use crate::kernel::coefficients::{COEFFICIENTS, STEP_FACTORS, StepFactors};
use crate::kernel::stages::SLOTS;

/// Whether runs whose steps are so long at most, and that leave the range inside a block, are still far outside at its end.
pub fn stays_out(stride: f32) -> bool {
    stride * BLOCK_STEPS as f32 <= LIMIT / 4.0
}

/// One tile, one window.
pub struct Advance<'a, 'b> {
    pub simd: Simd,
    pub rule: Fused,
    pub tile: &'a mut Tile,
    pub shared: &'a Shared<'a>,
    pub window: &'a Window,
    /// The factors of each step of the window, epoch-major, where all runs of the group have the same; else empty.
    pub factors: &'a [StepFactors<f32>],
    /// Of the window's batches, where the rule keeps a velocity that tells how far steps lead.
    pub pull: Option<Pull>,
    pub recording: &'a mut Recording<'b>,
}

impl Advance<'_, '_> {
    /// Takes the tile through the window.
    pub fn run(mut self) {
        if self.tile.lanes <= FEW { self.lanes(self.rule.few) } else { self.lanes(self.rule.whole) }
    }
}

/// A block of one of the window's epochs, for N runs.
#[derive(Clone, Copy)]
struct Part<'p, const N: usize> {
    by: StepsBy<N>,
    coefficients: &'p [Wide<f32, N>; SLOTS],
    factors: Clocks<'p, N>,
    epoch: usize,
    block: &'p Block,
    /// Whether no run can leave the range in it.
    calm: bool,
}

/// Sums of an epoch and of one of its blocks.
struct Sums<const N: usize> {
    /// Σ(w² + b²) after each step of the block: above the square of the limit if any step left the range (or, rarely, if none did). Under a
    /// rule of bounded steps w² + b² at the block's end, four times as large.
    energy: Wide<f32, N>,
    /// Of the block.
    loss: Wide<f32, N>,
    mae: Wide<f32, N>,
    epoch_loss: Wide<f32, N>,
    epoch_mae: Wide<f32, N>,
    trail: Trail<N>,
}

impl Advance<'_, '_> {
    /// The same by N lanes, which are no fewer than the runs.
    fn lanes<const N: usize>(&mut self, by: StepsBy<N>) {
        let rule = self.rule;
        let (mut lanes, mut coefficients) = (Lanes::<N>::ZERO, [Wide::<f32, N>::ZERO; SLOTS]);
        lanes.begin(&self.tile.theta, &self.tile.state[..rule.state]);
        for (own, column) in coefficients.iter_mut().zip(&self.tile.coefficients[..rule.coefficients]) {
            own.begin(column);
        }
        let alike = rule.factors == 0 || !self.factors.is_empty();
        let mut factors: Vec<[Wide<f32, N>; STEP_FACTORS]> = if alike { Vec::new() } else { vec![[Wide::ZERO; STEP_FACTORS]; BLOCK_STEPS] };
        let zero = Wide::ZERO;
        let mut sums = Sums { energy: zero, loss: zero, mae: zero, epoch_loss: zero, epoch_mae: zero, trail: Trail::EMPTY };
        // Where every block begins, if it matters.
        let mut before = None;
        if self.window.first_epoch == 0 {
            record_point(self.recording, lanes.theta(), 0);
        }
        let calm = self.shared.calm;
        let growth = self.growth(&coefficients);
        // Blocks in which no run can leave the range.
        let mut safe = 0;
        for epoch in 0..self.window.epochs {
            if !calm && self.tile.alive.0[..N].iter().all(|&alive| alive == 0) {
                break;
            }
            if self.records_epochs() {
                (sums.epoch_loss, sums.epoch_mae) = (zero, zero);
            }
            for block in self.shared.blocks {
                let first = epoch * self.window.batches + block.first;
                let shared = self.factors.get(first..first + block.len).unwrap_or_default();
                let factors = if alike { Clocks::Shared(shared) } else { Clocks::Own(self.tick::<N>(&mut factors, block)) };
                if let (0, Some(growth)) = (safe, &growth) {
                    safe = self.safe(growth, &lanes);
                }
                let calm = calm || safe > 0;
                safe = safe.saturating_sub(1);
                let part = Part { by, coefficients: &coefficients, factors, epoch, block, calm };
                if calm {
                    self.block(part, &mut lanes, &mut sums);
                } else {
                    let before = before.get_or_insert(Lanes::ZERO);
                    before.copy(&lanes, rule.state);
                    self.block(part, &mut lanes, &mut sums);
                    self.freeze(part, &lanes, before, &mut sums.energy);
                }
                self.fold(part, &lanes, &mut sums);
            }
            self.record(&lanes, &sums, epoch);
        }
        for i in 0..2 {
            *part_of(&mut self.tile.theta[i].0) = lanes.theta[i].0;
        }
        for i in 0..rule.state {
            *part_of(&mut self.tile.state[i].0) = lanes.state[i].0;
        }
    }

    /// How far the tile's runs can get in the longest block, where that is known.
    fn growth<const N: usize>(&self, coefficients: &[Wide<f32, N>; SLOTS]) -> Option<Growth> {
        let pull = self.pull.filter(Pull::is_finite)?;
        let mut largest = [0.0; COEFFICIENTS];
        for (slot, column) in largest.iter_mut().zip(coefficients).take(self.rule.coefficients) {
            *slot = self.largest(std::slice::from_ref(column));
        }
        let steps = self.shared.blocks.iter().map(|block| block.len).max().unwrap_or(0);
        Some(Growth::of(pull, (self.rule.inertia)(&largest)?, steps))
    }

    /// In how many blocks from here on no run can leave the range.
    fn safe<const N: usize>(&self, growth: &Growth, lanes: &Lanes<N>) -> usize {
        let velocity = &lanes.state[..self.rule.state.min(2)];
        growth.blocks([self.largest(&lanes.theta), self.largest(velocity)])
    }

    /// The largest size in some columns.
    fn largest<const N: usize>(&self, columns: &[Wide<f32, N>]) -> f32 {
        let mut size = 0.0;
        self.simd.run_loop(Largest { columns, size: &mut size });
        size
    }

    /// The number of an epoch of the window.
    fn number(&self, epoch: usize) -> u64 {
        self.window.first_epoch + epoch as u64
    }

    /// Whether the steps of an epoch are followed one by one: in the last one, to count those that pass the minimum.
    fn follows(&self, epoch: usize) -> bool {
        self.shared.verdicts && self.number(epoch) + 1 == self.shared.epochs
    }

    fn records_epochs(&self) -> bool {
        !self.recording.loss.is_empty()
    }

    /// The steps of a block, and what is measured on their way.
    fn block<const N: usize>(&mut self, part: Part<'_, N>, lanes: &mut Lanes<N>, sums: &mut Sums<N>) {
        let Part { epoch, block, .. } = part;
        let shared = self.shared;
        if !(self.rule.bounded || part.calm) {
            sums.energy = Wide::ZERO;
        }
        let measured = self.records_epochs();
        if !(self.follows(epoch) || measured || shared.every > 0) {
            self.steps(part, lanes, &mut sums.energy, None);
            return;
        }
        let before = self.number(epoch) * self.window.batches as u64 + block.first as u64;
        let (mut recording, mut scratch) = (std::mem::take(self.recording), std::mem::take(&mut self.tile.path));
        let recorded = N == TILE && recording.width == TILE && shared.every == 1;
        let (columns, left) = if recorded {
            // Each row is a point of the history: steps leave their parameters where these belong.
            let first = before as usize * TILE;
            ([&mut recording.weight[first..], &mut recording.bias[first..]], None)
        } else {
            scratch.resize(2 * (BLOCK_STEPS + 1) * N, 0.0);
            let (weight, bias) = scratch.split_at_mut((BLOCK_STEPS + 1) * N);
            ([weight, bias], Some(&mut recording))
        };
        let [weight, bias] = columns;
        let mut path = Path { rows: [weight.as_chunks_mut().0, bias.as_chunks_mut().0], recorded };
        path.keep(0, lanes.theta());
        self.steps(part, lanes, &mut sums.energy, Some(&mut path));
        if measured {
            self.batches(part, &path, sums);
        }
        if self.follows(epoch) {
            self.follow([&path.rows[0][..=block.len], &path.rows[1][..=block.len]], &mut sums.trail);
        }
        if let Some(recording) = left {
            let mut due = Due::new(before, shared.every, shared.steps);
            for row in 1..=block.len {
                if let Some(point) = due.after_step() {
                    record_point(recording, path.row(row), point);
                }
            }
        }
        (*self.recording, self.tile.path) = (recording, scratch);
    }

    /// Counts the steps along a path that pass the minimum.
    fn follow<const N: usize>(&self, path: [&[[f32; N]]; 2], trail: &mut Trail<N>) {
        trail.crossings = Wide::ZERO;
        #[cfg(target_arch = "x86_64")]
        if N == TILE && self.simd == Simd::Avx2 {
            // SAFETY: the level is only chosen where `is_available` has seen its features.
            return unsafe { stream::follow(&self.shared.total, &self.shared.centre, path, &mut trail.crossings) };
        }
        self.simd.run_loop(FollowPath { shared: self.shared, path, trail });
    }

    /// The losses of the rows of a block's batches, each before its step.
    fn batches<const N: usize>(&self, part: Part<'_, N>, path: &Path<'_, N>, sums: &mut Sums<N>) {
        let Part { epoch, block, .. } = part;
        let (x, y) = self.window.rows_of(epoch, self.shared.rows);
        (sums.loss, sums.mae) = (Wide::ZERO, Wide::ZERO);
        for step in 0..block.len {
            let batch = block.first + step;
            let first = (batch * self.shared.batch_size).min(x.len());
            let rows = first..(first + self.shared.batch_size).min(x.len());
            let moments = &self.window.moments_of(epoch)[batch];
            let (x, y) = (&x[rows.clone()], &y[rows]);
            let (shared, loss, mae) = (self.shared, &mut sums.loss, &mut sums.mae);
            self.simd.run_loop(BatchLoss { shared, moments, theta: path.row(step), x, y, loss, mae });
        }
    }

    /// What is noted of a block at its end, of runs that are still inside.
    fn fold<const N: usize>(&mut self, part: Part<'_, N>, lanes: &Lanes<N>, sums: &mut Sums<N>) {
        let Part { epoch, block, .. } = part;
        if self.records_epochs() {
            for l in 0..N {
                sums.epoch_loss.0[l] += sums.loss.0[l];
                sums.epoch_mae.0[l] += sums.mae.0[l];
            }
        }
        if self.follows(epoch) {
            let (alive, crossings) = (part_of::<_, N>(&mut self.tile.alive.0), part_of::<_, N>(&mut self.tile.crossings.0));
            for l in 0..N {
                crossings[l] += counted(sums.trail.crossings.0[l]) & alive[l];
            }
        }
        if block.judged && self.shared.verdicts {
            let epoch = self.number(epoch) as u32;
            self.simd.run_loop(Judge { tile: self.tile, shared: self.shared, theta: lanes.theta(), epoch });
        }
    }

    /// The row of an epoch.
    fn record<const N: usize>(&mut self, lanes: &Lanes<N>, sums: &Sums<N>, epoch: usize) {
        if self.records_epochs() {
            let (epoch, columns) = (self.number(epoch) as usize, [&sums.epoch_loss.0, &sums.epoch_mae.0]);
            let (shared, recording, theta) = (self.shared, &mut *self.recording, lanes.theta());
            self.simd.run_loop(RecordEpoch { shared, recording, theta, sums: columns, val: None, epoch });
        }
    }

    /// The steps of a block.
    fn steps<const N: usize>(&self, part: Part<'_, N>, lanes: &mut Lanes<N>, energy: &mut Wide<f32, N>, path: Option<&mut Path<'_, N>>) {
        let Part { by, coefficients, factors, calm, .. } = part;
        by(
            self.simd,
            Steps { lanes, coefficients, energy, summed: !calm, centre: self.shared.centre, moments: self.moments(part), factors, path },
        );
    }

    /// Of the batches of a block.
    fn moments<const N: usize>(&self, part: Part<'_, N>) -> &[Moments] {
        let Part { epoch, block, .. } = part;
        &self.window.moments_of(epoch)[block.first..block.first + block.len]
    }

    /// The factors of a block, a row of lanes each, where runs have their own.
    fn tick<'c, const N: usize>(
        &mut self,
        factors: &'c mut [[Wide<f32, N>; STEP_FACTORS]],
        block: &Block,
    ) -> &'c [[Wide<f32, N>; STEP_FACTORS]] {
        for l in 0..N {
            for row in factors.iter_mut().take(block.len) {
                let factor_inputs = self.shared.factor_inputs.of(self.tile.run(l));
                let now = self.tile.tickers[l].next(self.shared.optimizer, factor_inputs);
                for slot in 0..self.rule.factors {
                    row[slot].0[l] = now[slot];
                }
            }
        }
        factors
    }

    /// Ends the runs that left the range inside a block: each suspect is stepped again from its saved state, alone, with a test
    /// after every step.
    fn freeze<const N: usize>(&mut self, part: Part<'_, N>, lanes: &Lanes<N>, before: &Lanes<N>, energy: &mut Wide<f32, N>) {
        let Part { coefficients, factors, epoch, block, .. } = part;
        if self.rule.bounded {
            for l in 0..N {
                let (weight, bias) = (2.0 * lanes.theta[0].0[l], 2.0 * lanes.theta[1].0[l]);
                energy.0[l] = weight * weight + bias * bias;
            }
        }
        let energy = &energy.0;
        let alive = *part_of::<_, N>(&mut self.tile.alive.0);
        let mut any = 0;
        for l in 0..N {
            any |= if energy[l] <= LIMIT * LIMIT { 0 } else { alive[l] };
        }
        if any == 0 {
            return;
        }
        let first = self.number(epoch) * self.window.batches as u64 + block.first as u64;
        for l in (0..N).filter(|&l| !(energy[l] <= LIMIT * LIMIT) && alive[l] != 0) {
            let mut own = [[0.0; STEP_FACTORS]; BLOCK_STEPS];
            for (step, own_factors) in own.iter_mut().enumerate().take(block.len) {
                *own_factors = factors.of(step, l);
            }
            let mut left = None;
            (self.rule.again)(
                self.simd,
                Again {
                    coefficients: hyper_of(coefficients, l),
                    state: Wide::lane(&before.state, l),
                    theta: Wide::lane(&before.theta, l),
                    centre: self.shared.centre,
                    moments: self.moments(part),
                    factors: &own,
                    total: self.follows(epoch).then_some(&self.shared.total),
                    left: &mut left,
                },
            );
            let Some(left) = left else { continue };
            self.tile.diverged_at[l] = first + left.step as u64 + 1;
            self.tile.end[l] = left.theta;
            self.tile.alive.0[l] = 0;
            self.tile.crossings.0[l] += left.crossings;
        }
    }
}
