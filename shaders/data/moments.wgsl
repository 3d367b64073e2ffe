// Moments of shuffled batches, one batch per thread: summed in float64 and rounded once to float32. The host concatenates it after float64.wgsl and
// batch_window.wgsl. Twin: src/data/moments.rs.

@compute @workgroup_size(WORKGROUP_SIZE)
fn moments(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let own = item_of(thread_index(group, local, groups));
    let batch = own.item;
    if batch >= params.batches {
        return;
    }
    if !fits_window() {
        return;
    }
    let first = batch * params.batch_size;
    let count = min(params.batch_size, params.rows - first);
    // Sums of u, u², r, ru and r².
    var sums: array<Double, TERMS>;
    for (var position = first; position < first + count; position += 1u) {
        let first_term = permutations[position_index(position, own.permutation)] * TERMS;
        for (var term = 0u; term < TERMS; term += 1u) {
            sums[term] = sum(sums[term], terms[first_term + term]);
        }
    }
    var bits: array<u32, TERMS>;
    for (var term = 0u; term < TERMS; term += 1u) {
        let mean = quotient(sums[term], count);
        // The first four means are stored times two, the factor of the gradient of the squared error; the last one, mean(r²), is a term of the loss.
        if term + 1u < TERMS {
            bits[term] = narrowed(doubled(mean));
        } else {
            bits[term] = narrowed(mean);
        }
    }
    let output = (params.first + own.permutation) * params.batches + batch;
    joined_moments[output][0] = vec4<u32>(bits[0], bits[1], bits[2], bits[3]);
    joined_moments[output][1] = vec4<u32>(bits[4], bitcast<u32>(f32(count)), 0u, 0u);
}
