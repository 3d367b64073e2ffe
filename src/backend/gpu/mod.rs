//! The GPU backend: one thread trains one or a few runs, state stays in buffers between dispatches, and the measured duration of a dispatch sets the
//! size of the next one. docs/gpu.md explains the dispatch.
//!
//! It contains no formula: those are in `shaders/`, the twins of `kernel`.

mod adapters;
mod batch_source;
mod bindings;
mod catalogue;
mod context;
mod device_batches;
mod dispatch_budget;
mod driver_hints;
mod error;
mod in_flight;
mod joined_orders;
mod limits;
mod metrics;
mod pipelines;
mod probe;
mod readback;
mod results;
mod run_batch;
mod run_columns;
mod sentinel;
mod shaders;
mod step_inputs;
mod step_range;
mod surface;
mod train;
mod train_pipelines;
mod tuning;
mod unroll;
mod workgroup_shape;

use std::sync::{Mutex, PoisonError};

pub use adapters::{AdapterInfo, AdapterList};
pub use bindings::{Access, Binding};
pub use catalogue::{ComposedModule, composed_modules};
pub use driver_hints::{MissingApi, quiet_environment};
pub use error::Error;
pub use pipelines::ProbeConstants;
pub use probe::Probe;
pub use shaders::{batch_functions, cycle_functions, elementary_functions, training_functions};
pub use workgroup_shape::WorkgroupShape;

use self::context::Context;
use super::{Backend, Description, Group, Limits, Metrics, Outcome};
use crate::model::{Neuron, Rows};

/// The backend of an open GPU.
#[derive(Debug)]
pub struct Gpu {
    context: Mutex<Context>,
    adapter: AdapterInfo,
}

impl Gpu {
    /// Opens the first adapter whose name contains `wanted`, ignoring case; hardware adapters come before software adapters.
    pub fn open(wanted: Option<&str>) -> Result<Self, Error> {
        let (context, adapter) = Context::open(wanted)?;
        Ok(Self { context: Mutex::new(context), adapter })
    }

    /// The backend with another workgroup shape.
    pub fn with_shape(self, shape: WorkgroupShape) -> Self {
        let mut context = self.context.into_inner().unwrap_or_else(PoisonError::into_inner);
        context.shape = shape;
        Self { context: Mutex::new(context), ..self }
    }

    /// Whether a CPU executes the shaders.
    pub fn is_software(&self) -> bool {
        self.adapter.is_software
    }

    /// Runs a probe and returns its output.
    pub fn probe(&self, probe: &Probe<'_>) -> Result<Vec<f32>, super::Error> {
        self.with_context(|context| probe::probe(context, probe))
    }

    fn with_context<T>(&self, work: impl FnOnce(&mut Context) -> Result<T, Error>) -> Result<T, super::Error> {
        // After a panic in another thread the context is still valid, because every use writes the buffers that it reads.
        let mut context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(work(&mut context)?)
    }
}

impl Backend for Gpu {
    fn describe(&self) -> Description {
        let detail = format!("{}, {}", self.adapter.api, self.adapter.driver);
        Description { backend: "gpu", device: self.adapter.name.clone(), detail, software: self.adapter.is_software }
    }

    fn limits(&self) -> Result<Option<Limits>, super::Error> {
        self.with_context(limits::limits).map(Some)
    }

    fn train(&self, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<(), super::Error> {
        self.with_context(|context| train::train(context, groups, outcomes))
    }

    fn metrics(&self, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, super::Error> {
        self.with_context(|context| metrics::metrics(context, neuron, rows, weight, bias))
    }

    fn surface_into(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64], cells: &mut Vec<f32>) -> Result<(), super::Error> {
        cells.clear();
        self.with_context(|context| surface::surface(context, neuron, rows, surface::Grid { weight, bias }, cells))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{EpochSeries, RecordOptions};
    use crate::config::{self, ConfigSource, DataLocation};
    use crate::sweep::{Plan, Problems};

    /// A sweep with several blocks per epoch, several workgroups, and some runs that diverge.
    const SWEEP: &str = r#"
[data]
path = "data/advertising.csv"
feature = "TV"
target = "sales"
test_size = 0.2
[model]
initial_weight = 0.6
initial_bias = 0.0
[training]
batch_size = 2
epochs = 3
[sweep.parameters]
optimizer = ["sgd", "rmsprop", "adam"]
learning_rate = { min = 1e-6, max = 1e1, count = 150, distribution = "log_uniform" }
"#;

    #[test]
    #[ignore = "needs a GPU; scripts/test.sh runs it if there is one"]
    fn results_do_not_depend_on_dispatch_sizes_and_shapes() {
        let gpu = Gpu::open(None).unwrap();
        let experiment = experiment(&[]);
        let problems = Problems::new(&experiment).unwrap();
        let plan = Plan::new(&experiment, &problems, 0..experiment.space.len()).unwrap();
        let groups = plan.groups(&problems, RecordOptions { every: 1, epochs: true });
        let shapes = ["1x64", "1x64", "4x32", "3x256"].map(|shape| shape.parse::<WorkgroupShape>().unwrap());
        let cases = [1_u64, 100_000, 1 << 40, 100_000].into_iter().zip(shapes);
        let results = cases.map(|(budget, shape)| {
            let mut outcomes = vec![Outcome::default(); groups.len()];
            for (group, outcome) in groups.iter().zip(&mut outcomes) {
                {
                    let mut context = gpu.context.lock().unwrap();
                    (context.update_budget, context.shape) = (dispatch_budget::DispatchBudget::starting_at(budget), shape);
                    // One case has one pipeline for all epochs, the others have two.
                    context.tuning.second_pipeline_updates = if budget == 1 { u64::MAX } else { 0 };
                    // One case has three run batches, the others have one.
                    (context.tuning.recorded_bytes, context.tuning.min_recorded_runs) = (1, if budget == 1 { 1 } else { u64::MAX });
                }
                gpu.train(&[*group], std::slice::from_mut(outcome)).unwrap();
            }
            let lanes = |outcome: &Outcome| (0..outcome.weight.len()).map(|lane| meaningful(outcome, lane)).collect::<Vec<_>>();
            outcomes.iter().flat_map(lanes).collect::<Vec<_>>()
        });
        let results: Vec<_> = results.collect();
        assert!(results[0].len() == 450 && results[0].iter().any(|run| run.contains("diverged_at: Some")));
        for other in &results[1..] {
            for (run, (one, other)) in results[0].iter().zip(other).enumerate() {
                assert!(one == other, "run {run}:\n{one}\n{other}");
            }
        }
    }

    #[test]
    #[ignore = "needs a GPU; scripts/test.sh runs it if there is one"]
    fn peak_rates_are_positive() {
        let gpu = Gpu::open(None).unwrap();
        let limits = gpu.limits().unwrap().unwrap();
        for limit in [limits.fused_per_s, limits.roots_per_s, limits.filled_bytes_per_s] {
            assert!(limit.is_finite() && limit > 1e6, "{limits:?}");
        }
        assert_eq!(limits.threads, None);
    }

    /// A sweep over seeds has one batch order per seed, with a few runs each.
    #[test]
    #[ignore = "needs a GPU; scripts/test.sh runs it if there is one"]
    fn joined_groups_give_the_results_of_single_groups() {
        let gpu = Gpu::open(None).unwrap();
        for loss in ["mse", "mae"] {
            compare_joined_with_single(&gpu, loss);
        }
    }

    fn compare_joined_with_single(gpu: &Gpu, loss: &str) {
        let experiment = experiment(&[
            "sweep.parameters.learning_rate=[1e-3, 1e-1, 1e1]".into(),
            "sweep.parameters.training.seed={ min = 0, max = 29, count = 30 }".into(),
            "training.epochs=5".into(),
            "training.batch_size=3".into(),
            format!("model.loss=\"{loss}\""),
        ]);
        let problems = Problems::new(&experiment).unwrap();
        let plan = Plan::new(&experiment, &problems, 0..experiment.space.len()).unwrap();
        // Epoch series need rows, also for a linear neuron under the mean squared error.
        let groups = plan.groups(&problems, RecordOptions { every: 3, epochs: true });
        assert_eq!(groups.len(), 90);
        assert_eq!(joined_orders::partition(&groups, |_| 10).iter().map(Vec::len).collect::<Vec<_>>(), [10; 9]);
        assert_eq!(joined_orders::partition(&groups, |_| 100).len(), 3);
        let mut single = vec![Outcome::default(); groups.len()];
        for (group, single) in groups.iter().zip(&mut single) {
            gpu.train(&[*group], std::slice::from_mut(single)).unwrap();
        }
        let (rows, batches) = (groups[0].order.rows, groups[0].order.batches());
        let epoch = (rows * 12 + batches * 32) as u64;
        // Batches are built on the host and on the device; with all epochs in one window or two per window, all permutations in one dispatch or 17 per
        // dispatch, and all runs in one run batch or 64 per run batch.
        for (builds_batches, joined_bytes, permutation_bytes, runs) in [
            (false, 1 << 26, 0, u64::MAX),
            (false, 60 * epoch, 0, 1),
            (true, 1 << 26, 1 << 24, u64::MAX),
            (true, 60 * epoch, 17 * 4 * rows, 1),
        ] {
            {
                let tuning = &mut gpu.context.lock().unwrap().tuning;
                *tuning = tuning::Tuning {
                    builds_batches,
                    joined_bytes,
                    permutation_bytes,
                    recorded_bytes: 1,
                    min_recorded_runs: runs,
                    ..*tuning
                };
            }
            let mut joined = vec![Outcome::default(); groups.len()];
            gpu.train(&groups, &mut joined).unwrap();
            for ((group, joined), single) in groups.iter().zip(&joined).zip(&single) {
                for lane in 0..3 {
                    let context = format!("{:?} {:?}, batches built on the device: {builds_batches}", group.variant, group.order);
                    assert_eq!(meaningful(joined, lane), meaningful(single, lane), "{context}");
                }
            }
        }
    }

    /// More rows than one dispatch has, more than a software adapter's loop limit, and an odd number in the last dispatch.
    #[test]
    #[ignore = "needs a GPU; scripts/test.sh runs it if there is one"]
    fn metrics_of_many_rows_take_several_dispatches() {
        let gpu = Gpu::open(None).unwrap();
        let x: Vec<f32> = (0..200_001).map(|row| (f64::from(row) * 0.618_034).fract() as f32).collect();
        let y = x.iter().map(|x| 3.0 * x + 1.0).collect();
        let (rows, weight, bias) = (Rows { x, y }, [3.0, 2.0, 0.0], [1.0, 1.0, 0.0]);
        let metrics = gpu.metrics(&Neuron::LINEAR, &rows, &weight, &bias).unwrap();
        // x is uniform in 0 to 1; the errors of the three points are 0, x, and 3x + 1.
        for (value, expected) in metrics.mse.iter().zip([0.0, 1.0 / 3.0, 7.0]).chain(metrics.mae.iter().zip([0.0, 0.5, 2.5])) {
            assert!((f64::from(*value) - expected).abs() <= 1e-4 * expected, "{value} is not {expected}");
        }
        assert_eq!(metrics.loss, metrics.mse);
    }

    fn experiment(sets: &[String]) -> config::Experiment {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
        let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Folder(&folder) };
        config::load_text(SWEEP, &source, sets).unwrap_or_else(|mistakes| panic!("{mistakes}"))
    }

    /// The meaningful part of a run's results; floats as bits.
    fn meaningful(outcome: &Outcome, lane: usize) -> String {
        let history = outcome.history.as_ref().unwrap();
        let points: Vec<_> =
            (0..history.known_points(outcome.steps[lane])).map(|point| history.at(lane, point).map(f32::to_bits)).collect();
        let rows = |series: &EpochSeries| {
            let batches = history.steps as usize / series.blocks.rows;
            let rows = (0..outcome.steps[lane] as usize / batches).map(|epoch| series.blocks.index(lane, epoch));
            let row = |at: usize| [series.loss[at], series.mae[at], series.val_loss[at], series.val_mae[at]].map(f32::to_bits);
            rows.map(row).collect::<Vec<_>>()
        };
        let rows = outcome.epochs.as_ref().map(rows);
        let end = [outcome.weight[lane], outcome.bias[lane]].map(f32::to_bits);
        format!("{:?} {end:?} {rows:?} {points:?}", outcome.figures(lane))
    }
}
