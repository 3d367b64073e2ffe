// A window of epochs of orders that are trained together: what is shuffled, summed and put in batch order. A shuffle is one epoch of one order;
// a dispatch takes some of them.

struct Params {
    // The shuffles of this dispatch, counted order by order and epoch by epoch.
    first: u32,
    end: u32,
    // Of the window.
    first_epoch: u32,
    epochs: u32,
    rows: u32,
    batch_size: u32,
    batches: u32,
    test_rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// Of each order.
@group(0) @binding(1) var<storage, read> seeds: array<u32>;
// Of each training row the terms of five sums: the bits of float64, the high word first.
@group(0) @binding(2) var<storage, read> terms: array<vec2<u32>>;
// [row][shuffle of this dispatch]: which training row is where.
@group(0) @binding(3) var<storage, read_write> places: array<u32>;
// [order][epoch][batch]: the bits of moments.
@group(0) @binding(4) var<storage, read_write> ordered: array<array<vec4<u32>, 2>>;
// The test rows, the training rows as the split left them, and [order][epoch][row] in batch order: x, y.
@group(0) @binding(5) var<storage, read_write> rows: array<vec2<f32>>;

// A thread's number among those of all workgroups.
fn number_of(group: vec3<u32>, local: u32, groups: vec3<u32>) -> u32 {
    return (group.y * groups.x + group.x) * WORKGROUP + local;
}

// Of items that each shuffle of this dispatch has, a thread's, and the shuffle: threads beside each other read places beside each other.
struct Item {
    item: u32,
    shuffle: u32,
}

fn item_of(number: u32) -> Item {
    let shuffles = params.end - params.first;
    return Item(number / shuffles, number % shuffles);
}

fn place_of(row: u32, shuffle: u32) -> u32 {
    return row * (params.end - params.first) + shuffle;
}
