//! The two texts of the mathematics: each function gives the same numbers on the device as on the host, alone and in whole runs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail by panics")]

mod common;

use std::path::Path;

use common::gpu;
use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::gpu::{Gpu, elementary, functions};
use gradsweep::backend::reference::Reference;
use gradsweep::backend::{Backend, Outcome, Record};
use gradsweep::config::{self, DataFrom, Experiment, Source};
use gradsweep::kernel::cases::{self, Allowed, Point, Step, shapes};
use gradsweep::kernel::optimizers::STATE;
use gradsweep::kernel::{Form, Penalty, Response, Rule, Variant, neuron};
use gradsweep::model::{Activation, Optimizer};
use gradsweep::sweep::{Plan, Problems};
use gradsweep::{with_penalty, with_response, with_rule};

fn experiment(rest: &str) -> Experiment {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let text = format!("[data]\npath = \"data/advertising.csv\"\nfeature = \"TV\"\ntarget = \"sales\"\n{rest}");
    let source = Source { file: "test.toml", name: "test", data: DataFrom::Folder(&folder) };
    config::load_text(&text, &source, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn train(experiment: &Experiment, backend: &dyn Backend, record: Record) -> (Plan, Vec<Outcome>) {
    let problems = Problems::new(experiment).unwrap();
    let plan = Plan::new(experiment, &problems, 0..experiment.space.len());
    let mut outcomes = vec![Outcome::default(); plan.groups.len()];
    backend.train(&plan.groups(&problems, record), &mut outcomes).unwrap();
    (plan, outcomes)
}

const RECORD: Record = Record { every: 1, epochs: true };

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

/// The appended entry points: a case a thread, numbers in, numbers out.
const PROBES: &str = r"
@group(0) @binding(0) var<storage, read> probe_input: array<f32>;
@group(0) @binding(1) var<storage, read_write> probe_output: array<f32>;

@compute @workgroup_size(64)
fn probe_neuron(@builtin(global_invocation_id) id: vec3<u32>) {
    let out = id.x * 4u;
    if out >= arrayLength(&probe_output) {
        return;
    }
    var v: array<f32, 13>;
    for (var i = 0u; i < 13u; i += 1u) {
        v[i] = probe_input[id.x * 13u + i];
    }
    let moments = Moments(v[0], v[1], v[2], v[3], v[4], v[5]);
    let theta = vec2<f32>(v[9], v[10]);
    let at = slope(moments, Centre(v[6], v[7], v[8]), theta);
    probe_output[out] = at.gradient.x;
    probe_output[out + 1u] = at.gradient.y;
    probe_output[out + 2u] = loss(moments, at);
    probe_output[out + 3u] = error(theta, v[11], v[12]);
}

@compute @workgroup_size(64)
fn probe_step(@builtin(global_invocation_id) id: vec3<u32>) {
    let out = id.x * (2u + STATE);
    if out >= arrayLength(&probe_output) {
        return;
    }
    let first = id.x * (HYPER + CLOCK + 4u + STATE);
    var hyper: Hyper;
    var clock: Clock;
    var memory: State;
    for (var i = 0u; i < HYPER; i += 1u) {
        hyper[i] = probe_input[first + i];
    }
    for (var i = 0u; i < CLOCK; i += 1u) {
        clock[i] = probe_input[first + HYPER + i];
    }
    let pairs = first + HYPER + CLOCK;
    for (var i = 0u; i < STATE; i += 1u) {
        memory[i] = probe_input[pairs + 4u + i];
    }
    let theta = vec2<f32>(probe_input[pairs], probe_input[pairs + 1u]);
    let gradient = vec2<f32>(probe_input[pairs + 2u], probe_input[pairs + 3u]);
    let next = step(hyper, clock, theta, gradient, &memory);
    probe_output[out] = next.x;
    probe_output[out + 1u] = next.y;
    for (var i = 0u; i < STATE; i += 1u) {
        probe_output[out + 2u + i] = memory[i];
    }
}
";

/// A number in, a number out.
const PROBE_FUNCTION: &str = r"
@group(0) @binding(0) var<storage, read> probe_input: array<f32>;
@group(0) @binding(1) var<storage, read_write> probe_output: array<f32>;

@compute @workgroup_size(64)
fn probe_function(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i < arrayLength(&probe_output) {
        probe_output[i] = FUNCTION(probe_input[i]);
    }
}
";

/// Some numbers in, two out.
const PROBE_PAIR: &str = r"
@group(0) @binding(0) var<storage, read> probe_input: array<f32>;
@group(0) @binding(1) var<storage, read_write> probe_output: array<f32>;

@compute @workgroup_size(64)
fn probe_pair(@builtin(global_invocation_id) id: vec3<u32>) {
    let out = id.x * 2u;
    if out < arrayLength(&probe_output) {
        let i = id.x * ARGUMENTSu;
        let pair = CALL;
        probe_output[out] = pair.x;
        probe_output[out + 1u] = pair.y;
    }
}
";

/// Asserts that a device's number is within what is allowed; returns how many ulps of `terms` it is off.
fn off(device: f32, host: f32, terms: f64, allowed: &Allowed, what: &str) -> f64 {
    let difference = (f64::from(device) - f64::from(host)).abs();
    let ulps = if difference == 0.0 { 0.0 } else { difference / (terms * f64::from(f32::EPSILON)).max(f64::from(f32::MIN_POSITIVE)) };
    assert!(ulps <= f64::from(allowed.ulps), "{what}: {device:e} against {host:e}, {ulps:.1} of {} ulp ({})", allowed.ulps, allowed.why);
    ulps
}

#[test]
fn the_neurons_functions_on_the_device_are_the_hosts() {
    let Some(gpu) = gpu("the_neurons_functions_on_the_device_are_the_hosts") else { return };
    let points = Point::all();
    let input = |p: &Point| {
        let (m, c) = (&p.moments, &p.centre);
        [m.u, m.uu, m.r, m.ru, m.rr, m.rows, c.weight, c.bias, c.x, p.theta[0], p.theta[1], p.x, p.y]
    };
    let inputs: Vec<f32> = points.iter().flat_map(input).collect();
    let module = functions(Optimizer::Sgd) + PROBES;
    let values = gpu.probe(&module, "probe_neuron", &[], points.len(), &inputs, 4 * points.len()).unwrap();
    let mut worst = [0.0_f64; 3];
    for (point, values) in points.iter().zip(values.chunks_exact(4)) {
        let (slope, terms) = (neuron::slope(&point.moments, &point.centre, point.theta), point.terms());
        let what = format!("{point:?}");
        for i in 0..2 {
            worst[0] = worst[0].max(off(values[i], slope.gradient[i], terms.gradient[i], &cases::SLOPE, &what));
        }
        worst[1] = worst[1].max(off(values[2], neuron::loss(&point.moments, &slope), terms.loss, &cases::LOSS, &what));
        worst[2] = worst[2].max(off(values[3], neuron::error(point.theta, point.x, point.y), terms.error, &cases::ERROR, &what));
    }
    println!("{} points: slope {:.2}, loss {:.2}, error {:.2} ulp at most", points.len(), worst[0], worst[1], worst[2]);
}

#[test]
fn every_rules_step_on_the_device_is_the_hosts() {
    let Some(gpu) = gpu("every_rules_step_on_the_device_is_the_hosts") else { return };
    for optimizer in Optimizer::ALL {
        let module = functions(optimizer) + PROBES;
        for (flag, momentum) in [(false, false), (false, true), (true, false), (true, true)] {
            let variant = Variant { optimizer, flag, momentum };
            let steps = Step::all(variant);
            let input = |s: &Step| [&s.hyper[..], &s.clock, &s.theta, &s.gradient, &s.state].concat();
            let inputs: Vec<f32> = steps.iter().flat_map(input).collect();
            let constants = [("MOMENTUM", f64::from(u8::from(momentum))), ("FLAG", f64::from(u8::from(flag)))];
            let values = gpu.probe(&module, "probe_step", &constants, steps.len(), &inputs, (2 + STATE) * steps.len()).unwrap();
            let allowed = cases::allowed(optimizer);
            let mut worst = 0.0_f64;
            for (step, values) in steps.iter().zip(values.chunks_exact(2 + STATE)) {
                let mut state = step.state;
                let next = with_rule!(variant, R => R::step(&step.hyper, &step.clock, step.theta, step.gradient, &mut state));
                let (terms, slots) = step.terms(variant, next, &state);
                let what = format!("{variant:?} {step:?}");
                for i in 0..2 {
                    worst = worst.max(off(values[i], next[i], terms[i], &allowed, &what));
                }
                for (slot, host) in state.iter().enumerate() {
                    worst = worst.max(off(values[2 + slot], *host, slots[slot], &allowed, &format!("slot {slot} of {what}")));
                }
            }
            println!("{variant:?}: {} steps, {worst:.2} of {} ulp", steps.len(), allowed.ulps);
        }
    }
}

#[test]
fn single_steps_on_the_device_are_the_hosts() {
    // One batch, one step, from many starts: every function of a rule from the same state. WGSL allows 2.5 ulp for a division, about 3
    // for a root, and contraction; behind the subtraction from the parameter 8 ulp of it remain.
    let Some(gpu) = gpu("single_steps_on_the_device_are_the_hosts") else { return };
    let experiment = experiment(&RULES.replace("epochs = 2\nbatch_size = 10", "epochs = 1\nbatch_size = \"full\""));
    let (_, device) = train(&experiment, &gpu, RECORD);
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

#[test]
fn whole_runs_on_the_device_stay_beside_the_hosts() {
    // 30 steps that differ by ulps each, on runs that contract or move by bounded steps: 1e-4 is a bound with room; 1e-5 is usual.
    let Some(gpu) = gpu("whole_runs_on_the_device_stay_beside_the_hosts") else { return };
    let experiment = experiment(RULES);
    let (_, device) = train(&experiment, &gpu, RECORD);
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

#[test]
fn whole_runs_on_the_device_stay_beside_the_float64_reference() {
    // Moments in float32 against rows in float64: the rounding of 30 steps that contract or are bounded. Centered RMSprop divides by the
    // root of a difference and is left to the steps above.
    let Some(gpu) = gpu("whole_runs_on_the_device_stay_beside_the_float64_reference") else { return };
    let experiment = experiment(&RULES.replace("centered = [false, true]", "centered = [false]"));
    let (_, device) = train(&experiment, &gpu, RECORD);
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

#[test]
fn two_runs_on_one_device_give_the_same_bits() {
    let Some(gpu) = gpu("two_runs_on_one_device_give_the_same_bits") else { return };
    let experiment = experiment(RULES);
    // The second run meets buffers with old contents and slices of another size.
    let (first, second) = (train(&experiment, &gpu, RECORD).1, train(&experiment, &gpu, RECORD).1);
    for (first, second) in first.iter().zip(&second) {
        assert!(first.weight == second.weight && first.bias == second.bias && first.figures == second.figures);
        let (a, b) = (first.history.as_ref().unwrap(), second.history.as_ref().unwrap());
        for lane in 0..first.weight.len() {
            for point in 0..a.blocks.rows {
                assert_eq!(a.at(lane, point).map(f32::to_bits), b.at(lane, point).map(f32::to_bits));
            }
        }
    }
}

#[test]
fn runs_diverge_on_the_device_where_the_reference_says() {
    let Some(gpu) = gpu("runs_diverge_on_the_device_where_the_reference_says") else { return };
    let experiment = experiment(
        "[model]\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nepochs = 20\nbatch_size = 10\noptimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = { min = 1e-6, max = 1e2, count = 41, distribution = \"log_uniform\" }\nmomentum = [0.0, 0.9]\n",
    );
    let (_, device) = train(&experiment, &gpu, RECORD);
    let (_, host) = train(&experiment, &Reference, RECORD);
    let mut diverged = 0;
    for (device, host) in device.iter().zip(&host) {
        for lane in 0..host.weight.len() {
            let (a, b) = (device.figures[lane].diverged_at, host.figures[lane].diverged_at);
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

#[test]
fn metrics_and_surfaces_on_the_device_are_the_hosts() {
    let Some(gpu) = gpu("metrics_and_surfaces_on_the_device_are_the_hosts") else { return };
    let problems = Problems::new(&experiment("test_size = 0.2")).unwrap();
    let cpu = Cpu::open(Some(1), None).unwrap();
    let rows = &problems.all[0].train;
    let weight: Vec<f32> = (0..1000).map(|i| i as f32 * 0.01 - 5.0).collect();
    let bias: Vec<f32> = (0..1000).map(|i| (i % 37) as f32 - 18.0).collect();
    let (a, b) = (gpu.metrics(rows, &weight, &bias).unwrap(), cpu.metrics(rows, &weight, &bias).unwrap());
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let (s, t) = (
        gpu.surface(rows, &wide(&weight[..65]), &wide(&bias[..37])).unwrap(),
        cpu.surface(rows, &wide(&weight[..65]), &wide(&bias[..37])).unwrap(),
    );
    assert_eq!(s.len(), 65 * 37);
    for (a, b) in [(&a.mse, &b.mse), (&a.mae, &b.mae), (&s, &t)] {
        assert_eq!(a.len(), b.len());
        for (&a, &b) in a.iter().zip(b) {
            assert!(relative(a, b) <= 1e-5, "{a} against {b}");
        }
    }
}

#[test]
fn elementary_functions_on_the_device_are_within_their_bounds() {
    let Some(gpu) = gpu("elementary_functions_on_the_device_are_within_their_bounds") else { return };
    for function in cases::functions::ALL {
        let module = elementary() + &PROBE_FUNCTION.replace("FUNCTION", function.name);
        let arguments: Vec<f32> = function.arguments(20_011).collect();
        let values = gpu.probe(&module, "probe_function", &[], arguments.len(), &arguments, arguments.len()).unwrap();
        let mut worst = (0.0, 0.0);
        for (&x, &value) in arguments.iter().zip(&values) {
            let ulps = function.ulps(x, value);
            worst = if ulps > worst.0 { (ulps, x) } else { worst };
        }
        println!("{}: {} arguments, {:.3} of {} ulp, at {:e}", function.name, arguments.len(), worst.0, function.device_ulps, worst.1);
        assert!(arguments.len() > 50_000 && worst.0 <= function.device_ulps, "{}: {worst:?}", function.name);
    }
}

/// Results of a probe of one function, two numbers a case.
fn probed(gpu: &Gpu, call: &str, arguments: usize, inputs: &[f32]) -> Vec<[f32; 2]> {
    let module = elementary() + &PROBE_PAIR.replace("ARGUMENTS", &arguments.to_string()).replace("CALL", call);
    let cases = inputs.len() / arguments;
    let values = gpu.probe(&module, "probe_pair", &[], cases, inputs, 2 * cases).unwrap();
    values.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
}

#[test]
fn activations_and_losses_on_the_device_are_the_hosts() {
    let Some(gpu) = gpu("activations_and_losses_on_the_device_are_the_hosts") else { return };
    for activation in Activation::ALL {
        let mut worst = 0.0_f64;
        let call = format!("activation_{}(probe_input[i])", activation.name());
        for (z, device) in shapes::Z.into_iter().zip(probed(&gpu, &call, 1, &shapes::Z)) {
            let host = with_response!(activation, A => A::at(z));
            let terms = shapes::terms_of(z, host);
            for i in 0..2 {
                worst = worst.max(off(device[i], host[i], terms[i], &shapes::ACTIVATION, &format!("{call} at {z}")));
            }
        }
        println!("{}: {worst:.2} of {} ulp", activation.name(), shapes::ACTIVATION.ulps);
    }
    for form in Form::ALL {
        let mut worst = 0.0_f64;
        let call = format!("loss_{}(probe_input[i], probe_input[i + 1u])", form.name());
        let rows = shapes::rows(form);
        for (&[prediction, label], device) in rows.iter().zip(probed(&gpu, &call, 2, &rows.concat())) {
            let host = with_penalty!(form, L => L::at(prediction, label));
            let terms = shapes::terms(form, [prediction, label], host);
            for i in 0..2 {
                worst = worst.max(off(device[i], host[i], terms[i], &shapes::LOSS, &format!("{call} at {prediction}, {label}")));
            }
        }
        println!("{}: {worst:.2} of {} ulp", form.name(), shapes::LOSS.ulps);
    }
}
