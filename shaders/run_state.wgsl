// Parameters, buffers and per-run state of the training shader. The host concatenates it after the dispatch constants, moments.wgsl, blocks.wgsl,
// verdict_window.wgsl, cycle.wgsl, the optimizer rule and options.wgsl. src/kernel/layout.rs has the layout of the parameters and of the columns.

// Stands for "never" in the statistics.
const NEVER: u32 = 0xffffffffu;
// The bits of 1e12, the divergence limit. Infinity and NaN have larger bits, so an integer comparison finds them; WGSL compilers may assume that
// NaN does not occur, so no float is compared with itself.
const LIMIT_BITS: u32 = 0x5368d4a5u;
const MAGNITUDE_MASK: u32 = 0x7fffffffu;

// Columns of `state` after weight, bias and the state of the rule.
const START_LOSS: u32 = 2u + STATE;
const LAST_LOSS: u32 = START_LOSS + 1u;
const WINDOW_SUMS: u32 = START_LOSS + 2u;
const WINDOW_START: u32 = START_LOSS + 6u;
const LOSS_SUM: u32 = START_LOSS + 8u;
const ABSOLUTE_ERROR_SUM: u32 = START_LOSS + 9u;
const GRADIENT_SUM: u32 = START_LOSS + 10u;
const AVERAGE_COLUMN: u32 = START_LOSS + 12u;
const CYCLE_COLUMN: u32 = START_LOSS + 14u;

// Columns of `statistics`.
const REACHED_EPOCH: u32 = 0u;
const DIVERGED_AT: u32 = 1u;
const CYCLE_PERIOD: u32 = 2u;
const COMPLETED_STEPS: u32 = 3u;

// Inputs of one step that are functions of the step index alone: the step factors and the scheduled learning rate.
struct StepInputs {
    factors: StepFactors,
    rate: f32,
}

struct Params {
    // The point about which moments are taken.
    centre_weight: f32,
    centre_bias: f32,
    centre_x: f32,
    // A loss that counts as the optimum.
    reached_loss: f32,
    // Moments of all training rows.
    total_u: f32,
    total_uu: f32,
    total_r: f32,
    total_ru: f32,
    total_rr: f32,
    total_rows: f32,
    // The runs of this dispatch: first_run .. end_run.
    first_run: u32,
    end_run: u32,
    // Elements of a column: the runs in the buffers.
    column_stride: u32,
    // Runs of a block of recorded rows.
    block_width: u32,
    batches_per_epoch: u32,
    batch_size: u32,
    training_rows: u32,
    test_rows: u32,
    // The epochs of this dispatch, counted from the start of the run.
    first_epoch: u32,
    dispatch_epochs: u32,
    // Epochs and steps of a whole run.
    total_epochs: u32,
    total_steps: u32,
    // Updates between two recorded points.
    record_interval: u32,
    recorded_points: u32,
    // 1: every epoch has the same batches.
    repeats_every_epoch: u32,
    // Rows of one step-input table.
    table_steps: u32,
    // The first epoch of this dispatch, counted from the first epoch of the window.
    epoch_in_window: u32,
    // The batches of this dispatch in each of its epochs: all of them, or with a single epoch those of some blocks.
    first_batch: u32,
    end_batch: u32,
    // Iterations of the loop that checks the device's loop counter.
    loop_check_iterations: u32,
    // Batches of one batch order in this window.
    order_steps: u32,
    // Offset of the biases in `history`.
    bias_offset: u32,
    // Variance and mean of the training rows' x.
    variance_x: f32,
    mean_x: f32,
    // J* of a quadratic cost, else 0.
    loss_offset: f32,
    // Updates of a window of the verdict, and updates between two of its points.
    window_len: u32,
    window_stride: u32,
}

// The most batches of one dispatch: 64 KiB of moments, which every device accepts as a uniform. Threads that read one address of a uniform share
// one read.
const MAX_UNIFORM_BATCHES: u32 = 2048u;

// Moments in the 16-byte alignment of uniforms: u, uu, r, ru, and rr, rows, 0, 0.
struct PaddedMoments {
    first: vec4<f32>,
    second: vec4<f32>,
}

// Whether points of histories are recorded.
override RECORDS_POINTS: bool = false;
// Whether epoch series are recorded.
override RECORDS_EPOCHS: bool = false;
// Whether the dispatch may contain updates of the windows of the verdict.
override HAS_WINDOWS: bool = false;
// Whether a run has enough epochs for cycle detection.
override DETECTS_CYCLES: bool = false;
// Whether each run has its own batch order.
override JOINED_ORDERS: bool = false;
// Whether steps have step inputs.
override HAS_STEP_INPUTS: bool = false;
// Whether all runs share one table of step inputs.
override SHARED_STEP_INPUTS: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
// Moments of the batches of this dispatch, epoch by epoch; those of one epoch if every epoch has the same batches.
@group(0) @binding(1) var<uniform> batch_moments: array<PaddedMoments, MAX_UNIFORM_BATCHES>;
// Tables of `table_steps` step inputs, for groups whose runs differ in them.
@group(0) @binding(2) var<storage, read> step_tables: array<StepInputs>;
// Rows (x, y): the test rows, the training rows in the order of the split, then the training rows in batch order by order and epoch. The last
// part is absent if every epoch has the same batches.
@group(0) @binding(3) var<storage, read> rows: array<vec2<f32>>;
// Columns of `column_stride`: coefficients of the rule, option values, number of the step-input table (bits), number of the batch order (bits).
// Columns after the last one in use are absent.
@group(0) @binding(4) var<storage, read> inputs: array<f32>;
// Columns of `column_stride`: weight, bias, state of the rule, start and last loss, sums over the windows of the verdict, parameters before the last
// window, the two sums of an unfinished epoch, the gradient sum and the average of the options, anchor and reach of the cycle detector.
@group(0) @binding(5) var<storage, read_write> state: array<f32>;
// Columns of `column_stride`, zero before the first step: reached_epoch and diverged_at as complements (0 means never), cycle period, and the steps that were completed while the loop check passed.
@group(0) @binding(6) var<storage, read_write> statistics: array<u32>;
// [block][point][run of the block]: all weights, then all biases. The host copies whole columns.
@group(0) @binding(7) var<storage, read_write> history: array<f32>;
// [block][epoch][run of the block]: loss, mae, val_loss, val_mae.
@group(0) @binding(8) var<storage, read_write> epoch_series: array<vec4<f32>>;
// Step inputs of this dispatch, if all runs share them.
@group(0) @binding(9) var<uniform> step_inputs: array<vec4<f32>, MAX_UNIFORM_BATCHES>;
// Moments by batch order, epoch of the window and batch, if runs have their own batch orders.
@group(0) @binding(10) var<storage, read> joined_moments: array<PaddedMoments>;

// A private copy of the parameters, because a software adapter loads a uniform again at each access.
var<private> dispatch: Params;

// Mean gradient and mean loss over some rows; for a batch also the sum of |e| if epoch series are recorded.
struct Evaluation {
    gradient: vec2<f32>,
    loss: f32,
    absolute_error: f32,
}

// A run in registers.
struct Run {
    index: u32,
    theta: vec2<f32>,
    rule_state: State,
    option_state: OptionState,
    coefficients: Coefficients,
    option_values: OptionValues,
    // First row of its step-input table.
    table_offset: u32,
    // First batch of its batch order in `joined_moments`.
    order_offset: u32,
    // Distance of its batch order's rows from those of the first batch order.
    row_offset: u32,
    // Index of its first point in `history`.
    point_offset: u32,
    last_loss: f32,
    // Sums over the windows of the verdict: deviations of weight and bias from the centre and J, each in the last window, and J in the window before.
    window_sums: vec4<f32>,
    reached_epoch: u32,
    diverged_at: u32,
    // Sums over the batches of an epoch: loss times rows, and |e|.
    epoch_sums: vec2<f32>,
    // The largest bits of |weight| and |bias| in a block of steps.
    magnitude_bits: u32,
    cycle: CycleDetector,
}

alias Runs = array<Run, RUNS_PER_THREAD>;
alias Evaluations = array<Evaluation, RUNS_PER_THREAD>;

fn verdict_window() -> VerdictWindow {
    return VerdictWindow(dispatch.total_steps, dispatch.window_len, dispatch.window_stride);
}

fn column(slot: u32, run: u32) -> u32 {
    return slot * dispatch.column_stride + run;
}

// Whether every index of this dispatch is within its buffer. Hardware GPUs run the module without wgpu's checks of each access, which take up to half of
// the instructions; this test of the largest index of each buffer, once per thread, replaces them.
fn fits_buffers() -> bool {
    let stride = dispatch.column_stride;
    let batches = dispatch.end_batch - dispatch.first_batch;
    let uniform_batches = (dispatch.dispatch_epochs - 1u) * dispatch.batches_per_epoch + batches;
    let window_batches = (dispatch.epoch_in_window + dispatch.dispatch_epochs - 1u) * dispatch.batches_per_epoch + dispatch.end_batch;
    var fits = dispatch.end_run <= stride
        && dispatch.first_batch < dispatch.end_batch
        && dispatch.end_batch <= dispatch.batches_per_epoch
        && stride <= arrayLength(&inputs) / input_columns()
        && stride <= arrayLength(&state) / (CYCLE_COLUMN + 3u)
        && stride <= arrayLength(&statistics) / (COMPLETED_STEPS + 1u);
    if JOINED_ORDERS {
        fits = fits && window_batches <= dispatch.order_steps;
    } else {
        fits = fits && select(uniform_batches, batches, dispatch.repeats_every_epoch == 1u) <= MAX_UNIFORM_BATCHES;
    }
    if SHARED_STEP_INPUTS {
        fits = fits && uniform_batches <= MAX_UNIFORM_BATCHES;
    } else if HAS_STEP_INPUTS {
        fits = fits && window_batches <= dispatch.table_steps;
    }
    if RECORDS_POINTS {
        let last = first_recorded(dispatch.end_run - 1u, dispatch.recorded_points) + (dispatch.recorded_points - 1u) * dispatch.block_width;
        fits = fits && last < dispatch.bias_offset && dispatch.bias_offset <= arrayLength(&history) / 2u;
    }
    if RECORDS_EPOCHS {
        let last = first_recorded(dispatch.end_run - 1u, dispatch.total_epochs) + (dispatch.total_epochs - 1u) * dispatch.block_width;
        fits = fits && last < arrayLength(&epoch_series) && dispatch.first_epoch + dispatch.dispatch_epochs <= dispatch.total_epochs;
    }
    return fits;
}

// The columns of `inputs` that the pipeline reads.
fn input_columns() -> u32 {
    if JOINED_ORDERS {
        return USED_COEFFICIENTS + OPTION_VALUES + 2u;
    }
    if HAS_STEP_INPUTS && !SHARED_STEP_INPUTS {
        return USED_COEFFICIENTS + OPTION_VALUES + 1u;
    }
    return USED_COEFFICIENTS + select(0u, OPTION_VALUES, CLIP > 0u || DECAY || AVERAGE);
}

// Whether the table of step inputs, the batch order and the rows of a run are within their buffers.
fn has_fitting_tables(run: Run) -> bool {
    var fits = true;
    if HAS_STEP_INPUTS && !SHARED_STEP_INPUTS {
        fits = fits && run.table_offset + dispatch.table_steps <= arrayLength(&step_tables);
    }
    if JOINED_ORDERS {
        fits = fits && run.order_offset + dispatch.order_steps <= arrayLength(&joined_moments);
    }
    if reads_rows() {
        let end_of_last_epoch = first_row(dispatch.dispatch_epochs - 1u) + dispatch.training_rows;
        fits = fits && run.row_offset + end_of_last_epoch <= arrayLength(&rows);
    }
    return fits;
}

// Index of a run's first recorded row, in blocks of `block_width` runs with `rows_per_run` rows each.
fn first_recorded(run: u32, rows_per_run: u32) -> u32 {
    return (run / dispatch.block_width) * rows_per_run * dispatch.block_width + run % dispatch.block_width;
}

// Step inputs of a batch in an epoch of this dispatch, for a run whose table begins at `table_offset`.
fn step_inputs_of(table_offset: u32, epoch: u32, batch: u32) -> StepInputs {
    if !HAS_STEP_INPUTS {
        return StepInputs();
    }
    if SHARED_STEP_INPUTS {
        let shared_inputs = step_inputs[epoch * dispatch.batches_per_epoch + batch - dispatch.first_batch];
        return StepInputs(StepFactors(shared_inputs.x, shared_inputs.y, shared_inputs.z), shared_inputs.w);
    }
    return step_tables[table_offset + (dispatch.epoch_in_window + epoch) * dispatch.batches_per_epoch + batch];
}

// Index of the first training row of an epoch of this dispatch, in the first batch order.
fn first_row(epoch: u32) -> u32 {
    let reordered = select(1u + dispatch.epoch_in_window + epoch, 0u, dispatch.repeats_every_epoch == 1u);
    return dispatch.test_rows + reordered * dispatch.training_rows;
}

// A row for one run: of its own batch order where `own_order` is set and runs have their own, else `common_row`, which is loaded once for all runs
// of a thread.
fn row_of(row_offset: u32, own_order: bool, index: u32, common_row: vec2<f32>) -> vec2<f32> {
    if JOINED_ORDERS && own_order {
        return rows[row_offset + index];
    }
    return common_row;
}

// Rows of a batch; the last batch of an epoch may be smaller.
fn batch_rows(batch: u32) -> u32 {
    return min(dispatch.batch_size, dispatch.training_rows - batch * dispatch.batch_size);
}

fn load(index: u32) -> Run {
    var run: Run;
    run.index = index;
    run.theta = vec2<f32>(state[column(0u, index)], state[column(1u, index)]);
    run.reached_epoch = NEVER;
    run.diverged_at = NEVER;
    for (var slot = 0u; slot < USED_COEFFICIENTS; slot += 1u) {
        run.coefficients[slot] = inputs[column(slot, index)];
    }
    if CLIP > 0u || DECAY || AVERAGE {
        for (var slot = 0u; slot < OPTION_VALUES; slot += 1u) {
            run.option_values[slot] = inputs[column(USED_COEFFICIENTS + slot, index)];
        }
    }
    if HAS_STEP_INPUTS && !SHARED_STEP_INPUTS {
        run.table_offset = bitcast<u32>(inputs[column(USED_COEFFICIENTS + OPTION_VALUES, index)]) * dispatch.table_steps;
    }
    if JOINED_ORDERS {
        let order = bitcast<u32>(inputs[column(USED_COEFFICIENTS + OPTION_VALUES + 1u, index)]);
        run.order_offset = order * dispatch.order_steps;
        run.row_offset = order * (dispatch.order_steps / dispatch.batches_per_epoch) * dispatch.training_rows;
    }
    if RECORDS_POINTS {
        run.point_offset = first_recorded(index, dispatch.recorded_points);
    }
    let is_continued = dispatch.first_epoch + dispatch.first_batch > 0u;
    if is_continued || HAS_INITIAL_STATE {
        for (var slot = 0u; slot < USED_STATE; slot += 1u) {
            run.rule_state[slot] = state[column(2u + slot, index)];
        }
    }
    if is_continued {
        load_progress(&run);
    }
    return run;
}

// Loads the values that the previous dispatch stored, other than parameters and the state of the rule.
fn load_progress(run: ptr<function, Run>) {
    let index = (*run).index;
    (*run).last_loss = state[column(LAST_LOSS, index)];
    if HAS_WINDOWS {
        (*run).window_sums = vec4<f32>(
            state[column(WINDOW_SUMS, index)],
            state[column(WINDOW_SUMS + 1u, index)],
            state[column(WINDOW_SUMS + 2u, index)],
            state[column(WINDOW_SUMS + 3u, index)],
        );
    }
    (*run).reached_epoch = ~statistics[column(REACHED_EPOCH, index)];
    (*run).diverged_at = ~statistics[column(DIVERGED_AT, index)];
    if ACCUMULATION > 1u {
        (*run).option_state.sum = vec2<f32>(state[column(GRADIENT_SUM, index)], state[column(GRADIENT_SUM + 1u, index)]);
    }
    if AVERAGE {
        (*run).option_state.average = vec2<f32>(state[column(AVERAGE_COLUMN, index)], state[column(AVERAGE_COLUMN + 1u, index)]);
    }
    if RECORDS_EPOCHS && dispatch.first_batch > 0u {
        (*run).epoch_sums = vec2<f32>(state[column(LOSS_SUM, index)], state[column(ABSOLUTE_ERROR_SUM, index)]);
    }
    if DETECTS_CYCLES {
        let anchor = vec2<f32>(state[column(CYCLE_COLUMN, index)], state[column(CYCLE_COLUMN + 1u, index)]);
        (*run).cycle = CycleDetector(anchor, state[column(CYCLE_COLUMN + 2u, index)], statistics[column(CYCLE_PERIOD, index)]);
    }
}

fn store(run: Run) {
    let index = run.index;
    state[column(0u, index)] = run.theta.x;
    state[column(1u, index)] = run.theta.y;
    if AVERAGE {
        state[column(AVERAGE_COLUMN, index)] = run.option_state.average.x;
        state[column(AVERAGE_COLUMN + 1u, index)] = run.option_state.average.y;
    }
    state[column(LAST_LOSS, index)] = run.last_loss;
    if HAS_WINDOWS {
        state[column(WINDOW_SUMS, index)] = run.window_sums.x;
        state[column(WINDOW_SUMS + 1u, index)] = run.window_sums.y;
        state[column(WINDOW_SUMS + 2u, index)] = run.window_sums.z;
        state[column(WINDOW_SUMS + 3u, index)] = run.window_sums.w;
    }
    statistics[column(REACHED_EPOCH, index)] = ~run.reached_epoch;
    statistics[column(DIVERGED_AT, index)] = ~run.diverged_at;
    if DETECTS_CYCLES {
        state[column(CYCLE_COLUMN, index)] = run.cycle.anchor.x;
        state[column(CYCLE_COLUMN + 1u, index)] = run.cycle.anchor.y;
        state[column(CYCLE_COLUMN + 2u, index)] = run.cycle.reach;
        statistics[column(CYCLE_PERIOD, index)] = run.cycle.period;
    }
    if dispatch.first_epoch + dispatch.dispatch_epochs < dispatch.total_epochs || dispatch.end_batch < dispatch.batches_per_epoch {
        store_progress(run);
    }
}

// Stores the values that only the next dispatch needs.
fn store_progress(run: Run) {
    let index = run.index;
    var rule_state = run.rule_state;
    for (var slot = 0u; slot < USED_STATE; slot += 1u) {
        state[column(2u + slot, index)] = rule_state[slot];
    }
    if ACCUMULATION > 1u {
        state[column(GRADIENT_SUM, index)] = run.option_state.sum.x;
        state[column(GRADIENT_SUM + 1u, index)] = run.option_state.sum.y;
    }
    if RECORDS_EPOCHS {
        state[column(LOSS_SUM, index)] = run.epoch_sums.x;
        state[column(ABSOLUTE_ERROR_SUM, index)] = run.epoch_sums.y;
    }
}
