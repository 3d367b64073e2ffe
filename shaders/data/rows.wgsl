// Puts training rows in batch order, a row a thread. Composed behind window.wgsl.

@compute @workgroup_size(WORKGROUP)
fn rows_in_order(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let own = item_of(number_of(group, local, groups));
    let row = own.item;
    if row >= params.rows {
        return;
    }
    let source = params.test_rows + places[place_of(row, own.shuffle)];
    let to = params.test_rows + (1u + params.first + own.shuffle) * params.rows + row;
    rows[to] = rows[source];
}
