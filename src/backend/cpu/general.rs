//! The general path: a tile through the epochs of a window, batch by batch in a few calls: gradients into arrays, options, rule, then
//! sums and records. Whatever the gradients come from, a rule is compiled once a SIMD level, and options not at all for a rule.
//!
//! Divergence is tested after every batch, but for groups from which no run can leave (`Shared::calm`). The order of the options is that
//! of `kernel::options`, which has the formulas.

use std::marker::PhantomData;

use super::gradient::{Fill, Gradients, Means, Source};
use super::measure::{Follow, Go, Judge, RecordEpoch, Trail, counted};
use super::notes::{Due, LIMIT, Recording, Shared, Wide, lane_of, losses, note, parts_of, record_point, take};
use super::rows::Wanted;
use super::simd::{Loop, Simd};
#[cfg(target_arch = "x86_64")]
use super::stream;
use super::tile::{Column, TILE, Tile};
use crate::backend::batches::Window;
use crate::kernel::coefficients::{COEFFICIENTS, STEP_FACTORS};
use crate::kernel::optimizers::{STATE, decayed};
use crate::kernel::options::{BatchAction, Clip};
use crate::kernel::{Options, Rule, Stages};

/// Lanes of a loop at every level: what is compiled here is compiled once a level, whatever the size of the group.
pub const WIDTH: usize = 16;

/// What every tile's way through a window needs.
pub struct General<'a> {
    pub simd: Simd,
    pub shared: &'a Shared<'a>,
    pub window: &'a Window,
    pub source: Source,
    /// Whether all runs of the group have equal factor inputs.
    pub alike: bool,
    /// Whether the rule reads a factors, and its step.
    pub clocked: bool,
    pub step: StepOf,
}

/// A rule's step over a tile: the one place here that is compiled for each rule.
pub type StepOf = fn(Simd, &mut Tile, &Gradients<TILE>, &[Column<f32>; STEP_FACTORS]);

pub fn step<R: Rule>(simd: Simd, tile: &mut Tile, gradients: &Gradients<TILE>, factors: &[Column<f32>; STEP_FACTORS]) {
    #[cfg(target_arch = "x86_64")]
    if <R::Stages as Stages>::STREAMS && simd.has_avx2() && tile.lanes > TILE / 2 {
        // SAFETY: levels are only chosen where `is_available` has seen their features.
        return unsafe { stream::step::<R>(tile, &gradients.gradient, factors) };
    }
    simd.run_step(Step::<R> { tile, gradients, factors, rule: PhantomData });
}

impl General<'_> {
    /// Takes a tile through the window.
    pub fn advance(&self, tile: &mut Tile, recording: &mut Recording<'_>) {
        for epoch in 0..self.window.epochs {
            if tile.alive.0[..tile.lanes].iter().all(|&alive| alive == 0) {
                return;
            }
            self.epoch(tile, recording, epoch);
        }
    }

    fn epoch(&self, tile: &mut Tile, recording: &mut Recording<'_>, epoch: usize) {
        let number = self.window.first_epoch + epoch as u64;
        let before = number * self.window.batches as u64;
        let mut due = Due::new(before, self.shared.every, self.shared.steps);
        if before == 0 {
            record_point(recording, [&tile.theta[0].0, &tile.theta[1].0], 0);
        }
        let (last, mut trail) = (self.shared.verdicts && number + 1 == self.shared.epochs, Trail::EMPTY);
        if last {
            self.follow(tile, &mut trail, false);
        }
        let mut gradients = Gradients::ZERO;
        let mut factors = [Wide([0.0; TILE]); STEP_FACTORS];
        let measured = !recording.loss.is_empty();
        let [mut loss, mut absolute] = [[0.0_f32; TILE]; 2];
        for block in self.shared.blocks {
            let [mut block_loss, mut block_absolute] = [[0.0_f32; TILE]; 2];
            for batch in block.first..block.first + block.len {
                let rows = self.fill(tile, epoch, batch, measured, &mut gradients);
                if measured {
                    for l in 0..TILE {
                        block_loss[l] += rows * gradients.loss[l];
                        block_absolute[l] += gradients.absolute[l];
                    }
                }
                let k = before + batch as u64;
                if self.shared.options.updates(k) && (self.clocked || self.shared.options.scheduled) {
                    self.tick(tile, &mut factors, k);
                }
                self.update(tile, &mut gradients, &factors, k);
                if last {
                    self.follow(tile, &mut trail, true);
                }
                if let Some(point) = due.after_step() {
                    record_point(recording, [&tile.theta[0].0, &tile.theta[1].0], point);
                }
            }
            for l in 0..TILE {
                loss[l] += block_loss[l];
                absolute[l] += block_absolute[l];
            }
            if block.judged && self.shared.verdicts {
                self.judge(tile, number as u32);
            }
        }
        if measured {
            let test = self.shared.test;
            let val = match &self.source {
                Source::Rows(direct) if !test.is_empty() => {
                    let sums = tile.sums(direct, &test.x, &test.y, Wanted::METRICS);
                    Some([sums.loss, sums.absolute])
                }
                _ => None,
            };
            let sums = [&loss, &absolute];
            let (theta, epoch) = ([tile.theta[0].0, tile.theta[1].0], number as usize);
            self.simd.run_loop(RecordEpoch { shared: self.shared, recording, theta: [&theta[0], &theta[1]], sums, val, epoch });
        }
    }

    /// The gradients of a batch; returns its rows.
    fn fill(&self, tile: &mut Tile, epoch: usize, batch: usize, measured: bool, gradients: &mut Gradients<TILE>) -> f32 {
        let moments = &self.window.moments_of(epoch)[batch];
        let (x, y) = self.window.rows_of(epoch, self.shared.rows);
        let rows = (batch * self.shared.batch_size).min(x.len())..((batch + 1) * self.shared.batch_size).min(x.len());
        let (x, y) = (&x[rows.clone()], &y[rows]);
        match &self.source {
            Source::Moments => self.simd.run_loop(Fill { tile, shared: self.shared, moments, x, y, measured, gradients }),
            Source::Rows(direct) if !measured => tile.gradient(direct, x, y, &mut gradients.gradient),
            Source::Rows(direct) => {
                let sums = tile.sums(direct, x, y, Wanted::ALL);
                self.simd.run_loop(Means { sums, rows: x.len(), gradients });
            }
        }
        moments.rows
    }

    /// Batch k, from 0: options and rule, and the test for divergence.
    fn update(&self, tile: &mut Tile, gradients: &mut Gradients<TILE>, factors: &[Column<f32>; STEP_FACTORS], k: u64) {
        if self.shared.calm {
            // Without options, and no run leaves.
            return (self.step)(self.simd, tile, gradients, factors);
        }
        let before = [tile.theta[0], tile.theta[1]];
        let (options, stage) = (&self.shared.options, self.shared.options.at(k));
        if options.accumulation > 1 {
            self.simd.run_loop(Accumulate { tile, stage: &stage, gradients });
        }
        if stage.updates {
            if options.clip != Clip::None || !options.bias {
                self.simd.run_loop(See { tile, options, gradients });
            }
            if options.decay {
                self.simd.run_loop(Decay { tile });
            }
            (self.step)(self.simd, tile, gradients, factors);
            if !options.bias {
                tile.theta[1] = before[1];
            }
        }
        if options.average {
            self.simd.run_loop(Average { tile, stage: &stage });
        }
        self.simd.run_loop(Freeze { tile, before: &before, k });
    }

    /// Goes on to where the tile stands, and counts who passed the minimum on the way; without `counts` the trail begins there.
    fn follow(&self, tile: &mut Tile, trail: &mut Trail<TILE>, counts: bool) {
        match &self.source {
            Source::Moments => {
                let theta = [tile.theta[0].0, tile.theta[1].0];
                self.simd.run_loop(Follow { shared: self.shared, theta: [&theta[0], &theta[1]], trail, counts });
            }
            Source::Rows(direct) => {
                let gradient = &mut [[0.0; TILE]; 2];
                tile.gradient(direct, &self.shared.train.x, &self.shared.train.y, gradient);
                self.simd.run_loop(Go { theta: [&tile.theta[0].0, &tile.theta[1].0], gradient, trail, counts });
            }
        }
        for l in 0..TILE {
            tile.crossings.0[l] += counted(trail.crossings.0[l]) & tile.alive.0[l];
        }
        trail.crossings = Wide::ZERO;
    }

    /// Takes note of J where the verdict looks.
    fn judge(&self, tile: &mut Tile, epoch: u32) {
        match &self.source {
            Source::Moments => {
                let theta = [tile.theta[0].0, tile.theta[1].0];
                self.simd.run_loop(Judge { tile, shared: self.shared, theta: [&theta[0], &theta[1]], epoch });
            }
            Source::Rows(direct) => {
                let losses = tile.losses(direct, self.shared.train);
                let theta = [tile.theta[0].0, tile.theta[1].0];
                note(tile, self.shared, &losses, [&theta[0], &theta[1]], epoch);
            }
        }
    }

    /// The factors of an update, and its rate where that is scheduled.
    fn tick(&self, tile: &mut Tile, factors: &mut [Column<f32>; STEP_FACTORS], k: u64) {
        let own = if self.alike { 1 } else { tile.lanes };
        for lane in 0..own {
            let lanes = if self.alike { 0..TILE } else { lane..lane + 1 };
            let factor_inputs = self.shared.factor_inputs.of(tile.run(lane));
            let now = tile.tickers[lane].next(self.shared.optimizer, factor_inputs);
            for (slot, factors) in factors.iter_mut().zip(now) {
                slot.0[lanes.clone()].fill(factors);
            }
            if let Some(rate) = factor_inputs.rate(k) {
                tile.coefficients[0].0[lanes].fill(rate);
            }
        }
    }
}

/// 1 of the options: gradients become their means since the last update.
struct Accumulate<'a> {
    tile: &'a mut Tile,
    stage: &'a BatchAction,
    gradients: &'a mut Gradients<TILE>,
}

impl Loop for Accumulate<'_> {
    #[inline(always)]
    fn run(self) {
        let ([by_weight, by_bias], [weight, bias]) = (&mut self.gradients.gradient, &mut self.tile.sum);
        for l in 0..TILE {
            let mut sum = [weight.0[l], bias.0[l]];
            [by_weight[l], by_bias[l]] = self.stage.accumulate([by_weight[l], by_bias[l]], &mut sum);
            [weight.0[l], bias.0[l]] = sum;
        }
    }
}

/// 2 of the options: gradients become those that the rule sees.
struct See<'a> {
    tile: &'a Tile,
    options: &'a Options,
    gradients: &'a mut Gradients<TILE>,
}

impl See<'_> {
    /// A choice inside the loop would keep lanes from being lanes.
    #[inline(always)]
    fn all(self, options: &Options) {
        let ([by_weight, by_bias], bound) = (&mut self.gradients.gradient, &self.tile.values[0]);
        for l in 0..TILE {
            [by_weight[l], by_bias[l]] = options.seen(bound.0[l], [by_weight[l], by_bias[l]]);
        }
    }
}

impl Loop for See<'_> {
    #[inline(always)]
    fn run(self) {
        let with = |clip, bias| Options { clip, bias, ..Options::PLAIN };
        match (self.options.clip, self.options.bias) {
            (Clip::None, bias) => self.all(&with(Clip::None, bias)),
            (Clip::Each, true) => self.all(&with(Clip::Each, true)),
            (Clip::Each, false) => self.all(&with(Clip::Each, false)),
            (Clip::Global, true) => self.all(&with(Clip::Global, true)),
            (Clip::Global, false) => self.all(&with(Clip::Global, false)),
        }
    }
}

/// 3 of the options: decay.
struct Decay<'a> {
    tile: &'a mut Tile,
}

impl Loop for Decay<'_> {
    #[inline(always)]
    fn run(self) {
        let ([weight, bias], decay, rate) = (&mut self.tile.theta, &self.tile.values[1], &self.tile.coefficients[0]);
        for l in 0..TILE {
            weight.0[l] = decayed(weight.0[l], decay.0[l], rate.0[l]);
            bias.0[l] = decayed(bias.0[l], decay.0[l], rate.0[l]);
        }
    }
}

/// 4 of the options: the rule. The one loop here that is compiled for every rule.
struct Step<'a, R> {
    tile: &'a mut Tile,
    gradients: &'a Gradients<TILE>,
    factors: &'a [Column<f32>; STEP_FACTORS],
    rule: PhantomData<R>,
}

impl<R: Rule> Loop for Step<'_, R> {
    #[inline(always)]
    fn run(self) {
        for offset in (0..self.tile.lanes).step_by(WIDTH) {
            let coefficients: [&[f32; WIDTH]; COEFFICIENTS] = parts_of(&self.tile.coefficients, offset);
            let factors: [&[f32; WIDTH]; STEP_FACTORS] = parts_of(self.factors, offset);
            let mut theta: [Wide<f32, WIDTH>; 2] = Wide::of(&self.tile.theta, 2, offset);
            let mut states: [Wide<f32, WIDTH>; STATE] = Wide::of(&self.tile.state, R::STATE, offset);
            let g: [[f32; WIDTH]; 2] = [take(&self.gradients.gradient[0], offset), take(&self.gradients.gradient[1], offset)];
            for l in 0..WIDTH {
                let mut state = Wide::lane(&states, l);
                let (now, from) = (lane_of(&factors, l), Wide::lane(&theta, l));
                let next = R::step(&lane_of(&coefficients, l), &now, from, [g[0][l], g[1][l]], &mut state);
                theta[0].0[l] = next[0];
                theta[1].0[l] = next[1];
                for i in 0..R::STATE {
                    states[i].0[l] = state[i];
                }
            }
            for (column, theta) in self.tile.theta.iter_mut().zip(&theta) {
                column.0[offset..offset + WIDTH].copy_from_slice(&theta.0);
            }
            for (column, states) in self.tile.state.iter_mut().zip(&states).take(R::STATE) {
                column.0[offset..offset + WIDTH].copy_from_slice(&states.0);
            }
        }
    }
}

/// 5 of the options: the average of the parameters.
struct Average<'a> {
    tile: &'a mut Tile,
    stage: &'a BatchAction,
}

impl Loop for Average<'_> {
    #[inline(always)]
    fn run(self) {
        let ([weight, bias], [by_weight, by_bias]) = (&mut self.tile.theta, &mut self.tile.average);
        let momentum = &self.tile.values[2];
        for l in 0..TILE {
            let mut average = [by_weight.0[l], by_bias.0[l]];
            [weight.0[l], bias.0[l]] = self.stage.average(momentum.0[l], [weight.0[l], bias.0[l]], &mut average);
            [by_weight.0[l], by_bias.0[l]] = average;
        }
    }
}

/// Ends the runs that left the range with batch k, from 0.
struct Freeze<'a> {
    tile: &'a mut Tile,
    before: &'a [Column<f32>; 2],
    k: u64,
}

impl Loop for Freeze<'_> {
    #[inline(always)]
    fn run(self) {
        let ([weight, bias], alive) = (&self.tile.theta, &self.tile.alive);
        let mut out = [0_u32; TILE];
        let mut any = 0;
        for l in 0..TILE {
            let inside = weight.0[l].abs() <= LIMIT && bias.0[l].abs() <= LIMIT;
            out[l] = if inside { 0 } else { alive.0[l] };
            any |= out[l];
        }
        if any == 0 {
            return;
        }
        for l in (0..self.tile.lanes).filter(|&l| out[l] != 0) {
            self.tile.diverged_at[l] = self.k + 1;
            self.tile.end[l] = [self.before[0].0[l], self.before[1].0[l]];
            self.tile.alive.0[l] = 0;
        }
    }
}

/// J at the start, from moments.
pub struct Start<'a> {
    pub tile: &'a mut Tile,
    pub shared: &'a Shared<'a>,
}

impl Loop for Start<'_> {
    #[inline(always)]
    fn run(self) {
        let theta = [self.tile.theta[0].0, self.tile.theta[1].0];
        self.tile.starts_at(losses(&self.shared.total, &self.shared.centre, [&theta[0], &theta[1]]));
    }
}
