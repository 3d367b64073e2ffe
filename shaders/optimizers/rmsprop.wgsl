// RMSprop. Twin: src/kernel/optimizers/rmsprop.rs, which has the formulas.

fn rmsprop(hyper: Hyper, clock: Clock, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {
    let rho = vec2<f32>(hyper[1]);
    let square = fma(rho, pair(state, 0u), hyper[2] * (g * g));
    keep(state, 0u, square);
    var radicand = square + hyper[4];
    if FLAG {
        let mean = fma(rho, pair(state, 2u), hyper[2] * g);
        keep(state, 2u, mean);
        radicand = (square - mean * mean) + hyper[4];
    }
    let root = sqrt(radicand);
    let share = hyper[0] / (root.x * root.y);
    var pull = (g * root.yx) * share;
    if MOMENTUM {
        pull = fma(vec2<f32>(hyper[3]), pair(state, 4u), pull);
        keep(state, 4u, pull);
    }
    let next = theta - pull;
    if FLAG {
        return select(vec2<f32>(LARGEST), next, radicand > vec2<f32>(0.0));
    }
    return next;
}
