//! The training loop over lanes: a tile of runs through the epochs of a window, block by block.
//!
//! The formulas are `kernel`'s; this file holds the loops around them, the divergence test, and the sums behind a verdict.

use std::marker::PhantomData;

use super::notes::{Due, LIMIT, Recording, Shared, Wide, add_errors, judge, part_of, passes, record_epoch, record_point, take};
use super::simd::LaneLoop;
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

/// Sums over the steps of a block.
struct Sums<const N: usize> {
    /// Σ(w² + b²) after each step: above the square of the limit if any step left the range (or, rarely, if none did). Under a rule of
    /// bounded steps w² + b² at the block's end, four times as large.
    energy: Wide<f32, N>,
    loss: Wide<f32, N>,
    mae: Wide<f32, N>,
    passes: Wide<u32, N>,
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
        let mut clocks: Vec<[Wide<f32, N>; CLOCK]> = if alike { Vec::new() } else { vec![[Wide([0.0; N]); CLOCK]; BLOCK_STEPS] };
        let records_epochs = !self.recording.loss.is_empty();
        let mut sums = Sums { energy: Wide([0.0; N]), loss: Wide([0.0; N]), mae: Wide([0.0; N]), passes: Wide([0; N]) };
        let mut before = lanes;
        for epoch in 0..self.window.epochs {
            if self.tile.alive.0[offset..offset + N].iter().all(|&alive| alive == 0) {
                break;
            }
            let number = self.window.first_epoch + epoch as u64;
            let last = number + 1 == self.shared.epochs;
            let (mut loss, mut mae) = ([0.0; N], [0.0; N]);
            for block in self.shared.blocks {
                // Array by array: so small copies are moves, not calls.
                for i in 0..2 {
                    before.theta.0[i] = lanes.theta.0[i];
                }
                for i in 0..R::STATE {
                    before.state[i] = lanes.state[i];
                }
                let measured = last || records_epochs;
                let first = epoch * self.window.batches + block.first;
                let shared = self.clocks.get(first..first + block.len).unwrap_or_default();
                let now = if alike { Now::Shared(shared) } else { Now::Own(self.tick::<N>(&mut clocks, offset, block)) };
                let part = Part { hyper: &hyper, clocks: now, offset, epoch, block };
                self.text(part, &mut lanes, &mut sums, measured);
                self.freeze(part, &before, &sums.energy.0);
                if measured {
                    let (alive, passes) =
                        (part_of::<_, N>(&mut self.tile.alive.0, offset), part_of::<_, N>(&mut self.tile.passes.0, offset));
                    for l in 0..N {
                        loss[l] += sums.loss.0[l];
                        mae[l] += sums.mae.0[l];
                        passes[l] += if last { sums.passes.0[l] & alive[l] } else { 0 };
                    }
                }
                if block.judged {
                    judge(self.tile, self.shared, &lanes.theta.0, offset, number as u32);
                }
            }
            if records_epochs {
                record_epoch(self.recording, self.shared, &lanes.theta.0, [&loss, &mae], None, offset, number as usize);
            }
        }
        for (i, column) in self.tile.theta.iter_mut().enumerate() {
            column.0[offset..offset + N].copy_from_slice(&lanes.theta.0[i]);
        }
        for (column, state) in self.tile.state.iter_mut().zip(&lanes.state).take(R::STATE) {
            column.0[offset..offset + N].copy_from_slice(&state.0);
        }
    }

    /// Whether there are texts for runs with clocks of their own.
    const CLOCKED: bool = R::CLOCK > 0;

    /// The steps of a block by the text that fits. Each text is compiled for every rule, level and width: so measured steps have one about
    /// any abscissa; and few lanes, which wait for each other's results and not for units, are always measured, as are lanes with clocks of
    /// their own, which wait for these.
    #[inline(always)]
    fn text<const N: usize>(&mut self, part: Part<'_, N>, lanes: &mut Lanes<N>, sums: &mut Sums<N>, measured: bool) {
        if Self::CLOCKED && matches!(part.clocks, Now::Own(_)) {
            self.steps::<N, true, false, false>(part, lanes, sums);
        } else if N <= NARROW || measured {
            self.steps::<N, true, true, false>(part, lanes, sums);
        } else if self.shared.centre.is_origin() {
            self.steps::<N, false, true, true>(part, lanes, sums);
        } else {
            self.steps::<N, false, true, false>(part, lanes, sums);
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
                let timing = &self.shared.timing[self.tile.run(offset + l)];
                let now = self.tile.tickers[offset + l].next(self.shared.optimizer, timing);
                for slot in 0..R::CLOCK {
                    row[slot].0[l] = now[slot];
                }
            }
        }
        clocks
    }

    /// The steps of a block. With `MEASURE` also the sums behind epoch losses and verdicts; `ALIKE` where runs share their clocks,
    /// `ORIGIN` where the centre's abscissa is 0.
    #[inline(always)]
    fn steps<const N: usize, const MEASURE: bool, const ALIKE: bool, const ORIGIN: bool>(
        &mut self,
        part: Part<'_, N>,
        lanes: &mut Lanes<N>,
        sums: &mut Sums<N>,
    ) {
        let Part { hyper, clocks, offset, epoch, block } = part;
        let (centre, total) = (self.shared.centre, self.shared.total);
        let moments = &self.window.moments_of(epoch)[block.first..block.first + block.len];
        let before = (self.window.first_epoch + epoch as u64) * self.window.batches as u64 + block.first as u64;
        let mut due = Due::new(before, self.shared.every, self.shared.steps);
        if before == 0 {
            record_point(self.recording, &lanes.theta.0, offset, 0);
        }
        let (x, y) = if MEASURE { self.window.rows_of(epoch, self.shared.rows) } else { (&[][..], &[][..]) };
        sums.energy = Wide([0.0; N]);
        if MEASURE {
            (sums.loss, sums.mae, sums.passes) = (Wide([0.0; N]), Wide([0.0; N]), Wide([0; N]));
        }
        for (step, moments) in moments.iter().enumerate() {
            if MEASURE && !x.is_empty() {
                let first = (block.first + step) * self.shared.batch_size;
                let end = (first + self.shared.batch_size).min(x.len());
                let mut batch = [0.0; N];
                add_errors(&mut batch, &lanes.theta.0, &x[first..end], &y[first..end]);
                for l in 0..N {
                    sums.mae.0[l] += batch[l];
                }
            }
            let shared = if ALIKE { clocks.shared(step) } else { [0.0; CLOCK] };
            for l in 0..N {
                let theta = [lanes.theta.0[0][l], lanes.theta.0[1][l]];
                let mut state = Wide::lane(&lanes.state, l);
                let slope = if ORIGIN { neuron::slope_at_origin(moments, &centre, theta) } else { neuron::slope(moments, &centre, theta) };
                let hyper = Wide::lane(hyper, l);
                let now = if ALIKE { shared } else { clocks.own(step, l) };
                let next = R::step(&hyper, &now, theta, slope.gradient, &mut state);
                if MEASURE {
                    sums.loss.0[l] += moments.rows * neuron::loss(moments, &slope);
                    sums.passes.0[l] += u32::from(passes(&total, &centre, theta, next));
                }
                if !R::BOUNDED {
                    sums.energy.0[l] = next[0].mul_add(next[0], next[1].mul_add(next[1], sums.energy.0[l]));
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
        if R::BOUNDED {
            for l in 0..N {
                let (weight, bias) = (2.0 * lanes.theta.0[0][l], 2.0 * lanes.theta.0[1][l]);
                sums.energy.0[l] = weight.mul_add(weight, bias * bias);
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
        let first = (self.window.first_epoch + epoch as u64) * self.window.batches as u64 + block.first as u64;
        let last = self.window.first_epoch + epoch as u64 + 1 == self.shared.epochs;
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
                passed += u32::from(last && passes(&self.shared.total, &self.shared.centre, theta, next));
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
