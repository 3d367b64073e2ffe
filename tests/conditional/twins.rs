//! The two texts of the mathematics: each function gives the same numbers on the device as on the host, alone and in whole runs.

use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::gpu::Gpu;
use gradsweep::backend::reference::Reference;
use gradsweep::backend::{Backend, RecordOptions};
use gradsweep::kernel::layout::MAX_UNIFORM_BATCHES;
use gradsweep::model::{Activation, Loss, Neuron, Rows};
use gradsweep::sweep::Problems;
use libtest_mimic::Trial;

use crate::common::functions::verify_every_function;
use crate::common::sweeps::{RECORD, experiment, load_with, train};

/// The tests of this file.
pub fn trials() -> Vec<Trial> {
    gpu_trials![
        every_function_is_within_its_bounds,
        single_steps_on_the_device_are_the_hosts,
        whole_runs_on_the_device_stay_beside_the_hosts,
        epochs_of_more_batches_than_a_uniform_holds_are_taken_in_parts,
        whole_runs_on_the_device_stay_beside_the_float64_reference,
        options_and_schedules_on_the_device_are_the_hosts,
        two_runs_on_one_device_give_the_same_bits,
        runs_diverge_on_the_device_where_the_reference_says,
        every_neurons_metrics_on_the_device_are_the_hosts,
        metrics_and_surfaces_on_the_device_are_the_hosts,
        long_runs_on_the_device_come_to_their_end,
    ]
}

/// Every rule and flag, at rates that the reference shows to be insensitive, from starts all over the plane.
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

fn every_function_is_within_its_bounds(gpu: &Gpu) {
    verify_every_function(Some(gpu));
}

fn single_steps_on_the_device_are_the_hosts(gpu: &Gpu) {
    // One batch, one step, from many starts: every function of a rule from the same state. WGSL allows 2.5 ulp for a division, about 3
    // for a root, and contraction; behind the subtraction from the parameter 8 ulp of it remain.
    let experiment = experiment(&RULES.replace("epochs = 2\nbatch_size = 10", "epochs = 1\nbatch_size = \"full\""));
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, host) = train(&experiment, &Cpu::open(Some(1), None).unwrap(), RECORD);
    let mut worst = 0.0_f64;
    for (device, host) in device.iter().zip(&host) {
        for lane in 0..host.weight.len() {
            worst = worst.max(relative(device.weight[lane], host.weight[lane])).max(relative(device.bias[lane], host.bias[lane]));
        }
    }
    println!("single steps: at most {worst:.1e}");
    assert!(worst <= 8.0 * f64::from(f32::EPSILON), "{worst:e}");
}

fn whole_runs_on_the_device_stay_beside_the_hosts(gpu: &Gpu) {
    // 30 steps that differ by ulps each, on runs that contract or move by bounded steps: 1e-4 is a bound with room; 1e-5 is usual.
    let experiment = experiment(RULES);
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, host) = train(&experiment, &Cpu::open(Some(1), None).unwrap(), RECORD);
    let mut worst = [0.0_f64; 2];
    for (device, host) in device.iter().zip(&host) {
        let (a, b) = (device.history.as_ref().unwrap(), host.history.as_ref().unwrap());
        for lane in 0..host.weight.len() {
            assert_eq!(device.steps[lane], host.steps[lane]);
            for point in 0..b.blocks.rows {
                for (a, b) in a.at(lane, point).into_iter().zip(b.at(lane, point)) {
                    worst[0] = worst[0].max(relative(a, b));
                }
            }
        }
        let (a, b) = (device.epochs.as_ref().unwrap(), host.epochs.as_ref().unwrap());
        for (a, b) in [(&a.loss, &b.loss), (&a.mae, &b.mae), (&a.val_loss, &b.val_loss), (&a.val_mae, &b.val_mae)] {
            for lane in 0..host.weight.len() {
                for epoch in 0..2 {
                    let index = host.epochs.as_ref().unwrap().blocks.index(lane, epoch);
                    worst[1] = worst[1].max(relative(a[index], b[index]));
                }
            }
        }
    }
    println!("whole runs: parameters {:.1e}, series {:.1e}", worst[0], worst[1]);
    assert!(worst[0] <= 1e-4 && worst[1] <= 1e-4, "{worst:?}");
}

fn epochs_of_more_batches_than_a_uniform_holds_are_taken_in_parts(gpu: &Gpu) {
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
        for lane in 0..host.weight.len() {
            let worst = (0..b.blocks.rows).flat_map(|point| [0, 1].map(|i| relative(a.at(lane, point)[i], b.at(lane, point)[i])));
            assert!(worst.fold(0.0, f64::max) <= 1e-4);
        }
    }
}

fn whole_runs_on_the_device_stay_beside_the_float64_reference(gpu: &Gpu) {
    // Moments in float32 against rows in float64: the rounding of 30 steps that contract or are bounded. Centered RMSprop divides by the
    // root of a difference and is left to the steps above.
    let experiment = experiment(&RULES.replace("centered = [false, true]", "centered = [false]"));
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, judge) = train(&experiment, &Reference, RECORD);
    let mut worst = 0.0_f64;
    for (device, judge) in device.iter().zip(&judge) {
        assert_eq!(device.steps, judge.steps);
        for lane in 0..judge.weight.len() {
            worst = worst.max(relative(device.weight[lane], judge.weight[lane])).max(relative(device.bias[lane], judge.bias[lane]));
        }
    }
    println!("against float64: {worst:.1e}");
    assert!(worst <= 1e-4, "{worst:e}");
}

/// Options and schedules around rules with and without a clock, at rates that are insensitive.
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

fn options_and_schedules_on_the_device_are_the_hosts(gpu: &Gpu) {
    // 66 steps that differ by ulps each: as whole runs above.
    let experiment = experiment(OPTIONS);
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, host) = train(&experiment, &Cpu::open(Some(1), None).unwrap(), RECORD);
    let mut worst = 0.0_f64;
    for (device, host) in device.iter().zip(&host) {
        assert_eq!(device.steps, host.steps);
        let (a, b) = (device.history.as_ref().unwrap(), host.history.as_ref().unwrap());
        for lane in 0..host.weight.len() {
            worst = worst.max(relative(device.weight[lane], host.weight[lane])).max(relative(device.bias[lane], host.bias[lane]));
            for point in 0..b.blocks.rows {
                for (a, b) in a.at(lane, point).into_iter().zip(b.at(lane, point)) {
                    worst = worst.max(relative(a, b));
                }
            }
        }
    }
    println!("options and schedules: {worst:.1e}");
    assert!(worst <= 1e-4, "{worst:e}");
}

fn two_runs_on_one_device_give_the_same_bits(gpu: &Gpu) {
    let experiment = experiment(RULES);
    // The second run meets buffers with old contents and slices of another size.
    let (first, second) = (train(&experiment, gpu, RECORD).1, train(&experiment, gpu, RECORD).1);
    for (first, second) in first.iter().zip(&second) {
        assert!(
            first.weight == second.weight
                && first.bias == second.bias
                && (0..first.weight.len()).all(|run| first.figures(run) == second.figures(run))
        );
        let (a, b) = (first.history.as_ref().unwrap(), second.history.as_ref().unwrap());
        for lane in 0..first.weight.len() {
            for point in 0..a.blocks.rows {
                assert_eq!(a.at(lane, point).map(f32::to_bits), b.at(lane, point).map(f32::to_bits));
            }
        }
    }
}

fn runs_diverge_on_the_device_where_the_reference_says(gpu: &Gpu) {
    let experiment = experiment(
        "[model]\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nepochs = 20\nbatch_size = 10\noptimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = { min = 1e-6, max = 1e2, count = 41, distribution = \"log_uniform\" }\nmomentum = [0.0, 0.9]\n",
    );
    let (_, device) = train(&experiment, gpu, RECORD);
    let (_, host) = train(&experiment, &Reference, RECORD);
    let mut diverged = 0;
    for (device, host) in device.iter().zip(&host) {
        for lane in 0..host.weight.len() {
            let (a, b) = (device.figures(lane).diverged_at, host.figures(lane).diverged_at);
            assert_eq!(a.is_some(), b.is_some(), "lane {lane}: {a:?} against {b:?}");
            assert!(a.unwrap_or(0).abs_diff(b.unwrap_or(0)) <= 1, "lane {lane}: {a:?} against {b:?}");
            assert!(device.weight[lane].abs() <= 1e12 && device.bias[lane].abs() <= 1e12);
            let history = device.history.as_ref().unwrap();
            let known = history.known_points(device.steps[lane]);
            assert!((0..known).flat_map(|point| history.at(lane, point)).all(|v| v.abs() <= 1e12), "lane {lane} leaves the range");
            if known as u64 == device.steps[lane] + 1 {
                assert_eq!(
                    history.at(lane, known - 1),
                    [device.weight[lane], device.bias[lane]],
                    "lane {lane} is not frozen at its last point"
                );
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

fn every_neurons_metrics_on_the_device_are_the_hosts(gpu: &Gpu) {
    let cpu = Cpu::open(Some(1), None).unwrap();
    let rows = classes();
    let weight: Vec<f32> = (0..200).map(|i| i as f32 * 0.031 - 3.0).collect();
    let bias: Vec<f32> = (0..200).map(|i| (i % 37) as f32 * 0.1 - 1.8).collect();
    let mut worst = 0.0_f64;
    // Every activation and every loss, not every pair: what composes them is one text.
    for (index, activation) in Activation::ALL.into_iter().enumerate() {
        for loss in [Loss::ALL[index % 10], Loss::ALL[(index + 3) % 10]] {
            let neuron = Neuron { activation, loss, use_bias: true, bits: true };
            let (a, b) = (gpu.metrics(&neuron, &rows, &weight, &bias).unwrap(), cpu.metrics(&neuron, &rows, &weight, &bias).unwrap());
            for (a, b) in [(&a.loss, &b.loss), (&a.mse, &b.mse), (&a.mae, &b.mae)] {
                assert_eq!((a.len(), b.len()), (200, 200));
                for (&a, &b) in a.iter().zip(b) {
                    worst = worst.max(relative(a, b));
                    // 300 rows, each within some ulp of its own magnitude; hinges and clips move with an ulp of z.
                    assert!(relative(a, b) <= 2e-5, "{neuron:?}: {a} against {b}");
                }
            }
        }
    }
    println!("metrics of 30 neurons: at most {worst:.1e}");
}

fn metrics_and_surfaces_on_the_device_are_the_hosts(gpu: &Gpu) {
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

fn long_runs_on_the_device_come_to_their_end(gpu: &Gpu) {
    // 40,000 updates in one window: llvmpipe ends the loops of a thread after 65,535 rounds, and says nothing.
    let experiment = experiment(
        "scale = \"standard\"\n[model]\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nepochs = 40000\nbatch_size = \"full\"\noptimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = [1e-6, 1e-5]\n",
    );
    let record = RecordOptions { every: 0, epochs: false };
    let (_, device) = train(&experiment, gpu, record);
    let (_, host) = train(&experiment, &Reference, record);
    for lane in 0..2 {
        // Updates of an ulp each are rounded each.
        assert!(relative(device[0].weight[lane], host[0].weight[lane]) <= 1e-3, "{device:?} against {host:?}");
        assert_eq!(device[0].steps[lane], 40_000);
    }
}
