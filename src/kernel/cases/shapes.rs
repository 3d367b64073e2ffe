//! Test vectors for activations and losses, and their tolerances.

use super::Tolerance;
use crate::kernel::losses::LossForm;
use crate::model::Activation;

/// Tolerance of an activation's value and derivative on a device, in units of 2⁻²³ of [`activation_terms`].
pub const ACTIVATION: Tolerance = Tolerance { ulps: 8.0, reason: "two elementary functions within 6 ulp, a division within 2.5, products" };
/// Tolerance of a loss's value and derivative on a device, in units of 2⁻²³ of [`loss_terms`].
pub const LOSS: Tolerance = Tolerance { ulps: 10.0, reason: "two elementary functions within 6 ulp, two divisions within 2.5, products" };

/// Tolerances of the host's float32 against float64.
pub const ACTIVATION_ON_HOST: Tolerance = Tolerance { ulps: 4.0, reason: "an elementary function within 2.5 ulp, three roundings" };
pub const LOSS_ON_HOST: Tolerance = Tolerance { ulps: 6.0, reason: "two elementary functions within 2.5 ulp, roundings" };

/// Arguments of activations: both sides of every kink. The kinks themselves are left out, because the rounding of the device would select the branch.
pub const Z: [f32; 24] = [
    -1e6, -90.0, -40.0, -20.0, -9.5, -6.01, -3.01, -2.99, -1.5, -0.7, -0.1, -1e-4, 1e-4, 0.1, 0.6, 0.7, 1.5, 2.99, 3.01, 5.99, 6.01, 20.0,
    40.0, 80.0,
];

/// Predictions and labels in the domain of a loss, without kinks.
pub fn rows(form: LossForm) -> Vec<[f32; 2]> {
    let (predictions, labels): (&[f32], &[f32]) = match form {
        LossForm::BinaryCrossentropy => (&[-0.5, 0.0, 1e-3, 0.1, 0.5, 0.9, 0.999, 1.5], &[0.0, 0.25, 1.0]),
        LossForm::Logits => (&Z, &[0.0, 0.25, 1.0]),
        LossForm::Hinge | LossForm::SquaredHinge => (&[-50.0, -1.5, -0.9, -0.1, 0.0, 0.1, 0.9, 1.1, 20.0], &[-1.0, 1.0]),
        LossForm::HingeZeroOne | LossForm::SquaredHingeZeroOne => (&[-50.0, -1.5, -0.9, -0.1, 0.0, 0.1, 0.9, 1.1, 20.0], &[0.0, 1.0]),
        LossForm::Msle | LossForm::Poisson => (&[0.001, 0.1, 0.5, 1.0, 3.0, 1000.0], &[0.0, 0.3, 1.0, 25.0]),
        _ => (&[-300.0, -2.5, -0.6, 0.0, 0.01, 0.7, 1.0, 5.0, 1e4], &[-7.0, -0.5, 0.2, 1.9, 100.0]),
    };
    predictions.iter().flat_map(|&prediction| labels.iter().map(move |&label| [prediction, label])).collect()
}

/// The magnitudes that define an ulp of φ(z) and φ′(z).
pub fn activation_terms(z: f32, [value, slope]: [f32; 2]) -> [f64; 2] {
    let size = |x: f32| f64::from(x).abs().max(1.0);
    [size(z).min(40.0).max(size(value)), size(z).min(40.0).max(size(slope))]
}

/// The magnitudes that define an ulp of a loss and of its derivative.
pub fn loss_terms(form: LossForm, [prediction, label]: [f32; 2], [value, slope]: [f32; 2]) -> [f64; 2] {
    let wide = |x: f32| f64::from(x).abs();
    let error = (wide(prediction) + wide(label)).max(1.0);
    let (by_value, by_slope) = match form {
        LossForm::Mse | LossForm::SquaredHinge | LossForm::SquaredHingeZeroOne => (error * error, 2.0 * error),
        LossForm::Mape => (100.0 * error / wide(label), 100.0 / wide(label)),
        LossForm::Poisson => (error * 10.0, 1.0 + wide(label) / wide(prediction)),
        LossForm::Msle => (10.0, 1.0),
        LossForm::BinaryCrossentropy => (error * 17.0, wide(slope).max(1.0)),
        _ => (error, 1.0),
    };
    [by_value.max(wide(value)), by_slope.max(wide(slope))]
}

/// The names of the WGSL functions of every activation and loss form.
pub fn names() -> Vec<String> {
    let activations = Activation::ALL.into_iter().map(|activation| format!("activation_{}", activation.name()));
    activations.chain(LossForm::ALL.into_iter().map(|form| format!("loss_{}", form.name()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{ActivationFn, LossFn};
    use crate::{with_activation, with_loss};

    /// φ at float32 against φ at float64, and φ′ against a difference quotient in float64.
    #[test]
    fn activations_agree_with_float64_and_their_derivatives_are_derivatives() {
        let h = 1e-5;
        for activation in Activation::ALL {
            for z in Z {
                let single = with_activation!(activation, A => A::at(z));
                let double = |z: f64| with_activation!(activation, A => A::at(z));
                let wide = f64::from(z);
                let (exact, terms) = (double(wide), activation_terms(z, single));
                let quotient = (double(wide + h)[0] - double(wide - h)[0]) / (2.0 * h);
                let size = quotient.abs().max(1.0);
                assert!((exact[1] - quotient).abs() <= 1e-5 * size, "{activation:?} at {z}: {} against {quotient}", exact[1]);
                for i in 0..2 {
                    let ulps = (f64::from(single[i]) - exact[i]).abs() / (terms[i] * f64::from(f32::EPSILON));
                    assert!(ulps <= f64::from(ACTIVATION_ON_HOST.ulps), "{activation:?} at {z}: {single:?} against {exact:?}, {ulps}");
                }
            }
        }
    }

    #[test]
    fn losses_agree_with_float64_and_their_slopes_are_derivatives() {
        let h = 1e-6;
        for form in LossForm::ALL {
            for [prediction, label] in rows(form) {
                let single = with_loss!(form, L => L::at(prediction, label));
                let double = |at: f64| with_loss!(form, L => L::at(at, f64::from(label)));
                let (exact, terms) = (double(f64::from(prediction)), loss_terms(form, [prediction, label], single));
                let wide = f64::from(prediction);
                let quotient = (double(wide + h)[0] - double(wide - h)[0]) / (2.0 * h);
                let at_the_clip = form == LossForm::BinaryCrossentropy && prediction == 0.0;
                let tolerance = 1e-4 * exact[1].abs().max(exact[0].abs()).max(1.0);
                assert!(at_the_clip || (exact[1] - quotient).abs() <= tolerance, "{form:?} {prediction} {label}: {} {quotient}", exact[1]);
                for i in 0..2 {
                    let ulps = (f64::from(single[i]) - exact[i]).abs() / (terms[i] * f64::from(f32::EPSILON));
                    assert!(
                        ulps <= f64::from(LOSS_ON_HOST.ulps),
                        "{form:?} at {prediction}, {label}: {single:?} against {exact:?}, {ulps}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_slope_exceeds_its_bound() {
        for form in LossForm::ALL {
            for [prediction, label] in rows(form) {
                let slope = with_loss!(form, L => L::at(f64::from(prediction), f64::from(label)))[1];
                let error = f64::from(prediction - label).abs();
                let bound = form.max_slope(error, f64::from(label).abs()).unwrap_or(f64::INFINITY);
                assert!(slope.abs() <= bound * (1.0 + 1e-6), "{form:?} at {prediction}, {label}: {slope} above {bound}");
            }
        }
    }

    /// Values and derivatives at kinks are those of TensorFlow.
    #[test]
    fn kinks_are_tensorflows() {
        let slope = |activation: Activation, z: f32| with_activation!(activation, A => A::at(z))[1];
        use Activation::*;
        for (activation, z, expected) in [
            (Relu, 0.0, 0.0),
            (Relu6, 0.0, 0.0),
            (Relu6, 6.0, 0.0),
            (LeakyRelu, 0.0, 0.2),
            (Elu, 0.0, 1.0),
            (Selu, 0.0, 1.050_701),
            (HardSigmoid, -3.0, 0.0),
            (HardSigmoid, 3.0, 0.0),
        ] {
            assert_eq!(slope(activation, z), expected, "{activation:?} at {z}");
        }
        let at = |form: LossForm, prediction: f32, label: f32| with_loss!(form, L => L::at(prediction, label));
        assert_eq!(at(LossForm::Mae, 0.5, 0.5)[1], 0.0);
        assert_eq!(at(LossForm::Mape, 0.5, 0.5)[1], 0.0);
        assert_eq!(at(LossForm::Huber, 1.5, 0.5), [0.5, 1.0]);
        assert_eq!(at(LossForm::Hinge, 1.0, 1.0), [0.0, -1.0]);
        assert_eq!(at(LossForm::Hinge, -1.0, -1.0), [0.0, 1.0]);
        assert_eq!(at(LossForm::HingeZeroOne, -1.0, 0.0), [0.0, 1.0]);
        assert_eq!(at(LossForm::Logits, 50.0, 0.0), [50.0, 1.0]);
        let clipped = [at(LossForm::BinaryCrossentropy, 0.0, 1.0), at(LossForm::BinaryCrossentropy, 1.0, 0.0)];
        assert!((clipped[0][0] - 16.118).abs() < 1e-3 && (clipped[1][0] - 15.942).abs() < 1e-3, "{clipped:?}");
        assert_eq!(at(LossForm::Msle, -1.0, 2.0)[1], 0.0);
    }
}
