// Parameters and buffers of the shaders that build the batches of joined groups for a window of epochs. A permutation is the row order of one epoch of
// one batch order; a dispatch builds a range of permutations.

struct Params {
    // The permutations of this dispatch, counted by batch order and epoch.
    first: u32,
    end: u32,
    // The epochs of the window.
    first_epoch: u32,
    epochs: u32,
    // Training rows.
    rows: u32,
    batch_size: u32,
    batches: u32,
    test_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// The seed of each batch order.
@group(0) @binding(1) var<storage, read> seeds: array<u32>;
// Five moment terms of each training row as float64 bits, the high word first.
@group(0) @binding(2) var<storage, read> terms: array<vec2<u32>>;
// [position][permutation of this dispatch]: index of the training row at the position.
@group(0) @binding(3) var<storage, read_write> permutations: array<u32>;
// [batch order][epoch][batch]: bits of the moments.
@group(0) @binding(4) var<storage, read_write> joined_moments: array<array<vec4<u32>, 2>>;
// Rows (x, y): the test rows, the training rows in the order of the split, and [batch order][epoch][row] in batch order.
@group(0) @binding(5) var<storage, read_write> rows: array<vec2<f32>>;

// Moment terms of a row.
const TERMS: u32 = 5u;

// Whether every index of this dispatch is within its buffer (see `fits_buffers` in shaders/run_state.wgsl).
fn fits_window() -> bool {
    return params.first < params.end
        && params.rows <= arrayLength(&permutations) / (params.end - params.first)
        && (params.end - 1u) / params.epochs < arrayLength(&seeds)
        && params.rows <= arrayLength(&terms) / TERMS
        && params.batches <= arrayLength(&joined_moments) / params.end;
}

// Index of a thread in the dispatch.
fn thread_index(group: vec3<u32>, local: u32, groups: vec3<u32>) -> u32 {
    return (group.y * groups.x + group.x) * WORKGROUP_SIZE + local;
}

// An item (a batch or a row) of a permutation of this dispatch. Neighbouring threads get neighbouring permutations, so their reads coalesce.
struct Item {
    item: u32,
    permutation: u32,
}

fn item_of(thread: u32) -> Item {
    let permutations_of_dispatch = params.end - params.first;
    return Item(thread / permutations_of_dispatch, thread % permutations_of_dispatch);
}

// Index of a position of a permutation in `permutations`.
fn position_index(position: u32, permutation: u32) -> u32 {
    return position * (params.end - params.first) + permutation;
}
