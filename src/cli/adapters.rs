//! `gradsweep adapters`: the GPUs that can be used, and why others cannot.

use std::fmt::Write;

use gradsweep::backend::cpu::{self, Simd};
use gradsweep::backend::gpu::{Survey, survey};

use super::args;
use super::failure::Failure;
use super::output::{print, print_json};

pub fn adapters(arguments: &args::Adapters) -> Result<(), Failure> {
    let survey = survey();
    if arguments.json { print_json(&survey) } else { print(&text(&survey)) }
}

fn text(survey: &Survey) -> String {
    let mut text = String::new();
    for adapter in &survey.adapters {
        let software = if adapter.software { ", in software: slower than the CPU backend, taken only by --backend gpu" } else { "" };
        let _ = writeln!(text, "{}\n    {}, {}{software}", adapter.name, adapter.api, adapter.driver);
        let _ = writeln!(text, "    buffers up to {} MiB, {} invocations a workgroup", adapter.binding_mib, adapter.workgroup);
    }
    if survey.adapters.is_empty() {
        let _ = writeln!(text, "no GPU adapter");
    }
    for missing in &survey.missing {
        let _ = writeln!(text, "{}: {}", missing.api, missing.why);
        for line in &missing.helps {
            let _ = writeln!(text, "    {line}");
        }
    }
    let simd = Simd::best();
    let slow = if simd.fuses() { "" } else { " (no fused multiply-add: the CPU backend is slow here)" };
    let _ = writeln!(text, "\nCPU backend: {}, {}{slow}", cpu::model_name(), simd.name());
    text
}
