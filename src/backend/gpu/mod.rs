//! The GPU backend: a run a thread or a few, state in buffers between dispatches, the next dispatch sized by how long the last one took.
//!
//! It holds no formula: those are `shaders/`, the twins of `kernel`.

mod context;
mod evaluate;
mod limits;
mod maker;
mod missing;
mod orders;
mod results;
mod shaders;
mod shape;
mod slices;
mod step_factors;
mod supply;
mod survey;
mod train;
mod unroll;

use std::sync::Mutex;

pub use context::Error;
pub use missing::{Missing, quiet_environment};
pub use shaders::{batch_functions, composed, elementary, functions, watching};
pub use shape::Shape;
pub use survey::{Adapter, Survey, survey};

use self::context::Context;
use super::{Backend, Description, Group, Limits, Metrics, Outcome};
use crate::model::{Neuron, Rows};

/// A GPU that is open.
#[derive(Debug)]
pub struct Gpu {
    context: Mutex<Context>,
    adapter: Adapter,
}

impl Gpu {
    /// The adapter whose name contains `wanted`, whatever the case; without a name a hardware one before a software one.
    pub fn open(wanted: Option<&str>) -> Result<Self, Error> {
        let (context, adapter) = Context::open(wanted)?;
        Ok(Self { context: Mutex::new(context), adapter })
    }

    /// Trains in threads of this shape.
    pub fn shaped(self, shape: Shape) -> Self {
        let mut context = self.context.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        context.shape = shape;
        Self { context: Mutex::new(context), ..self }
    }

    /// Whether the adapter computes in software.
    pub fn is_software(&self) -> bool {
        self.adapter.software
    }

    /// Runs `entry` of a module of the caller's own over `threads` threads: binding 0 holds `input`, binding 1 takes `outputs` numbers.
    /// For the twins: each function of the kernels is asked alone, on vectors of `kernel::cases`.
    pub fn probe(
        &self,
        module: &str,
        entry: &str,
        constants: &[(&str, f64)],
        threads: usize,
        input: &[f32],
        outputs: usize,
    ) -> Result<Vec<f32>, super::Error> {
        self.with(|context| evaluate::probe(context, module, entry, constants, threads, input, outputs))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Context) -> Result<T, Error>) -> Result<T, super::Error> {
        // A poisoned lock only says that another thread panicked; the context is rebuilt by nobody, and usable.
        let mut context = self.context.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(work(&mut context)?)
    }
}

impl Backend for Gpu {
    fn describe(&self) -> Description {
        let detail = format!("{}, {}", self.adapter.api, self.adapter.driver);
        Description { backend: "gpu", device: self.adapter.name.clone(), detail, software: self.adapter.software }
    }

    fn limits(&self) -> Result<Option<Limits>, super::Error> {
        self.with(limits::limits).map(Some)
    }

    fn train(&self, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<(), super::Error> {
        self.with(|context| train::train(context, groups, outcomes))
    }

    fn metrics(&self, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, super::Error> {
        self.with(|context| evaluate::metrics(context, neuron, rows, weight, bias))
    }

    fn surface_into(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64], cells: &mut Vec<f32>) -> Result<(), super::Error> {
        cells.clear();
        self.with(|context| evaluate::surface(context, neuron, rows, weight, bias, cells))
    }
}

#[cfg(test)]
mod tests {
    use super::context::tests::skipped;
    use super::*;
    use crate::backend::{EpochSeries, RecordOptions};
    use crate::config::{self, ConfigSource, DataLocation};
    use crate::sweep::{Plan, Problems};

    /// Runs that need several blocks an epoch, several workgroups, and a divergence here and there.
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
    fn slices_and_shapes_never_show_in_a_result() {
        let Ok(gpu) = Gpu::open(None) else {
            return skipped("slices_and_shapes_never_show_in_a_result");
        };
        let experiment = experiment(&[]);
        let problems = Problems::new(&experiment).unwrap();
        let plan = Plan::new(&experiment, &problems, 0..experiment.space.len()).unwrap();
        let groups = plan.groups(&problems, RecordOptions { every: 1, epochs: true });
        let shapes = ["1x64", "1x64", "4x32", "3x256"].map(|shape| shape.parse::<Shape>().unwrap());
        let cases = [1_u64, 100_000, 1 << 40, 100_000].into_iter().zip(shapes);
        let results = cases.map(|(budget, shape)| {
            let mut outcomes = vec![Outcome::default(); groups.len()];
            for (group, outcome) in groups.iter().zip(&mut outcomes) {
                {
                    let mut context = gpu.context.lock().unwrap();
                    (context.slices, context.shape) = (slices::Slices::starting_at(budget), shape);
                    // One case with a pipeline for all epochs, the others with two.
                    context.worth_another = if budget == 1 { u64::MAX } else { 0 };
                    // One in three portions, the others in one.
                    (context.recorded_bytes, context.recorded_runs) = (1, if budget == 1 { 1 } else { u64::MAX });
                }
                gpu.train(&[*group], std::slice::from_mut(outcome)).unwrap();
            }
            let lanes = |outcome: &Outcome| (0..outcome.weight.len()).map(|lane| known(outcome, lane)).collect::<Vec<_>>();
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
    fn a_device_says_what_it_can_do() {
        let Ok(gpu) = Gpu::open(None) else {
            return skipped("a_device_says_what_it_can_do");
        };
        let limits = gpu.limits().unwrap().unwrap();
        for limit in [limits.fused_per_s, limits.roots_per_s, limits.filled_bytes_per_s] {
            assert!(limit.is_finite() && limit > 1e6, "{limits:?}");
        }
        assert_eq!(limits.threads, None);
    }

    /// A sweep over seeds: as many orders, with a few runs each.
    #[test]
    fn groups_that_are_joined_give_what_each_gives_alone() {
        let Ok(gpu) = Gpu::open(None) else {
            return skipped("groups_that_are_joined_give_what_each_gives_alone");
        };
        for loss in ["mse", "mae"] {
            joined_and_alone(&gpu, loss);
        }
    }

    fn joined_and_alone(gpu: &Gpu, loss: &str) {
        let experiment = experiment(&[
            "sweep.parameters.learning_rate=[1e-3, 1e-1, 1e1]".into(),
            "sweep.parameters.training.seed={ min = 0, max = 29, count = 30 }".into(),
            "training.epochs=5".into(),
            "training.batch_size=3".into(),
            format!("model.loss=\"{loss}\""),
        ]);
        let problems = Problems::new(&experiment).unwrap();
        let plan = Plan::new(&experiment, &problems, 0..experiment.space.len()).unwrap();
        // Epochs of a linear neuron under the mean squared error ask for rows, too.
        let groups = plan.groups(&problems, RecordOptions { every: 3, epochs: true });
        assert_eq!(groups.len(), 90);
        assert_eq!(orders::together(&groups, |_| 10).iter().map(Vec::len).collect::<Vec<_>>(), [10; 9]);
        assert_eq!(orders::together(&groups, |_| 100).len(), 3);
        let mut alone = vec![Outcome::default(); groups.len()];
        for (group, alone) in groups.iter().zip(&mut alone) {
            gpu.train(&[*group], std::slice::from_mut(alone)).unwrap();
        }
        let (rows, batches) = (groups[0].order.rows, groups[0].order.batches());
        let epoch = (rows * 12 + batches * 32) as u64;
        // Batches by the host and by the device: all epochs in one window, or two in each; all shuffles in one dispatch, or 17; all runs at
        // once, or in portions of 64.
        for (makes_batches, ordered, shuffled, runs) in [
            (false, 1 << 26, 0, u64::MAX),
            (false, 60 * epoch, 0, 1),
            (true, 1 << 26, 1 << 24, u64::MAX),
            (true, 60 * epoch, 17 * 4 * rows, 1),
        ] {
            {
                let mut context = gpu.context.lock().unwrap();
                (context.makes_batches, context.ordered_bytes, context.shuffled_bytes) = (makes_batches, ordered, shuffled);
                (context.recorded_bytes, context.recorded_runs) = (1, runs);
            }
            let mut joined = vec![Outcome::default(); groups.len()];
            gpu.train(&groups, &mut joined).unwrap();
            for ((group, joined), alone) in groups.iter().zip(&joined).zip(&alone) {
                for lane in 0..3 {
                    let what = format!("{:?} {:?}, made on the device: {makes_batches}", group.variant, group.order);
                    assert_eq!(known(joined, lane), known(alone, lane), "{what}");
                }
            }
        }
    }

    /// More than a dispatch takes, in a software adapter more than its loops go round, and an odd number in the last.
    #[test]
    fn metrics_of_many_rows_are_taken_in_pieces() {
        let Ok(gpu) = Gpu::open(None) else {
            return skipped("metrics_of_many_rows_are_taken_in_pieces");
        };
        let x: Vec<f32> = (0..200_001).map(|row| (f64::from(row) * 0.618_034).fract() as f32).collect();
        let y = x.iter().map(|x| 3.0 * x + 1.0).collect();
        let (rows, weight, bias) = (Rows { x, y }, [3.0, 2.0, 0.0], [1.0, 1.0, 0.0]);
        let metrics = gpu.metrics(&Neuron::LINEAR, &rows, &weight, &bias).unwrap();
        // x is spread evenly over 0 to 1; the errors are 0, x, and 3x + 1.
        for (got, wanted) in metrics.mse.iter().zip([0.0, 1.0 / 3.0, 7.0]).chain(metrics.mae.iter().zip([0.0, 0.5, 2.5])) {
            assert!((f64::from(*got) - wanted).abs() <= 1e-4 * wanted, "{got} is not {wanted}");
        }
        assert_eq!(metrics.loss, metrics.mse);
    }

    fn experiment(sets: &[String]) -> config::Experiment {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
        let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Folder(&folder) };
        config::load_text(SWEEP, &source, sets).unwrap_or_else(|mistakes| panic!("{mistakes}"))
    }

    /// All that has a meaning in a run's results; floats as bits.
    fn known(outcome: &Outcome, lane: usize) -> String {
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
