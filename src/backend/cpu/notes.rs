//! What the fused loop and the general path share: what a group's tiles have in common, where recorded rows go, and the notes that are
//! taken of J, places, epochs and points.
//!
//! The formulas are `kernel`'s; this file knows no rule.

use super::tile::{Column, TILE, Tile};
use crate::backend::{Broadcast, outcome::NEVER};
use crate::data::{Centre, Moments};
use crate::kernel::blocks::Block;
use crate::kernel::{FactorInputs, Number, Options, cycle, moments};
use crate::model::{Optimizer, Rows, hyperparameters::DIVERGENCE_LIMIT};

/// The largest magnitude of a parameter that is inside.
pub const LIMIT: f32 = DIVERGENCE_LIMIT as f32;

/// What every tile of a group shares.
#[derive(Debug)]
pub struct Shared<'a> {
    pub optimizer: Optimizer,
    /// Of all runs of the group.
    pub factor_inputs: &'a Broadcast<FactorInputs>,
    pub options: Options,
    pub centre: Centre,
    pub total: Moments,
    pub train: &'a Rows,
    pub test: &'a Rows,
    pub blocks: &'a [Block],
    pub batch_size: usize,
    pub epochs: u64,
    pub steps: u64,
    /// A point after every n-th update; 0: no history.
    pub every: u64,
    pub reached_loss: f32,
    /// Rows of an epoch.
    pub rows: usize,
    /// Whether the figures of verdicts are kept.
    pub verdicts: bool,
    /// Whether no run can leave the range, so that nobody looks whether one did.
    pub calm: bool,
}

/// Where a tile's recorded rows go: `[row][lane]`, `width` lanes a row. Empty slices record nothing.
#[derive(Debug, Default)]
pub struct Recording<'a> {
    pub width: usize,
    pub weight: &'a mut [f32],
    pub bias: &'a mut [f32],
    pub loss: &'a mut [f32],
    pub mae: &'a mut [f32],
    pub val_loss: &'a mut [f32],
    pub val_mae: &'a mut [f32],
}

/// Weights and biases of N runs.
pub type Theta<'a, const N: usize> = [&'a [f32; N]; 2];

#[inline(always)]
pub fn take<T: Copy, const N: usize>(column: &[T; TILE], offset: usize) -> [T; N] {
    let mut lanes = [column[0]; N];
    lanes.copy_from_slice(&column[offset..offset + N]);
    lanes
}

/// The first N lanes of a column, in place.
#[inline(always)]
pub fn part_of<T, const N: usize>(column: &mut [T; TILE]) -> &mut [T; N] {
    &mut column.as_chunks_mut::<N>().0[0]
}

/// N lanes of several columns from `offset` on, a multiple of N, to read.
#[inline(always)]
pub fn parts_of<const K: usize, const N: usize>(columns: &[Column<f32>; K], offset: usize) -> [&[f32; N]; K] {
    let mut parts = [&columns[0].0.as_chunks::<N>().0[offset / N]; K];
    for i in 1..K {
        parts[i] = &columns[i].0.as_chunks::<N>().0[offset / N];
    }
    parts
}

/// A lane of some parts. A plain loop: it stands in each of a hundred texts, and as a closure in an iterator costs the build.
#[inline(always)]
pub fn lane_of<const K: usize, const N: usize>(parts: &[&[f32; N]; K], l: usize) -> [f32; K] {
    let mut values = [0.0; K];
    for i in 0..K {
        values[i] = parts[i][l];
    }
    values
}

/// Numbers of N runs, where no vector of them lies across two cache lines: such loads and stores take twice the time.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Wide<T, const N: usize>(pub [T; N]);

impl<T, const N: usize> Wide<T, N> {
    /// A lane of some columns.
    #[inline(always)]
    pub fn lane<const K: usize>(columns: &[Self; K], l: usize) -> [T; K]
    where
        T: Copy,
    {
        let mut values = [columns[0].0[l]; K];
        for i in 0..K {
            values[i] = columns[i].0[l];
        }
        values
    }
}

impl<const N: usize> Wide<f32, N> {
    pub const ZERO: Self = Self([0.0; N]);

    /// The first lanes of a column.
    #[inline(always)]
    pub fn begin(&mut self, column: &Column<f32>) {
        self.0 = column.0.as_chunks().0[0];
    }

    /// The first so many columns of a tile, from `offset` on.
    #[inline(always)]
    pub fn of<const K: usize>(columns: &[Column<f32>; K], used: usize, offset: usize) -> [Self; K] {
        let mut taken = [Self::ZERO; K];
        for i in 0..used {
            // As arrays: so small copies are moves, not calls.
            taken[i].0 = columns[i].0.as_chunks().0[offset / N];
        }
        taken
    }
}

/// Takes note of J, and of the place, where the verdict looks.
#[inline(always)]
pub fn judge<const N: usize>(tile: &mut Tile, shared: &Shared<'_>, theta: Theta<'_, N>, epoch: u32) {
    let losses = Wide(losses(&shared.total, &shared.centre, theta));
    note(tile, shared, &losses.0, theta, epoch);
}

/// J of each lane, from the moments of all rows.
#[inline(always)]
pub fn losses<const N: usize>(total: &Moments, centre: &Centre, theta: Theta<'_, N>) -> [f32; N] {
    let mut losses = [0.0; N];
    for l in 0..N {
        let slope = moments::moment_gradient(total, centre, [theta[0][l], theta[1][l]]);
        losses[l] = moments::loss(total, &slope);
    }
    losses
}

/// `this` where the mask is all ones, `that` where it is 0. A branch would keep lanes from being lanes.
#[inline(always)]
fn select(mask: u32, this: u32, that: u32) -> u32 {
    (this & mask) | (that & !mask)
}

/// Takes note of these J and places of the first N runs of a tile.
#[inline(always)]
pub fn note<const N: usize>(tile: &mut Tile, shared: &Shared<'_>, losses: &[f32; N], theta: Theta<'_, N>, epoch: u32) {
    if let Some(since) = cycle::since(u64::from(epoch), shared.epochs) {
        for l in 0..N {
            tile.watch[l] = cycle::watch(tile.watch[l], [theta[0][l], theta[1][l]], since);
        }
    }
    let alive = part_of::<_, N>(&mut tile.alive.0);
    let (worst, last) = (part_of::<_, N>(&mut tile.worst_loss.0), part_of::<_, N>(&mut tile.last_loss.0));
    let reached = part_of::<_, N>(&mut tile.reached_epoch.0);
    for l in 0..N {
        let higher = if losses[l] > worst[l] { losses[l] } else { worst[l] };
        worst[l] = f32::from_bits(select(alive[l], higher.to_bits(), worst[l].to_bits()));
        last[l] = f32::from_bits(select(alive[l], losses[l].to_bits(), last[l].to_bits()));
        let since = if losses[l] <= shared.reached_loss { epoch } else { NEVER };
        reached[l] = select(alive[l], reached[l].min(since), reached[l]);
    }
}

#[inline(always)]
pub fn record_point<const N: usize>(recording: &mut Recording<'_>, theta: Theta<'_, N>, point: usize) {
    let width = recording.width;
    let kept = N.min(width);
    if recording.weight.is_empty() || kept == 0 {
        return;
    }
    let first = point * width;
    recording.weight[first..first + kept].copy_from_slice(&theta[0][..kept]);
    recording.bias[first..first + kept].copy_from_slice(&theta[1][..kept]);
}

/// Rows between one that is written and one whose place is fetched: enough time for memory, few enough lines for the nearest cache.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 16;

/// Has the cache fetch the places of a later row of N lanes, to be written: steps would wait for memory where they write. `row` has the
/// columns of this one.
#[inline(always)]
pub fn fetch_row<const N: usize>(row: [*const f32; 2]) {
    #[cfg(target_arch = "x86_64")]
    for column in row {
        for line in (0..N).step_by(LINE) {
            let place = column.wrapping_add(AHEAD * N + line);
            // SAFETY: a prefetch reads and writes nothing, wherever it points.
            unsafe { std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_ET0 }>(place.cast()) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}

/// Numbers of a cache line.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 16;

/// Keras' running means over the epoch's batches, and the test rows after it. `sums` are of the rows' losses and |e|.
#[inline(always)]
pub fn record_epoch<const N: usize>(
    recording: &mut Recording<'_>,
    shared: &Shared<'_>,
    theta: Theta<'_, N>,
    [loss, mae]: [&[f32; N]; 2],
    val: Option<[[f32; N]; 2]>,
    epoch: usize,
) {
    let rows = shared.rows as f32;
    let width = recording.width;
    let kept = N.min(width);
    let first = epoch * width;
    let write = |column: &mut [f32], values: &[f32; N], count: f32| {
        for l in 0..kept {
            column[first + l] = values[l] / count;
        }
    };
    write(recording.loss, loss, rows);
    write(recording.mae, mae, rows);
    if !recording.val_loss.is_empty() {
        let [losses, absolutes] = val.unwrap_or_else(|| errors(theta, &shared.test.x, &shared.test.y));
        let rows = shared.test.len() as f32;
        write(recording.val_loss, &losses, rows);
        write(recording.val_mae, &absolutes, rows);
    }
}

/// Which steps record a point, counted without a division a step.
pub struct Due {
    step: u64,
    every: u64,
    steps: u64,
    point: usize,
    left: u64,
}

impl Due {
    #[inline(always)]
    pub fn new(before: u64, every: u64, steps: u64) -> Self {
        let (point, past) = if every == 0 { (0, 0) } else { ((before / every) as usize, before % every) };
        Self { step: before, every, steps, point, left: every - past }
    }

    /// The point to record after the next step, if any.
    #[inline(always)]
    pub fn after_step(&mut self) -> Option<usize> {
        if self.every == 0 {
            return None;
        }
        self.step += 1;
        self.left -= 1;
        if self.left == 0 {
            self.left = self.every;
            self.point += 1;
            Some(self.point)
        } else {
            (self.step == self.steps).then_some(self.point + 1)
        }
    }
}

/// How J changes along a step, by its gradient somewhere on it.
#[inline(always)]
pub fn along<T: Number>([by_weight, by_bias]: [T; 2], from: [T; 2], to: [T; 2]) -> T {
    by_weight * (to[0] - from[0]) + by_bias * (to[1] - from[1])
}

/// 1 where J falls at a step's start and rises at its end, by its gradients there, else 0.
#[inline(always)]
pub fn passed<T: Number>(gradients: [[T; 2]; 2], from: [T; 2], to: [T; 2]) -> T {
    let [falls, rises] = [-along(gradients[0], from, to), along(gradients[1], from, to)];
    let none = T::of(0.0);
    T::of(1.0).where_positive(falls, none).where_positive(rises, none)
}

/// Whether J over the training rows falls at the step's start and rises at its end.
#[inline(always)]
pub fn crosses_minimum(total: &Moments, centre: &Centre, from: [f32; 2], to: [f32; 2]) -> bool {
    let gradient = |theta| moments::moment_gradient(total, centre, theta).gradient;
    passed([gradient(from), gradient(to)], from, to) > 0.0
}

/// Adds Σ|e| over some rows to each lane.
#[inline(always)]
pub fn add_errors<const N: usize>(sums: &mut [f32; N], theta: Theta<'_, N>, x: &[f32], y: &[f32]) {
    for (&x, &y) in x.iter().zip(y) {
        for l in 0..N {
            sums[l] += moments::error([theta[0][l], theta[1][l]], x, y).abs();
        }
    }
}

/// Rows between two foldings of a sum over rows: keeps float32 sums of long columns accurate.
pub const FOLD: usize = 256;

/// Σe² and Σ|e| over rows, a lane each.
#[inline(always)]
pub fn errors<const N: usize>(theta: Theta<'_, N>, x: &[f32], y: &[f32]) -> [[f32; N]; 2] {
    let (mut squares, mut absolutes) = ([0.0; N], [0.0; N]);
    for (x, y) in x.chunks(FOLD).zip(y.chunks(FOLD)) {
        let (mut square, mut absolute) = ([0.0_f32; N], [0.0_f32; N]);
        for (&x, &y) in x.iter().zip(y) {
            for l in 0..N {
                let error = moments::error([theta[0][l], theta[1][l]], x, y);
                square[l] += error * error;
                absolute[l] += error.abs();
            }
        }
        for l in 0..N {
            squares[l] += square[l];
            absolutes[l] += absolute[l];
        }
    }
    [squares, absolutes]
}
