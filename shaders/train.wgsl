// Trains RUNS_PER_THREAD runs per thread through the epochs and batches of one dispatch. The host concatenates it after run_state.wgsl and before one of
// evaluation/*.wgsl, which defines `reads_rows`, `evaluate_batch`, `evaluate_training_rows`, `window_losses` and `sum_test_errors`. The CPU's step loops are in
// src/backend/cpu.
//
// Optional features are override constants, not branches on parameters, because a software adapter executes both sides of every branch.

// The bits of the larger of |weight| and |bias|. NaN has larger bits than every number.
fn magnitude_bits(theta: vec2<f32>) -> u32 {
    let bits = bitcast<vec2<u32>>(theta) & vec2<u32>(MAGNITUDE_MASK);
    return max(bits.x, bits.y);
}

fn has_diverged(run: Run) -> bool {
    return run.diverged_at != NEVER;
}

// The run after batch k, whose gradient is given.
fn after_batch(before: Run, k: u32, step: StepInputs, gradient: vec2<f32>) -> Run {
    var run = before;
    var rule_state = run.rule_state;
    var option_state = run.option_state;
    var coefficients = run.coefficients;
    if SCHEDULED {
        coefficients[0] = step.rate;
    }
    run.theta = batch_step(k, run.option_values, coefficients, step.factors, run.theta, gradient, &rule_state, &option_state);
    run.rule_state = rule_state;
    run.option_state = option_state;
    return run;
}

// The next point of a history.
struct Recorder {
    point: u32,
    steps_to_point: u32,
}

// Trains runs through the batches first .. end of an epoch of this dispatch. With `tests_each_step` a run stops at the step that diverges, and nothing is
// recorded. Otherwise all runs continue, and `magnitude_bits` of each run holds the maximum over the batches.
fn train_batches(runs: ptr<function, Runs>, epoch: u32, first: u32, end: u32, tests_each_step: bool) {
    var recorder: Recorder;
    if RECORDS_POINTS {
        let steps = (dispatch.first_epoch + epoch) * dispatch.batches_per_epoch + first;
        recorder = Recorder(steps / dispatch.record_interval, dispatch.record_interval - steps % dispatch.record_interval);
    }
    var batch = first;
    // BATCHES_PER_TURN batches are written out, because the counter and the branch of a loop take up to a third of the instructions of a step.
    if BATCHES_PER_TURN > 1u && !tests_each_step {
        for (; batch + BATCHES_PER_TURN <= end; batch += BATCHES_PER_TURN) {
            for (var turn = 0u; turn < BATCHES_PER_TURN; turn += 1u) {
                train_batch(runs, epoch, batch + turn, false, &recorder);
            }
        }
    }
    for (; batch < end; batch += 1u) {
        train_batch(runs, epoch, batch, tests_each_step, &recorder);
    }
}

// Trains runs through one batch of an epoch of this dispatch.
fn train_batch(runs: ptr<function, Runs>, epoch: u32, batch: u32, tests_each_step: bool, recorder: ptr<function, Recorder>) {
    var batch_evaluations: Evaluations;
    evaluate_batch(epoch, batch, runs, &batch_evaluations);
    let before = *runs;
    let k = (dispatch.first_epoch + epoch) * dispatch.batches_per_epoch + batch;
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        var next = after_batch(before[j], k, step_inputs_of(before[j].table_offset, epoch, batch), batch_evaluations[j].gradient);
        let bits = magnitude_bits(next.theta);
        if tests_each_step {
            if has_diverged(before[j]) {
                next = before[j];
            } else if bits > LIMIT_BITS {
                next = before[j];
                next.diverged_at = k + 1u;
            }
        } else {
            next.magnitude_bits = max(next.magnitude_bits, bits);
            if RECORDS_EPOCHS {
                next.epoch_sums += vec2<f32>(f32(batch_rows(batch)) * batch_evaluations[j].loss, batch_evaluations[j].absolute_error);
            }
        }
        (*runs)[j] = next;
    }
    if HAS_WINDOWS && is_in_windows(verdict_window(), k + 1u) {
        add_to_windows(runs, k + 1u);
    }
    if RECORDS_POINTS && !tests_each_step {
        (*recorder).steps_to_point -= 1u;
        let is_due = (*recorder).steps_to_point == 0u;
        (*recorder).point += u32(is_due);
        (*recorder).steps_to_point = select((*recorder).steps_to_point, dispatch.record_interval, is_due);
        if is_due || k + 1u == dispatch.total_steps {
            record_points(runs, min(select(dispatch.recorded_points - 1u, (*recorder).point, is_due), dispatch.recorded_points - 1u));
        }
    }
}

// Adds the parameters after an update, and J at them if the update is a point, to the sums of its window.
fn add_to_windows(runs: ptr<function, Runs>, step: u32) {
    let is_last = is_in_last_window(verdict_window(), step);
    var losses: array<f32, RUNS_PER_THREAD>;
    if is_point(verdict_window(), step) {
        window_losses(runs, &losses);
    }
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        let deviation = (*runs)[j].theta - vec2<f32>(dispatch.centre_weight, dispatch.centre_bias);
        (*runs)[j].window_sums += select(vec4<f32>(0.0, 0.0, 0.0, losses[j]), vec4<f32>(deviation, losses[j], 0.0), is_last);
    }
    if step + dispatch.window_len == dispatch.total_steps {
        record_window_start(runs);
    }
}

// Records the parameters before the last window.
fn record_window_start(runs: ptr<function, Runs>) {
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        if !has_diverged((*runs)[j]) {
            state[column(WINDOW_START, (*runs)[j].index)] = (*runs)[j].theta.x;
            state[column(WINDOW_START + 1u, (*runs)[j].index)] = (*runs)[j].theta.y;
        }
    }
}

fn record_points(runs: ptr<function, Runs>, point: u32) {
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        if !has_diverged((*runs)[j]) {
            let at = (*runs)[j].point_offset + point * dispatch.block_width;
            history[at] = (*runs)[j].theta.x;
            history[dispatch.bias_offset + at] = (*runs)[j].theta.y;
        }
    }
}

// Trains a block of steps without a divergence test inside, and repeats it with a test after each step for runs that left the range.
fn train_block(runs: ptr<function, Runs>, epoch: u32, first: u32, end: u32) {
    let before = *runs;
    // Sums of a block are added to the sums of a window, so that float32 stays accurate over many updates.
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        (*runs)[j].magnitude_bits = 0u;
        (*runs)[j].window_sums = vec4<f32>(0.0);
    }
    var repeated = *runs;
    train_batches(runs, epoch, first, end, false);
    var any_left_range = false;
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        any_left_range |= !has_diverged(before[j]) && (*runs)[j].magnitude_bits > LIMIT_BITS;
    }
    if any_left_range {
        train_batches(&repeated, epoch, first, end, true);
    }
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        if has_diverged(before[j]) || (*runs)[j].magnitude_bits > LIMIT_BITS {
            (*runs)[j] = repeated[j];
        }
        (*runs)[j].window_sums += before[j].window_sums;
    }
}

// Updates the loss statistics at the end of an epoch.
fn record_losses(runs: ptr<function, Runs>, epoch: u32) {
    var evaluations: Evaluations;
    evaluate_training_rows(runs, &evaluations);
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        if !has_diverged((*runs)[j]) {
            let current_loss = evaluations[j].loss;
            (*runs)[j].last_loss = current_loss;
            if current_loss <= dispatch.reached_loss {
                (*runs)[j].reached_epoch = min((*runs)[j].reached_epoch, epoch);
            }
        }
    }
}

// Updates the cycle detectors after an epoch of the run.
fn detect_cycles(runs: ptr<function, Runs>, epoch: u32) {
    if epoch + OBSERVED_EPOCHS + 1u < dispatch.total_epochs {
        return;
    }
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        if !has_diverged((*runs)[j]) {
            (*runs)[j].cycle = after_epoch((*runs)[j].cycle, (*runs)[j].theta, epoch + OBSERVED_EPOCHS + 1u - dispatch.total_epochs);
        }
    }
}

// Records the epoch series after an epoch of the run.
fn record_epoch(runs: ptr<function, Runs>, epoch: u32) {
    var test_sums: array<vec2<f32>, RUNS_PER_THREAD>;
    if dispatch.test_rows > 0u {
        sum_test_errors(runs, &test_sums);
    }
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        if !has_diverged((*runs)[j]) {
            let at = first_recorded((*runs)[j].index, dispatch.total_epochs) + epoch * dispatch.block_width;
            let training_means = (*runs)[j].epoch_sums / f32(dispatch.training_rows);
            epoch_series[at] = vec4<f32>(training_means, test_sums[j] / max(f32(dispatch.test_rows), 1.0));
        }
        (*runs)[j].epoch_sums = vec2<f32>(0.0);
    }
}

// Records the loss and the first point before the first step.
fn record_start(runs: ptr<function, Runs>) {
    var evaluations: Evaluations;
    evaluate_training_rows(runs, &evaluations);
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        if !has_diverged((*runs)[j]) {
            state[column(START_LOSS, (*runs)[j].index)] = evaluations[j].loss;
        }
        (*runs)[j].last_loss = evaluations[j].loss;
        // In a run of one update the start is the window before the last one.
        if dispatch.total_steps == 1u {
            (*runs)[j].window_sums.w = evaluations[j].loss - dispatch.loss_offset;
        }
    }
    if dispatch.total_steps == dispatch.window_len {
        record_window_start(runs);
    }
    if RECORDS_POINTS {
        record_points(runs, 0u);
    }
}

// Whether the batches of this dispatch were built: the last of them has rows.
fn has_batches(run: Run) -> bool {
    let end = (dispatch.epoch_in_window + dispatch.dispatch_epochs - 1u) * dispatch.batches_per_epoch + dispatch.end_batch;
    return !JOINED_ORDERS || joined_moments[run.order_offset + end - 1u].second.y > 0.0;
}

// Whether any run of the thread has not diverged.
fn any_active(runs: ptr<function, Runs>) -> bool {
    var any = false;
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        any |= !has_diverged((*runs)[j]);
    }
    return any;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn train(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    dispatch = params;
    let first_run = dispatch.first_run + (group.y * groups.x + group.x) * WORKGROUP_SIZE * RUNS_PER_THREAD + local;
    if first_run >= dispatch.end_run {
        return;
    }
    if !fits_buffers() {
        return;
    }
    var runs: Runs;
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        // A slot past the end duplicates the last run. It is marked as diverged, so it is neither recorded nor stored, like a run whose tables do not
        // fit, which the host then reports.
        let index = first_run + j * WORKGROUP_SIZE;
        runs[j] = load(min(index, dispatch.end_run - 1u));
        if index >= dispatch.end_run || !has_fitting_tables(runs[j]) {
            runs[j].diverged_at = 0u;
        }
    }
    if !any_active(&runs) {
        return;
    }
    var at_entry = runs;
    if dispatch.first_epoch == 0u && dispatch.first_batch == 0u {
        record_start(&runs);
    }
    for (var epoch = 0u; epoch < dispatch.dispatch_epochs && any_active(&runs); epoch += 1u) {
        let epoch_of_run = dispatch.first_epoch + epoch;
        var first = dispatch.first_batch;
        while first < dispatch.end_batch {
            let end = min(first + BLOCK_STEPS, dispatch.end_batch);
            train_block(&runs, epoch, first, end);
            first = end;
        }
        if dispatch.end_batch == dispatch.batches_per_epoch {
            record_losses(&runs, epoch_of_run);
            if DETECTS_CYCLES {
                detect_cycles(&runs, epoch_of_run);
            }
            if RECORDS_EPOCHS {
                record_epoch(&runs, epoch_of_run);
            }
        }
    }
    // Loop check: software adapters end all loops of a thread after 65,535 iterations without an error. The host accepts a dispatch only if this last
    // loop ran and its batches were built.
    var iterations = 0u;
    for (var i = 0u; i < dispatch.loop_check_iterations; i += 1u) {
        iterations += 1u;
    }
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        if !has_diverged(at_entry[j]) {
            store(runs[j]);
            if iterations == dispatch.loop_check_iterations && has_batches(runs[j]) {
                let steps = dispatch.dispatch_epochs * (dispatch.end_batch - dispatch.first_batch);
                statistics[column(COMPLETED_STEPS, runs[j].index)] += steps;
            }
        }
    }
}
