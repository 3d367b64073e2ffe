//! The activation functions: value and derivative at z = w·x + b. Derivatives at kinks are those of TensorFlow. Twin: `shaders/activations.wgsl`.
//!
//! Source: Keras 3, `activations`, with its default arguments.

use super::{Mask, Number};

/// An activation φ.
pub trait ActivationFn: Send + Sync + 'static {
    /// φ(z) and φ′(z).
    fn at<T: Number>(z: T) -> [T; 2];
}

/// Evaluates `$body` with `$function` bound to the type of a `model::Activation` (monomorphisation).
macro_rules! with_activation {
    ($activation:expr, $function:ident => $body:expr) => {
        $crate::with_activation!(@ $activation, $function => $body;
            Linear Sigmoid Tanh Relu Relu6 LeakyRelu Elu Selu Softplus Softsign Silu Gelu Mish Exponential HardSigmoid)
    };
    (@ $activation:expr, $function:ident => $body:expr; $($name:ident)*) => {
        match $activation {
            $($crate::model::Activation::$name => {
                type $function = $crate::kernel::activations::$name;
                $body
            })*
        }
    };
}
pub(crate) use with_activation;

macro_rules! activation {
    ($(#[$doc:meta])* $name:ident, $number:ident, $z:ident => $body:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl ActivationFn for $name {
            #[inline(always)]
            fn at<$number: Number>($z: $number) -> [$number; 2] {
                $body
            }
        }
    };
}

/// The scale of selu.
const SCALE: f32 = 1.050_701;
/// α times the scale of selu.
const SCALED_ALPHA: f32 = 1.758_099_3;
/// The slope of leaky_relu below 0.
const LEAK: f32 = 0.2;

activation!(
    /// z; 1.
    Linear, T, z => [z, T::splat(1.0)]
);

activation!(
    /// σ(z); σ′ = σ(1 − σ), 0 where σ is 0 or 1.
    Sigmoid, T, z => {
        let s = z.logistic();
        [s, s * (T::splat(1.0) - s)]
    }
);

activation!(
    /// tanh z; 1 − tanh² z.
    Tanh, T, z => {
        let t = z.hyperbolic_tangent();
        [t, T::splat(1.0) - t * t]
    }
);

activation!(
    /// max(z, 0); the derivative at 0 is 0.
    Relu, T, z => {
        let zero = T::splat(0.0);
        let above = zero.less(z);
        [T::select(above, z, zero), T::select(above, T::splat(1.0), zero)]
    }
);

activation!(
    /// z clipped to [0, 6]; the derivative at 0 and at 6 is 0.
    Relu6, T, z => {
        let (zero, six) = (T::splat(0.0), T::splat(6.0));
        let inside = zero.less(z).and(z.less(six));
        [z.larger(zero).smaller(six), T::select(inside, T::splat(1.0), zero)]
    }
);

activation!(
    /// z if z > 0, else 0.2z; the derivative at 0 is 0.2.
    LeakyRelu, T, z => {
        let slope = T::select(T::splat(0.0).less(z), T::splat(1.0), T::splat(LEAK));
        [z * slope, slope]
    }
);

activation!(
    /// z if z ≥ 0, else eᶻ − 1; the derivative at 0 is 1.
    Elu, T, z => {
        let below = z.exponential_less_one();
        let negative = z.less(T::splat(0.0));
        [T::select(negative, below, z), T::select(negative, below + T::splat(1.0), T::splat(1.0))]
    }
);

activation!(
    /// 1.0507z if z ≥ 0, else 1.7581(eᶻ − 1); the derivative at 0 is 1.0507.
    Selu, T, z => {
        let below = T::splat(SCALED_ALPHA) * z.exponential_less_one();
        let negative = z.less(T::splat(0.0));
        [T::select(negative, below, T::splat(SCALE) * z), T::select(negative, below + T::splat(SCALED_ALPHA), T::splat(SCALE))]
    }
);

activation!(
    /// ln(1 + eᶻ); σ(z).
    Softplus, T, z => [z.softplus(), z.logistic()]
);

activation!(
    /// z/(1 + |z|); 1/(1 + |z|)².
    Softsign, T, z => {
        let inverse = T::splat(1.0) / (T::splat(1.0) + z.abs());
        [z * inverse, inverse * inverse]
    }
);

activation!(
    /// zσ(z); σ(1 + z(1 − σ)).
    Silu, T, z => {
        let s = z.logistic();
        [z * s, s * (T::splat(1.0) + z * (T::splat(1.0) - s))]
    }
);

activation!(
    /// zΦ(z) = ½z(1 + erf(z/√2)), without the tanh approximation; Φ + ze^(−z²/2)/√(2π).
    Gelu, T, z => {
        let below = T::splat(0.5) * (T::splat(1.0) + (z * T::splat(std::f32::consts::FRAC_1_SQRT_2)).error_function());
        let density = T::splat(0.398_942_3) * (T::splat(-0.5) * (z * z)).exponential();
        [z * below, below + z * density]
    }
);

activation!(
    /// z·tanh(softplus z); tanh + z(1 − tanh²)σ(z).
    Mish, T, z => {
        let t = z.softplus().hyperbolic_tangent();
        [z * t, t + z * ((T::splat(1.0) - t * t) * z.logistic())]
    }
);

activation!(
    /// eᶻ, its own derivative.
    Exponential, T, z => [z.exponential(); 2]
);

activation!(
    /// (z + 3)/6 clipped to [0, 1]; the derivative at z = −3 and z = 3 is 0.
    HardSigmoid, T, z => {
        let [value, slope] = Relu6::at(z + T::splat(3.0));
        [value / T::splat(6.0), slope / T::splat(6.0)]
    }
);
