//! `gradsweep adapters`: the usable GPUs, and the missing parts of other graphics APIs.

use std::fmt::Write;

use gradsweep::backend::cpu::{self, Simd};
use gradsweep::backend::gpu::AdapterList;

use super::args;
use super::failure::Failure;
use super::output::{print, print_json};

pub fn adapters(arguments: &args::Adapters) -> Result<(), Failure> {
    let adapters = AdapterList::enumerate();
    if arguments.json { print_json(&adapters) } else { print(&list(&adapters)) }
}

/// Formats the list of adapters.
fn list(list: &AdapterList) -> String {
    let mut text = String::new();
    for adapter in &list.adapters {
        let _ = writeln!(text, "{}\n    {}, driver {}", adapter.name, adapter.api, adapter.driver);
        let _ = writeln!(text, "    buffers up to {} MiB, up to {} threads per workgroup", adapter.binding_mib, adapter.max_workgroup_size);
        if adapter.is_software {
            text.push_str("    software adapter: slower than the CPU backend, used only with --backend gpu\n");
        }
        if let Some(warning) = &adapter.warning {
            let _ = writeln!(text, "    {warning}");
        }
    }
    if list.adapters.is_empty() {
        text.push_str("no GPU adapter was found\n");
    }
    for missing in &list.missing {
        let _ = writeln!(text, "{}: {}", missing.api, missing.reason);
        for line in &missing.remedies {
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
