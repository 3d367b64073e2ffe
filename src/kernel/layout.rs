//! The data layout that host and shaders share: uniform structs, columns of the buffers, and constants. `tests/integration/shaders.rs` compares them
//! with the WGSL modules as naga parses them.

use bytemuck::{Pod, Zeroable};

use super::coefficients::{COEFFICIENTS, STEP_FACTORS};
use super::optimizers::STATE;
use super::options::OPTION_VALUES;
use crate::data::Moments;

/// Threads per workgroup, unless a `WorkgroupShape` sets another number.
pub const WORKGROUP_SIZE: u32 = 64;

/// Declares a `repr(C)` uniform struct together with the table of its fields.
macro_rules! uniform_struct {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
        #[repr(C)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl $name {
            /// Name and byte offset of each field.
            pub const FIELDS: &'static [(&'static str, usize)] = &[$((stringify!($field), std::mem::offset_of!($name, $field)),)*];
        }
    };
}

uniform_struct! {
    /// Uniforms of the training shader, `Params` in `shaders/run_state.wgsl`.
    TrainParams {
        /// The point about which moments are taken.
        centre_weight: f32,
        centre_bias: f32,
        centre_x: f32,
        /// A loss that counts as the optimum.
        reached_loss: f32,
        /// Moments of all training rows.
        total_u: f32,
        total_uu: f32,
        total_r: f32,
        total_ru: f32,
        total_rr: f32,
        total_rows: f32,
        /// The runs of this dispatch: `first_run .. end_run`.
        first_run: u32,
        end_run: u32,
        /// Elements of a column: the runs in the buffers.
        column_stride: u32,
        /// Runs of a block of recorded rows.
        block_width: u32,
        batches_per_epoch: u32,
        batch_size: u32,
        training_rows: u32,
        test_rows: u32,
        /// The epochs of this dispatch, counted from the start of the run.
        first_epoch: u32,
        dispatch_epochs: u32,
        /// Epochs and steps of a whole run.
        total_epochs: u32,
        total_steps: u32,
        /// Updates between two recorded points.
        record_interval: u32,
        recorded_points: u32,
        /// 1: every epoch has the same batches.
        repeats_every_epoch: u32,
        /// Rows of one step-input table.
        table_steps: u32,
        /// The first epoch of this dispatch, counted from the first epoch of the window.
        epoch_in_window: u32,
        /// The batches of this dispatch in each of its epochs.
        first_batch: u32,
        end_batch: u32,
        /// Iterations of the loop check.
        loop_check_iterations: u32,
        /// Batches of one batch order in this window.
        order_steps: u32,
        /// Offset of the biases in the history buffer.
        bias_offset: u32,
        /// Variance and mean of the training rows' x.
        variance_x: f32,
        mean_x: f32,
        /// J* of a quadratic cost, else 0.
        loss_offset: f32,
        /// Updates of a window of the verdict, and updates between two of its points.
        window_len: u32,
        window_stride: u32,
    }
}

uniform_struct! {
    /// Uniforms of the shaders that build batches, `Params` in `shaders/data/batch_window.wgsl`.
    WindowParams {
        /// The permutations of this dispatch: `first .. end`, counted by batch order and epoch.
        first: u32,
        end: u32,
        /// The epochs of the window.
        first_epoch: u32,
        epochs: u32,
        /// Training rows.
        rows: u32,
        batch_size: u32,
        batches: u32,
        test_rows: u32,
    }
}

/// Uniforms of `shaders/metrics.wgsl`, `shaders/surface.wgsl` and `shaders/limits.wgsl`: up to four counts.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct CountParams {
    pub counts: [u32; 4],
}

/// A float64 as `shaders/data/float64.wgsl` stores it: the upper and the lower 32 bits.
pub fn words(number: f64) -> [u32; 2] {
    [(number.to_bits() >> 32) as u32, number.to_bits() as u32]
}

/// The most batches whose moments or step inputs one training dispatch has as a uniform: 64 KiB, which every device accepts.
pub const MAX_UNIFORM_BATCHES: usize = 2048;

/// The most pairs of rows of one dispatch of `shaders/metrics.wgsl`: 64 KiB, which every device accepts.
pub const MAX_ROW_PAIRS: usize = 4096;

/// Moments of a batch in the 16-byte alignment of uniforms: u, uu, r, ru, rr, rows, 0, 0.
pub type PaddedMoments = [f32; 8];

/// Moments with the padding of uniforms.
pub fn padded(moments: &Moments) -> PaddedMoments {
    let Moments { u, uu, r, ru, rr, rows } = *moments;
    [u, uu, r, ru, rr, rows, 0.0, 0.0]
}

/// The most columns of the run inputs: coefficients, option values, and the bits of the numbers of step-input table and batch order.
pub const INPUT_COLUMNS: usize = COEFFICIENTS + OPTION_VALUES + 2;

/// First column of the results in the state buffer, after weight, bias and the state of the rule: start and last loss, sums over the windows of the
/// verdict (deviations of weight and bias, J, J over the window before), weight and bias before the last window.
pub const START_LOSS: usize = 2 + STATE;

/// Number of these columns.
pub const RESULT_COLUMNS: usize = 8;

/// First column of the parameters' average in the state buffer.
pub const AVERAGE_COLUMN: usize = START_LOSS + RESULT_COLUMNS + 4;

/// First column of the cycle detector in the state buffer.
pub const CYCLE_COLUMN: usize = AVERAGE_COLUMN + 2;

/// Columns of the state buffer: weight, bias, state of the rule, results, two sums of an unfinished epoch, gradient sum and average of the options (two
/// columns each), anchor (two) and reach of the cycle detector.
pub const STATE_COLUMNS: usize = CYCLE_COLUMN + 3;

/// Numbers of one step in a step-input table: the step factors and the scheduled learning rate.
pub const STEP_INPUTS: usize = STEP_FACTORS + 1;

/// Columns of the statistics buffer: `reached_epoch`, `diverged_at`, cycle period, completed steps. The first two are stored as complements, so that
/// 0 means never.
pub const STATISTIC_COLUMNS: usize = 4;

/// The value of outputs before a dispatch. A dispatch that did not run leaves it in place, whereas zeros could be results.
pub const SENTINEL: f32 = f32::MIN;

/// Iterations of the loop check at the end of a shader. Software adapters end all loops of a thread after 65,535 iterations without an error; then this
/// loop does not run either.
pub const LOOP_CHECK_ITERATIONS: u32 = 2;

/// Repetitions of each operation in a thread of `shaders/limits.wgsl`.
pub const LIMIT_REPETITIONS: u32 = 1024;
