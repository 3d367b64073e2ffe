//! The training loop over lanes: a tile of runs through the epochs of a window, block by block.
//!
//! The formulas are `kernel`'s; this file holds the loops around them, the divergence test, and the sums behind a verdict.

use std::marker::PhantomData;

use super::measure::{BatchLoss, FollowPath, Judge, RecordEpoch, Trail};
use super::notes::{Due, LIMIT, Recording, Shared, Theta, Wide, fetch_row, part_of, passes, record_point};
use super::simd::{LaneLoop, Simd};
#[cfg(target_arch = "x86_64")]
use super::stream;
use super::tile::{TILE, Tile};
use crate::backend::batches::Window;
use crate::kernel::blocks::{BLOCK_STEPS, Block};
use crate::kernel::coefficients::{CLOCK, Clock, HYPER};
use crate::kernel::neuron;
use crate::kernel::optimizers::{Rule, STATE};

/// Whether runs whose steps are so long at most, and that leave the range inside a block, are still far outside at its end.
pub fn stays_out(stride: f32) -> bool {
    stride * BLOCK_STEPS as f32 <= LIMIT / 4.0
}

/// So many lanes are few: one vector.
const NARROW: usize = 16;

/// One tile, one window.
#[derive(Debug)]
pub struct Advance<'a, 'b, R> {
    pub simd: Simd,
    pub tile: &'a mut Tile,
    pub shared: &'a Shared<'a>,
    pub window: &'a Window,
    /// The clock of each step of the window, epoch-major, where all runs of the group have the same; else empty.
    pub clocks: &'a [Clock<f32>],
    pub recording: &'a mut Recording<'b>,
    pub rule: PhantomData<R>,
}

impl<R: Rule> LaneLoop for Advance<'_, '_, R> {
    #[inline(always)]
    fn run<const N: usize, const STREAMS: bool>(mut self) {
        let mut offset = 0;
        while offset < self.tile.lanes {
            self.lanes::<N, STREAMS>(offset);
            offset += N;
        }
    }
}

/// The columns of N runs that every step reads or writes.
#[derive(Clone, Copy)]
struct Lanes<const N: usize> {
    theta: [Wide<f32, N>; 2],
    state: [Wide<f32, N>; STATE],
}

impl<const N: usize> Lanes<N> {
    const ZERO: Self = Self { theta: [Wide::ZERO; 2], state: [Wide::ZERO; STATE] };

    fn theta(&self) -> Theta<'_, N> {
        [&self.theta[0].0, &self.theta[1].0]
    }

    /// Array by array: so small copies are moves, not calls.
    #[inline(always)]
    fn copy(&mut self, other: &Self, state: usize) {
        for i in 0..2 {
            self.theta[i] = other.theta[i];
        }
        for i in 0..state {
            self.state[i] = other.state[i];
        }
    }
}

/// Where the parameters of N runs stand before a block's first step and after each: rows of weights and biases.
struct Path<'p, const N: usize> {
    rows: [&'p mut [[f32; N]]; 2],
    /// Whether they are those of the history, in memory that waits for them.
    recorded: bool,
}

impl<const N: usize> Path<'_, N> {
    #[inline(always)]
    fn keep(&mut self, row: usize, theta: Theta<'_, N>) {
        for i in 0..2 {
            self.rows[i][row] = *theta[i];
        }
    }

    fn row(&self, row: usize) -> Theta<'_, N> {
        [&self.rows[0][row], &self.rows[1][row]]
    }
}

/// A block of one of the window's epochs, for the N runs from `offset` on.
#[derive(Clone, Copy)]
struct Part<'p, const N: usize> {
    hyper: &'p [Wide<f32, N>; HYPER],
    clocks: Now<'p, N>,
    offset: usize,
    epoch: usize,
    block: &'p Block,
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

impl<R: Rule> Advance<'_, '_, R> {
    /// Takes the N runs from `offset` on through the window.
    #[inline(always)]
    fn lanes<const N: usize, const STREAMS: bool>(&mut self, offset: usize) {
        let mut lanes = Lanes::<N> { theta: Wide::of(&self.tile.theta, 2, offset), state: Wide::of(&self.tile.state, R::STATE, offset) };
        let hyper: [Wide<f32, N>; HYPER] = Wide::of(&self.tile.hyper, R::HYPER, offset);
        let alike = R::CLOCK == 0 || !self.clocks.is_empty();
        let mut clocks: Vec<[Wide<f32, N>; CLOCK]> = if alike { Vec::new() } else { vec![[Wide::ZERO; CLOCK]; BLOCK_STEPS] };
        let zero = Wide::ZERO;
        let mut sums = Sums { energy: zero, loss: zero, mae: zero, epoch_loss: zero, epoch_mae: zero, trail: Trail::EMPTY };
        // Where every block begins, if it matters.
        let mut before = None;
        if self.window.first_epoch == 0 {
            record_point(self.recording, lanes.theta(), offset, 0);
        }
        let calm = self.shared.calm;
        for epoch in 0..self.window.epochs {
            if !calm && self.tile.alive.0[offset..offset + N].iter().all(|&alive| alive == 0) {
                break;
            }
            if self.records_epochs() {
                (sums.epoch_loss, sums.epoch_mae) = (zero, zero);
            }
            for block in self.shared.blocks {
                let first = epoch * self.window.batches + block.first;
                let shared = self.clocks.get(first..first + block.len).unwrap_or_default();
                let clocks = if alike { Now::Shared(shared) } else { Now::Own(self.tick::<N>(&mut clocks, offset, block)) };
                let part = Part { hyper: &hyper, clocks, offset, epoch, block };
                if calm {
                    self.block::<N, STREAMS>(part, &mut lanes, &mut sums);
                } else {
                    let before = before.get_or_insert(Lanes::ZERO);
                    before.copy(&lanes, R::STATE);
                    self.block::<N, STREAMS>(part, &mut lanes, &mut sums);
                    self.freeze(part, &lanes, before, &mut sums.energy);
                }
                self.fold(part, &lanes, &mut sums);
            }
            self.record(&lanes, &sums, offset, epoch);
        }
        for i in 0..2 {
            *part_of(&mut self.tile.theta[i].0, offset) = lanes.theta[i].0;
        }
        for i in 0..R::STATE {
            *part_of(&mut self.tile.state[i].0, offset) = lanes.state[i].0;
        }
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
    #[inline(always)]
    fn block<const N: usize, const STREAMS: bool>(&mut self, part: Part<'_, N>, lanes: &mut Lanes<N>, sums: &mut Sums<N>) {
        let Part { offset, epoch, block, .. } = part;
        let shared = self.shared;
        if !R::BOUNDED {
            sums.energy = Wide::ZERO;
        }
        let measured = self.records_epochs();
        if !(self.follows(epoch) || measured || shared.every > 0) {
            self.text::<N, STREAMS>(part, lanes, &mut sums.energy, None);
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
        self.text::<N, STREAMS>(part, lanes, &mut sums.energy, Some(&mut path));
        if measured {
            self.batches(part, &path, sums);
        }
        if self.follows(epoch) {
            self.follow::<N, STREAMS>([&path.rows[0][..=block.len], &path.rows[1][..=block.len]], &mut sums.trail);
        }
        if let Some(recording) = left {
            let mut due = Due::new(before, shared.every, shared.steps);
            for row in 1..=block.len {
                if let Some(point) = due.after_step() {
                    record_point(recording, path.row(row), offset, point);
                }
            }
        }
        (*self.recording, self.tile.path) = (recording, scratch);
    }

    /// Counts the steps along a path that pass the minimum.
    fn follow<const N: usize, const STREAMS: bool>(&self, path: [&[[f32; N]]; 2], trail: &mut Trail<N>) {
        trail.passes = Wide::ZERO;
        #[cfg(target_arch = "x86_64")]
        if STREAMS {
            // SAFETY: the level is only chosen where `is_available` has seen its features.
            return unsafe { stream::follow(&self.shared.total, &self.shared.centre, path, &mut trail.passes) };
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
        let Part { offset, epoch, block, .. } = part;
        if self.records_epochs() {
            for l in 0..N {
                sums.epoch_loss.0[l] += sums.loss.0[l];
                sums.epoch_mae.0[l] += sums.mae.0[l];
            }
        }
        if self.follows(epoch) {
            let (alive, passes) = (part_of::<_, N>(&mut self.tile.alive.0, offset), part_of::<_, N>(&mut self.tile.passes.0, offset));
            for l in 0..N {
                passes[l] += sums.trail.passes.0[l] as u32 & alive[l];
            }
        }
        if block.judged && self.shared.verdicts {
            let epoch = self.number(epoch) as u32;
            self.simd.run_loop(Judge { tile: self.tile, shared: self.shared, theta: lanes.theta(), offset, epoch });
        }
    }

    /// The row of an epoch.
    fn record<const N: usize>(&mut self, lanes: &Lanes<N>, sums: &Sums<N>, offset: usize, epoch: usize) {
        if self.records_epochs() {
            let (epoch, columns) = (self.number(epoch) as usize, [&sums.epoch_loss.0, &sums.epoch_mae.0]);
            let (shared, recording, theta) = (self.shared, &mut *self.recording, lanes.theta());
            self.simd.run_loop(RecordEpoch { shared, recording, theta, sums: columns, val: None, offset, epoch });
        }
    }

    /// Whether there are texts for runs with clocks of their own.
    const CLOCKED: bool = R::CLOCK > 0;

    /// The steps of a block by the text that fits. Each text is compiled for every rule, level and width: so few lanes, which wait for
    /// each other's results and not for units, have one about any abscissa, as have lanes with clocks of their own, which wait for these.
    #[inline(always)]
    fn text<const N: usize, const STREAMS: bool>(
        &self,
        part: Part<'_, N>,
        lanes: &mut Lanes<N>,
        energy: &mut Wide<f32, N>,
        path: Option<&mut Path<'_, N>>,
    ) {
        if Self::CLOCKED && matches!(part.clocks, Now::Own(_)) {
            self.steps::<N, false, false>(part, lanes, energy, path);
        } else if STREAMS {
            #[cfg(target_arch = "x86_64")]
            self.stream(part, lanes, energy, path);
        } else if N > NARROW && self.shared.centre.is_origin() {
            self.steps::<N, true, true>(part, lanes, energy, path);
        } else {
            self.steps::<N, true, false>(part, lanes, energy, path);
        }
    }

    /// By vectors that follow each other.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn stream<const N: usize>(
        &self,
        part: Part<'_, N>,
        lanes: &mut Lanes<N>,
        energy: &mut Wide<f32, N>,
        path: Option<&mut Path<'_, N>>,
    ) {
        let Part { hyper, clocks, epoch, block, .. } = part;
        let steps = stream::Steps {
            theta: &mut lanes.theta,
            state: &mut lanes.state,
            hyper,
            energy,
            centre: self.shared.centre,
            moments: &self.window.moments_of(epoch)[block.first..block.first + block.len],
            clocks: if let Now::Shared(clocks) = clocks { clocks } else { &[] },
        };
        let path = path.map(|Path { rows: [weight, bias], recorded }| stream::Path { rows: [&mut weight[1..], &mut bias[1..]], far: *recorded });
        // SAFETY: the level is only chosen where `is_available` has seen its features.
        unsafe { stream::steps::<R, N>(steps, path) };
    }

    /// The clocks of a block, a row of lanes each, where runs have their own.
    #[inline(always)]
    fn tick<'c, const N: usize>(
        &mut self,
        clocks: &'c mut [[Wide<f32, N>; CLOCK]],
        offset: usize,
        block: &Block,
    ) -> &'c [[Wide<f32, N>; CLOCK]] {
        for l in 0..N {
            for row in clocks.iter_mut().take(block.len) {
                let timing = self.shared.timing.of(self.tile.run(offset + l));
                let now = self.tile.tickers[offset + l].next(self.shared.optimizer, timing);
                for slot in 0..R::CLOCK {
                    row[slot].0[l] = now[slot];
                }
            }
        }
        clocks
    }

    /// The steps of a block. `ALIKE` where runs share their clocks, `ORIGIN` where the centre's abscissa is 0.
    #[inline(always)]
    fn steps<const N: usize, const ALIKE: bool, const ORIGIN: bool>(
        &self,
        part: Part<'_, N>,
        lanes: &mut Lanes<N>,
        energy: &mut Wide<f32, N>,
        mut path: Option<&mut Path<'_, N>>,
    ) {
        let Part { hyper, clocks, epoch, block, .. } = part;
        let centre = self.shared.centre;
        let moments = &self.window.moments_of(epoch)[block.first..block.first + block.len];
        for (step, moments) in moments.iter().enumerate() {
            let shared = if ALIKE { clocks.shared(step) } else { [0.0; CLOCK] };
            for l in 0..N {
                let theta = Wide::lane(&lanes.theta, l);
                let mut state = Wide::lane(&lanes.state, l);
                let slope = if ORIGIN { neuron::slope_at_origin(moments, &centre, theta) } else { neuron::slope(moments, &centre, theta) };
                let hyper = Wide::lane(hyper, l);
                let now = if ALIKE { shared } else { clocks.own(step, l) };
                let next = R::step(&hyper, &now, theta, slope.gradient, &mut state);
                if !R::BOUNDED {
                    energy.0[l] = next[0].mul_add(next[0], next[1].mul_add(next[1], energy.0[l]));
                }
                lanes.theta[0].0[l] = next[0];
                lanes.theta[1].0[l] = next[1];
                for i in 0..R::STATE {
                    lanes.state[i].0[l] = state[i];
                }
            }
            if let Some(path) = &mut path {
                path.keep(step + 1, lanes.theta());
                if path.recorded {
                    fetch_row(path.row(step + 1));
                }
            }
        }
    }

    /// Ends the runs that left the range inside a block: each suspect is stepped again from its saved state, alone, with a test
    /// after every step.
    #[inline(always)]
    fn freeze<const N: usize>(&mut self, part: Part<'_, N>, lanes: &Lanes<N>, before: &Lanes<N>, energy: &mut Wide<f32, N>) {
        let Part { hyper, clocks, offset, epoch, block } = part;
        if R::BOUNDED {
            for l in 0..N {
                let (weight, bias) = (2.0 * lanes.theta[0].0[l], 2.0 * lanes.theta[1].0[l]);
                energy.0[l] = weight.mul_add(weight, bias * bias);
            }
        }
        let energy = &energy.0;
        let alive = part_of::<_, N>(&mut self.tile.alive.0, offset);
        let mut any = 0;
        for l in 0..N {
            any |= if energy[l] <= LIMIT * LIMIT { 0 } else { alive[l] };
        }
        if any == 0 {
            return;
        }
        let alive = *alive;
        let first = self.number(epoch) * self.window.batches as u64 + block.first as u64;
        let follows = self.follows(epoch);
        for l in (0..N).filter(|&l| !(energy[l] <= LIMIT * LIMIT) && alive[l] != 0) {
            let hyper = Wide::lane(hyper, l);
            let mut state = Wide::lane(&before.state, l);
            let mut theta = Wide::lane(&before.theta, l);
            let (run, mut passed) = (offset + l, 0);
            let moments = &self.window.moments_of(epoch)[block.first..block.first + block.len];
            for (step, moments) in moments.iter().enumerate() {
                let now = match clocks {
                    Now::Shared(_) => clocks.shared(step),
                    Now::Own(_) => clocks.own(step, l),
                };
                let slope = neuron::slope(moments, &self.shared.centre, theta);
                let next = R::step(&hyper, &now, theta, slope.gradient, &mut state);
                if !(next[0].abs() <= LIMIT && next[1].abs() <= LIMIT) {
                    self.tile.diverged_at[run] = first + step as u64 + 1;
                    break;
                }
                passed += u32::from(follows && passes(&self.shared.total, &self.shared.centre, theta, next));
                theta = next;
            }
            if self.tile.diverged_at[run] != 0 {
                self.tile.end[run] = theta;
                self.tile.alive.0[run] = 0;
                self.tile.passes.0[run] += passed;
            }
        }
    }
}

/// The clocks of a block.
#[derive(Clone, Copy)]
enum Now<'a, const N: usize> {
    /// One for all runs, or none at all where the rule reads none.
    Shared(&'a [Clock<f32>]),
    /// `[step][slot][lane]`
    Own(&'a [[Wide<f32, N>; CLOCK]]),
}

impl<const N: usize> Now<'_, N> {
    #[inline(always)]
    fn shared(&self, step: usize) -> Clock<f32> {
        if let Self::Shared(clocks) = self { clocks.get(step).copied().unwrap_or_default() } else { Clock::default() }
    }

    #[inline(always)]
    fn own(&self, step: usize, lane: usize) -> Clock<f32> {
        if let Self::Own(clocks) = self { Wide::lane(&clocks[step], lane) } else { Clock::default() }
    }
}
