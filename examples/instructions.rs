//! Writes training modules as SPIR-V, as they were compiled before (with wgpu's run-time checks, one step per turn of a loop) and as hardware GPUs get them
//! (without these checks, four steps per turn). `scripts/gpu-instructions.sh` compiles them with an offline driver and counts instructions.
//!
//!     cargo run --release --example instructions FOLDER

use std::path::Path;

use gradsweep::internals::gpu::{CountedModule, counted_modules};
use wgpu::naga::back::{self, spv};
use wgpu::naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use wgpu::naga::valid::{Capabilities, ValidationFlags, Validator};
use wgpu::naga::{ShaderStage, front};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: instructions FOLDER")?;
    std::fs::create_dir_all(&folder)?;
    for (version, steps_per_turn, has_checks) in [("checked", 1, true), ("unchecked", 1, false), ("hardware", 4, false)] {
        for module in counted_modules(steps_per_turn) {
            let words = spirv(&module, has_checks)?;
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            std::fs::write(Path::new(&folder).join(format!("{}.{version}.spv", module.name)), bytes)?;
        }
    }
    Ok(())
}

/// The module in SPIR-V, with or without the checks that wgpu adds.
fn spirv(module: &CountedModule, has_checks: bool) -> Result<Vec<u32>, Box<dyn std::error::Error>> {
    let parsed = front::wgsl::parse_str(&module.source)?;
    let info = Validator::new(ValidationFlags::all(), Capabilities::default()).validate(&parsed)?;
    let constants = module.constants.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
    let (stage, entry_point) = (ShaderStage::Compute, "train");
    let (parsed, info) = back::pipeline_constants::process_overrides(&parsed, &info, Some((stage, entry_point)), &constants)?;
    let policy = if has_checks { BoundsCheckPolicy::Restrict } else { BoundsCheckPolicy::Unchecked };
    let options = spv::Options {
        lang_version: (1, 3),
        flags: spv::WriterFlags::empty(),
        bounds_check_policies: BoundsCheckPolicies { index: policy, buffer: policy, image_load: policy, binding_array: policy },
        force_loop_bounding: has_checks,
        emit_int_div_checks: has_checks,
        ..spv::Options::default()
    };
    let pipeline = spv::PipelineOptions { shader_stage: stage, entry_point: entry_point.to_owned() };
    Ok(spv::write_vec(&parsed, &info, &options, Some(&pipeline))?)
}
