//! The Khronos validation layer with synchronization validation: the program's Vulkan calls are valid and free of hazards. A planted hazard shows that the
//! layer reports what it finds.

use std::path::{Path, PathBuf};
use std::process::Command;

use gradsweep::backend::gpu::AdapterList;
use libtest_mimic::{Completion, Trial};

use crate::common::program::root;

/// The tests of this file.
pub fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn()| {
        crate::trial(&format!("{}::{name}", module_path!()), move || match missing_equipment() {
            None => {
                test();
                Completion::Completed
            }
            Some(reason) => crate::missing("GRADSWEEP_REQUIRE_VALIDATION", &reason),
        })
    };
    vec![
        trial("commands_have_no_validation_errors", commands_have_no_validation_errors),
        trial("a_planted_hazard_is_reported", a_planted_hazard_is_reported),
    ]
}

const LAYER: &str = "VK_LAYER_KHRONOS_validation";

/// The environment variable that makes this binary record the planted hazard instead of running tests.
pub const PLANT: &str = "GRADSWEEP_PLANT_HAZARD";

fn missing_equipment() -> Option<String> {
    let folders = ["/usr/share", "/usr/local/share", "/etc"].map(|base| PathBuf::from(base).join("vulkan/explicit_layer.d"));
    if !folders.iter().any(|folder| folder.join("VkLayer_khronos_validation.json").exists()) {
        return Some(format!("{LAYER} is not installed (Debian: vulkan-validationlayers)"));
    }
    let has_vulkan = AdapterList::enumerate().adapters.iter().any(|adapter| adapter.api == "Vulkan");
    (!has_vulkan).then(|| "no Vulkan adapter".into())
}

/// Runs a program under the layer, and returns everything that the program and the layer print.
fn validated(program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command.args(arguments).envs(variables.iter().copied()).current_dir(folder.path());
    // The second and the third variable enable synchronization validation in old and in new releases of the layer.
    command.env("VK_INSTANCE_LAYERS", LAYER);
    command.env("VK_LAYER_ENABLES", "VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT");
    command.env("VK_KHRONOS_VALIDATION_VALIDATE_SYNC", "true");
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{arguments:?}: {}\n{text}", output.status);
    text
}

fn commands_have_no_validation_errors() {
    let program = Path::new(env!("CARGO_BIN_EXE_gradsweep"));
    let [optimizers, logistic] = ["optimizers", "logistic"].map(|name| root().join(format!("configs/{name}.toml")).display().to_string());
    // Histories and epoch series of many groups, rows, joined batch orders, metrics and surfaces.
    let seeds = "sweep.parameters.training.seed={ min = 0, max = 40 }";
    let commands: [&[&str]; 4] = [
        &["verify"],
        &["run", &optimizers, "--backend", "gpu", "--no-plots", "--out", "out"],
        &["run", &logistic, "--backend", "gpu", "--out", "out"],
        &["run", &optimizers, "--backend", "gpu", "--no-plots", "--out", "out", "--set", "training.shuffle=true", "--set", seeds],
    ];
    for arguments in commands {
        let text = validated(program, arguments, &[]);
        let complaint = text.lines().find(|line| ["Validation", "SYNC-HAZARD", "VUID"].iter().any(|word| line.contains(word)));
        assert!(complaint.is_none(), "{arguments:?}: {complaint:?}");
    }
}

fn a_planted_hazard_is_reported() {
    let text = validated(&std::env::current_exe().unwrap(), &[], &[(PLANT, "1")]);
    assert!(text.contains("SYNC-HAZARD-WRITE") && text.contains("planted hazard recorded"), "{text}");
}

/// Records two writes to one buffer without a barrier between them, past wgpu, which would insert one.
#[expect(unsafe_code, reason = "wgpu's safe interface cannot record a hazard")]
pub fn plant_hazard() {
    use wgpu::hal::CommandEncoder as _;
    use wgpu::hal::api::Vulkan;
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::VULKAN;
    let instance = wgpu::Instance::new(descriptor);
    let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default())).unwrap();
    let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default())).unwrap();
    let usage = wgpu::BufferUsages::COPY_DST;
    let buffer = device.create_buffer(&wgpu::BufferDescriptor { label: None, size: 64, usage, mapped_at_creation: false });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    // SAFETY: the buffer is alive until the submission has ended, and the range is within it.
    unsafe {
        let raw = buffer.as_hal::<Vulkan>().unwrap();
        encoder.as_hal_mut::<Vulkan, _, _>(|encoder| {
            let encoder = encoder.unwrap();
            encoder.clear_buffer(&raw, 0..64);
            encoder.clear_buffer(&raw, 0..64);
        });
    }
    queue.submit([encoder.finish()]);
    device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    println!("planted hazard recorded");
}
