//! The hyperparameters of SGD, and one update as an affine map.

use super::geometry::{BatchDeviation, Geometry};
use super::moments::{Map, STATE};
use crate::model::{Optimizer, Parameter, Schedule, Settings, Value};

/// The hyperparameters of SGD. The rule is that of Keras: v ← μv − ηg, θ ← θ + v, with Nesterov momentum θ ← θ + μv − ηg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// The learning rate η.
    pub rate: f64,
    /// The momentum μ.
    pub momentum: f64,
    /// Whether the momentum is Nesterov's.
    pub nesterov: bool,
}

/// The options that change the update of SGD.
const OPTIONS: [Parameter; 5] =
    [Parameter::WeightDecay, Parameter::Clipnorm, Parameter::Clipvalue, Parameter::GlobalClipnorm, Parameter::GradientAccumulationSteps];

impl Sgd {
    /// Whether a run is trained by SGD with a constant rate and without options that change an update. Averages of the parameters change none.
    pub fn is_plain(settings: &Settings) -> bool {
        let is_sgd = settings.required_word(Parameter::Optimizer) == Ok(Optimizer::Sgd.name());
        let has_options = OPTIONS.into_iter().any(|option| settings.number(option).is_some());
        is_sgd && !has_options && settings.schedule() == Schedule::None
    }

    /// The hyperparameters of a run, rounded to float32 as in training; `None` if it is not trained by plain SGD, or ends in an average.
    pub fn of(settings: &Settings) -> Option<Self> {
        if !Self::is_plain(settings) || settings.get(Parameter::UseEma) == Some(Value::Boolean(true)) {
            return None;
        }
        let number = |parameter| settings.number(parameter).map(|value| f64::from(value as f32));
        Some(Self {
            rate: number(Parameter::LearningRate)?,
            momentum: number(Parameter::Momentum).unwrap_or(0.0),
            nesterov: settings.required_flag(Parameter::Nesterov).unwrap_or(false),
        })
    }

    /// The update of a batch. For q = T δθ the gradient in q is H q − h, with H = 2 [[mean u², mean u], [mean u, 1]] and
    /// h = 2 (mean r·u, mean r).
    #[inline]
    pub fn update(&self, geometry: &Geometry, batch: &BatchDeviation) -> Update {
        let [u, uu, r, ru] = batch.map(|mean| -2.0 * self.rate * mean);
        let two = -2.0 * self.rate;
        let (x, y) = ([two + uu, u, -ru], [u, two, -r]);
        let [[a, c], [_, b]] = geometry.metric;
        let combined = |first: f64, second: f64| [0, 1, 2].map(|column| first * x[column] + second * y[column]);
        Update { change: [combined(a, c), combined(c, b)], sgd: *self }
    }
}

/// One update as a map of z.
#[derive(Clone, Copy, Debug)]
pub struct Update {
    /// −η times the gradient as a function of (q₀, q₁, 1).
    change: [[f64; 3]; 2],
    sgd: Sgd,
}

impl Update {
    /// The update after another map.
    #[inline]
    pub fn after(&self, map: &Map) -> Map {
        let mut next = *map;
        for i in 0..2 {
            let [first, second, constant] = self.change[i];
            for j in 0..STATE {
                let change = first * map[0][j] + second * map[1][j] + constant * map[4][j];
                let velocity = self.sgd.momentum * map[2 + i][j] + change;
                next[2 + i][j] = velocity;
                next[i][j] += if self.sgd.nesterov { self.sgd.momentum * velocity + change } else { velocity };
            }
        }
        next
    }
}
