//! Every kind of module that the backend compiles, for tests that validate them without a device.

use super::bindings::Binding;
use super::pipelines::{LimitKernel, PipelineKey, TrainKey};
use super::shaders::BatchStage;
use super::workgroup_shape::WorkgroupShape;
use crate::kernel::{Options, Variant};
use crate::model::{Activation, Loss, Neuron, Optimizer};

/// A composed module with the values that the host assumes about it.
#[derive(Clone, Debug)]
pub struct ComposedModule {
    pub name: String,
    pub source: String,
    pub entry_point: &'static str,
    pub bindings: &'static [Binding],
    /// Names of the override constants that the host sets.
    pub constants: Vec<&'static str>,
}

impl ComposedModule {
    fn new(name: String, key: &PipelineKey) -> Self {
        let constants = key.constants().into_iter().map(|(name, _)| name).collect();
        Self { name, source: key.module(), entry_point: key.entry_point(), bindings: key.bindings(), constants }
    }
}

/// Every module: training by moments and from rows with each optimizer, metrics of each neuron, batch stages, surface and microbenchmarks.
pub fn composed_modules() -> Vec<ComposedModule> {
    let logistic = Neuron { activation: Activation::Sigmoid, loss: Loss::BinaryCrossentropy, ..Neuron::LINEAR };
    let four_runs = WorkgroupShape { runs_per_thread: 4, ..WorkgroupShape::PLAIN };
    let training = Optimizer::ALL.into_iter().flat_map(|optimizer| {
        let name = optimizer.name();
        [
            (format!("train {name} by moments"), PipelineKey::Train(train_key(optimizer, Neuron::LINEAR, WorkgroupShape::PLAIN))),
            (format!("train {name} from rows"), PipelineKey::Train(train_key(optimizer, logistic, four_runs))),
        ]
    });
    let neurons = Activation::ALL.into_iter().flat_map(|activation| Loss::ALL.map(|loss| Neuron { activation, loss, ..Neuron::LINEAR }));
    let metrics = neurons.map(|neuron| (format!("metrics of {neuron:?}"), PipelineKey::Metrics { neuron, shape: WorkgroupShape::PLAIN }));
    let stages = BatchStage::ALL.map(|stage| (format!("batch stage {stage:?}"), PipelineKey::Batches(stage)));
    let others =
        [("surface".to_owned(), PipelineKey::Surface), ("limits".to_owned(), PipelineKey::Limits { kernel: LimitKernel::MultiplyAdds })];
    let keys = training.chain(metrics).chain(stages).chain(others);
    keys.map(|(name, key)| ComposedModule::new(name, &key)).collect()
}

/// A training pipeline with every feature.
fn train_key(optimizer: Optimizer, neuron: Neuron, shape: WorkgroupShape) -> TrainKey {
    TrainKey {
        variant: Variant::with_all_flags(optimizer),
        options: Options::PLAIN,
        neuron,
        shape,
        steps_per_turn: 4,
        records_points: true,
        records_epochs: true,
        has_windows: true,
        detects_cycles: true,
        joined_orders: true,
        has_step_inputs: true,
        shared_step_inputs: true,
    }
}

/// A training module without records and windows, whose instructions are counted (`examples/instructions.rs`).
#[derive(Clone, Debug)]
pub struct CountedModule {
    pub name: String,
    pub source: String,
    pub constants: Vec<(&'static str, f64)>,
}

/// The training modules of three rules by moments, and of RMSprop from rows under the absolute error.
pub fn counted_modules(steps_per_turn: u32) -> Vec<CountedModule> {
    let absolute = Neuron { loss: Loss::Mae, ..Neuron::LINEAR };
    let counted = [
        ("sgd", Optimizer::Sgd, Neuron::LINEAR),
        ("rmsprop", Optimizer::Rmsprop, Neuron::LINEAR),
        ("adam", Optimizer::Adam, Neuron::LINEAR),
        ("rmsprop-mae", Optimizer::Rmsprop, absolute),
    ];
    let module = |(name, optimizer, neuron): (&str, Optimizer, Neuron)| {
        let has_step_inputs = optimizer == Optimizer::Adam;
        let key = PipelineKey::Train(TrainKey {
            variant: Variant { optimizer, flag: false, momentum: false },
            steps_per_turn,
            records_points: false,
            records_epochs: false,
            has_windows: false,
            detects_cycles: false,
            joined_orders: false,
            has_step_inputs,
            shared_step_inputs: has_step_inputs,
            ..train_key(optimizer, neuron, WorkgroupShape::PLAIN)
        });
        CountedModule { name: name.to_owned(), source: key.module(), constants: key.constants() }
    };
    counted.map(module).into()
}
