// What training takes from a batch and from all rows, by moments: the linear neuron under the mean squared error. Composed behind
// neuron.wgsl, errors.wgsl and train_moments.wgsl, which has the bindings.

fn total() -> Moments {
    return Moments(params.total_u, params.total_uu, params.total_r, params.total_ru, params.total_rr, params.total_rows);
}

fn centre() -> Centre {
    return Centre(params.centre_weight, params.centre_bias, params.centre_x);
}

// Mean gradient and loss of a batch in an epoch of this dispatch.
fn of_batch(epoch: u32, batch: u32, theta: vec2<f32>) -> Taken {
    let padded = moments[select(epoch, 0u, params.alike == 1u) * params.batches + batch - params.first_batch];
    let m = Moments(padded.first.x, padded.first.y, padded.first.z, padded.first.w, padded.second.x, padded.second.y);
    let at = slope(m, centre(), theta);
    return Taken(at.gradient, loss(m, at), m.rows);
}

// Of all training rows.
fn of_all(theta: vec2<f32>) -> Taken {
    let at = slope(total(), centre(), theta);
    return Taken(at.gradient, loss(total(), at), total().rows);
}

// Sum of |e| over some rows.
fn absolute(theta: vec2<f32>, first: u32, count: u32) -> f32 {
    return errors(theta, first, count).y;
}

// Sums of the loss and of |e| over the test rows.
fn of_test(theta: vec2<f32>) -> vec2<f32> {
    return errors(theta, 0u, params.test_rows);
}
