//! Checks of the WGSL modules without a device, on naga's IR: each rule has its twin, every composed module is valid, bindings, layouts and constants
//! are those of the host, and no shader tests for NaN.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::offset_of;
use std::path::Path;

use gradsweep::backend::NEVER;
use gradsweep::data::{Moments, Stream};
use gradsweep::internals::gpu::{Access, ComposedModule, composed_modules, elementary_functions};
use gradsweep::internals::kernel::blocks::BLOCK_STEPS;
use gradsweep::internals::kernel::coefficients::{COEFFICIENTS, STEP_FACTORS};
use gradsweep::internals::kernel::layout::{
    AVERAGE_COLUMN, CYCLE_COLUMN, LIMIT_REPETITIONS, MAX_ROW_PAIRS, MAX_UNIFORM_BATCHES, START_LOSS, TrainParams, WORKGROUP_SIZE,
    WindowParams,
};
use gradsweep::internals::kernel::optimizers::STATE;
use gradsweep::internals::kernel::options::OPTION_VALUES;
use gradsweep::internals::kernel::{cycle, moments};
use gradsweep::model::hyperparameters::DIVERGENCE_LIMIT;
use wgpu::naga::{self, AddressSpace, BinaryOperator, Expression, Handle, Literal, Module, Statement, TypeInner};

/// Names of the files of a folder, without extension.
fn file_names(folder: &str, extension: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let matching = entries.filter(|path| path.extension().is_some_and(|own| own == extension));
    matching.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).filter(|name| name != "mod").collect()
}

#[test]
fn every_file_of_the_kernel_has_its_twin() {
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<String>>();
    let rules = &file_names("src/kernel/optimizers", "rs") - &set(&["rule"]);
    assert_eq!(rules, file_names("shaders/optimizers", "wgsl"), "an optimizer lacks its twin");
    let host_only = set(&HOST_ONLY);
    // Entry points, the state of a run, sums over rows and microbenchmarks: the host's counterpart is in the backends.
    let device_only = set(&["error_sums", "limits", "metrics", "run_state", "surface", "train"]);
    let (host, device) = (file_names("src/kernel", "rs"), file_names("shaders", "wgsl"));
    assert_eq!(&host - &host_only, &device - &device_only, "a file of the kernel lacks its twin");
    // Buffers of a window, a copy of rows, and float64, which Rust has.
    let device_only = set(&["batch_window", "float64", "reorder_rows"]);
    let device = &file_names("shaders/data", "wgsl") - &device_only;
    assert_eq!(device, set(&["generator", "moments", "order"]));
    assert!(device.is_subset(&file_names("src/data", "rs")), "{device:?} lack their twins");
}

/// Files of the kernel that only the host has.
const HOST_ONLY: [&str; 6] = ["cases", "coefficients", "layout", "number", "rounding", "schedules"];

fn parsed() -> Vec<(ComposedModule, Module)> {
    let parse = |composed: ComposedModule| match naga::front::wgsl::parse_str(&composed.source) {
        Ok(module) => (composed, module),
        Err(error) => panic!("{}: {}", composed.name, error.emit_to_string(&composed.source)),
    };
    composed_modules().into_iter().map(parse).collect()
}

#[test]
fn every_composed_module_is_valid_without_a_device() {
    for (composed, module) in parsed() {
        let mut validator = naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::default());
        if let Err(error) = validator.validate(&module) {
            panic!("{}: {}", composed.name, error.emit_to_string(&composed.source));
        }
    }
}

#[test]
fn bindings_are_those_of_the_host() {
    for (composed, module) in parsed() {
        let mut device = BTreeMap::new();
        for (_, variable) in module.global_variables.iter() {
            let Some(binding) = &variable.binding else { continue };
            let access = match variable.space {
                AddressSpace::Uniform => Access::Uniform,
                AddressSpace::Storage { access } if access.contains(naga::StorageAccess::STORE) => Access::ReadWrite,
                AddressSpace::Storage { .. } => Access::Read,
                other => panic!("{}: {:?} is in {other:?}", composed.name, variable.name),
            };
            assert_eq!(binding.group, 0, "{}: {:?}", composed.name, variable.name);
            device.insert(binding.binding, (variable.name.clone().unwrap(), access));
        }
        let host: BTreeMap<_, _> = (0..).zip(composed.bindings.iter().map(|own| (own.name.to_owned(), own.access))).collect();
        assert_eq!(device, host, "{}", composed.name);
    }
}

#[test]
fn override_constants_are_those_that_the_host_sets() {
    for (composed, module) in parsed() {
        let device: BTreeSet<&str> = module.overrides.iter().filter_map(|(_, own)| own.name.as_deref()).collect();
        let host: BTreeSet<&str> = composed.constants.iter().copied().collect();
        assert_eq!(device, host, "{}", composed.name);
    }
}

/// Whether two expressions read the same value.
fn is_same_value(expressions: &naga::Arena<Expression>, a: Handle<Expression>, b: Handle<Expression>) -> bool {
    if a == b {
        return true;
    }
    match (&expressions[a], &expressions[b]) {
        (Expression::Load { pointer: a }, Expression::Load { pointer: b }) => is_same_value(expressions, *a, *b),
        (Expression::AccessIndex { base: a, index: i }, Expression::AccessIndex { base: b, index: j }) => {
            i == j && is_same_value(expressions, *a, *b)
        }
        _ => false,
    }
}

#[test]
fn no_shader_tests_for_nan_or_infinity() {
    // WGSL compilers may assume that neither occurs, and then such a test is constant.
    for (composed, module) in parsed() {
        let entry_points = module.entry_points.iter().map(|entry_point| &entry_point.function);
        for function in module.functions.iter().map(|(_, function)| function).chain(entry_points) {
            for (_, expression) in function.expressions.iter() {
                let is_test = match expression {
                    Expression::Relational { fun, .. } => matches!(fun, naga::RelationalFunction::IsNan | naga::RelationalFunction::IsInf),
                    Expression::Binary { op: BinaryOperator::Equal | BinaryOperator::NotEqual, left, right } => {
                        is_same_value(&function.expressions, *left, *right)
                    }
                    _ => false,
                };
                assert!(!is_test, "{}: {:?} tests for NaN or infinity", composed.name, function.name);
            }
        }
    }
}

#[test]
fn entry_points_return_in_threads_past_the_end() {
    for (composed, module) in parsed() {
        let [entry_point] = &module.entry_points[..] else { panic!("{} has no single entry point", composed.name) };
        assert_eq!(entry_point.name, composed.entry_point, "{}", composed.name);
        assert_eq!(entry_point.workgroup_size, [WORKGROUP_SIZE, 1, 1], "{}", composed.name);
        let function = &entry_point.function;
        let is_guard = |statement: &Statement| {
            let Statement::If { condition, accept, .. } = statement else { return false };
            let compares = matches!(function.expressions[*condition], Expression::Binary { op: BinaryOperator::GreaterEqual, .. });
            compares && matches!(accept.last(), Some(Statement::Return { value: None }))
        };
        let writes = |statement: &Statement| match statement {
            Statement::Loop { .. } => true,
            Statement::Store { pointer, .. } => is_storage(&module, function, *pointer),
            _ => false,
        };
        let guard = function.body.iter().position(is_guard);
        let write = function.body.iter().position(writes).unwrap_or(usize::MAX);
        assert!(guard.is_some_and(|guard| guard < write), "{}: threads past the end must return", composed.name);
    }
}

/// Whether a pointer points into a storage buffer.
fn is_storage(module: &Module, function: &naga::Function, pointer: Handle<Expression>) -> bool {
    match function.expressions[pointer] {
        Expression::GlobalVariable(variable) => matches!(module.global_variables[variable].space, AddressSpace::Storage { .. }),
        Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => is_storage(module, function, base),
        _ => false,
    }
}

#[test]
fn layouts_are_those_of_the_host() {
    macro_rules! fields {
        ($type:ident { $($field:ident),* }) => { &[$((stringify!($field), offset_of!($type, $field))),*] };
    }
    let modules = parsed();
    let moments: &[_] = fields!(Moments { u, uu, r, ru, rr, rows });
    for (module, name, host, size) in [
        ("train adam by moments", "Params", TrainParams::FIELDS, size_of::<TrainParams>()),
        ("train adam by moments", "Moments", moments, size_of::<Moments>()),
        ("batch stage Order", "Params", WindowParams::FIELDS, size_of::<WindowParams>()),
    ] {
        let (_, module) = modules.iter().find(|(composed, _)| composed.name == module).unwrap();
        let (_, found) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).unwrap();
        let TypeInner::Struct { members, span } = &found.inner else { panic!("{name} is not a struct") };
        let device: Vec<(&str, usize)> = members.iter().map(|member| (member.name.as_deref().unwrap(), member.offset as usize)).collect();
        assert_eq!(device, host, "{name}");
        assert_eq!(*span as usize, size, "{name}");
    }
}

#[test]
fn constants_are_those_of_the_host() {
    let host = BTreeMap::from([
        ("WORKGROUP_SIZE", WORKGROUP_SIZE),
        ("BLOCK_STEPS", BLOCK_STEPS as u32),
        ("LIMIT_REPETITIONS", LIMIT_REPETITIONS),
        ("MAX_UNIFORM_BATCHES", MAX_UNIFORM_BATCHES as u32),
        ("MAX_ROW_PAIRS", MAX_ROW_PAIRS as u32),
        ("NEVER", NEVER),
        ("START_LOSS", START_LOSS as u32),
        ("AVERAGE_COLUMN", AVERAGE_COLUMN as u32),
        ("CYCLE_COLUMN", CYCLE_COLUMN as u32),
        ("OBSERVED_EPOCHS", cycle::OBSERVED_EPOCHS),
        ("RETURN_TOLERANCE", cycle::RETURN_TOLERANCE.to_bits()),
        ("MISSED_RETURN", cycle::MISSED_RETURN),
        ("LIMIT_BITS", (DIVERGENCE_LIMIT as f32).to_bits()),
        ("LARGEST", f32::MAX.to_bits()),
        ("COEFFICIENTS", COEFFICIENTS as u32),
        ("STATE", STATE as u32),
        ("STEP_FACTORS", STEP_FACTORS as u32),
        ("OPTION_VALUES", OPTION_VALUES as u32),
        ("STREAM_ORDER", Stream::Order as u32),
    ]);
    let mut found = BTreeSet::new();
    for (composed, module) in parsed() {
        for (_, constant) in module.constants.iter() {
            let Some((name, value)) = constant.name.as_deref().and_then(|name| host.get_key_value(name)) else { continue };
            let bits = match &module.global_expressions[constant.init] {
                Expression::Literal(Literal::U32(value)) => *value,
                Expression::Literal(Literal::F32(value)) => value.to_bits(),
                other => panic!("{}: {name} is {other:?}", composed.name),
            };
            assert_eq!(bits, *value, "{}: {name}", composed.name);
            found.insert(*name);
        }
    }
    assert_eq!(found, host.into_keys().collect(), "constants that no module has");
}

#[test]
fn functions_have_the_names_and_arguments_of_the_host() {
    // Name and argument count of a host function; another count does not compile. The host's pair (weight, bias) is one vector on the device.
    macro_rules! host {
        ($module:ident::$function:ident($($argument:ty),*)) => {{
            let _ = moments::$function::<f32> as fn($($argument),*) -> _;
            (stringify!($function), [$(stringify!($argument)),*].len())
        }};
    }
    let functions = [
        host!(moments::moment_gradient(&_, &_, _)),
        host!(moments::loss(&_, &_)),
        host!(moments::error(_, _, _)),
        host!(moments::mean_deviation(_, _)),
        ("step", 5),
    ];
    for (composed, module) in parsed().iter().filter(|(composed, _)| composed.entry_point == "train") {
        for (name, arguments) in functions {
            let device = module.functions.iter().find(|(_, own)| own.name.as_deref() == Some(name));
            let (_, device) = device.unwrap_or_else(|| panic!("{} has no {name}", composed.name));
            assert_eq!(device.arguments.len(), arguments, "{}: {name}", composed.name);
        }
    }
}

#[test]
fn elementary_functions_have_the_coefficients_of_the_host() {
    let read = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let device = naga::front::wgsl::parse_str(&read("shaders/functions.wgsl")).unwrap();
    for function in gradsweep::internals::kernel::cases::functions::ALL {
        assert!(device.functions.iter().any(|(_, own)| own.name.as_deref() == Some(function.name)), "the device has no {}", function.name);
    }
    // Coefficients of polynomials: literals with more than three digits.
    let is_coefficient = |number: f32| format!("{:e}", number.abs()).split_once('e').is_some_and(|(digits, _)| digits.len() > 4);
    let arenas = device.functions.iter().map(|(_, function)| &function.expressions).chain([&device.global_expressions]);
    let literals = arenas.flat_map(naga::Arena::iter).filter_map(|(_, expression)| match expression {
        Expression::Literal(Literal::F32(number)) if is_coefficient(*number) => Some(number.abs().to_bits()),
        _ => None,
    });
    let device: BTreeSet<u32> = literals.collect();
    // Rust has no IR to read, so the host's coefficients are the numbers in its source file.
    let host = read("src/kernel/functions.rs").replace("_f32", "").replace('_', "");
    let words = host.split(|c: char| !c.is_ascii_digit() && !".e-".contains(c));
    let mut host: BTreeSet<u32> = words.filter_map(|word| word.parse::<f32>().ok()).map(|number| number.abs().to_bits()).collect();
    host.extend([std::f32::consts::LOG2_E.to_bits(), f32::MIN_POSITIVE.to_bits()]);
    assert!(device.len() > 35 && device.is_subset(&host), "{:?}", device.difference(&host).map(|bits| f32::from_bits(*bits)));
}

#[test]
fn every_activation_and_loss_has_its_twin() {
    let module = naga::front::wgsl::parse_str(&elementary_functions()).unwrap();
    for name in gradsweep::internals::kernel::cases::shapes::names() {
        assert!(module.functions.iter().any(|(_, own)| own.name.as_deref() == Some(&name)), "the device has no {name}");
    }
}
