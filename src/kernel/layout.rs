//! What host and shaders share: uniforms, columns and constants. `tests/integration/shaders.rs` holds them against the WGSL.

use bytemuck::{Pod, Zeroable};

use super::coefficients::{COEFFICIENTS, STEP_FACTORS};
use super::optimizers::STATE;
use super::options::OPTION_VALUES;
use crate::data::Moments;

/// Threads of a workgroup, where no shape says otherwise.
pub const WORKGROUP: u32 = 64;

/// The uniforms of training, in `shaders/run.wgsl`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct TrainParams {
    pub centre_weight: f32,
    pub centre_bias: f32,
    pub centre_x: f32,
    pub reached_loss: f32,
    pub total_u: f32,
    pub total_uu: f32,
    pub total_r: f32,
    pub total_ru: f32,
    pub total_rr: f32,
    pub total_rows: f32,
    pub first_run: u32,
    pub end_run: u32,
    pub capacity: u32,
    pub width: u32,
    pub batches: u32,
    pub batch_size: u32,
    pub rows: u32,
    pub test_rows: u32,
    pub first_epoch: u32,
    pub taken_epochs: u32,
    pub epochs: u32,
    pub steps: u32,
    pub every: u32,
    pub points: u32,
    pub alike: u32,
    pub factor_steps: u32,
    pub window_epoch: u32,
    pub first_batch: u32,
    pub end_batch: u32,
    pub rounds: u32,
    pub order_steps: u32,
    pub column: u32,
}

/// The uniforms of `shaders/data`, in `shaders/data/window.wgsl`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct WindowParams {
    pub first: u32,
    pub end: u32,
    pub first_epoch: u32,
    pub epochs: u32,
    pub rows: u32,
    pub batch_size: u32,
    pub batches: u32,
    pub test_rows: u32,
}

/// A float64 as `shaders/data/float64.wgsl` has it: the upper and the lower half of its bits.
pub fn words(number: f64) -> [u32; 2] {
    [(number.to_bits() >> 32) as u32, number.to_bits() as u32]
}

/// The names of [`WindowParams`]' fields, in order: all are 4 bytes wide.
pub const WINDOW_PARAMS: [&str; 8] = ["first", "end", "first_epoch", "epochs", "rows", "batch_size", "batches", "test_rows"];

/// The names of [`TrainParams`]' fields, in order: all are 4 bytes wide.
pub const TRAIN_PARAMS: [&str; 32] = [
    "centre_weight",
    "centre_bias",
    "centre_x",
    "reached_loss",
    "total_u",
    "total_uu",
    "total_r",
    "total_ru",
    "total_rr",
    "total_rows",
    "first_run",
    "end_run",
    "capacity",
    "width",
    "batches",
    "batch_size",
    "rows",
    "test_rows",
    "first_epoch",
    "taken_epochs",
    "epochs",
    "steps",
    "every",
    "points",
    "alike",
    "factor_steps",
    "window_epoch",
    "first_batch",
    "end_batch",
    "rounds",
    "order_steps",
    "column",
];

/// The most batches whose moments or ticks a dispatch of training has (`shaders/run.wgsl`): 64 KiB, which every device takes as a uniform.
pub const MOMENTS: usize = 2048;

/// The most pairs of rows of a dispatch of `shaders/metrics.wgsl`: the same 64 KiB.
pub const PAIRS: usize = 4096;

/// The moments of a batch as that uniform has them.
pub type Padded = [f32; 8];

/// On the boundaries that uniforms ask for.
pub fn padded(moments: &Moments) -> Padded {
    let Moments { u, uu, r, ru, rr, rows } = *moments;
    [u, uu, r, ru, rr, rows, 0.0, 0.0]
}

/// The most columns of the lanes: the rule's hyperparameters, the values of the options, and the bits of the factors table's number and of the
/// order's.
pub const LANE_COLUMNS: usize = COEFFICIENTS + OPTION_VALUES + 2;

/// The first columns of the state behind the rule's: of the losses, of the average, of the watch for cycles.
pub const START_LOSS: usize = 2 + STATE;
pub const AVERAGED: usize = START_LOSS + 7;
pub const WATCH: usize = START_LOSS + 9;

/// Columns of the state: weight, bias, the rule's state, start, worst and last loss, the sums of an epoch that goes on in the
/// next dispatch, what options carry (the sum of gradients and the average), and the anchor and reach of the watch for cycles.
pub const STATE_COLUMNS: usize = WATCH + 3;

/// Numbers of a step in a factors table: the factors, and the rate where it is scheduled.
pub const TICK: usize = STEP_FACTORS + 1;

/// Stands in the outputs before a dispatch, where a launch that never ran would read as zeros: no loss is so far below 0.
pub const NOT_RUN: f32 = f32::MIN;

/// Columns of the figures: `reached_epoch`, `crossings`, `diverged_at`, the period of the watch for cycles, and the batches that were
/// taken while loops still went round. The first and the third are complements, so that 0 stands for never.
pub const FIGURE_COLUMNS: usize = 5;

/// How often a loop goes round that shows whether loops still do: a software adapter ends every loop of a thread, silently, once all of
/// them together went round 65,535 times.
pub const ROUNDS: u32 = 2;

/// Rounds of a thread of `shaders/limits.wgsl`.
pub const LIMIT_ROUNDS: u32 = 1024;

/// The uniforms of `shaders/metrics.wgsl`, `shaders/surface.wgsl` and `shaders/limits.wgsl`: counts.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct CountParams {
    pub counts: [u32; 4],
}
