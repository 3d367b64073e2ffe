// Trains a run a thread through a stretch of a window of epochs. Composed behind neuron.wgsl, blocks.wgsl, cycle.wgsl, the rule, which has `step`,
// and one of sources/*.wgsl, which knows what a batch gives. Twin of the loops in src/backend/cpu; the layout is src/kernel/layout.rs.

const WORKGROUP: u32 = 64u;

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
    padding_0: u32,
    padding_1: u32,
}

// The most batches whose moments a dispatch has: what any device takes as a uniform, which is read at no cost where all threads read the
// same.
const MOMENTS: u32 = 2048u;

// Moments on the boundaries that uniforms ask for: u, uu, r, ru, and rr, rows.
struct Padded {
    first: vec4<f32>,
    second: vec4<f32>,
}

// Whether points are recorded, and whether epoch series are.
override RECORDED: bool = false;
override SERIES: bool = false;


@group(0) @binding(0) var<uniform> params: Params;
// Of the batches of this dispatch, epoch by epoch, or of one epoch where all are alike.
@group(0) @binding(1) var<uniform> moments: array<Padded, MOMENTS>;
// A table of clock_steps ticks for each timing.
@group(0) @binding(2) var<storage, read> clocks: array<Tick>;
// The test rows, then the training rows in batch order, epoch by epoch: x, y.
@group(0) @binding(3) var<storage, read> rows: array<vec2<f32>>;
// Columns of `capacity`: the hyperparameters, the values of the options, and the bits of the clock table's number.
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

// Means over some rows, and how many these are.
struct Taken {
    gradient: vec2<f32>,
    loss: f32,
    rows: f32,
}

fn outside(theta: vec2<f32>) -> bool {
    let bits = bitcast<vec2<u32>>(theta) & vec2<u32>(MAGNITUDE);
    return max(bits.x, bits.y) > LIMIT_BITS;
}

// Whether J over the training rows falls at the step's start and rises at its end.
fn passes(before: vec2<f32>, after: vec2<f32>) -> bool {
    let way = after - before;
    return dot(of_all(before).gradient, way) < 0.0 && dot(of_all(after).gradient, way) > 0.0;
}

fn column(slot: u32, run: u32) -> u32 {
    return slot * params.capacity + run;
}

// Where a step's clock stands: a rule that reads none has a table of one.
fn clock_at(table: u32, step_in_window: u32) -> u32 {
    return select(table + step_in_window, 0u, params.clock_steps == 0u);
}

// The first training row, in batch order, of an epoch of this dispatch.
fn first_row(epoch: u32) -> u32 {
    return params.test_rows + select(params.window_epoch + epoch, 0u, params.alike == 1u) * params.rows;
}

fn recorded(run: u32, row: u32, rows_of_a_run: u32) -> u32 {
    return (run / params.width) * rows_of_a_run * params.width + row * params.width + run % params.width;
}

fn record_point(run: u32, step_number: u32, theta: vec2<f32>) {
    if !RECORDED {
        return;
    }
    if step_number % params.every == 0u {
        history[recorded(run, step_number / params.every, params.points)] = theta;
    } else if step_number == params.steps {
        history[recorded(run, params.points - 1u, params.points)] = theta;
    }
}

@compute @workgroup_size(WORKGROUP)
fn train_moments(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let run = params.first_run + id.y * groups.x * WORKGROUP + id.x;
    if run >= params.end_run || figures[column(2u, run)] != NEVER {
        return;
    }
    var hyper: Hyper;
    var memory: State;
    for (var slot = 0u; slot < HYPER; slot += 1u) {
        hyper[slot] = lanes[column(slot, run)];
    }
    for (var slot = 0u; slot < STATE; slot += 1u) {
        memory[slot] = state[column(2u + slot, run)];
    }
    var values: Values;
    for (var slot = 0u; slot < VALUES; slot += 1u) {
        values[slot] = lanes[column(HYPER + slot, run)];
    }
    var carried = Carried(
        vec2<f32>(state[column(SUM, run)], state[column(SUM + 1u, run)]),
        vec2<f32>(state[column(AVERAGED, run)], state[column(AVERAGED + 1u, run)]),
    );
    let clock_table = bitcast<u32>(lanes[column(HYPER + VALUES, run)]) * params.clock_steps;
    var theta = vec2<f32>(state[column(0u, run)], state[column(1u, run)]);
    if params.first_epoch == 0u && params.first_batch == 0u {
        let start = of_all(theta).loss;
        state[column(START_LOSS, run)] = start;
        state[column(WORST_LOSS, run)] = start;
        state[column(LAST_LOSS, run)] = start;
        record_point(run, 0u, theta);
    }
    var gone = false;
    var sums = vec2<f32>(0.0);
    if params.first_batch > 0u {
        sums = vec2<f32>(state[column(LOSS_SUM, run)], state[column(MAE_SUM, run)]);
    }
    for (var epoch = 0u; epoch < params.taken_epochs && !gone; epoch += 1u) {
        let number = params.first_epoch + epoch;
        let last = number + 1u == params.epochs;
        let measured = last || SERIES;
        var first = params.first_batch;
        while first < params.end_batch && !gone {
            let judged = judged_end(first, params.batches, params.epochs);
            let end = min(first + BLOCK_STEPS, judged);
            let saved_theta = theta;
            let saved_memory = memory;
            let saved_carried = carried;
            var passed = 0u;
            var block_sums = vec2<f32>(0.0);
            var suspect = false;
            // Once without a test inside; again, step by step, where a step left the range.
            for (var attempt = 0u; attempt < 2u; attempt += 1u) {
                let careful = attempt == 1u;
                if careful {
                    if !suspect {
                        break;
                    }
                    theta = saved_theta;
                    memory = saved_memory;
                    carried = saved_carried;
                    passed = 0u;
                }
                for (var batch = first; batch < end; batch += 1u) {
                    let at = of_batch(epoch, batch, theta);
                    let before = theta;
                    if measured && !careful {
                        block_sums.x += at.rows * at.loss;
                        if SERIES {
                            let row = batch * params.batch_size;
                            let count = min(params.batch_size, params.rows - row);
                            block_sums.y += absolute(theta, first_row(epoch) + row, count);
                        }
                    }
                    let step_in_window = (params.window_epoch + epoch) * params.batches + batch;
                    let tick = clocks[clock_at(clock_table, step_in_window)];
                    if SCHEDULED {
                        hyper[0] = tick.rate;
                    }
                    let k = number * params.batches + batch;
                    let next = batch_step(k, values, hyper, tick.clock, theta, at.gradient, &memory, &carried);
                    if outside(next) {
                        suspect = true;
                        if careful {
                            figures[column(2u, run)] = number * params.batches + batch + 1u;
                            gone = true;
                            break;
                        }
                    }
                    theta = next;
                    if last && passes(before, theta) {
                        passed += 1u;
                    }
                    if !careful {
                        record_point(run, number * params.batches + batch + 1u, theta);
                    }
                }
            }
            sums += block_sums;
            figures[column(1u, run)] += passed;
            if end == judged && !gone {
                let now = of_all(theta).loss;
                state[column(WORST_LOSS, run)] = max(state[column(WORST_LOSS, run)], now);
                state[column(LAST_LOSS, run)] = now;
                if now <= params.reached_loss && figures[column(0u, run)] == NEVER {
                    figures[column(0u, run)] = number;
                }
            }
            first = end;
        }
        if params.epochs > WATCHED && number + WATCHED + 1u >= params.epochs && !gone && params.end_batch == params.batches {
            let before = Watch(
                vec2<f32>(state[column(WATCH, run)], state[column(WATCH + 1u, run)]),
                state[column(WATCH + 2u, run)],
                figures[column(3u, run)],
            );
            let now = watch(before, theta, number + WATCHED + 1u - params.epochs);
            state[column(WATCH, run)] = now.anchor.x;
            state[column(WATCH + 1u, run)] = now.anchor.y;
            state[column(WATCH + 2u, run)] = now.reach;
            figures[column(3u, run)] = now.period;
        }
        if SERIES && !gone && params.end_batch == params.batches {
            var values = vec4<f32>(sums / f32(params.rows), 0.0, 0.0);
            if params.test_rows > 0u {
                values = vec4<f32>(values.xy, of_test(theta) / f32(params.test_rows));
            }
            series[recorded(run, number, params.epochs)] = values;
            sums = vec2<f32>(0.0);
        }
    }
    // A thread whose loops were ended for it would give numbers all the same.
    var rounds = 0u;
    for (var i = 0u; i < params.rounds; i += 1u) {
        rounds += 1u;
    }
    if rounds == params.rounds {
        figures[column(4u, run)] += params.taken_epochs * (params.end_batch - params.first_batch);
    }
    state[column(LOSS_SUM, run)] = sums.x;
    state[column(MAE_SUM, run)] = sums.y;
    state[column(0u, run)] = theta.x;
    state[column(1u, run)] = theta.y;
    if ACCUMULATION > 1u || AVERAGE {
        state[column(SUM, run)] = carried.sum.x;
        state[column(SUM + 1u, run)] = carried.sum.y;
        state[column(AVERAGED, run)] = carried.average.x;
        state[column(AVERAGED + 1u, run)] = carried.average.y;
    }
    for (var slot = 0u; slot < USED_STATE; slot += 1u) {
        state[column(2u + slot, run)] = memory[slot];
    }
}
