// RMSprop. Twin: src/kernel/optimizers/rmsprop.rs, which has the formulas.

override MOMENTUM: bool = false;
override FLAG: bool = false; // centered

const USED_STATE: u32 = 6u;
const LARGEST: f32 = 3.4028234e38;

// hyper: rate, rho, 1 - rho, momentum, epsilon. state: mean square, mean, momentum of weight and bias.
fn step(hyper: array<f32, 6>, clock: f32, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, array<f32, 6>>) -> vec2<f32> {
    let rho = vec2<f32>(hyper[1]);
    let square = fma(rho, vec2<f32>((*state)[0], (*state)[1]), hyper[2] * (g * g));
    (*state)[0] = square.x;
    (*state)[1] = square.y;
    var radicand = square + hyper[4];
    if FLAG {
        let mean = fma(rho, vec2<f32>((*state)[2], (*state)[3]), hyper[2] * g);
        (*state)[2] = mean.x;
        (*state)[3] = mean.y;
        radicand = (square - mean * mean) + hyper[4];
    }
    let root = sqrt(radicand);
    let inverse = 1.0 / (root.x * root.y);
    var pull = (hyper[0] * g) * (root.yx * inverse);
    if MOMENTUM {
        pull = fma(vec2<f32>(hyper[3]), vec2<f32>((*state)[4], (*state)[5]), pull);
        (*state)[4] = pull.x;
        (*state)[5] = pull.y;
    }
    let next = theta - pull;
    if FLAG {
        return select(vec2<f32>(LARGEST), next, radicand > vec2<f32>(0.0));
    }
    return next;
}
