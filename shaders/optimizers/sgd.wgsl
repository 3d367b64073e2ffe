// Stochastic gradient descent. Twin: src/kernel/optimizers/sgd.rs, which has the formulas.

override MOMENTUM: bool = false;
override FLAG: bool = false; // nesterov

const USED_STATE: u32 = 2u;

// hyper: rate, momentum. state: velocity of weight and bias.
fn step(hyper: array<f32, 6>, clock: f32, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, array<f32, 6>>) -> vec2<f32> {
    let pull = -(hyper[0] * g);
    if !MOMENTUM {
        return theta + pull;
    }
    let momentum = vec2<f32>(hyper[1]);
    let velocity = fma(momentum, vec2<f32>((*state)[0], (*state)[1]), pull);
    (*state)[0] = velocity.x;
    (*state)[1] = velocity.y;
    return theta + select(velocity, fma(momentum, velocity, pull), FLAG);
}
