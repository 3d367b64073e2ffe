//! The figures of verdicts on a backend, compared with the float64 reference.

use gradsweep::backend::reference::Reference;
use gradsweep::backend::{Backend, RecordOptions};

use super::sweeps::{experiment, train};

/// Sweeps whose runs contract, so that rounding errors do not grow: windows inside an epoch, over several epochs and blocks, with points between
/// which J is not evaluated, a single update, and options.
const SWEEPS: [&str; 6] = [
    "scale = \"standard\"\n[training]\nepochs = 10\nbatch_size = 10\n[sweep.parameters]\noptimizer = [\"sgd\", \"rmsprop\", \"adam\"]\n\
     learning_rate = [1e-4, 1e-2]\n",
    "[training]\nepochs = 2\nbatch_size = 1\n[sweep.parameters]\noptimizer = [\"rmsprop\", \"adam\"]\nlearning_rate = [1e-4, 1e-3]\n",
    "scale = \"standard\"\n[training]\nepochs = 1\nbatch_size = \"full\"\n[sweep.parameters]\nlearning_rate = [1e-2, 1e-1]\n",
    "scale = \"standard\"\n[training]\nepochs = 40\nbatch_size = 40\noptimizer = \"sgd\"\ngradient_accumulation_steps = 3\nuse_ema = true\n\
     [sweep.parameters]\nlearning_rate = [1e-3, 1e-2]\n",
    "scale = \"standard\"\n[model]\nactivation = \"softplus\"\nloss = \"huber\"\n[training]\nepochs = 3\nbatch_size = 2\noptimizer = \"sgd\"\n\
     [sweep.parameters]\nlearning_rate = [1e-3, 1e-2]\n",
    "scale = \"standard\"\n[model]\nuse_bias = false\n[training]\nepochs = 2\nbatch_size = 1\noptimizer = \"sgd\"\n[sweep.parameters]\n\
     learning_rate = [1e-4, 1e-3]\n",
];

/// The means over the windows agree with the reference within `tolerance`, relative to the magnitudes of parameters and losses.
pub fn agree_with_the_reference(backend: &dyn Backend, tolerance: f64) {
    let mut worst = 0.0_f64;
    for (number, rest) in SWEEPS.into_iter().enumerate() {
        let experiment = experiment(rest);
        let results =
            [&Reference as &dyn Backend, backend].map(|backend| train(&experiment, backend, RecordOptions { every: 0, epochs: false }).1);
        for (reference, outcome) in results[0].iter().zip(&results[1]) {
            for run in 0..reference.weight.len() {
                let (expected, found) = (reference.statistics(run), outcome.statistics(run));
                assert_eq!(found.epochs_to_reach, expected.epochs_to_reach, "sweep {number}, run {run}");
                assert_eq!(found.has_moved, expected.has_moved, "sweep {number}, run {run}");
                let losses = [expected.start_loss, expected.last_loss, expected.means.loss, expected.means.previous_loss];
                let loss_scale = losses.into_iter().fold(0.0_f32, |largest, loss| largest.max(loss.abs()));
                let scales = [expected.means.weight.abs().max(1.0), expected.means.bias.abs().max(1.0), loss_scale, loss_scale];
                let pairs = <[f32; 4]>::from(expected.means).into_iter().zip(<[f32; 4]>::from(found.means)).zip(scales);
                let pairs = pairs
                    .chain([((expected.start_loss, found.start_loss), loss_scale), ((expected.last_loss, found.last_loss), loss_scale)]);
                for ((expected, found), scale) in pairs {
                    let deviation = f64::from((expected - found).abs() / scale);
                    assert!(deviation <= tolerance, "sweep {number}, run {run}: {found} is not {expected}");
                    worst = worst.max(deviation);
                }
            }
        }
    }
    println!("figures, {}: {worst:.1e}", backend.describe().backend);
}
