//! The loss functions of one row: value and derivative at a prediction ŷ. Twin: `shaders/losses.wgsl`.
//!
//! Derivatives at kinks are those of TensorFlow. Source: Keras 3, `losses`, with its default arguments. e = ŷ − y.

use super::{Mask, Number};
use crate::model::{Activation, Loss};

/// A loss function ℓ of one row.
pub trait LossFn: Send + Sync + 'static {
    /// ℓ(y, ŷ) and ∂ℓ/∂ŷ.
    fn at<T: Number>(prediction: T, target: T) -> [T; 2];

    /// ℓ and ∂ℓ/∂z at the pre-activation z. `activated` is φ(z) and φ′(z).
    #[inline(always)]
    fn at_pre_activation<T: Number>(z: T, activated: [T; 2], target: T) -> [T; 2] {
        let _ = z;
        let [loss, slope] = Self::at(activated[0], target);
        [loss, slope * activated[1]]
    }
}

/// The formula of a loss, which depends on the loss, the activation and the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LossForm {
    Mse,
    Mae,
    Huber,
    LogCosh,
    BinaryCrossentropy,
    /// Binary crossentropy of a sigmoid's output, as a function of its input z.
    Logits,
    Hinge,
    /// Hinge with labels 0 and 1, which are mapped to −1 and 1.
    HingeZeroOne,
    SquaredHinge,
    /// Squared hinge with labels 0 and 1, which are mapped to −1 and 1.
    SquaredHingeZeroOne,
    Mape,
    Msle,
    Poisson,
}

impl LossForm {
    /// All forms.
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

    /// An upper bound of |∂ℓ/∂ŷ| for |e| ≤ `error` and |y| ≤ `label`; `None` for an unbounded derivative.
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

    /// The form of a loss after an activation. `bits`: all labels are 0 or 1.
    ///
    /// Keras tests each batch of a hinge loss for labels that are all 0 or 1. The result is identical for labels that `model::Loss` accepts.
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

    /// The name of its WGSL function in `shaders/losses.wgsl`, without the prefix `loss_`.
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

/// Evaluates `$body` with `$function` bound to the type of a [`LossForm`] (monomorphisation).
macro_rules! with_loss {
    ($form:expr, $function:ident => $body:expr) => {
        $crate::with_loss!(@ $form, $function => $body;
            Mse Mae Huber LogCosh BinaryCrossentropy Logits Hinge HingeZeroOne SquaredHinge SquaredHingeZeroOne Mape Msle Poisson)
    };
    (@ $form:expr, $function:ident => $body:expr; $($name:ident)*) => {
        match $form {
            $($crate::kernel::losses::LossForm::$name => {
                type $function = $crate::kernel::losses::$name;
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

/// Keras' ε for losses.
const EPSILON: f32 = 1e-7;
/// The upper bound of clipped probabilities: 1 − ε, which is 1 − 2⁻²³ in float32.
const ALMOST_ONE: f32 = 1.0 - f32::EPSILON;

loss!(
    /// e²; 2e.
    Mse, T, (prediction, target) => {
        let error = prediction - target;
        [error * error, error + error]
    }
);

loss!(
    /// |e|; sign(e), which is 0 at e = 0.
    Mae, T, (prediction, target) => {
        let error = prediction - target;
        [error.abs(), error.sign()]
    }
);

loss!(
    /// ½e² if |e| ≤ 1, else |e| − ½; e clipped to [−1, 1].
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
    /// −y ln p − (1 − y) ln(1 − p) with p = ŷ clipped to [1e-7, 1 − 2⁻²³]; (p − y)/(p(1 − p)) inside, 0 outside.
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
    /// max(1 − yŷ, 0); −y if yŷ ≤ 1, else 0.
    Hinge, T, (prediction, target) => {
        let margin_loss = T::splat(1.0) - target * prediction;
        let zero = T::splat(0.0);
        let satisfied = margin_loss.less(zero);
        [T::select(satisfied, zero, margin_loss), T::select(satisfied, zero, -target)]
    }
);

loss!(
    /// hinge²; −2y·hinge.
    SquaredHinge, T, (prediction, target) => {
        let [hinge, slope] = Hinge::at(prediction, target);
        [hinge * hinge, (hinge + hinge) * slope]
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
        let scale = T::splat(100.0) / target.abs().larger(T::splat(EPSILON));
        [scale * error.abs(), scale * error.sign()]
    }
);

loss!(
    /// (ln(1 + max(ŷ, 1e-7)) − ln(1 + max(y, 1e-7)))²; 2(ln(1 + ŷ) − ln(1 + y))/(1 + ŷ), but 0 for
    /// ŷ < 1e-7, so gradient descent cannot leave that region.
    Msle, T, (prediction, target) => {
        let one = T::splat(1.0);
        let above = one + prediction.larger(T::splat(EPSILON));
        let difference = above.logarithm() - (one + target.larger(T::splat(EPSILON))).logarithm();
        let below = prediction.less(T::splat(EPSILON));
        [difference * difference, T::select(below, T::splat(0.0), (difference + difference) / above)]
    }
);

loss!(
    /// ŷ − y ln(ŷ + 1e-7); 1 − y/(ŷ + 1e-7). For ŷ + 1e-7 ≤ 0 Keras' loss is NaN and its derivative is finite; here the logarithm is that
    /// of the smallest normal float32, −87.3.
    Poisson, T, (prediction, target) => {
        let shifted = prediction + T::splat(EPSILON);
        [prediction - target * shifted.larger(T::splat(f32::MIN_POSITIVE)).logarithm(), T::splat(1.0) - target / shifted]
    }
);

/// softplus(z) − yz; σ(z) − y. Binary crossentropy of a sigmoid's output, computed from its input z without clipping.
#[derive(Clone, Copy, Debug)]
pub struct Logits;

impl Logits {
    /// The value without the derivative, which needs no sigmoid.
    #[inline(always)]
    pub fn value<T: Number>(z: T, target: T) -> T {
        z.softplus() - target * z
    }
}

impl LossFn for Logits {
    /// `z` takes the place of the prediction.
    #[inline(always)]
    fn at<T: Number>(z: T, target: T) -> [T; 2] {
        [Self::value(z, target), z.logistic() - target]
    }

    #[inline(always)]
    fn at_pre_activation<T: Number>(z: T, _: [T; 2], target: T) -> [T; 2] {
        Self::at(z, target)
    }
}
