// Trains RUNS runs a thread through a stretch of a window of epochs. Composed behind run.wgsl, blocks.wgsl and cycle.wgsl, the rule,
// which has `step`, and one of sources/*.wgsl, which knows what a batch gives. Twin of the loops in src/backend/cpu.
//
// What only some dispatches need is an override, not a branch: a software adapter computes both sides of every branch.

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
    var coefficients = run.coefficients;
    if SCHEDULED {
        coefficients[0] = tick.rate;
    }
    run.theta = batch_step(k, run.values, coefficients, tick.factors, run.theta, gradient, &memory, &carried);
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
            var next = stepped(before[j], k, tick_of(before[j].factors, epoch, batch), taken[j].gradient);
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
                    (*runs)[j].crossings += 1u;
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
            let at = (*runs)[j].points + point * given.width;
            history[at] = (*runs)[j].theta.x;
            history[given.column + at] = (*runs)[j].theta.y;
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

// Whether the last batch that a dispatch takes has rows.
fn is_made(run: Run) -> bool {
    let end = (given.window_epoch + given.taken_epochs - 1u) * given.batches + given.end_batch;
    return !ORDERS || ordered[run.order + end - 1u].second.y > 0.0;
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
    // A thread whose loops were ended for it would give numbers all the same, and so would batches that nobody made.
    var rounds = 0u;
    for (var i = 0u; i < given.rounds; i += 1u) {
        rounds += 1u;
    }
    for (var j = 0u; j < RUNS; j += 1u) {
        if !is_gone(entered[j]) {
            store(runs[j]);
            if rounds == given.rounds && is_made(runs[j]) {
                figures[column(4u, runs[j].number)] += given.taken_epochs * (given.end_batch - given.first_batch);
            }
        }
    }
}
