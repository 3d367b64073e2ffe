// What training takes from a batch and from all rows, by moments: the linear neuron under the mean squared error. Composed behind
// moments.wgsl, errors.wgsl and train_moments.wgsl, which has the bindings.

fn total() -> Moments {
    return Moments(given.total_u, given.total_uu, given.total_r, given.total_ru, given.total_rr, given.total_rows);
}

fn centre() -> Centre {
    return Centre(given.centre_weight, given.centre_bias, given.centre_x);
}

fn moments_in(padded: Padded) -> Moments {
    return Moments(padded.first.x, padded.first.y, padded.first.z, padded.first.w, padded.second.x, padded.second.y);
}

fn from_moments(m: Moments, theta: vec2<f32>) -> Taken {
    let at = moment_gradient(m, centre(), theta);
    return Taken(at.gradient, loss(m, at), 0.0);
}

// Of a batch in an epoch of this dispatch.
fn of_batch(epoch: u32, batch: u32, runs: ptr<function, Runs>, taken: ptr<function, Takens>) {
    if ORDERS {
        let step = (given.window_epoch + epoch) * given.batches + batch;
        for (var j = 0u; j < RUNS; j += 1u) {
            (*taken)[j] = from_moments(moments_in(ordered[(*runs)[j].order + step]), (*runs)[j].theta);
        }
    } else {
        let m = moments_in(moments[select(epoch, 0u, given.alike == 1u) * given.batches + batch - given.first_batch]);
        for (var j = 0u; j < RUNS; j += 1u) {
            (*taken)[j] = from_moments(m, (*runs)[j].theta);
        }
    }
    if SERIES {
        var sums: array<vec2<f32>, RUNS>;
        errors(runs, true, first_row(epoch) + batch * given.batch_size, rows_of(batch), &sums);
        for (var j = 0u; j < RUNS; j += 1u) {
            (*taken)[j].absolute = sums[j].y;
        }
    }
}

// Of all training rows.
fn of_all(runs: ptr<function, Runs>, taken: ptr<function, Takens>) {
    for (var j = 0u; j < RUNS; j += 1u) {
        (*taken)[j] = from_moments(total(), (*runs)[j].theta);
    }
}

// Sums of the loss and of |e| over the test rows.
fn of_test(runs: ptr<function, Runs>, sums: ptr<function, array<vec2<f32>, RUNS>>) {
    errors(runs, false, 0u, given.test_rows, sums);
}
