// RMSprop. Twin: src/kernel/optimizers/rmsprop.rs, which has the formulas.

fn rmsprop(hyper: Hyper, clock: Clock, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let rho = vec2<f32>(hyper[1]);
    let square = fma(g, g, rho * pair(state, 0u));
    keep(state, 0u, square);
    var radicand = fma(vec2<f32>(hyper[2]), square, vec2<f32>(hyper[4]));
    if FLAG {
        let mean = fma(rho, pair(state, 2u), hyper[2] * g);
        keep(state, 2u, mean);
        radicand = (hyper[2] * square - mean * mean) + hyper[4];
    }
    let root = sqrt(radicand);
    let share = hyper[0] / (root.x * root.y);
    let product = g * root.yx;
    var next = fma(-product, vec2<f32>(share), theta);
    if MOMENTUM {
        let velocity = fma(vec2<f32>(hyper[3]), pair(state, 4u), product * share);
        keep(state, 4u, velocity);
        next = select(next, theta - velocity, hyper[3] > 0.0);
    }
    if FLAG {
        return select(vec2<f32>(LARGEST), next, radicand > vec2<f32>(0.0));
    }
    return next;
}
