//! `gradsweep replay DIR --run N`: computes the history of a run again, bit for bit.

use std::fmt::Write;

use gradsweep::model::{EpochMetrics, Path};
use gradsweep::store::Manifest;
use gradsweep::sweep::{self, Estimate};
use serde_json::json;

use super::args::{self, Choice, Format};
use super::backends;
use super::failure::Failure;
use super::opened::OpenedSweep;
use super::output::{print, print_json};

pub fn replay(arguments: &args::Replay) -> Result<(), Failure> {
    let opened = OpenedSweep::open(&arguments.directory)?;
    let chosen = backends::choose(&with_sweep_backend(&arguments.backend, opened.directory.manifest()), &Estimate::default())?;
    let paths = sweep::replay(&opened.experiment, &opened.problems, chosen.backend.as_ref(), &[arguments.run])?;
    let Some(path) = paths.first() else { return Ok(()) };
    match (arguments.format, arguments.epochs) {
        (Format::Csv, false) => print(&steps_csv(path)),
        (Format::Csv, true) => print(&epochs_csv(path)),
        (Format::Json, false) => print_json(&json!({ "run": arguments.run, "weight": path.params[0], "bias": path.params[1] })),
        (Format::Json, true) => print_json(&epochs_json(arguments.run, path)),
    }
}

/// Replaces `auto` by the backend and device that trained the sweep, because another backend gives other bits.
pub fn with_sweep_backend(arguments: &args::Backend, manifest: &Manifest) -> args::Backend {
    let mut arguments = arguments.clone();
    if arguments.backend == Choice::Auto {
        arguments.backend = match manifest.backend.as_str() {
            "gpu" => Choice::Gpu,
            "reference" => Choice::Reference,
            _ => Choice::Cpu,
        };
        if arguments.backend == Choice::Gpu && arguments.adapter.is_none() {
            arguments.adapter = Some(manifest.device.clone());
        }
    }
    arguments
}

/// `step,weight,bias`, in the shortest decimals that give the same float32.
fn steps_csv(path: &Path) -> String {
    let mut text = String::from("step,weight,bias\n");
    for (step, (weight, bias)) in path.steps.iter().zip(path.params[0].iter().zip(&path.params[1])) {
        let _ = writeln!(text, "{step},{weight:?},{bias:?}");
    }
    text
}

/// `epoch,loss,mae,val_loss,val_mae`; unknown values are empty.
fn epochs_csv(path: &Path) -> String {
    let mut text = String::from("epoch,loss,mae,val_loss,val_mae\n");
    let cell = |value: Option<f32>| value.filter(|value| value.is_finite()).map_or(String::new(), |value| format!("{value:?}"));
    for (epoch, metrics) in path.epochs.iter().enumerate() {
        let EpochMetrics { loss, mae, val_loss, val_mae } = *metrics;
        let _ = writeln!(text, "{epoch},{}", [Some(loss), Some(mae), val_loss, val_mae].map(cell).join(","));
    }
    text
}

/// One array per metric. The test metrics are null if one of their values is not finite.
fn epochs_json(run: u64, path: &Path) -> serde_json::Value {
    let column = |metric: fn(&EpochMetrics) -> Option<f32>| path.epochs.iter().filter_map(metric).collect::<Vec<f32>>();
    let finite = |column: Vec<f32>| if column.iter().all(|value| value.is_finite()) { json!(column) } else { json!(null) };
    json!({ "run": run, "loss": column(|metrics| Some(metrics.loss)), "mae": column(|metrics| Some(metrics.mae)),
        "val_loss": finite(column(|metrics| metrics.val_loss)), "val_mae": finite(column(|metrics| metrics.val_mae)) })
}
