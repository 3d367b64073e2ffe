// What training takes from a batch and from all rows, by their rows: any neuron. Composed behind direct.wgsl and train_moments.wgsl,
// which has the bindings.

// Rows between two foldings of a sum: keeps float32 sums of long columns accurate.
const FOLD: u32 = 256u;

// Sums over rows first .. first + count: gradient, loss, |e|.
fn sums_of(theta: vec2<f32>, first: u32, count: u32) -> vec4<f32> {
    var sums = vec4<f32>(0.0);
    for (var begin = 0u; begin < count; begin += FOLD) {
        var part = vec4<f32>(0.0);
        for (var i = begin; i < min(begin + FOLD, count); i += 1u) {
            let row = rows[first + i];
            let own = share(theta, row.x, row.y);
            part += vec4<f32>(own.gradient, own.loss, abs(own.error));
        }
        sums += part;
    }
    return sums;
}

fn taken(theta: vec2<f32>, first: u32, count: u32) -> Taken {
    let means = sums_of(theta, first, count) / f32(count);
    return Taken(means.xy, means.z, f32(count));
}

fn of_batch(epoch: u32, batch: u32, theta: vec2<f32>) -> Taken {
    let row = batch * params.batch_size;
    return taken(theta, first_row(epoch) + row, min(params.batch_size, params.rows - row));
}

// The window's first epoch has them all, in some order.
fn of_all(theta: vec2<f32>) -> Taken {
    return taken(theta, params.test_rows, params.rows);
}

fn absolute(theta: vec2<f32>, first: u32, count: u32) -> f32 {
    return sums_of(theta, first, count).w;
}

fn of_test(theta: vec2<f32>) -> vec2<f32> {
    return sums_of(theta, 0u, params.test_rows).zw;
}
