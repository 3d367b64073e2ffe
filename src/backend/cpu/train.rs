//! The training loop over lanes: a tile of runs through the epochs of a window, block by block.
//!
//! The formulas are `kernel`'s; this file holds the loops around them, the divergence test, and the sums behind a verdict.

use std::marker::PhantomData;
use std::ops::Range;

use super::measure::{BatchLoss, Follow, Judge, RecordEpoch, Trail};
use super::notes::{Due, LIMIT, Recording, Shared, Wide, part_of, passes, record_point, take};
use super::simd::{LaneLoop, Simd};
use super::tile::Tile;
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
    fn run<const N: usize>(mut self) {
        let mut offset = 0;
        while offset < self.tile.lanes {
            self.lanes::<N>(offset);
            offset += N;
        }
    }
}

/// The columns of N runs that every step reads or writes.
#[derive(Clone, Copy)]
struct Lanes<const N: usize> {
    theta: Pair<N>,
    state: [Wide<f32, N>; STATE],
}

/// Weights and biases of N runs.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Pair<const N: usize>([[f32; N]; 2]);

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
    fn lanes<const N: usize>(&mut self, offset: usize) {
        let mut lanes = Lanes::<N> {
            theta: Pair([take(&self.tile.theta[0].0, offset), take(&self.tile.theta[1].0, offset)]),
            state: Wide::of(&self.tile.state, R::STATE, offset),
        };
        let hyper: [Wide<f32, N>; HYPER] = Wide::of(&self.tile.hyper, R::HYPER, offset);
        let alike = R::CLOCK == 0 || !self.clocks.is_empty();
        let mut clocks: Vec<[Wide<f32, N>; CLOCK]> = if alike { Vec::new() } else { vec![[Wide::ZERO; CLOCK]; BLOCK_STEPS] };
        let zero = Wide::ZERO;
        let mut sums = Sums { energy: zero, loss: zero, mae: zero, epoch_loss: zero, epoch_mae: zero, trail: Trail::EMPTY };
        let mut before = lanes;
        if self.window.first_epoch == 0 {
            record_point(self.recording, &lanes.theta.0, offset, 0);
        }
        for epoch in 0..self.window.epochs {
            if self.tile.alive.0[offset..offset + N].iter().all(|&alive| alive == 0) {
                break;
            }
            (sums.epoch_loss, sums.epoch_mae) = (zero, zero);
            for block in self.shared.blocks {
                // Array by array: so small copies are moves, not calls.
                for i in 0..2 {
                    before.theta.0[i] = lanes.theta.0[i];
                }
                for i in 0..R::STATE {
                    before.state[i] = lanes.state[i];
                }
                let first = epoch * self.window.batches + block.first;
                let shared = self.clocks.get(first..first + block.len).unwrap_or_default();
                let clocks = if alike { Now::Shared(shared) } else { Now::Own(self.tick::<N>(&mut clocks, offset, block)) };
                let part = Part { hyper: &hyper, clocks, offset, epoch, block };
                self.block(part, &mut lanes, &mut sums);
                self.freeze(part, &before, &sums.energy.0);
                self.fold(part, &lanes, &mut sums);
            }
            self.record(&lanes, &sums, offset, epoch);
        }
        for (i, column) in self.tile.theta.iter_mut().enumerate() {
            column.0[offset..offset + N].copy_from_slice(&lanes.theta.0[i]);
        }
        for (column, state) in self.tile.state.iter_mut().zip(&lanes.state).take(R::STATE) {
            column.0[offset..offset + N].copy_from_slice(&state.0);
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

    /// The steps of a block: in one go, or one by one where something is measured before or after each.
    #[inline(always)]
    fn block<const N: usize>(&mut self, part: Part<'_, N>, lanes: &mut Lanes<N>, sums: &mut Sums<N>) {
        let Part { epoch, block, .. } = part;
        let (follows, records) = (self.follows(epoch), self.records_epochs());
        let (simd, shared) = (self.simd, self.shared);
        let before = self.number(epoch) * self.window.batches as u64 + block.first as u64;
        let mut due = Due::new(before, shared.every, shared.steps);
        let (mut first, stride) = (0, if follows || records { 1 } else { block.len });
        (sums.energy, sums.loss, sums.mae) = (Wide::ZERO, Wide::ZERO, Wide::ZERO);
        sums.trail.passes = Wide([0; N]);
        if follows {
            simd.run_loop(Follow { shared, theta: &lanes.theta.0, trail: &mut sums.trail, counts: false });
        }
        while first < block.len {
            if records {
                self.batch(part, first, lanes, sums);
            }
            self.text(part, first..first + stride, lanes, sums, &mut due);
            if follows {
                simd.run_loop(Follow { shared, theta: &lanes.theta.0, trail: &mut sums.trail, counts: true });
            }
            first += stride;
        }
        if R::BOUNDED {
            for l in 0..N {
                let (weight, bias) = (2.0 * lanes.theta.0[0][l], 2.0 * lanes.theta.0[1][l]);
                sums.energy.0[l] = weight.mul_add(weight, bias * bias);
            }
        }
    }

    /// The losses of the rows of a block's batch.
    fn batch<const N: usize>(&self, part: Part<'_, N>, step: usize, lanes: &Lanes<N>, sums: &mut Sums<N>) {
        let batch = part.block.first + step;
        let (x, y) = self.window.rows_of(part.epoch, self.shared.rows);
        let first = (batch * self.shared.batch_size).min(x.len());
        let rows = first..(first + self.shared.batch_size).min(x.len());
        let moments = &self.window.moments_of(part.epoch)[batch];
        let (x, y) = (&x[rows.clone()], &y[rows]);
        let (loss, mae) = (&mut sums.loss, &mut sums.mae);
        self.simd.run_loop(BatchLoss { shared: self.shared, moments, theta: &lanes.theta.0, x, y, loss, mae });
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
                passes[l] += sums.trail.passes.0[l] & alive[l];
            }
        }
        if block.judged && self.shared.verdicts {
            let epoch = self.number(epoch) as u32;
            self.simd.run_loop(Judge { tile: self.tile, shared: self.shared, theta: &lanes.theta.0, offset, epoch });
        }
    }

    /// The row of an epoch.
    fn record<const N: usize>(&mut self, lanes: &Lanes<N>, sums: &Sums<N>, offset: usize, epoch: usize) {
        if self.records_epochs() {
            let (epoch, columns) = (self.number(epoch) as usize, [&sums.epoch_loss.0, &sums.epoch_mae.0]);
            let (shared, recording, theta) = (self.shared, &mut *self.recording, &lanes.theta.0);
            self.simd.run_loop(RecordEpoch { shared, recording, theta, sums: columns, val: None, offset, epoch });
        }
    }

    /// Whether there are texts for runs with clocks of their own.
    const CLOCKED: bool = R::CLOCK > 0;

    /// Some steps of a block by the text that fits. Each text is compiled for every rule, level and width: so few lanes, which wait for
    /// each other's results and not for units, have one about any abscissa, as have lanes with clocks of their own, which wait for these.
    #[inline(always)]
    fn text<const N: usize>(&mut self, part: Part<'_, N>, steps: Range<usize>, lanes: &mut Lanes<N>, sums: &mut Sums<N>, due: &mut Due) {
        let energy = &mut sums.energy;
        if Self::CLOCKED && matches!(part.clocks, Now::Own(_)) {
            self.steps::<N, false, false>(part, steps, lanes, energy, due);
        } else if N > NARROW && self.shared.centre.is_origin() {
            self.steps::<N, true, true>(part, steps, lanes, energy, due);
        } else {
            self.steps::<N, true, false>(part, steps, lanes, energy, due);
        }
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

    /// Some steps of a block. `ALIKE` where runs share their clocks, `ORIGIN` where the centre's abscissa is 0.
    #[inline(always)]
    fn steps<const N: usize, const ALIKE: bool, const ORIGIN: bool>(
        &mut self,
        part: Part<'_, N>,
        steps: Range<usize>,
        lanes: &mut Lanes<N>,
        energy: &mut Wide<f32, N>,
        due: &mut Due,
    ) {
        let Part { hyper, clocks, offset, epoch, block } = part;
        let centre = self.shared.centre;
        let moments = &self.window.moments_of(epoch)[block.first..block.first + block.len];
        for step in steps {
            let moments = &moments[step];
            let shared = if ALIKE { clocks.shared(step) } else { [0.0; CLOCK] };
            for l in 0..N {
                let theta = [lanes.theta.0[0][l], lanes.theta.0[1][l]];
                let mut state = Wide::lane(&lanes.state, l);
                let slope = if ORIGIN { neuron::slope_at_origin(moments, &centre, theta) } else { neuron::slope(moments, &centre, theta) };
                let hyper = Wide::lane(hyper, l);
                let now = if ALIKE { shared } else { clocks.own(step, l) };
                let next = R::step(&hyper, &now, theta, slope.gradient, &mut state);
                if !R::BOUNDED {
                    energy.0[l] = next[0].mul_add(next[0], next[1].mul_add(next[1], energy.0[l]));
                }
                lanes.theta.0[0][l] = next[0];
                lanes.theta.0[1][l] = next[1];
                for i in 0..R::STATE {
                    lanes.state[i].0[l] = state[i];
                }
            }
            if let Some(point) = due.after_step() {
                record_point(self.recording, &lanes.theta.0, offset, point);
            }
        }
    }

    /// Ends the runs that left the range inside a block: each suspect is stepped again from its saved state, alone, with a test
    /// after every step.
    #[inline(always)]
    fn freeze<const N: usize>(&mut self, part: Part<'_, N>, before: &Lanes<N>, energy: &[f32; N]) {
        let Part { hyper, clocks, offset, epoch, block } = part;
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
            let mut theta = [before.theta.0[0][l], before.theta.0[1][l]];
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
