//! The loss of a GPU during a sweep: stored chunks are kept, and the sweep continues on the CPU or stops.

use std::cell::{Cell, RefCell};
use std::path::Path;

use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::gpu::Gpu;
use gradsweep::backend::{Backend, ChunkLimits, Description, Error, Fallback, Group, Metrics, Outcome};
use gradsweep::config::{self, Experiment};
use gradsweep::model::{Neuron, Rows};
use gradsweep::store::{Manifest, RunDirectory, Status};
use gradsweep::sweep::{self, Inputs, Options, Problems, Summary};
use libtest_mimic::Trial;

use crate::common::sweeps::experiment;

/// The tests of this file.
pub fn trials() -> Vec<Trial> {
    gpu_trials![a_sweep_continues_on_the_cpu_after_its_gpu_was_lost, a_sweep_without_a_substitute_stops_and_keeps_its_chunks]
}

/// Runs per chunk.
const CHUNK: usize = 64;

/// A GPU that is lost before its second training.
struct LostGpu<'a> {
    gpu: &'a Gpu,
    trainings: Cell<u32>,
}

impl Backend for LostGpu<'_> {
    fn describe(&self) -> Description {
        self.gpu.describe()
    }

    fn chunk_limits(&self) -> ChunkLimits {
        self.gpu.chunk_limits()
    }

    fn train(&self, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<(), Error> {
        if self.trainings.replace(self.trainings.get() + 1) == 1 {
            self.gpu.lose_device();
        }
        self.gpu.train(groups, outcomes)
    }

    fn metrics(&self, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, Error> {
        self.gpu.metrics(neuron, rows, weight, bias)
    }

    fn surface(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, Error> {
        self.gpu.surface(neuron, rows, weight, bias)
    }
}

/// Three chunks, the last of which is not full.
fn three_chunks() -> Experiment {
    experiment(
        "scale = \"standard\"\n[training]\noptimizer = \"rmsprop\"\nbatch_size = 10\nepochs = 3\n[sweep.parameters]\n\
         learning_rate = { min = 1e-3, max = 1e-1, count = 150, distribution = \"log_uniform\" }\n",
    )
}

fn run(backend: &dyn Backend, directory: &Path) -> Result<Summary, sweep::Error> {
    let experiment = three_chunks();
    let problems = Problems::new(&experiment).unwrap();
    let manifest = Manifest::new("lost", config::resolved(&experiment));
    let inputs = Inputs { experiment: &experiment, problems: &problems, backend };
    sweep::run(inputs, directory, manifest, Options { chunk: Some(CHUNK as u64), ..Options::default() }, &mut ())
}

/// The bits of the final weights in a run directory.
fn weights(directory: &Path) -> Vec<u32> {
    RunDirectory::open(directory).unwrap().runs().unwrap().weight.iter().map(|weight| weight.to_bits()).collect()
}

fn a_sweep_continues_on_the_cpu_after_its_gpu_was_lost(gpu: &Gpu) {
    let folder = tempfile::tempdir().unwrap();
    let [on_gpu, on_cpu, mixed] = ["gpu", "cpu", "mixed"].map(|name| folder.path().join(name));
    let cpu = || Box::new(Cpu::open(None, None).unwrap());
    run(gpu, &on_gpu).unwrap();
    run(&*cpu(), &on_cpu).unwrap();
    let messages = RefCell::new(Vec::new());
    let lost = Box::new(LostGpu { gpu, trainings: Cell::new(0) });
    let summary = run(&Fallback::new(lost, cpu(), |error| messages.borrow_mut().push(error.to_string())), &mixed).unwrap();
    assert_eq!(summary.manifest.status, Status::Complete);
    assert!(summary.manifest.detail.contains("continued on cpu"), "{}", summary.manifest.detail);
    let messages = messages.take();
    assert!(messages.len() == 1 && messages[0].starts_with("the GPU was lost"), "{messages:?}");
    let (on_gpu, on_cpu, mixed) = (weights(&on_gpu), weights(&on_cpu), weights(&mixed));
    assert_eq!(mixed.len(), 150);
    assert_eq!(mixed[..CHUNK], on_gpu[..CHUNK], "the chunk of the GPU is kept");
    assert_eq!(mixed[CHUNK..], on_cpu[CHUNK..], "later chunks are those of the CPU");
}

fn a_sweep_without_a_substitute_stops_and_keeps_its_chunks(gpu: &Gpu) {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("out");
    let error = run(&LostGpu { gpu, trainings: Cell::new(0) }, &directory).unwrap_err().to_string();
    assert!(error.starts_with("the GPU was lost"), "{error}");
    assert_eq!(weights(&directory).len(), CHUNK);
}
