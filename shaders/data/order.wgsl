// Shuffles the training rows, an epoch of an order a thread. Composed behind generator.wgsl and window.wgsl. Twin: src/data/order.rs.

@compute @workgroup_size(WORKGROUP)
fn order(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let shuffle = number_of(group, local, groups);
    let number = params.first + shuffle;
    if number >= params.end {
        return;
    }
    for (var row = 0u; row < params.rows; row += 1u) {
        places[place_of(row, shuffle)] = row;
    }
    var words = words_of(seeds[number / params.epochs], STREAM_ORDER, params.first_epoch + number % params.epochs);
    for (var row = params.rows - 1u; row > 0u; row -= 1u) {
        let here = place_of(row, shuffle);
        let there = place_of(up_to(&words, row), shuffle);
        let taken = places[there];
        places[there] = places[here];
        places[here] = taken;
    }
}
