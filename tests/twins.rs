//! The two texts of the mathematics: every rule has its WGSL twin, the layouts agree, and each function gives the same numbers on
//! the device as on the host.

use std::collections::BTreeSet;
use std::path::Path;

use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::gpu::{Gpu, composed};
use gradsweep::backend::{Backend, Outcome, Record};
use gradsweep::config::{self, DataFrom, Experiment, Source};
use gradsweep::kernel::layout::{TRAIN_PARAMS, TrainParams, WORKGROUP};
use gradsweep::sweep::{Plan, Problems};
use wgpu::naga;

fn names(folder: &str, extension: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let own = entries.filter(|path| path.extension().is_some_and(|own| own == extension));
    own.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).filter(|name| name != "mod").collect()
}

#[test]
fn every_rule_has_its_twin() {
    assert_eq!(names("src/kernel/optimizers", "rs"), names("shaders/optimizers", "wgsl"), "an optimizer lacks its other half");
    // What has no twin, and why.
    let host_only = ["coefficients", "layout", "real"].map(str::to_owned).into();
    // Entry points: loops around the rules, whose other half is in the backends.
    let loops = ["train_moments", "metrics", "surface"].map(str::to_owned).into();
    let host: BTreeSet<String> = &names("src/kernel", "rs") - &host_only;
    let device: BTreeSet<String> = &names("shaders", "wgsl") - &loops;
    assert_eq!(host, device, "a file of the mathematics lacks its other half");
}

fn parsed() -> Vec<(String, String, naga::Module)> {
    let parse = |(name, text): (String, String)| match naga::front::wgsl::parse_str(&text) {
        Ok(module) => (name, text, module),
        Err(error) => panic!("{name}: {}", error.emit_to_string(&text)),
    };
    composed().into_iter().map(parse).collect()
}

#[test]
fn every_composed_module_is_valid_without_a_device() {
    for (name, text, module) in parsed() {
        let mut validator = naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::default());
        if let Err(error) = validator.validate(&module) {
            panic!("{name}: {}", error.emit_to_string(&text));
        }
    }
}

#[test]
fn shaders_never_ask_for_nan_and_check_their_bounds() {
    for (name, text, module) in parsed() {
        for word in ["isNan", "isInf", "!= theta.x", "x != x"] {
            assert!(!text.contains(word), "{name} asks for NaN or infinity: compilers assume that there is none");
        }
        assert_eq!(module.entry_points.len(), 1, "{name}");
        assert_eq!(module.entry_points[0].workgroup_size, [WORKGROUP, 1, 1], "{name}");
        let body = text.split("@compute").nth(1).unwrap();
        assert!(body.contains(">= params."), "{name}: threads past the end must leave");
    }
}

#[test]
fn layouts_are_those_of_the_host() {
    let (_, _, module) = parsed().into_iter().find(|(name, ..)| name.contains("adam")).unwrap();
    let find = |wanted: &str| module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(wanted)).unwrap().1.inner.clone();
    let naga::TypeInner::Struct { members, span } = find("Params") else { panic!("Params is no struct") };
    let fields: Vec<(String, u32)> = members.iter().map(|member| (member.name.clone().unwrap(), member.offset)).collect();
    let host: Vec<(String, u32)> = TRAIN_PARAMS.iter().enumerate().map(|(index, name)| ((*name).to_owned(), index as u32 * 4)).collect();
    assert_eq!(fields, host);
    assert_eq!(span as usize, size_of::<TrainParams>());
    let naga::TypeInner::Struct { members, span } = find("Moments") else { panic!("Moments is no struct") };
    let fields: Vec<&str> = members.iter().map(|member| member.name.as_deref().unwrap()).collect();
    assert_eq!(fields, ["u", "uu", "r", "ru", "rr", "rows"]);
    assert_eq!(span as usize, size_of::<gradsweep::data::Moments>());
}

/// The GPU, or nothing, loudly; a panic where it is required.
fn gpu() -> Option<Gpu> {
    match Gpu::open(None) {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            assert!(std::env::var_os("GRADSWEEP_REQUIRE_GPU").is_none(), "{error}");
            eprintln!("skipped: {error}");
            None
        }
    }
}

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
]
learning_rate = [1e-3, 1e-2, 3e-2]
initial_weight = [-3.0, 0.6, 20.0]
initial_bias = [0.0, 30.0]
"#;

fn relative(a: f32, b: f32) -> f64 {
    (f64::from(a) - f64::from(b)).abs() / f64::from(b).abs().max(1.0)
}

#[test]
fn single_steps_on_the_device_are_the_hosts() {
    // One batch, one step, from many starts: every function of a rule from the same state. WGSL allows 2.5 ulp for a division, about 3
    // for a root, and contraction; behind the subtraction from the parameter 8 ulp of it remain.
    let Some(gpu) = gpu() else { return };
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
    let Some(gpu) = gpu() else { return };
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
fn two_runs_on_one_device_give_the_same_bits() {
    let Some(gpu) = gpu() else { return };
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
fn runs_diverge_on_the_device_where_they_do_on_the_host() {
    let Some(gpu) = gpu() else { return };
    let experiment = experiment(
        "[model]\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nepochs = 20\nbatch_size = 10\noptimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = { min = 1e-6, max = 1e2, count = 41, distribution = \"log_uniform\" }\nmomentum = [0.0, 0.9]\n",
    );
    let (_, device) = train(&experiment, &gpu, RECORD);
    let (_, host) = train(&experiment, &Cpu::open(Some(1), None).unwrap(), RECORD);
    let mut diverged = 0;
    for (device, host) in device.iter().zip(&host) {
        for lane in 0..host.weight.len() {
            let (a, b) = (device.figures[lane].diverged_at, host.figures[lane].diverged_at);
            assert_eq!(a.is_some(), b.is_some(), "lane {lane}: {a:?} against {b:?}");
            assert!(a.unwrap_or(0).abs_diff(b.unwrap_or(0)) <= 1, "lane {lane}: {a:?} against {b:?}");
            assert!(device.weight[lane].abs() <= 1e12 && device.bias[lane].abs() <= 1e12);
            diverged += usize::from(a.is_some());
        }
    }
    assert!(diverged >= 40, "{diverged}");
}

#[test]
fn metrics_and_surfaces_on_the_device_are_the_hosts() {
    let Some(gpu) = gpu() else { return };
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
