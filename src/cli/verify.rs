//! `gradsweep verify`: the largest errors of update rules, losses, activations and elementary functions on this machine.

use std::fmt::Write;

use gradsweep::backend::Backend;
use gradsweep::backend::cpu::{self, Simd};
use gradsweep::backend::gpu::Gpu;
use gradsweep::internals::text;
use gradsweep::verify::{Deviation, Finding, verify};
use serde_json::json;

use super::args;
use super::failure::Failure;
use super::output::{print, print_json};

pub fn run(arguments: &args::Verify) -> Result<(), Failure> {
    let gpu = Gpu::open(arguments.adapter.as_deref());
    if let (Err(error), Some(_)) = (&gpu, &arguments.adapter) {
        return Err(Failure::failed(error));
    }
    let findings = verify(gpu.as_ref().ok())?;
    let device = gpu.as_ref().map(Backend::describe);
    let cpu = format!("{}, {}", cpu::model_name(), Simd::best().name());
    if arguments.json {
        let gpu = device.as_ref().ok().map(|device| format!("{}, {}", device.device, device.detail));
        print_json(&json!({ "cpu": cpu, "gpu": gpu, "functions": findings }))?;
    } else {
        let gpu = match &device {
            Ok(device) => {
                format!("{}, {}; compared with the CPU, elementary functions with float64", device.device, device.detail)
            }
            Err(error) => format!("not measured: {error}"),
        };
        let unit = "Largest error of all cases, and the allowed error in brackets, in ulp (units in the last place of float32).";
        print(&format!("{}\n{unit}\nCPU: {cpu}; compared with float64\nGPU: {gpu}\n", table(&findings)))?;
    }
    let wrong: Vec<&str> = findings.iter().filter(|finding| !finding.holds()).map(|finding| finding.name.as_str()).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let verb = if wrong.len() == 1 { "exceeds its" } else { "exceed their" };
    Err(Failure::failed(format!("{} {verb} allowed error: {}", text::count(wrong.len(), "function"), wrong.join(", "))))
}

/// One line per function.
fn table(findings: &[Finding]) -> String {
    let mut text = format!("{:<11} {:<28} {:>7} {:>16} {:>16}\n", "kind", "function", "cases", "CPU error, ulp", "GPU error, ulp");
    let mut kind = "";
    for finding in findings {
        let heading = if finding.kind == kind { "" } else { finding.kind };
        kind = finding.kind;
        let gpu = finding.gpu.map_or_else(|| "-".into(), cell);
        let _ = writeln!(text, "{heading:<11} {:<28} {:>7} {:>16} {gpu:>16}", finding.name, finding.cases, cell(finding.cpu));
    }
    text
}

/// `0.91 (1)`: the error and the allowed error; an exclamation mark follows if it is too large.
fn cell(deviation: Deviation) -> String {
    format!("{:.2} ({}){}", deviation.ulps, deviation.allowed, if deviation.holds() { "" } else { " !" })
}
