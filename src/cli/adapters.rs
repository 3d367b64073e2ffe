//! `gradsweep adapters`: the GPUs that can be used, and what the other graphics APIs lack.

use std::fmt::Write;

use gradsweep::backend::cpu::{self, Simd};
use gradsweep::backend::gpu::{Survey, survey};

use super::args;
use super::failure::Failure;
use super::output::{print, print_json};

pub fn adapters(arguments: &args::Adapters) -> Result<(), Failure> {
    let survey = survey();
    if arguments.json { print_json(&survey) } else { print(&list(&survey)) }
}

fn list(survey: &Survey) -> String {
    let mut text = String::new();
    for adapter in &survey.adapters {
        let _ = writeln!(text, "{}\n    {}, driver {}", adapter.name, adapter.api, adapter.driver);
        let _ = writeln!(text, "    buffers up to {} MiB, up to {} threads per workgroup", adapter.binding_mib, adapter.workgroup);
        if adapter.software {
            text.push_str("    software adapter: slower than the CPU backend, used only with --backend gpu\n");
        }
    }
    if survey.adapters.is_empty() {
        text.push_str("no GPU adapter was found\n");
    }
    for missing in &survey.missing {
        let _ = writeln!(text, "{}: {}", missing.api, missing.why);
        for line in &missing.helps {
            let _ = writeln!(text, "    {line}");
        }
    }
    let simd = Simd::best();
    let _ = writeln!(text, "\nCPU backend: {}, {}", cpu::model_name(), simd.name());
    if !simd.fuses() {
        text.push_str("    slow on this CPU, which has no fused multiply-add instruction\n");
    }
    text
}
