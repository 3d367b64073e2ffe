// The moments of shuffled batches, a batch a thread: summed in float64 and rounded once. Composed behind float64.wgsl and window.wgsl.
// Twin: src/data/moments.rs.

const TERMS: u32 = 5u;

@compute @workgroup_size(WORKGROUP)
fn moments(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let own = item_of(number_of(group, local, groups));
    let batch = own.item;
    if batch >= params.batches {
        return;
    }
    let first = batch * params.batch_size;
    let count = min(params.batch_size, params.rows - first);
    var sums: array<Double, TERMS>;
    for (var row = first; row < first + count; row += 1u) {
        let at = places[place_of(row, own.shuffle)] * TERMS;
        for (var term = 0u; term < TERMS; term += 1u) {
            sums[term] = sum(sums[term], terms[at + term]);
        }
    }
    var bits: array<u32, TERMS>;
    for (var term = 0u; term < TERMS; term += 1u) {
        let mean = quotient(sums[term], count);
        // The loss has r² as it is; the gradient twice the others.
        if term + 1u < TERMS {
            bits[term] = narrowed(doubled(mean));
        } else {
            bits[term] = narrowed(mean);
        }
    }
    let to = (params.first + own.shuffle) * params.batches + batch;
    ordered[to][0] = vec4<u32>(bits[0], bits[1], bits[2], bits[3]);
    ordered[to][1] = vec4<u32>(bits[4], bitcast<u32>(f32(count)), 0u, 0u);
}
