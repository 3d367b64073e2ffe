//! The shaders without a device: each rule has both halves, every composed module is valid, layouts and constants are the host's,
//! and what was promised of the text holds.

use std::collections::BTreeSet;
use std::path::Path;

use gradsweep::backend::gpu::{composed, elementary};
use gradsweep::backend::outcome::NEVER;
use gradsweep::data::Stream;
use gradsweep::kernel::blocks::BLOCK_STEPS;
use gradsweep::kernel::coefficients::{COEFFICIENTS, STEP_FACTORS};
use gradsweep::kernel::cycle;
use gradsweep::kernel::layout::{
    AVERAGED, LIMIT_ROUNDS, MOMENTS, PAIRS, START_LOSS, TRAIN_PARAMS, TrainParams, WATCH, WINDOW_PARAMS, WORKGROUP, WindowParams,
};
use gradsweep::kernel::optimizers::STATE;
use gradsweep::kernel::options::OPTION_VALUES;
use gradsweep::model::hyperparameters::DIVERGENCE_LIMIT;
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
    let host_only = ["cases", "coefficients", "layout", "real", "schedules", "stages"].map(str::to_owned).into();
    // Entry points and sums over rows: loops around the rules, whose other half is in the backends; and what is only timed.
    let loops = ["run", "train_moments", "metrics", "surface", "errors", "limits"].map(str::to_owned).into();
    let host: BTreeSet<String> = &names("src/kernel", "rs") - &host_only;
    let device: BTreeSet<String> = &names("shaders", "wgsl") - &loops;
    assert_eq!(host, device, "a file of the mathematics lacks its other half");
    // Of data, what a device makes batches with: the layout of a window and a copy of rows are no mathematics, float64 is Rust's own.
    let others = ["window", "rows", "float64"].map(str::to_owned).into();
    let device: BTreeSet<String> = &names("shaders/data", "wgsl") - &others;
    assert!(device.len() == 3 && device.is_subset(&names("src/data", "rs")), "{device:?} lack their other halves");
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
        assert!([">= params.", ">= given."].iter().any(|bound| body.contains(bound)), "{name}: threads past the end must leave");
    }
}

#[test]
fn layouts_are_those_of_the_host() {
    for (module, name, host, size) in [
        ("train_moments with adam", "Params", &TRAIN_PARAMS[..], size_of::<TrainParams>()),
        ("train_moments with adam", "Moments", &["u", "uu", "r", "ru", "rr", "rows"], size_of::<gradsweep::data::Moments>()),
        ("order of a window", "Params", &WINDOW_PARAMS, size_of::<WindowParams>()),
    ] {
        let (_, _, module) = parsed().into_iter().find(|(own, ..)| own == module).unwrap();
        let found = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).unwrap();
        let naga::TypeInner::Struct { members, span } = &found.1.inner else { panic!("{name} is no struct") };
        let fields: Vec<(&str, u32)> = members.iter().map(|member| (member.name.as_deref().unwrap(), member.offset)).collect();
        let host: Vec<(&str, u32)> = host.iter().zip(0..).map(|(own, index)| (*own, index * 4)).collect();
        assert_eq!(fields, host, "{name}");
        assert_eq!(*span as usize, size, "{name}");
    }
}

#[test]
fn constants_are_those_of_the_host() {
    let largest = f32::MAX.to_bits();
    let host = [
        ("WORKGROUP", WORKGROUP),
        ("BLOCK_STEPS", BLOCK_STEPS as u32),
        ("LIMIT_ROUNDS", LIMIT_ROUNDS),
        ("MOMENTS", MOMENTS as u32),
        ("PAIRS", PAIRS as u32),
        ("NEVER", NEVER),
        ("START_LOSS", START_LOSS as u32),
        ("AVERAGED", AVERAGED as u32),
        ("WATCH", WATCH as u32),
        ("WATCHED", cycle::WATCHED),
        ("BACK", cycle::BACK.to_bits()),
        ("BROKEN", cycle::BROKEN),
        ("LIMIT_BITS", (DIVERGENCE_LIMIT as f32).to_bits()),
        ("LARGEST", largest),
        ("COEFFICIENTS", COEFFICIENTS as u32),
        ("STATE", STATE as u32),
        ("STEP_FACTORS", STEP_FACTORS as u32),
        ("OPTION_VALUES", OPTION_VALUES as u32),
        ("STREAM_ORDER", Stream::Order as u32),
    ];
    let mut seen = BTreeSet::new();
    for (name, _, module) in parsed() {
        for (_, constant) in module.constants.iter() {
            let wanted = constant.name.as_deref().and_then(|own| host.iter().find(|(name, _)| *name == own));
            let Some((constant_name, value)) = wanted else { continue };
            let bits = match &module.global_expressions[constant.init] {
                naga::Expression::Literal(naga::Literal::U32(value)) => *value,
                naga::Expression::Literal(naga::Literal::F32(value)) => value.to_bits(),
                other => panic!("{name}: {constant_name} is {other:?}"),
            };
            assert_eq!(bits, *value, "{name}: {constant_name}");
            seen.insert(*constant_name);
        }
    }
    assert_eq!(seen.len(), host.len(), "only {seen:?} were found");
}

#[test]
fn functions_have_the_names_and_arguments_of_the_host() {
    // The host passes [weight, bias] where the device has one vector, so counts agree; `step` is a method of each rule.
    let text = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kernel").join(path)).unwrap();
    let host = [text("moments.rs"), text("optimizers/mod.rs")].concat();
    for (name, _, module) in parsed().iter().filter(|(name, ..)| name.starts_with("train_moments")) {
        for (function, arguments) in [("moment_gradient", 3), ("loss", 2), ("error", 3), ("step", 5)] {
            let device = module.functions.iter().find(|(_, own)| own.name.as_deref() == Some(function));
            let (_, device) = device.unwrap_or_else(|| panic!("{name} has no {function}"));
            assert_eq!(device.arguments.len(), arguments, "{name}: {function}");
            assert!(host.contains(&format!("fn {function}<T: ")), "the host has no {function}");
        }
    }
}

#[test]
fn elementary_functions_have_the_hosts_names_and_coefficients() {
    let text = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (host, device) = (text("src/kernel/functions.rs"), text("shaders/functions.wgsl"));
    for function in gradsweep::kernel::cases::functions::ALL {
        assert!(device.contains(&format!("fn {}(x: f32) -> f32", function.name)), "the device has no {}", function.name);
    }
    // Every decimal of some length, as the float32 that it stands for.
    let numbers = |text: &str| -> BTreeSet<u32> {
        let text = text.replace("_f32", "").replace('_', "");
        let words = text.split(|c: char| !c.is_ascii_digit() && !".e-".contains(c)).filter(|word| word.contains('.') && word.len() > 5);
        words.filter_map(|word| word.parse::<f32>().ok()).map(|number| number.abs().to_bits()).collect()
    };
    let mut host = numbers(host.split_once("impl Functions for f64").unwrap().0);
    host.extend([std::f32::consts::LOG2_E.to_bits(), f32::MIN_POSITIVE.to_bits()]);
    let device = numbers(&device);
    assert!(device.len() > 35 && device.is_subset(&host), "{:?}", device.difference(&host).map(|bits| f32::from_bits(*bits)));
}

#[test]
fn every_activation_and_loss_has_its_twin() {
    let module = naga::front::wgsl::parse_str(&elementary()).unwrap();
    for name in gradsweep::kernel::cases::shapes::names() {
        assert!(module.functions.iter().any(|(_, own)| own.name.as_deref() == Some(&name)), "the device has no {name}");
    }
}
