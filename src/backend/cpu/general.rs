//! The general path: a tile through the epochs of a window, batch by batch in three calls: gradients into arrays, options and rule, then
//! sums and records. Whatever the gradients come from, a rule is compiled once a SIMD level.
//!
//! Divergence is tested after every batch. The order of the options is that of `kernel::options`, which has the formulas.

use std::marker::PhantomData;

use super::gradient::{Fill, Gradients, Source};
use super::notes::{Due, LIMIT, Recording, Shared, judge, losses, note, passes, record_epoch, record_point, take};
use super::rows::Direct;
use super::simd::{Loop, Simd};
use super::tile::{Column, TILE, Tile};
use crate::backend::batches::Window;
use crate::kernel::coefficients::{CLOCK, HYPER};
use crate::kernel::optimizers::STATE;
use crate::kernel::options::{Run, Stage, VALUES};
use crate::kernel::{Options, Rule};

/// Lanes of a loop at every level: what is compiled here is compiled once a level, whatever the size of the group.
pub const WIDTH: usize = 16;

/// What every tile's way through a window needs.
pub struct General<'a> {
    pub simd: Simd,
    pub shared: &'a Shared<'a>,
    pub window: &'a Window,
    pub source: Source,
    /// Whether all runs of the group have one timing.
    pub alike: bool,
}

impl General<'_> {
    /// Takes a tile through the window.
    pub fn advance<R: Rule>(&self, tile: &mut Tile, recording: &mut Recording<'_>) {
        for epoch in 0..self.window.epochs {
            if tile.alive.0[..tile.lanes].iter().all(|&alive| alive == 0) {
                return;
            }
            self.epoch::<R>(tile, recording, epoch);
        }
    }

    fn epoch<R: Rule>(&self, tile: &mut Tile, recording: &mut Recording<'_>, epoch: usize) {
        let number = self.window.first_epoch + epoch as u64;
        let before = number * self.window.batches as u64;
        let mut due = Due::new(before, self.shared.every, self.shared.steps);
        if before == 0 {
            record_point(recording, &[tile.theta[0].0, tile.theta[1].0], 0, 0);
        }
        let mut gradients = Gradients::ZERO;
        let [mut loss, mut absolute] = [[0.0_f32; TILE]; 2];
        for block in self.shared.blocks {
            let [mut block_loss, mut block_absolute] = [[0.0_f32; TILE]; 2];
            for batch in block.first..block.first + block.len {
                let rows = self.fill(tile, epoch, batch, &mut gradients);
                for l in 0..TILE {
                    block_loss[l] += rows * gradients.loss[l];
                    block_absolute[l] += gradients.absolute[l];
                }
                self.update::<R>(tile, &gradients, before + batch as u64, number + 1 == self.shared.epochs);
                if let Some(point) = due.after_step() {
                    record_point(recording, &[tile.theta[0].0, tile.theta[1].0], 0, point);
                }
            }
            for l in 0..TILE {
                loss[l] += block_loss[l];
                absolute[l] += block_absolute[l];
            }
            if block.judged {
                self.judge(tile, number as u32);
            }
        }
        if !recording.loss.is_empty() {
            let test = self.shared.test;
            let val = match &self.source {
                Source::Rows(direct) if !test.is_empty() => {
                    let sums = direct.sums([&tile.theta[0].0, &tile.theta[1].0], tile.lanes, &test.x, &test.y);
                    Some([sums.loss, sums.absolute])
                }
                _ => None,
            };
            let sums = [&loss, &absolute];
            let record = RecordEpoch { tile, shared: self.shared, recording, sums, val: val.as_ref(), epoch: number as usize };
            self.simd.run_loop(record);
        }
    }

    /// The gradients of a batch; returns its rows.
    fn fill(&self, tile: &Tile, epoch: usize, batch: usize, gradients: &mut Gradients<TILE>) -> f32 {
        let moments = &self.window.moments_of(epoch)[batch];
        let (x, y) = self.window.rows_of(epoch, self.shared.rows);
        let rows = (batch * self.shared.batch_size).min(x.len())..((batch + 1) * self.shared.batch_size).min(x.len());
        let (x, y) = (&x[rows.clone()], &y[rows]);
        match &self.source {
            Source::Moments => self.simd.run_loop(Fill { tile, shared: self.shared, moments, x, y, gradients }),
            Source::Rows(direct) => gradients.of_rows(direct, tile, x, y),
        }
        moments.rows
    }

    /// Batch k, from 0: options and rule, the test for divergence, and in the last epoch whether the minimum was passed.
    fn update<R: Rule>(&self, tile: &mut Tile, gradients: &Gradients<TILE>, k: u64, last: bool) {
        let mut clocks = [[0.0; TILE]; CLOCK];
        if self.shared.options.updates(k) && (R::CLOCK > 0 || self.shared.options.scheduled) {
            self.tick(tile, &mut clocks, k);
        }
        let before = [tile.theta[0], tile.theta[1]];
        let update = Update::<R> { tile, options: &self.shared.options, gradients, clocks: &clocks, k, rule: PhantomData };
        self.simd.run_loop(update);
        if last {
            match &self.source {
                Source::Moments => self.simd.run_loop(Passes { tile, shared: self.shared, before: &before }),
                Source::Rows(direct) => self.passes(direct, tile, &before),
            }
        }
    }

    /// Counts the batches that pass the minimum, from the rows.
    fn passes(&self, direct: &Direct, tile: &mut Tile, before: &[Column<f32>; 2]) {
        let rows = self.shared.train;
        let gradient = |theta: &[Column<f32>; 2]| direct.sums([&theta[0].0, &theta[1].0], tile.lanes, &rows.x, &rows.y).gradient;
        let (falls, rises) = (gradient(before), gradient(&tile.theta));
        for l in 0..tile.lanes {
            let way = [0, 1].map(|i| tile.theta[i].0[l] - before[i].0[l]);
            let along = |gradient: &[[f32; TILE]; 2]| gradient[0][l] * way[0] + gradient[1][l] * way[1];
            tile.passes.0[l] += u32::from(along(&falls) < 0.0 && along(&rises) > 0.0) & tile.alive.0[l];
        }
    }

    /// Takes note of J where the verdict looks.
    fn judge(&self, tile: &mut Tile, epoch: u32) {
        match &self.source {
            Source::Moments => self.simd.run_loop(Judge { tile, shared: self.shared, epoch }),
            Source::Rows(direct) => {
                let losses = tile.losses(direct, self.shared.train);
                let theta = [tile.theta[0].0, tile.theta[1].0];
                note(tile, self.shared, &losses, &theta, 0, epoch);
            }
        }
    }

    /// The clocks of an update, and its rate where that is scheduled.
    fn tick(&self, tile: &mut Tile, clocks: &mut [[f32; TILE]; CLOCK], k: u64) {
        let own = if self.alike { 1 } else { tile.lanes };
        for lane in 0..own {
            let lanes = if self.alike { 0..TILE } else { lane..lane + 1 };
            let timing = &self.shared.timing[tile.run(lane)];
            let now = tile.tickers[lane].next(self.shared.optimizer, timing);
            for (slot, clock) in clocks.iter_mut().zip(now) {
                slot[lanes.clone()].fill(clock);
            }
            if let Some(rate) = timing.rate(k) {
                tile.hyper[0].0[lanes].fill(rate);
            }
        }
    }
}

/// Options and rule of one batch.
struct Update<'a, R> {
    tile: &'a mut Tile,
    options: &'a Options,
    gradients: &'a Gradients<TILE>,
    clocks: &'a [[f32; TILE]; CLOCK],
    k: u64,
    rule: PhantomData<R>,
}

impl<R: Rule> Loop for Update<'_, R> {
    #[inline(always)]
    fn run(mut self) {
        let stage = self.options.at(self.k);
        for offset in (0..self.tile.lanes).step_by(WIDTH) {
            let before: [[f32; WIDTH]; 2] = std::array::from_fn(|i| take(&self.tile.theta[i].0, offset));
            let mut theta = before;
            let mut g: [[f32; WIDTH]; 2] = std::array::from_fn(|i| take(&self.gradients.gradient[i], offset));
            if self.options.accumulation > 1 {
                pairs(&mut g, &mut self.tile.sum, offset, |_, g, sum| stage.accumulate(g, sum));
            }
            if stage.updates {
                self.step(&stage, &mut theta, &g, offset);
            }
            if self.options.average {
                let momentum: [f32; WIDTH] = take(&self.tile.values[2].0, offset);
                pairs(&mut theta, &mut self.tile.average, offset, |l, theta, average| stage.average(momentum[l], theta, average));
            }
            self.freeze(&before, &theta, offset);
            for (column, theta) in self.tile.theta.iter_mut().zip(&theta) {
                column.0[offset..offset + WIDTH].copy_from_slice(theta);
            }
        }
    }
}

/// Renews a pair of each lane, and what options carry beside it.
#[inline(always)]
fn pairs(
    own: &mut [[f32; WIDTH]; 2],
    carried: &mut [Column<f32>; 2],
    offset: usize,
    renewed: impl Fn(usize, [f32; 2], &mut [f32; 2]) -> [f32; 2],
) {
    let mut kept: [[f32; WIDTH]; 2] = std::array::from_fn(|i| take(&carried[i].0, offset));
    for l in 0..WIDTH {
        let mut beside = [kept[0][l], kept[1][l]];
        let pair = renewed(l, [own[0][l], own[1][l]], &mut beside);
        for i in 0..2 {
            own[i][l] = pair[i];
            kept[i][l] = beside[i];
        }
    }
    for (column, kept) in carried.iter_mut().zip(&kept) {
        column.0[offset..offset + WIDTH].copy_from_slice(kept);
    }
}

impl<R: Rule> Update<'_, R> {
    /// Clipping, decay, rule.
    #[inline(always)]
    fn step(&mut self, stage: &Stage, theta: &mut [[f32; WIDTH]; 2], g: &[[f32; WIDTH]; 2], offset: usize) {
        let values: [[f32; WIDTH]; VALUES] = std::array::from_fn(|i| take(&self.tile.values[i].0, offset));
        let hyper: [[f32; WIDTH]; HYPER] = std::array::from_fn(|i| take(&self.tile.hyper[i].0, offset));
        let clocks: [[f32; WIDTH]; CLOCK] = std::array::from_fn(|i| take(&self.clocks[i], offset));
        let mut states: [[f32; WIDTH]; STATE] = std::array::from_fn(|i| take(&self.tile.state[i].0, offset));
        for l in 0..WIDTH {
            let run = Run { values: std::array::from_fn(|i| values[i][l]), hyper: std::array::from_fn(|i| hyper[i][l]) };
            let mut state: [f32; STATE] = std::array::from_fn(|i| if i < R::STATE { states[i][l] } else { 0.0 });
            let now = std::array::from_fn(|i| clocks[i][l]);
            let next = stage.update::<f32, R>(&run, &now, [theta[0][l], theta[1][l]], [g[0][l], g[1][l]], &mut state);
            theta[0][l] = next[0];
            theta[1][l] = next[1];
            for i in 0..R::STATE {
                states[i][l] = state[i];
            }
        }
        for (column, states) in self.tile.state.iter_mut().zip(&states).take(R::STATE) {
            column.0[offset..offset + WIDTH].copy_from_slice(states);
        }
    }

    /// Ends the runs that left the range with this batch.
    #[inline(always)]
    fn freeze(&mut self, before: &[[f32; WIDTH]; 2], theta: &[[f32; WIDTH]; 2], offset: usize) {
        let alive: [u32; WIDTH] = take(&self.tile.alive.0, offset);
        let mut out = [0_u32; WIDTH];
        let mut any = 0;
        for l in 0..WIDTH {
            let inside = theta[0][l].abs() <= LIMIT && theta[1][l].abs() <= LIMIT;
            out[l] = if inside { 0 } else { alive[l] };
            any |= out[l];
        }
        if any == 0 {
            return;
        }
        for l in (0..WIDTH).filter(|&l| out[l] != 0) {
            self.tile.diverged_at[offset + l] = self.k + 1;
            self.tile.end[offset + l] = [before[0][l], before[1][l]];
            self.tile.alive.0[offset + l] = 0;
        }
    }
}

/// Counts the batches that pass the minimum.
struct Passes<'a> {
    tile: &'a mut Tile,
    shared: &'a Shared<'a>,
    before: &'a [Column<f32>; 2],
}

impl Loop for Passes<'_> {
    #[inline(always)]
    fn run(self) {
        let (total, centre) = (&self.shared.total, &self.shared.centre);
        for l in 0..self.tile.lanes {
            let [from, to] = [self.before, &self.tile.theta].map(|theta| [theta[0].0[l], theta[1].0[l]]);
            self.tile.passes.0[l] += u32::from(passes(total, centre, from, to)) & self.tile.alive.0[l];
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
        self.tile.starts_at(losses(&self.shared.total, &self.shared.centre, &theta));
    }
}

struct Judge<'a> {
    tile: &'a mut Tile,
    shared: &'a Shared<'a>,
    epoch: u32,
}

impl Loop for Judge<'_> {
    #[inline(always)]
    fn run(self) {
        for offset in (0..self.tile.lanes).step_by(WIDTH) {
            let theta: [[f32; WIDTH]; 2] = std::array::from_fn(|i| take(&self.tile.theta[i].0, offset));
            judge(self.tile, self.shared, &theta, offset, self.epoch);
        }
    }
}

struct RecordEpoch<'a, 'b> {
    tile: &'a Tile,
    shared: &'a Shared<'a>,
    recording: &'a mut Recording<'b>,
    /// Loss and Σ|e| of the epoch's batches.
    sums: [&'a [f32; TILE]; 2],
    /// Of the test rows, where they do not come from errors alone.
    val: Option<&'a [[f32; TILE]; 2]>,
    epoch: usize,
}

impl Loop for RecordEpoch<'_, '_> {
    #[inline(always)]
    fn run(self) {
        for offset in (0..self.tile.lanes).step_by(WIDTH) {
            let theta: [[f32; WIDTH]; 2] = std::array::from_fn(|i| take(&self.tile.theta[i].0, offset));
            let sums: [[f32; WIDTH]; 2] = self.sums.map(|column| take(column, offset));
            let val = self.val.map(|columns| columns.each_ref().map(|column| take(column, offset)));
            record_epoch(self.recording, self.shared, &theta, [&sums[0], &sums[1]], val, offset, self.epoch);
        }
    }
}
