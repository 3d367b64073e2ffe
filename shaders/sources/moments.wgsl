// What training takes from a batch and from all rows, by moments: the linear neuron under the mean squared error. Composed behind
// neuron.wgsl, errors.wgsl and train_moments.wgsl, which has the bindings.

fn total() -> Moments {
    return Moments(given.total_u, given.total_uu, given.total_r, given.total_ru, given.total_rr, given.total_rows);
}

fn centre() -> Centre {
    return Centre(given.centre_weight, given.centre_bias, given.centre_x);
}

fn from_moments(m: Moments, runs: ptr<function, Runs>, taken: ptr<function, Takens>) {
    for (var j = 0u; j < RUNS; j += 1u) {
        let at = slope(m, centre(), (*runs)[j].theta);
        (*taken)[j].gradient = at.gradient;
        (*taken)[j].loss = loss(m, at);
    }
}

// Of a batch in an epoch of this dispatch.
fn of_batch(epoch: u32, batch: u32, runs: ptr<function, Runs>, taken: ptr<function, Takens>) {
    let padded = moments[select(epoch, 0u, given.alike == 1u) * given.batches + batch - given.first_batch];
    let m = Moments(padded.first.x, padded.first.y, padded.first.z, padded.first.w, padded.second.x, padded.second.y);
    from_moments(m, runs, taken);
    if SERIES {
        var sums: array<vec2<f32>, RUNS>;
        errors(runs, first_row(epoch) + batch * given.batch_size, rows_of(batch), &sums);
        for (var j = 0u; j < RUNS; j += 1u) {
            (*taken)[j].absolute = sums[j].y;
        }
    }
}

// Of all training rows.
fn of_all(runs: ptr<function, Runs>, taken: ptr<function, Takens>) {
    from_moments(total(), runs, taken);
}

// Sums of the loss and of |e| over the test rows.
fn of_test(runs: ptr<function, Runs>, sums: ptr<function, array<vec2<f32>, RUNS>>) {
    errors(runs, 0u, given.test_rows, sums);
}
