// Copies training rows into batch order, one row per thread. The host concatenates it after batch_window.wgsl.

@compute @workgroup_size(WORKGROUP_SIZE)
fn reorder_rows(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let own = item_of(thread_index(group, local, groups));
    let position = own.item;
    if position >= params.rows {
        return;
    }
    if !fits_window() || params.test_rows + (1u + params.end) * params.rows > arrayLength(&rows) {
        return;
    }
    let source = params.test_rows + permutations[position_index(position, own.permutation)];
    let destination = params.test_rows + (1u + params.first + own.permutation) * params.rows + position;
    rows[destination] = rows[source];
}
