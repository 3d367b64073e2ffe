// Shuffles the training rows, one permutation per thread. The host concatenates it after generator.wgsl and batch_window.wgsl. Twin: src/data/order.rs.

@compute @workgroup_size(WORKGROUP_SIZE)
fn order(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let permutation = thread_index(group, local, groups);
    let index = params.first + permutation;
    if index >= params.end {
        return;
    }
    if !fits_window() {
        return;
    }
    for (var row = 0u; row < params.rows; row += 1u) {
        permutations[position_index(row, permutation)] = row;
    }
    // Fisher–Yates from the end.
    var words = words_of(seeds[index / params.epochs], STREAM_ORDER, params.first_epoch + index % params.epochs);
    for (var last = params.rows - 1u; last > 0u; last -= 1u) {
        let a = position_index(last, permutation);
        let b = position_index(up_to(&words, last), permutation);
        let swapped = permutations[b];
        permutations[b] = permutations[a];
        permutations[a] = swapped;
    }
}
