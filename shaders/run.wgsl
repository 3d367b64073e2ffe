// What training is given and where it stands: the parameters of a dispatch, its buffers, and a run as it is read from them and written
// back. Composed behind the shape of the dispatch, cycle.wgsl, the rule and its options. The layout is src/kernel/layout.rs.

// Stands for "never".
const NEVER: u32 = 0xffffffffu;
// The bits of 1e12. Larger bits, infinity and NaN among them, are outside; floats are never asked whether they are NaN.
const LIMIT_BITS: u32 = 0x5368d4a5u;
const MAGNITUDE: u32 = 0x7fffffffu;

// Columns of the state behind weight, bias and the rule's.
const START_LOSS: u32 = 2u + STATE;
const WORST_LOSS: u32 = START_LOSS + 1u;
const LAST_LOSS: u32 = START_LOSS + 2u;
const LOSS_SUM: u32 = START_LOSS + 3u;
const MAE_SUM: u32 = START_LOSS + 4u;
const SUM: u32 = START_LOSS + 5u;
const AVERAGED: u32 = START_LOSS + 7u;
const WATCH: u32 = START_LOSS + 9u;

// A step of a factors table: the factors, and the rate where it is scheduled.
struct Tick {
    factors: StepFactors,
    rate: f32,
}

struct Params {
    centre_weight: f32,
    centre_bias: f32,
    centre_x: f32,
    reached_loss: f32,
    total_u: f32,
    total_uu: f32,
    total_r: f32,
    total_ru: f32,
    total_rr: f32,
    total_rows: f32,
    // The runs of this dispatch, and the runs of the buffers.
    first_run: u32,
    end_run: u32,
    capacity: u32,
    // Lanes of a block of recorded rows.
    width: u32,
    batches: u32,
    batch_size: u32,
    rows: u32,
    test_rows: u32,
    // The first epoch of this dispatch, how many it takes, and those of a whole run.
    first_epoch: u32,
    taken_epochs: u32,
    epochs: u32,
    steps: u32,
    // A point after every n-th update, where points are recorded.
    every: u32,
    points: u32,
    // 1: all epochs of the window have the same batches.
    alike: u32,
    // Steps of a factors table.
    factor_steps: u32,
    // The first epoch of this dispatch, counted from the window's first.
    window_epoch: u32,
    // The batches of each epoch: all of them, or of a single epoch those of some blocks.
    first_batch: u32,
    end_batch: u32,
    // How often the last loop goes round.
    rounds: u32,
    // Steps of an order in this window.
    order_steps: u32,
    // Where the history's biases begin.
    column: u32,
}

// The most batches whose moments or ticks a dispatch has: what any device takes as a uniform, which is read at no cost where all threads
// read the same.
const MOMENTS: u32 = 2048u;

// Moments on the boundaries that uniforms ask for: u, uu, r, ru, and rr, rows.
struct Padded {
    first: vec4<f32>,
    second: vec4<f32>,
}

// Whether points are recorded, and whether epoch series are.
override RECORDED: bool = false;
override SERIES: bool = false;
// Whether the last epoch is among the dispatch's, whose steps are asked whether they pass the minimum.
override FOLLOWED: bool = false;
// Whether a run has epochs enough to tell a cycle.
override WATCHES: bool = false;
// Whether runs have orders of their own, so that each has its own batches.
override ORDERS: bool = false;
// Whether steps have a tick at all, and whether all runs have the same.
override TIMED: bool = false;
override ONE_CLOCK: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
// Of the batches of this dispatch, epoch by epoch, or of one epoch where all are alike.
@group(0) @binding(1) var<uniform> moments: array<Padded, MOMENTS>;
// A table of factor_steps ticks for each timing.
@group(0) @binding(2) var<storage, read> factors: array<Tick>;
// The test rows, the training rows as the split left them, and these again in batch order, order by order and epoch by epoch, unless all
// epochs are alike: x, y.
@group(0) @binding(3) var<storage, read> rows: array<vec2<f32>>;
// Columns of `capacity`, up to the last that any run needs: the rule's hyperparameters, the values of the options, the bits of the factors
// table's number and of the order's.
@group(0) @binding(4) var<storage, read> lanes: array<f32>;
// Columns of `capacity`: weight, bias, the rule's state, start, worst and last loss, the sums of an epoch that goes on, what
// options carry, and the anchor and reach of the watch for cycles.
@group(0) @binding(5) var<storage, read_write> state: array<f32>;
// Columns of `capacity`: reached_epoch, crossings, diverged_at, the period of the watch for cycles, and the batches that were
// taken while loops still went round. Before the first step all are 0: the first and the third stand there as complements.
@group(0) @binding(6) var<storage, read_write> figures: array<u32>;
// [block][point][lane]: all weights, then all biases, as the host keeps them: it copies columns, and sorts nothing.
@group(0) @binding(7) var<storage, read_write> history: array<f32>;
// [block][epoch][lane]: loss, mae, val_loss, val_mae.
@group(0) @binding(8) var<storage, read_write> series: array<vec4<f32>>;
// Where all runs have the same: the factors and rates of this dispatch's steps.
@group(0) @binding(9) var<uniform> ticks: array<vec4<f32>, MOMENTS>;
// Of all orders and their batches in this window, where runs have orders of their own.
@group(0) @binding(10) var<storage, read> ordered: array<Padded>;

// The uniforms, read once: a software adapter reads them anew at each mention.
var<private> given: Params;

// What some rows give: mean gradient, mean loss, and of a batch the sum of |e| where epoch series are recorded.
struct Taken {
    gradient: vec2<f32>,
    loss: f32,
    absolute: f32,
}

// A run as its thread carries it through the stretch.
struct Run {
    number: u32,
    theta: vec2<f32>,
    memory: State,
    carried: Carried,
    coefficients: Coefficients,
    values: Values,
    // The first tick of its factors table.
    factors: u32,
    // The first batch of its order, and how far behind those of the first order its rows are.
    order: u32,
    rows: u32,
    // Where its first row is, in a column of points.
    points: u32,
    worst_loss: f32,
    last_loss: f32,
    reached_epoch: u32,
    crossings: u32,
    diverged_at: u32,
    // Of the epoch's batches: loss and |e|.
    sums: vec2<f32>,
    // The largest bits of |weight| or |bias| in a block.
    reach: u32,
    watch: Watch,
}

alias Runs = array<Run, RUNS>;
alias Takens = array<Taken, RUNS>;

fn column(slot: u32, run: u32) -> u32 {
    return slot * given.capacity + run;
}

// Where the first of a run's rows is, in blocks of `width` runs that have so many rows each.
fn first_recorded(run: u32, rows_of_a_run: u32) -> u32 {
    return (run / given.width) * rows_of_a_run * given.width + run % given.width;
}

// The tick of a batch in an epoch of this dispatch, for runs with this factors table.
fn tick_of(table: u32, epoch: u32, batch: u32) -> Tick {
    if !TIMED {
        return Tick();
    }
    if ONE_CLOCK {
        let tick = ticks[epoch * given.batches + batch - given.first_batch];
        return Tick(StepFactors(tick.x, tick.y, tick.z), tick.w);
    }
    return factors[table + (given.window_epoch + epoch) * given.batches + batch];
}

// The first training row, in batch order, of an epoch of this dispatch: of the first order.
fn first_row(epoch: u32) -> u32 {
    return given.test_rows + select(1u + given.window_epoch + epoch, 0u, given.alike == 1u) * given.rows;
}

// A row of a run's own order, where runs have one and it is asked for; else the same for all, which is read once for a thread's runs.
fn row_of(order: u32, own: bool, number: u32, same: vec2<f32>) -> vec2<f32> {
    if ORDERS && own {
        return rows[order + number];
    }
    return same;
}

// Rows of a batch.
fn rows_of(batch: u32) -> u32 {
    return min(given.batch_size, given.rows - batch * given.batch_size);
}

fn load(number: u32) -> Run {
    var run: Run;
    run.number = number;
    run.theta = vec2<f32>(state[column(0u, number)], state[column(1u, number)]);
    run.reached_epoch = NEVER;
    run.diverged_at = NEVER;
    for (var slot = 0u; slot < USED_COEFFICIENTS; slot += 1u) {
        run.coefficients[slot] = lanes[column(slot, number)];
    }
    if CLIP > 0u || DECAY || AVERAGE {
        for (var slot = 0u; slot < OPTION_VALUES; slot += 1u) {
            run.values[slot] = lanes[column(USED_COEFFICIENTS + slot, number)];
        }
    }
    if TIMED && !ONE_CLOCK {
        run.factors = bitcast<u32>(lanes[column(USED_COEFFICIENTS + OPTION_VALUES, number)]) * given.factor_steps;
    }
    if ORDERS {
        let order = bitcast<u32>(lanes[column(USED_COEFFICIENTS + OPTION_VALUES + 1u, number)]);
        run.order = order * given.order_steps;
        run.rows = order * (given.order_steps / given.batches) * given.rows;
    }
    if RECORDED {
        run.points = first_recorded(number, given.points);
    }
    let goes_on = given.first_epoch + given.first_batch > 0u;
    if goes_on || BEGINS_FULL {
        for (var slot = 0u; slot < USED_STATE; slot += 1u) {
            run.memory[slot] = state[column(2u + slot, number)];
        }
    }
    if goes_on {
        resume(&run);
    }
    return run;
}

// What a dispatch left for the next beside parameters and the rule's state.
fn resume(run: ptr<function, Run>) {
    let number = (*run).number;
    (*run).worst_loss = state[column(WORST_LOSS, number)];
    (*run).last_loss = state[column(LAST_LOSS, number)];
    (*run).reached_epoch = ~figures[column(0u, number)];
    (*run).crossings = figures[column(1u, number)];
    (*run).diverged_at = ~figures[column(2u, number)];
    if ACCUMULATION > 1u {
        (*run).carried.sum = vec2<f32>(state[column(SUM, number)], state[column(SUM + 1u, number)]);
    }
    if AVERAGE {
        (*run).carried.average = vec2<f32>(state[column(AVERAGED, number)], state[column(AVERAGED + 1u, number)]);
    }
    if SERIES && given.first_batch > 0u {
        (*run).sums = vec2<f32>(state[column(LOSS_SUM, number)], state[column(MAE_SUM, number)]);
    }
    if WATCHES {
        let anchor = vec2<f32>(state[column(WATCH, number)], state[column(WATCH + 1u, number)]);
        (*run).watch = Watch(anchor, state[column(WATCH + 2u, number)], figures[column(3u, number)]);
    }
}

fn store(run: Run) {
    let number = run.number;
    state[column(0u, number)] = run.theta.x;
    state[column(1u, number)] = run.theta.y;
    if AVERAGE {
        state[column(AVERAGED, number)] = run.carried.average.x;
        state[column(AVERAGED + 1u, number)] = run.carried.average.y;
    }
    state[column(WORST_LOSS, number)] = run.worst_loss;
    state[column(LAST_LOSS, number)] = run.last_loss;
    figures[column(0u, number)] = ~run.reached_epoch;
    if FOLLOWED {
        figures[column(1u, number)] = run.crossings;
    }
    figures[column(2u, number)] = ~run.diverged_at;
    if WATCHES {
        state[column(WATCH, number)] = run.watch.anchor.x;
        state[column(WATCH + 1u, number)] = run.watch.anchor.y;
        state[column(WATCH + 2u, number)] = run.watch.reach;
        figures[column(3u, number)] = run.watch.period;
    }
    if given.first_epoch + given.taken_epochs < given.epochs || given.end_batch < given.batches {
        suspend(run);
    }
}

// What only the next dispatch asks for.
fn suspend(run: Run) {
    let number = run.number;
    var memory = run.memory;
    for (var slot = 0u; slot < USED_STATE; slot += 1u) {
        state[column(2u + slot, number)] = memory[slot];
    }
    if ACCUMULATION > 1u {
        state[column(SUM, number)] = run.carried.sum.x;
        state[column(SUM + 1u, number)] = run.carried.sum.y;
    }
    if SERIES {
        state[column(LOSS_SUM, number)] = run.sums.x;
        state[column(MAE_SUM, number)] = run.sums.y;
    }
}
