//! WGSL functions and their Rust twins: results on the device agree with those of the host, for single functions and for whole runs.

use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::gpu::Gpu;
use gradsweep::backend::reference::Reference;
use gradsweep::backend::{Backend, RecordOptions};
use gradsweep::internals::kernel::layout::MAX_UNIFORM_BATCHES;
use gradsweep::model::{Activation, Loss, Neuron, Rows};
use gradsweep::sweep::Problems;
use libtest_mimic::Trial;

use crate::common::figures;
use crate::common::functions::verify_every_function;
use crate::common::sweeps::{RECORD, experiment, load_with, train};

/// The tests of this file.
pub fn trials() -> Vec<Trial> {
    gpu_trials![
        every_function_is_within_its_tolerance,
        single_steps_agree_with_the_host,
        whole_runs_agree_with_the_host,
        epochs_with_more_batches_than_a_uniform_take_several_dispatches,
        whole_runs_agree_with_the_float64_reference,
        figures_of_verdicts_agree_with_the_float64_reference,
        options_and_schedules_agree_with_the_host,
        repeated_training_gives_the_same_bits,
        runs_diverge_where_the_reference_diverges,
        metrics_of_every_neuron_agree_with_the_host,
        metrics_and_surfaces_agree_with_the_host,
        long_runs_complete,
    ]
}

/// Every rule and flag, at learning rates where rounding errors do not grow, from distant starting points.
const RULES: &str = r#"
test_size = 0.25
scale = "standard"
[training]
epochs = 2
batch_size = 10
[sweep.parameters]
optimizer = [
    { name = "sgd", momentum = [0.0, 0.5, 0.9], nesterov = [false, true] },
    { name = "rmsprop", momentum = [0.0, 0.4], centered = [false, true] },
    { name = "adam", amsgrad = [false, true], beta_2 = [0.99, 0.999], beta_1 = [0.8, 0.9] },
    { name = "adamw", amsgrad = [false, true], weight_decay = [0.0, 0.1] }, "adadelta", "adagrad", "adamax", "adafactor", "nadam",
    { name = "ftrl", learning_rate_power = [-0.5, -0.6] }, "lion", "lamb", { name = "muon", nesterov = [false, true] },
]
learning_rate = [1e-3, 1e-2, 3e-2]
initial_weight = [-3.0, 0.6, 20.0]
initial_bias = [0.0, 30.0]
"#;

fn relative(a: f32, b: f32) -> f64 {
    (f64::from(a) - f64::from(b)).abs() / f64::from(b).abs().max(1.0)
}

fn every_function_is_within_its_tolerance(gpu: &Gpu) {
    verify_every_function(Some(gpu));
}

fn single_steps_agree_with_the_host(gpu: &Gpu) {
    // One step from many starting points. WGSL allows 2.5 ulp for a division, about 3 for a root, and contraction; after the subtraction from the parameter
    // at most 8 ulp remain.
    let experiment = experiment(&RULES.replace("epochs = 2\nbatch_size = 10", "epochs = 1\nbatch_size = \"full\""));
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, host) = train(&experiment, &Cpu::open(Some(1), None).unwrap(), RECORD);
    let mut worst = 0.0_f64;
    for (device, host) in device.iter().zip(&host) {
        for run in 0..host.weight.len() {
            worst = worst.max(relative(device.weight[run], host.weight[run])).max(relative(device.bias[run], host.bias[run]));
        }
    }
    println!("single steps: at most {worst:.1e}");
    assert!(worst <= 8.0 * f64::from(f32::EPSILON), "{worst:e}");
}

fn figures_of_verdicts_agree_with_the_float64_reference(gpu: &Gpu) {
    figures::agree_with_the_reference(gpu, 1e-4);
}

fn whole_runs_agree_with_the_host(gpu: &Gpu) {
    // 30 steps that differ by ulps each, in runs that contract or have bounded steps: about 1e-5, and 1e-4 as the bound.
    let experiment = experiment(RULES);
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, host) = train(&experiment, &Cpu::open(Some(1), None).unwrap(), RECORD);
    let mut worst = [0.0_f64; 2];
    for (device, host) in device.iter().zip(&host) {
        let (a, b) = (device.history.as_ref().unwrap(), host.history.as_ref().unwrap());
        for run in 0..host.weight.len() {
            assert_eq!(device.steps[run], host.steps[run]);
            for point in 0..b.blocks.rows {
                for (a, b) in a.at(run, point).into_iter().zip(b.at(run, point)) {
                    worst[0] = worst[0].max(relative(a, b));
                }
            }
        }
        let (a, b) = (device.epochs.as_ref().unwrap(), host.epochs.as_ref().unwrap());
        for (a, b) in [(&a.loss, &b.loss), (&a.mae, &b.mae), (&a.val_loss, &b.val_loss), (&a.val_mae, &b.val_mae)] {
            for run in 0..host.weight.len() {
                for epoch in 0..2 {
                    let index = host.epochs.as_ref().unwrap().blocks.index(run, epoch);
                    worst[1] = worst[1].max(relative(a[index], b[index]));
                }
            }
        }
    }
    println!("whole runs: parameters {:.1e}, series {:.1e}", worst[0], worst[1]);
    assert!(worst[0] <= 1e-4 && worst[1] <= 1e-4, "{worst:?}");
}

fn epochs_with_more_batches_than_a_uniform_take_several_dispatches(gpu: &Gpu) {
    let rows: Vec<String> =
        (0..2 * MAX_UNIFORM_BATCHES + 77).map(|i| format!("{},{}", f64::from(i as u32 % 97) / 48.0 - 1.0, i % 13)).collect();
    let config = "[data]\npath = \"rows.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[training]\nepochs = 2\nbatch_size = 1\n[sweep.parameters]\n\
                  shuffle = [false, true]\noptimizer = [\"rmsprop\", \"adam\"]\nlearning_rate = [1e-3, 1e-2]\n";
    let experiment = load_with(config, format!("x,y\n{}", rows.join("\n")).as_bytes());
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, host) = train(&experiment, &Cpu::open(None, None).unwrap(), RECORD);
    for (device, host) in device.iter().zip(&host) {
        let (a, b) = (device.history.as_ref().unwrap(), host.history.as_ref().unwrap());
        assert_eq!(b.blocks.rows, 1 + 2 * (2 * MAX_UNIFORM_BATCHES + 77));
        for run in 0..host.weight.len() {
            let worst = (0..b.blocks.rows).flat_map(|point| [0, 1].map(|i| relative(a.at(run, point)[i], b.at(run, point)[i])));
            assert!(worst.fold(0.0, f64::max) <= 1e-4);
        }
    }
}

fn whole_runs_agree_with_the_float64_reference(gpu: &Gpu) {
    // Moments in float32 against rows in float64, over 30 steps that contract or are bounded. Centered RMSprop divides by the root of a difference; only its
    // single steps are tested.
    let experiment = experiment(&RULES.replace("centered = [false, true]", "centered = [false]"));
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, reference) = train(&experiment, &Reference, RECORD);
    let mut worst = 0.0_f64;
    for (device, reference) in device.iter().zip(&reference) {
        assert_eq!(device.steps, reference.steps);
        for run in 0..reference.weight.len() {
            worst = worst.max(relative(device.weight[run], reference.weight[run])).max(relative(device.bias[run], reference.bias[run]));
        }
    }
    println!("against float64: {worst:.1e}");
    assert!(worst <= 1e-4, "{worst:e}");
}

/// Options and schedules with rules that have step factors and rules that have none, at learning rates where rounding errors do not grow.
const OPTIONS: &str = r#"
test_size = 0.25
scale = "standard"
[training]
epochs = 3
batch_size = 7
[training.schedule]
decay_steps = 10
decay_rate = 0.5
[sweep.parameters]
optimizer = [
    { name = "sgd", momentum = [0.0, 0.5], clipnorm = ["none", 2.0], gradient_accumulation_steps = ["none", 3] },
    { name = "rmsprop", weight_decay = [0.0, 0.1], clipvalue = 2.0 },
    { name = "nadam", use_ema = [false, true], ema_overwrite_frequency = ["none", 5], gradient_accumulation_steps = 2 },
    { name = "adamw", global_clipnorm = [1.0, 3.0], use_ema = true, ema_momentum = [0.5, 0.9] },
]
"schedule.name" = ["none", "exponential_decay", "cosine_decay"]
learning_rate = [1e-3, 1e-2]
initial_weight = [-3.0, 0.6]
"#;

fn options_and_schedules_agree_with_the_host(gpu: &Gpu) {
    // 66 steps that differ by ulps each.
    let experiment = experiment(OPTIONS);
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, host) = train(&experiment, &Cpu::open(Some(1), None).unwrap(), RECORD);
    let mut worst = 0.0_f64;
    for (device, host) in device.iter().zip(&host) {
        assert_eq!(device.steps, host.steps);
        let (a, b) = (device.history.as_ref().unwrap(), host.history.as_ref().unwrap());
        for run in 0..host.weight.len() {
            worst = worst.max(relative(device.weight[run], host.weight[run])).max(relative(device.bias[run], host.bias[run]));
            for point in 0..b.blocks.rows {
                for (a, b) in a.at(run, point).into_iter().zip(b.at(run, point)) {
                    worst = worst.max(relative(a, b));
                }
            }
        }
    }
    println!("options and schedules: {worst:.1e}");
    assert!(worst <= 1e-4, "{worst:e}");
}

fn repeated_training_gives_the_same_bits(gpu: &Gpu) {
    let experiment = experiment(RULES);
    // The second training finds the buffers of the first, and dispatches of another size.
    let (first, second) = (train(&experiment, gpu, RECORD).1, train(&experiment, gpu, RECORD).1);
    for (first, second) in first.iter().zip(&second) {
        assert!(
            first.weight == second.weight
                && first.bias == second.bias
                && (0..first.weight.len()).all(|run| first.statistics(run) == second.statistics(run))
        );
        let (a, b) = (first.history.as_ref().unwrap(), second.history.as_ref().unwrap());
        for run in 0..first.weight.len() {
            for point in 0..a.blocks.rows {
                assert_eq!(a.at(run, point).map(f32::to_bits), b.at(run, point).map(f32::to_bits));
            }
        }
    }
}

fn runs_diverge_where_the_reference_diverges(gpu: &Gpu) {
    let experiment = experiment(
        "[model]\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nepochs = 20\nbatch_size = 10\noptimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = { min = 1e-6, max = 1e2, count = 41, distribution = \"log_uniform\" }\nmomentum = [0.0, 0.9]\n",
    );
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, host) = train(&experiment, &Reference, RECORD);
    let mut diverged = 0;
    for (device, host) in device.iter().zip(&host) {
        for run in 0..host.weight.len() {
            let (a, b) = (device.statistics(run).diverged_at, host.statistics(run).diverged_at);
            assert_eq!(a.is_some(), b.is_some(), "run {run}: {a:?} against {b:?}");
            assert!(a.unwrap_or(0).abs_diff(b.unwrap_or(0)) <= 1, "run {run}: {a:?} against {b:?}");
            assert!(device.weight[run].abs() <= 1e12 && device.bias[run].abs() <= 1e12);
            let history = device.history.as_ref().unwrap();
            let points = history.known_points(device.steps[run]);
            assert!((0..points).flat_map(|point| history.at(run, point)).all(|v| v.abs() <= 1e12), "run {run} leaves the range");
            if points as u64 == device.steps[run] + 1 {
                assert_eq!(history.at(run, points - 1), [device.weight[run], device.bias[run]], "run {run} does not end at its last point");
            }
            diverged += usize::from(a.is_some());
        }
    }
    assert!(diverged >= 40, "{diverged}");
}

/// Rows of two classes that overlap.
fn classes() -> Rows {
    let x: Vec<f32> = (0..300).map(|i| (i as f32 * 0.618).fract() * 4.0 - 2.0).collect();
    let y = x.iter().enumerate().map(|(i, &x)| if x + (i as f32 * 0.414).fract() > 0.6 { 1.0 } else { 0.0 }).collect();
    Rows { x, y }
}

fn metrics_of_every_neuron_agree_with_the_host(gpu: &Gpu) {
    let cpu = Cpu::open(Some(1), None).unwrap();
    let rows = classes();
    let weight: Vec<f32> = (0..200).map(|i| i as f32 * 0.031 - 3.0).collect();
    let bias: Vec<f32> = (0..200).map(|i| (i % 37) as f32 * 0.1 - 1.8).collect();
    let mut worst = 0.0_f64;
    // Every activation and every loss, but not every pair, because one module composes any pair.
    for (index, activation) in Activation::ALL.into_iter().enumerate() {
        for loss in [Loss::ALL[index % 10], Loss::ALL[(index + 3) % 10]] {
            let neuron = Neuron { activation, loss, use_bias: true, bits: true };
            let (a, b) = (gpu.metrics(&neuron, &rows, &weight, &bias).unwrap(), cpu.metrics(&neuron, &rows, &weight, &bias).unwrap());
            for (a, b) in [(&a.loss, &b.loss), (&a.mse, &b.mse), (&a.mae, &b.mae)] {
                assert_eq!((a.len(), b.len()), (200, 200));
                for (&a, &b) in a.iter().zip(b) {
                    worst = worst.max(relative(a, b));
                    // Sums over 300 rows, each within some ulps; at hinges and clips an ulp of z can change a term.
                    assert!(relative(a, b) <= 2e-5, "{neuron:?}: {a} against {b}");
                }
            }
        }
    }
    println!("metrics of 30 neurons: at most {worst:.1e}");
}

fn metrics_and_surfaces_agree_with_the_host(gpu: &Gpu) {
    let problems = Problems::new(&experiment("test_size = 0.2")).unwrap();
    let cpu = Cpu::open(Some(1), None).unwrap();
    let (neuron, rows) = (&problems.all[0].neuron, &problems.all[0].train);
    let weight: Vec<f32> = (0..1000).map(|i| i as f32 * 0.01 - 5.0).collect();
    let bias: Vec<f32> = (0..1000).map(|i| (i % 37) as f32 - 18.0).collect();
    let (a, b) = (gpu.metrics(neuron, rows, &weight, &bias).unwrap(), cpu.metrics(neuron, rows, &weight, &bias).unwrap());
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let (s, t) = (
        gpu.surface(neuron, rows, &wide(&weight[..65]), &wide(&bias[..37])).unwrap(),
        cpu.surface(neuron, rows, &wide(&weight[..65]), &wide(&bias[..37])).unwrap(),
    );
    assert_eq!(s.len(), 65 * 37);
    for (a, b) in [(&a.mse, &b.mse), (&a.mae, &b.mae), (&s, &t)] {
        assert_eq!(a.len(), b.len());
        for (&a, &b) in a.iter().zip(b) {
            assert!(relative(a, b) <= 1e-5, "{a} against {b}");
        }
    }
}

fn long_runs_complete(gpu: &Gpu) {
    // 40,000 updates in one window: llvmpipe ends the loops of a thread after 65,535 iterations, without an error.
    let experiment = experiment(
        "scale = \"standard\"\n[model]\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nepochs = 40000\nbatch_size = \"full\"\noptimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = [1e-6, 1e-5]\n",
    );
    let record = RecordOptions { every: 0, epochs: false };
    let (_, device) = train(&experiment, gpu, record);
    let (_, host) = train(&experiment, &Reference, record);
    for run in 0..2 {
        // Each of these small updates is rounded to an ulp of the parameter.
        assert!(relative(device[0].weight[run], host[0].weight[run]) <= 1e-3, "{device:?} against {host:?}");
        assert_eq!(device[0].steps[run], 40_000);
    }
}
