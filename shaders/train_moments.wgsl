// Trains RUNS runs a thread through a stretch of a window of epochs. Composed behind the shape of the dispatch, neuron.wgsl, blocks.wgsl,
// cycle.wgsl, the rule, which has `step`, and one of sources/*.wgsl, which knows what a batch gives. Twin of the loops in src/backend/cpu;
// the layout is src/kernel/layout.rs.
//
// What only some dispatches need is an override, not a branch: a software adapter computes both sides of every branch.

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

// A step of a clock table: the clock, and the rate where it is scheduled.
struct Tick {
    clock: Clock,
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
    // Steps of a clock table.
    clock_steps: u32,
    // The first epoch of this dispatch, counted from the window's first.
    window_epoch: u32,
    // The batches of each epoch: all of them, or of a single epoch those of some blocks.
    first_batch: u32,
    end_batch: u32,
    // How often the last loop goes round.
    rounds: u32,
    // Steps of an order in this window.
    order_steps: u32,
    padding: u32,
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
// A table of clock_steps ticks for each timing.
@group(0) @binding(2) var<storage, read> clocks: array<Tick>;
// The test rows, then the training rows in batch order, epoch by epoch: x, y.
@group(0) @binding(3) var<storage, read> rows: array<vec2<f32>>;
// Columns of `capacity`: the hyperparameters, the values of the options, the bits of the clock table's number and of the order's.
@group(0) @binding(4) var<storage, read> lanes: array<f32>;
// Columns of `capacity`: weight, bias, the rule's state, start, worst and last loss, the sums of an epoch that goes on, what
// options carry, and the anchor and reach of the watch for cycles.
@group(0) @binding(5) var<storage, read_write> state: array<f32>;
// Columns of `capacity`: reached_epoch, passes, diverged_at, the period of the watch for cycles, and the batches that were
// taken while loops still went round.
@group(0) @binding(6) var<storage, read_write> figures: array<u32>;
// [block][point][lane]: weight, bias.
@group(0) @binding(7) var<storage, read_write> history: array<vec2<f32>>;
// [block][epoch][lane]: loss, mae, val_loss, val_mae.
@group(0) @binding(8) var<storage, read_write> series: array<vec4<f32>>;
// Of all orders and their batches in this window, where runs have orders of their own.
@group(0) @binding(10) var<storage, read> ordered: array<Padded>;
// Where all runs have the same: the clocks and rates of this dispatch's steps.
@group(0) @binding(9) var<uniform> ticks: array<vec4<f32>, MOMENTS>;

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
    hyper: Hyper,
    values: Values,
    // The first tick of its clock table.
    clocks: u32,
    // The first batch of its order.
    order: u32,
    // Where its first row is, in a column of points.
    points: u32,
    worst_loss: f32,
    last_loss: f32,
    reached_epoch: u32,
    passes: u32,
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

// The tick of a batch in an epoch of this dispatch, for runs with this clock table.
fn tick_of(table: u32, epoch: u32, batch: u32) -> Tick {
    if !TIMED {
        return Tick();
    }
    if ONE_CLOCK {
        let tick = ticks[epoch * given.batches + batch - given.first_batch];
        return Tick(Clock(tick.x, tick.y, tick.z), tick.w);
    }
    return clocks[table + (given.window_epoch + epoch) * given.batches + batch];
}

// The first training row, in batch order, of an epoch of this dispatch.
fn first_row(epoch: u32) -> u32 {
    return given.test_rows + select(given.window_epoch + epoch, 0u, given.alike == 1u) * given.rows;
}

// Rows of a batch.
fn rows_of(batch: u32) -> u32 {
    return min(given.batch_size, given.rows - batch * given.batch_size);
}

fn load(number: u32) -> Run {
    var run: Run;
    run.number = number;
    run.theta = vec2<f32>(state[column(0u, number)], state[column(1u, number)]);
    for (var slot = 0u; slot < STATE; slot += 1u) {
        run.memory[slot] = state[column(2u + slot, number)];
    }
    for (var slot = 0u; slot < HYPER; slot += 1u) {
        run.hyper[slot] = lanes[column(slot, number)];
    }
    for (var slot = 0u; slot < VALUES; slot += 1u) {
        run.values[slot] = lanes[column(HYPER + slot, number)];
    }
    if ACCUMULATION > 1u || AVERAGE {
        run.carried.sum = vec2<f32>(state[column(SUM, number)], state[column(SUM + 1u, number)]);
        run.carried.average = vec2<f32>(state[column(AVERAGED, number)], state[column(AVERAGED + 1u, number)]);
    }
    if TIMED && !ONE_CLOCK {
        run.clocks = bitcast<u32>(lanes[column(HYPER + VALUES, number)]) * given.clock_steps;
    }
    if ORDERS {
        run.order = bitcast<u32>(lanes[column(HYPER + VALUES + 1u, number)]) * given.order_steps;
    }
    if RECORDED {
        run.points = first_recorded(number, given.points);
    }
    run.worst_loss = state[column(WORST_LOSS, number)];
    run.last_loss = state[column(LAST_LOSS, number)];
    run.reached_epoch = figures[column(0u, number)];
    run.passes = figures[column(1u, number)];
    run.diverged_at = figures[column(2u, number)];
    if SERIES && given.first_batch > 0u {
        run.sums = vec2<f32>(state[column(LOSS_SUM, number)], state[column(MAE_SUM, number)]);
    }
    if WATCHES {
        let anchor = vec2<f32>(state[column(WATCH, number)], state[column(WATCH + 1u, number)]);
        run.watch = Watch(anchor, state[column(WATCH + 2u, number)], figures[column(3u, number)]);
    }
    return run;
}

fn store(run: Run) {
    let number = run.number;
    state[column(0u, number)] = run.theta.x;
    state[column(1u, number)] = run.theta.y;
    var memory = run.memory;
    for (var slot = 0u; slot < USED_STATE; slot += 1u) {
        state[column(2u + slot, number)] = memory[slot];
    }
    if ACCUMULATION > 1u || AVERAGE {
        state[column(SUM, number)] = run.carried.sum.x;
        state[column(SUM + 1u, number)] = run.carried.sum.y;
        state[column(AVERAGED, number)] = run.carried.average.x;
        state[column(AVERAGED + 1u, number)] = run.carried.average.y;
    }
    state[column(WORST_LOSS, number)] = run.worst_loss;
    state[column(LAST_LOSS, number)] = run.last_loss;
    figures[column(0u, number)] = run.reached_epoch;
    if FOLLOWED {
        figures[column(1u, number)] = run.passes;
    }
    figures[column(2u, number)] = run.diverged_at;
    if SERIES {
        state[column(LOSS_SUM, number)] = run.sums.x;
        state[column(MAE_SUM, number)] = run.sums.y;
    }
    if WATCHES {
        state[column(WATCH, number)] = run.watch.anchor.x;
        state[column(WATCH + 1u, number)] = run.watch.anchor.y;
        state[column(WATCH + 2u, number)] = run.watch.reach;
        figures[column(3u, number)] = run.watch.period;
    }
}

// The bits of the larger of two sizes; of NaN they are larger than of any number.
fn reach(theta: vec2<f32>) -> u32 {
    let bits = bitcast<vec2<u32>>(theta) & vec2<u32>(MAGNITUDE);
    return max(bits.x, bits.y);
}

fn is_gone(run: Run) -> bool {
    return run.diverged_at != NEVER;
}

// One batch of a run whose gradient is known.
fn stepped(before: Run, k: u32, tick: Tick, gradient: vec2<f32>) -> Run {
    var run = before;
    var memory = run.memory;
    var carried = run.carried;
    var hyper = run.hyper;
    if SCHEDULED {
        hyper[0] = tick.rate;
    }
    run.theta = batch_step(k, run.values, hyper, tick.clock, run.theta, gradient, &memory, &carried);
    run.memory = memory;
    run.carried = carried;
    return run;
}

// Takes runs through the batches first .. end of an epoch of this dispatch. Where it is careful, each stops where it leaves the range, and
// nothing is recorded; else all go on, and reach says how far they were.
fn walk(runs: ptr<function, Runs>, epoch: u32, first: u32, end: u32, careful: bool) {
    var taken: Takens;
    var behind: Takens;
    let follows = FOLLOWED && given.first_epoch + epoch + 1u == given.epochs;
    if follows {
        of_all(runs, &behind);
    }
    let before_epoch = (given.first_epoch + epoch) * given.batches;
    var point = 0u;
    var left = 0u;
    if RECORDED {
        point = (before_epoch + first) / given.every;
        left = given.every - (before_epoch + first) % given.every;
    }
    for (var batch = first; batch < end; batch += 1u) {
        of_batch(epoch, batch, runs, &taken);
        let before = *runs;
        let k = before_epoch + batch;
        for (var j = 0u; j < RUNS; j += 1u) {
            var next = stepped(before[j], k, tick_of(before[j].clocks, epoch, batch), taken[j].gradient);
            let far = reach(next.theta);
            if careful {
                if is_gone(before[j]) {
                    next = before[j];
                } else if far > LIMIT_BITS {
                    next = before[j];
                    next.diverged_at = k + 1u;
                }
            } else {
                next.reach = max(next.reach, far);
                if SERIES {
                    next.sums += vec2<f32>(f32(rows_of(batch)) * taken[j].loss, taken[j].absolute);
                }
            }
            (*runs)[j] = next;
        }
        if follows {
            var ahead: Takens;
            of_all(runs, &ahead);
            for (var j = 0u; j < RUNS; j += 1u) {
                let way = (*runs)[j].theta - before[j].theta;
                if dot(behind[j].gradient, way) < 0.0 && dot(ahead[j].gradient, way) > 0.0 {
                    (*runs)[j].passes += 1u;
                }
            }
            behind = ahead;
        }
        if RECORDED && !careful {
            left -= 1u;
            let due = left == 0u;
            point += u32(due);
            left = select(left, given.every, due);
            if due || k + 1u == given.steps {
                record_points(runs, select(given.points - 1u, point, due));
            }
        }
    }
}

fn record_points(runs: ptr<function, Runs>, point: u32) {
    for (var j = 0u; j < RUNS; j += 1u) {
        if !is_gone((*runs)[j]) {
            history[(*runs)[j].points + point * given.width] = (*runs)[j].theta;
        }
    }
}

// A block of steps: once without a test inside, and again, step by step, where a run left the range.
fn block(runs: ptr<function, Runs>, epoch: u32, first: u32, end: u32) {
    let before = *runs;
    for (var j = 0u; j < RUNS; j += 1u) {
        (*runs)[j].reach = 0u;
    }
    walk(runs, epoch, first, end, false);
    var suspect = false;
    for (var j = 0u; j < RUNS; j += 1u) {
        suspect |= !is_gone(before[j]) && (*runs)[j].reach > LIMIT_BITS;
    }
    var again = before;
    if suspect {
        walk(&again, epoch, first, end, true);
    }
    for (var j = 0u; j < RUNS; j += 1u) {
        if is_gone(before[j]) || (*runs)[j].reach > LIMIT_BITS {
            (*runs)[j] = again[j];
        }
    }
}

// Takes note of J at the end of an epoch, or of a quarter of the only one.
fn judge(runs: ptr<function, Runs>, number: u32) {
    var all: Takens;
    of_all(runs, &all);
    for (var j = 0u; j < RUNS; j += 1u) {
        if !is_gone((*runs)[j]) {
            let now = all[j].loss;
            (*runs)[j].worst_loss = max((*runs)[j].worst_loss, now);
            (*runs)[j].last_loss = now;
            if now <= given.reached_loss {
                (*runs)[j].reached_epoch = min((*runs)[j].reached_epoch, number);
            }
        }
    }
}

fn watch_all(runs: ptr<function, Runs>, number: u32) {
    if number + WATCHED + 1u < given.epochs {
        return;
    }
    for (var j = 0u; j < RUNS; j += 1u) {
        if !is_gone((*runs)[j]) {
            (*runs)[j].watch = watch((*runs)[j].watch, (*runs)[j].theta, number + WATCHED + 1u - given.epochs);
        }
    }
}

fn record_epoch(runs: ptr<function, Runs>, number: u32) {
    var test: array<vec2<f32>, RUNS>;
    if given.test_rows > 0u {
        of_test(runs, &test);
    }
    for (var j = 0u; j < RUNS; j += 1u) {
        if !is_gone((*runs)[j]) {
            let at = first_recorded((*runs)[j].number, given.epochs) + number * given.width;
            series[at] = vec4<f32>((*runs)[j].sums / f32(given.rows), test[j] / max(f32(given.test_rows), 1.0));
        }
        (*runs)[j].sums = vec2<f32>(0.0);
    }
}

// J before the first step.
fn begin(runs: ptr<function, Runs>) {
    var all: Takens;
    of_all(runs, &all);
    for (var j = 0u; j < RUNS; j += 1u) {
        if !is_gone((*runs)[j]) {
            state[column(START_LOSS, (*runs)[j].number)] = all[j].loss;
        }
        (*runs)[j].worst_loss = all[j].loss;
        (*runs)[j].last_loss = all[j].loss;
    }
    if RECORDED {
        record_points(runs, 0u);
    }
}

fn any_inside(runs: ptr<function, Runs>) -> bool {
    var inside = false;
    for (var j = 0u; j < RUNS; j += 1u) {
        inside |= !is_gone((*runs)[j]);
    }
    return inside;
}

@compute @workgroup_size(WORKGROUP)
fn train_moments(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    given = params;
    let first_run = given.first_run + (group.y * groups.x + group.x) * WORKGROUP * RUNS + local;
    if first_run >= given.end_run {
        return;
    }
    var runs: Runs;
    for (var j = 0u; j < RUNS; j += 1u) {
        // Beyond the end a run is there twice, and gone: so nobody records or stores it.
        let number = first_run + j * WORKGROUP;
        runs[j] = load(min(number, given.end_run - 1u));
        if number >= given.end_run {
            runs[j].diverged_at = 0u;
        }
    }
    if !any_inside(&runs) {
        return;
    }
    var entered = runs;
    if given.first_epoch == 0u && given.first_batch == 0u {
        begin(&runs);
    }
    for (var epoch = 0u; epoch < given.taken_epochs && any_inside(&runs); epoch += 1u) {
        let number = given.first_epoch + epoch;
        var first = given.first_batch;
        while first < given.end_batch {
            let judged = judged_end(first, given.batches, given.epochs);
            let end = min(first + BLOCK_STEPS, judged);
            block(&runs, epoch, first, end);
            if end == judged {
                judge(&runs, number);
            }
            first = end;
        }
        if given.end_batch == given.batches {
            if WATCHES {
                watch_all(&runs, number);
            }
            if SERIES {
                record_epoch(&runs, number);
            }
        }
    }
    // A thread whose loops were ended for it would give numbers all the same.
    var rounds = 0u;
    for (var i = 0u; i < given.rounds; i += 1u) {
        rounds += 1u;
    }
    for (var j = 0u; j < RUNS; j += 1u) {
        if !is_gone(entered[j]) {
            store(runs[j]);
            if rounds == given.rounds {
                figures[column(4u, runs[j].number)] += given.taken_epochs * (given.end_batch - given.first_batch);
            }
        }
    }
}
