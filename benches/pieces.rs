//! A benchmark of each part of a sweep: `cargo bench --bench pieces`. Rates are in updates, cells or rows per second.

use divan::counter::ItemsCount;
use gradsweep::analysis::theory::{Sgd, floor, rate_for_floor};
use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::{Backend, Outcome, RecordOptions};
use gradsweep::bench::BUILT_IN;
use gradsweep::config::{self, ConfigSource, DataLocation, Experiment, STARTER_DATA};
use gradsweep::internals::Writer;
use gradsweep::internals::{HistoryRows, trained_runs};
use gradsweep::model::{Activation, Loss, Neuron, Rows};
use gradsweep::store::Manifest;
use gradsweep::sweep::{Plan, Problems};

fn main() {
    divan::main();
}

fn experiment(optimizer: &str) -> Experiment {
    experiment_with(&[format!("training.optimizer={optimizer}")])
}

fn experiment_with(sets: &[String]) -> Experiment {
    let source = ConfigSource { file: "built-in", name: "bench", data: DataLocation::Bytes(STARTER_DATA) };
    config::load_text(BUILT_IN, &source, sets).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[divan::bench(args = ["sgd", "rmsprop", "adam"])]
fn training(bencher: divan::Bencher<'_, '_>, optimizer: &str) {
    bench_training(bencher, optimizer, 0);
}

#[divan::bench(args = ["sgd", "rmsprop", "adam"])]
fn training_with_history(bencher: divan::Bencher<'_, '_>, optimizer: &str) {
    bench_training(bencher, optimizer, 1);
}

/// RMSprop under losses whose gradient needs the ten rows of a batch, not only their moments.
#[divan::bench(args = ["mae", "huber", "log_cosh"])]
fn training_from_rows(bencher: divan::Bencher<'_, '_>, loss: &str) {
    bench_experiment(bencher, &experiment_with(&[format!("model.loss={loss}")]), 0);
}

fn bench_training(bencher: divan::Bencher<'_, '_>, optimizer: &str, every: u64) {
    bench_experiment(bencher, &experiment(optimizer), every);
}

fn bench_experiment(bencher: divan::Bencher<'_, '_>, experiment: &Experiment, every: u64) {
    let problems = Problems::new(experiment).unwrap();
    let plan = Plan::new(experiment, &problems, 0..experiment.space.len()).unwrap();
    let groups = plan.groups(&problems, RecordOptions { every, epochs: false });
    let cpu = Cpu::open(None, None).unwrap();
    let mut outcomes = vec![Outcome::default(); groups.len()];
    let steps: u64 = groups.iter().map(|group| group.steps() * group.inputs.len() as u64).sum();
    bencher.counter(ItemsCount::new(steps)).bench_local(|| cpu.train(&groups, &mut outcomes).unwrap());
}

#[divan::bench(args = [512, 2048, 4096])]
fn surface(bencher: divan::Bencher<'_, '_>, side: usize) {
    let problems = Problems::new(&experiment("sgd")).unwrap();
    let cpu = Cpu::open(None, None).unwrap();
    let axis: Vec<f64> = (0..side).map(|i| i as f64 / side as f64 * 20.0 - 10.0).collect();
    bencher
        .counter(ItemsCount::new(side * side))
        .bench_local(|| cpu.surface(&problems.all[0].neuron, &problems.all[0].train, &axis, &axis).unwrap());
}

/// The binary crossentropy of a sigmoid neuron over 200 rows.
#[divan::bench(args = [256, 1024])]
fn surface_from_rows(bencher: divan::Bencher<'_, '_>, side: usize) {
    let neuron = Neuron { activation: Activation::Sigmoid, loss: Loss::BinaryCrossentropy, use_bias: true, bits: true };
    let x: Vec<f32> = (0..200).map(|i| (i as f32 * 0.618).fract() * 4.0 - 2.0).collect();
    let y = x.iter().enumerate().map(|(i, &x)| f32::from(u8::from(x + (i as f32 * 0.414).fract() > 0.6))).collect();
    let (rows, cpu) = (Rows { x, y }, Cpu::open(None, None).unwrap());
    let axis: Vec<f64> = (0..side).map(|i| i as f64 / side as f64 * 20.0 - 10.0).collect();
    bencher.counter(ItemsCount::new(side * side)).bench_local(|| cpu.surface(&neuron, &rows, &axis, &axis).unwrap());
}

/// Runs whose histories are stored; about a chunk of `gradsweep run`.
const STORED: usize = 16_384;

/// Trains runs, and calls `then` with a function that stores their histories in a run directory, and with the directory.
fn with_trained_runs(then: impl FnOnce(&mut dyn FnMut(), &std::path::Path)) {
    let experiment = experiment("sgd");
    let problems = Problems::new(&experiment).unwrap();
    let plan = Plan::new(&experiment, &problems, 0..STORED as u64).unwrap();
    let mut outcomes = vec![Outcome::default(); plan.groups.len()];
    Cpu::open(None, None).unwrap().train(&plan.groups(&problems, RecordOptions { every: 1, epochs: false }), &mut outcomes).unwrap();
    let trained = trained_runs(&plan, &outcomes);
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(folder.path(), Manifest::new("bench", serde_json::Value::Null), "", &[]).unwrap();
    then(&mut || writer.write_histories(&HistoryRows(&trained)).unwrap(), folder.path());
}

/// Stores the histories of a chunk. Few samples are measured, because after many writes the system waits for the disk.
#[divan::bench(sample_count = 15)]
fn storing_histories(bencher: divan::Bencher<'_, '_>) {
    with_trained_runs(|store, _| bencher.counter(ItemsCount::new(STORED * 161)).bench_local(store));
}

/// Writes the number of bytes of [`storing_histories`] without encoding: the limit of the disk.
#[divan::bench(sample_count = 15)]
fn writing_unencoded_bytes(bencher: divan::Bencher<'_, '_>) {
    with_trained_runs(|store, folder| {
        store();
        let parts = std::fs::read_dir(folder.join("history")).unwrap();
        let bytes = vec![7_u8; parts.map(|part| part.unwrap().metadata().unwrap().len() as usize).sum()];
        let mut files = 0;
        bencher.counter(ItemsCount::new(STORED * 161)).bench_local(|| {
            files += 1;
            std::fs::write(folder.join(format!("bytes-{files}")), &bytes).unwrap();
        });
    });
}

/// The floor of SGD with momentum, and the rate for a floor of 1 % of J*, for batches of these sizes.
#[divan::bench(args = [1, 8, 32])]
fn theory_floor(bencher: divan::Bencher<'_, '_>, batch_size: usize) {
    let problems = Problems::new(&experiment("sgd")).unwrap();
    let problem = &problems.all[0];
    let sgd = Sgd { rate: 0.02 * problem.quadratic.stability_limit(0.9, false), momentum: 0.9, nesterov: false };
    bencher.bench_local(|| floor(problem, batch_size, &sgd));
}

#[divan::bench(args = [1, 8, 32])]
fn theory_rate_for_floor(bencher: divan::Bencher<'_, '_>, batch_size: usize) {
    let problems = Problems::new(&experiment("sgd")).unwrap();
    let problem = &problems.all[0];
    let sgd = Sgd { rate: 0.0, momentum: 0.9, nesterov: false };
    bencher.bench_local(|| rate_for_floor(problem, batch_size, &sgd, 0.01 * problem.quadratic.loss));
}
