//! The losses of one row: value and slope at a prediction ŷ, ties as TensorFlow has them. Twin: `shaders/losses.wgsl`.
//!
//! Source: Keras 3, `losses`, with its default arguments. e = ŷ − y.

use super::{Mask, Number};
use crate::model::{Activation, Loss};

/// A loss ℓ of one row.
pub trait LossFn: Send + Sync + 'static {
    /// ℓ(y, ŷ) and ∂ℓ/∂ŷ.
    fn at<T: Number>(prediction: T, target: T) -> [T; 2];

    /// ℓ and ∂ℓ/∂z at z, where φ(z) and φ′(z) are `response`.
    #[inline(always)]
    fn at_pre_activation<T: Number>(z: T, response: [T; 2], target: T) -> [T; 2] {
        let _ = z;
        let [loss, slope] = Self::at(response[0], target);
        [loss, slope * response[1]]
    }
}

/// Which text of a loss rows need: the loss, and what its activation and its labels make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LossForm {
    Mse,
    Mae,
    Huber,
    LogCosh,
    BinaryCrossentropy,
    /// Binary crossentropy behind a sigmoid, from z.
    Logits,
    Hinge,
    /// Hinge with labels 0 and 1, which stand for −1 and 1.
    HingeZeroOne,
    SquaredHinge,
    SquaredHingeZeroOne,
    Mape,
    Msle,
    Poisson,
}

impl LossForm {
    pub const ALL: [Self; 13] = [
        Self::Mse,
        Self::Mae,
        Self::Huber,
        Self::LogCosh,
        Self::BinaryCrossentropy,
        Self::Logits,
        Self::Hinge,
        Self::HingeZeroOne,
        Self::SquaredHinge,
        Self::SquaredHingeZeroOne,
        Self::Mape,
        Self::Msle,
        Self::Poisson,
    ];

    /// Whether the slope takes a few operations alone, no exponential and no logarithm; of an [`Algebraic`] loss the value does too.
    pub fn has_algebraic_slope(self) -> bool {
        !matches!(self, Self::LogCosh | Self::Logits | Self::Msle)
    }

    /// The largest |∂ℓ/∂ŷ| where |e| and |y| are no larger than these; `None` where nothing bounds it.
    pub fn max_slope(self, error: f64, label: f64) -> Option<f64> {
        let hinge = |label: f64| 2.0 * (1.0 + label * (label + error)) * label;
        match self {
            Self::Mse => Some(2.0 * error),
            Self::Mae | Self::Huber | Self::LogCosh | Self::HingeZeroOne => Some(1.0),
            Self::Hinge => Some(label),
            Self::SquaredHinge => Some(hinge(label)),
            Self::SquaredHingeZeroOne => Some(hinge(1.0)),
            Self::Mape => Some(100.0 / f64::from(EPSILON)),
            Self::BinaryCrossentropy | Self::Logits | Self::Msle | Self::Poisson => None,
        }
    }

    /// The form of a loss behind an activation, on labels that are all 0 or 1 (`bits`) or not. Keras asks each batch of a hinge whether
    /// its labels are all 0 or 1; where `model::Loss` lets the labels pass, that is the same.
    pub fn of(loss: Loss, activation: Activation, bits: bool) -> Self {
        match loss {
            Loss::Mse => Self::Mse,
            Loss::Mae => Self::Mae,
            Loss::Huber => Self::Huber,
            Loss::LogCosh => Self::LogCosh,
            Loss::BinaryCrossentropy if activation == Activation::Sigmoid => Self::Logits,
            Loss::BinaryCrossentropy => Self::BinaryCrossentropy,
            Loss::Hinge if bits => Self::HingeZeroOne,
            Loss::Hinge => Self::Hinge,
            Loss::SquaredHinge if bits => Self::SquaredHingeZeroOne,
            Loss::SquaredHinge => Self::SquaredHinge,
            Loss::Mape => Self::Mape,
            Loss::Msle => Self::Msle,
            Loss::Poisson => Self::Poisson,
        }
    }

    /// Its name in `shaders/losses.wgsl`, behind `loss_`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mse => "mse",
            Self::Mae => "mae",
            Self::Huber => "huber",
            Self::LogCosh => "log_cosh",
            Self::BinaryCrossentropy => "binary_crossentropy",
            Self::Logits => "logits",
            Self::Hinge => "hinge",
            Self::HingeZeroOne => "hinge_zero_one",
            Self::SquaredHinge => "squared_hinge",
            Self::SquaredHingeZeroOne => "squared_hinge_zero_one",
            Self::Mape => "mape",
            Self::Msle => "msle",
            Self::Poisson => "poisson",
        }
    }
}

/// Calls `$body` with `$penalty` bound to the type of a [`LossForm`]: the one place where a loss becomes a type.
macro_rules! with_loss {
    ($form:expr, $penalty:ident => $body:expr) => {
        $crate::with_loss!(@ $form, $penalty => $body;
            Mse Mae Huber LogCosh BinaryCrossentropy Logits Hinge HingeZeroOne SquaredHinge SquaredHingeZeroOne Mape Msle Poisson)
    };
    (@ $form:expr, $penalty:ident => $body:expr; $($name:ident)*) => {
        match $form {
            $($crate::kernel::losses::LossForm::$name => {
                type $penalty = $crate::kernel::losses::$name;
                $body
            })*
        }
    };
}
pub(crate) use with_loss;

macro_rules! loss {
    ($(#[$doc:meta])* $name:ident, $number:ident, ($prediction:ident, $target:ident) => $body:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl LossFn for $name {
            #[inline(always)]
            fn at<$number: Number>($prediction: $number, $target: $number) -> [$number; 2] {
                $body
            }
        }
    };
}

/// Keras' ε of losses, and the largest probability that it lets stand: 1 − ε, in float32 1 − 2⁻²³.
const EPSILON: f32 = 1e-7;
const ALMOST_ONE: f32 = 1.0 - f32::EPSILON;

loss!(
    /// e²; 2e.
    Mse, T, (prediction, target) => {
        let error = prediction - target;
        [error * error, error + error]
    }
);

loss!(
    /// |e|; its sign, 0 at e = 0.
    Mae, T, (prediction, target) => {
        let error = prediction - target;
        [error.abs(), error.sign()]
    }
);

loss!(
    /// ½e² where |e| ≤ 1, else |e| − ½; e between −1 and 1.
    Huber, T, (prediction, target) => {
        let error = prediction - target;
        let size = error.abs();
        let far = size - T::splat(1.0);
        let is_far = T::splat(0.0).less(far);
        [T::select(is_far, size - T::splat(0.5), T::splat(0.5) * (error * error)), T::select(is_far, error.sign(), error)]
    }
);

loss!(
    /// ln cosh e = e + softplus(−2e) − ln 2; tanh e.
    LogCosh, T, (prediction, target) => {
        let error = prediction - target;
        let size = error.abs();
        [size + ((T::splat(-2.0) * size).softplus() - T::splat(std::f32::consts::LN_2)), error.hyperbolic_tangent()]
    }
);

loss!(
    /// −y ln p − (1 − y) ln(1 − p) with p = ŷ between 1e-7 and 1 − 2⁻²³; (p − y)/(p(1 − p)) inside, 0 outside.
    BinaryCrossentropy, T, (prediction, target) => {
        let (low, high, one) = (T::splat(EPSILON), T::splat(ALMOST_ONE), T::splat(1.0));
        let p = T::select(prediction.less(low), low, prediction);
        let p = T::select(high.less(p), high, p);
        let inside = low.less_or_equal(prediction).and(prediction.less_or_equal(high));
        let loss = -(target * p.logarithm() + (one - target) * (one - p).logarithm());
        [loss, T::select(inside, (p - target) / (p * (one - p)), T::splat(0.0))]
    }
);

loss!(
    /// max(1 − yŷ, 0); −y where yŷ ≤ 1.
    Hinge, T, (prediction, target) => {
        let short = T::splat(1.0) - target * prediction;
        let none = T::splat(0.0);
        let satisfied = short.less(none);
        [T::select(satisfied, none, short), T::select(satisfied, none, -target)]
    }
);

loss!(
    /// hinge², its slope −2y·hinge.
    SquaredHinge, T, (prediction, target) => {
        let [short, slope] = Hinge::at(prediction, target);
        [short * short, (short + short) * slope]
    }
);

loss!(
    /// hinge with 2y − 1 for y.
    HingeZeroOne, T, (prediction, target) => Hinge::at(prediction, (target + target) - T::splat(1.0))
);

loss!(
    /// squared_hinge with 2y − 1 for y.
    SquaredHingeZeroOne, T, (prediction, target) => SquaredHinge::at(prediction, (target + target) - T::splat(1.0))
);

loss!(
    /// 100|e|/max(|y|, 1e-7); 100·sign(e)/max(|y|, 1e-7).
    Mape, T, (prediction, target) => {
        let error = prediction - target;
        let share = T::splat(100.0) / target.abs().larger(T::splat(EPSILON));
        [share * error.abs(), share * error.sign()]
    }
);

loss!(
    /// (ln(1 + max(ŷ, 1e-7)) − ln(1 + max(y, 1e-7)))²; no slope where ŷ < 1e-7: nothing pulls back from below.
    Msle, T, (prediction, target) => {
        let one = T::splat(1.0);
        let above = one + prediction.larger(T::splat(EPSILON));
        let apart = above.logarithm() - (one + target.larger(T::splat(EPSILON))).logarithm();
        let below = prediction.less(T::splat(EPSILON));
        [apart * apart, T::select(below, T::splat(0.0), (apart + apart) / above)]
    }
);

loss!(
    /// ŷ − y ln(ŷ + 1e-7); 1 − y/(ŷ + 1e-7). Where ŷ + 1e-7 ≤ 0 Keras' loss is NaN and its slope goes on; here the logarithm stays at
    /// that of the smallest normal float32, −87.3.
    Poisson, T, (prediction, target) => {
        let shifted = prediction + T::splat(EPSILON);
        [prediction - target * shifted.larger(T::splat(f32::MIN_POSITIVE)).logarithm(), T::splat(1.0) - target / shifted]
    }
);

/// softplus(z) − yz; σ(z) − y: binary crossentropy behind a sigmoid, without a probability and without a clip.
#[derive(Clone, Copy, Debug)]
pub struct Logits;

impl Logits {
    /// The value alone, which asks for no probability.
    #[inline(always)]
    pub fn value<T: Number>(z: T, target: T) -> T {
        z.softplus() - target * z
    }
}

impl LossFn for Logits {
    /// With z for ŷ.
    #[inline(always)]
    fn at<T: Number>(z: T, target: T) -> [T; 2] {
        [Self::value(z, target), z.logistic() - target]
    }

    #[inline(always)]
    fn at_pre_activation<T: Number>(z: T, _: [T; 2], target: T) -> [T; 2] {
        Self::at(z, target)
    }
}
