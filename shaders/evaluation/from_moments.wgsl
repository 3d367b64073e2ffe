// Gradient and loss of a batch, and of all training rows, from moments: the linear neuron under the mean squared error. The host concatenates it after
// moments.wgsl, error_sums.wgsl and train.wgsl.

// Whether the shader reads rows: only for the absolute errors of epochs, which have no moments.
fn reads_rows() -> bool {
    return RECORDS_EPOCHS;
}

// Moments of all training rows.
fn total_moments() -> Moments {
    return Moments(dispatch.total_u, dispatch.total_uu, dispatch.total_r, dispatch.total_ru, dispatch.total_rr, dispatch.total_rows);
}

// Centre of all moments of the dispatch.
fn centre() -> Centre {
    return Centre(dispatch.centre_weight, dispatch.centre_bias, dispatch.centre_x);
}

// Moments without the padding of the buffer's layout.
fn unpadded(padded: PaddedMoments) -> Moments {
    return Moments(padded.first.x, padded.first.y, padded.first.z, padded.first.w, padded.second.x, padded.second.y);
}

// Gradient and loss from moments. The absolute error is 0, because moments do not determine it.
fn evaluate_moments(m: Moments, theta: vec2<f32>) -> Evaluation {
    let at = moment_gradient(m, centre(), theta);
    return Evaluation(at.gradient, loss(m, at), 0.0);
}

// Evaluates a batch at the parameters of each run. `epoch` is counted from the first epoch of the dispatch. Under JOINED_ORDERS each run has its own
// batches; otherwise all runs of the thread share the batch.
fn evaluate_batch(epoch: u32, batch: u32, runs: ptr<function, Runs>, evaluations: ptr<function, Evaluations>) {
    if JOINED_ORDERS {
        let step = (dispatch.epoch_in_window + epoch) * dispatch.batches_per_epoch + batch;
        for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
            (*evaluations)[j] = evaluate_moments(unpadded(joined_moments[(*runs)[j].order_offset + step]), (*runs)[j].theta);
        }
    } else {
        let stored_epoch = select(epoch, 0u, dispatch.repeats_every_epoch == 1u);
        let m = unpadded(batch_moments[stored_epoch * dispatch.batches_per_epoch + batch - dispatch.first_batch]);
        for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
            (*evaluations)[j] = evaluate_moments(m, (*runs)[j].theta);
        }
    }
    if RECORDS_EPOCHS {
        var sums: array<vec2<f32>, RUNS_PER_THREAD>;
        sum_errors(runs, true, first_row(epoch) + batch * dispatch.batch_size, batch_rows(batch), &sums);
        for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
            (*evaluations)[j].absolute_error = sums[j].y;
        }
    }
}

// Evaluates all training rows at the parameters of each run.
fn evaluate_training_rows(runs: ptr<function, Runs>, evaluations: ptr<function, Evaluations>) {
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        (*evaluations)[j] = evaluate_moments(total_moments(), (*runs)[j].theta);
    }
}

// J − J* of each run over all training rows, for the windows of the verdict: Var(x)·δw² + (δb + δw·x̄)².
fn window_losses(runs: ptr<function, Runs>, losses: ptr<function, array<f32, RUNS_PER_THREAD>>) {
    for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {
        let deviation = (*runs)[j].theta - centre().xy;
        let level = mean_deviation(dispatch.mean_x, deviation);
        (*losses)[j] = fma(dispatch.variance_x, deviation.x * deviation.x, level * level);
    }
}

// Sums e² and |e| over the test rows for each run, where e = ŷ − y.
fn sum_test_errors(runs: ptr<function, Runs>, sums: ptr<function, array<vec2<f32>, RUNS_PER_THREAD>>) {
    sum_errors(runs, false, 0u, dispatch.test_rows, sums);
}
