//! `gradsweep replay DIR --run N`: a run's history, computed again bit for bit.

use std::fmt::Write;

use gradsweep::sweep::{Trace, trace};
use serde_json::json;

use super::args::{self, Choice, Format};
use super::backends;
use super::failure::Failure;
use super::opened::Opened;
use super::output::{print, print_json};

pub fn replay(arguments: &args::Replay) -> Result<(), Failure> {
    let opened = Opened::open(&arguments.directory)?;
    let mut wanted = arguments.backend.clone();
    if wanted.backend == Choice::Auto {
        // The bits are those of the backend that trained the sweep.
        let manifest = opened.directory.manifest();
        wanted.backend = match manifest.backend.as_str() {
            "gpu" => Choice::Gpu,
            "reference" => Choice::Reference,
            _ => Choice::Cpu,
        };
        if wanted.backend == Choice::Gpu && wanted.adapter.is_none() {
            wanted.adapter = Some(manifest.device.clone());
        }
    }
    let chosen = backends::choose(&wanted, 0)?;
    let trace = trace(&opened.experiment, &opened.problems, chosen.backend.as_ref(), arguments.run)?;
    match (arguments.format, arguments.epochs) {
        (Format::Csv, false) => print(&steps_csv(&trace)),
        (Format::Csv, true) => print(&epochs_csv(&trace)),
        (Format::Json, false) => print_json(&json!({ "run": arguments.run, "weight": trace.weight, "bias": trace.bias })),
        (Format::Json, true) => {
            let tested = |column: &[f32]| if column.iter().all(|v| v.is_finite()) { json!(column) } else { json!(null) };
            print_json(&json!({ "run": arguments.run, "loss": trace.loss, "mae": trace.mae,
                "val_loss": tested(&trace.val_loss), "val_mae": tested(&trace.val_mae) }))
        }
    }
}

/// `step,weight,bias`: the shortest decimals that give the float32 back.
fn steps_csv(trace: &Trace) -> String {
    let mut text = String::from("step,weight,bias\n");
    for (step, (weight, bias)) in trace.weight.iter().zip(&trace.bias).enumerate() {
        let _ = writeln!(text, "{step},{weight:?},{bias:?}");
    }
    text
}

/// `epoch,loss,mae,val_loss,val_mae`; nothing where there are no test rows.
fn epochs_csv(trace: &Trace) -> String {
    let mut text = String::from("epoch,loss,mae,val_loss,val_mae\n");
    let known = |column: &[f32], epoch: usize| column.get(epoch).filter(|v| v.is_finite()).map_or(String::new(), |v| format!("{v:?}"));
    for epoch in 0..trace.loss.len() {
        let columns = [&trace.loss, &trace.mae, &trace.val_loss, &trace.val_mae].map(|column| known(column, epoch));
        let _ = writeln!(text, "{epoch},{}", columns.join(","));
    }
    text
}
