//! Keys of the compute pipelines: the values from which module, entry point, override constants and bindings of a pipeline follow.

use super::bindings::{
    Binding, BindingTable, LimitBindings, MetricsBindings, ProbeBindings, SurfaceBindings, TrainBindings, WindowBindings,
};
use super::shaders::{self, BatchStage};
use super::workgroup_shape::WorkgroupShape;
use crate::kernel::{Options, Variant};
use crate::model::Neuron;

/// Identifies a pipeline. Equal keys give one pipeline, which is compiled once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PipelineKey {
    Train(TrainKey),
    Metrics { neuron: Neuron, shape: WorkgroupShape },
    Surface,
    Limits { kernel: LimitKernel },
    Batches(BatchStage),
    Probe { module: String, constants: ProbeConstants },
}

/// Identifies a training pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each constant of the shader is on or off on its own")]
pub struct TrainKey {
    pub variant: Variant,
    pub options: Options,
    pub neuron: Neuron,
    pub shape: WorkgroupShape,
    /// Batches or rows that are written out per turn of a loop.
    pub steps_per_turn: u32,
    pub records_points: bool,
    pub records_epochs: bool,
    pub has_windows: bool,
    pub detects_cycles: bool,
    pub joined_orders: bool,
    pub has_step_inputs: bool,
    pub shared_step_inputs: bool,
}

/// A microbenchmark of `shaders/limits.wgsl`; the discriminant is its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitKernel {
    MultiplyAdds = 0,
    RootsAndDivisions = 1,
    Writes = 2,
}

/// Override constants of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeConstants {
    None,
    Variant(Variant),
    Options(Options),
}

impl ProbeConstants {
    fn values(self) -> Vec<(&'static str, f64)> {
        match self {
            Self::None => Vec::new(),
            Self::Variant(variant) => variant_constants(variant).to_vec(),
            Self::Options(options) => options.constants().to_vec(),
        }
    }
}

fn flag(flag: bool) -> f64 {
    f64::from(u8::from(flag))
}

fn variant_constants(variant: Variant) -> [(&'static str, f64); 2] {
    [("MOMENTUM", flag(variant.momentum)), ("FLAG", flag(variant.flag))]
}

impl TrainKey {
    fn constants(&self) -> Vec<(&'static str, f64)> {
        let own = [
            ("RECORDS_POINTS", flag(self.records_points)),
            ("RECORDS_EPOCHS", flag(self.records_epochs)),
            ("HAS_WINDOWS", flag(self.has_windows)),
            ("DETECTS_CYCLES", flag(self.detects_cycles)),
            ("JOINED_ORDERS", flag(self.joined_orders)),
            ("HAS_STEP_INPUTS", flag(self.has_step_inputs)),
            ("SHARED_STEP_INPUTS", flag(self.shared_step_inputs)),
        ];
        variant_constants(self.variant).into_iter().chain(own).chain(self.options.constants()).collect()
    }
}

impl PipelineKey {
    /// The WGSL module.
    pub fn module(&self) -> String {
        match self {
            Self::Train(key) => shaders::training(key.variant, &key.neuron, key.shape, key.steps_per_turn),
            Self::Metrics { neuron, shape } => shaders::metrics(neuron, *shape),
            Self::Surface => shaders::surface(),
            Self::Limits { .. } => shaders::limits(),
            Self::Batches(stage) => shaders::batch_stage(*stage),
            Self::Probe { module, .. } => module.clone(),
        }
    }

    pub fn entry_point(&self) -> &'static str {
        match self {
            Self::Train(_) => "train",
            Self::Metrics { .. } => "metrics",
            Self::Surface => "surface",
            Self::Limits { .. } => "limits",
            Self::Batches(BatchStage::Order) => "order",
            Self::Batches(BatchStage::Moments) => "moments",
            Self::Batches(BatchStage::ReorderRows) => "reorder_rows",
            Self::Probe { .. } => "probe",
        }
    }

    /// Values of the module's override constants.
    pub fn constants(&self) -> Vec<(&'static str, f64)> {
        match self {
            Self::Train(key) => key.constants(),
            Self::Limits { kernel } => vec![("KERNEL", f64::from(*kernel as u32))],
            Self::Probe { constants, .. } => constants.values(),
            Self::Metrics { .. } | Self::Surface | Self::Batches(_) => Vec::new(),
        }
    }

    pub fn bindings(&self) -> &'static [Binding] {
        match self {
            Self::Train(_) => TrainBindings::BINDINGS,
            Self::Metrics { .. } => MetricsBindings::BINDINGS,
            Self::Surface => SurfaceBindings::BINDINGS,
            Self::Limits { .. } => LimitBindings::BINDINGS,
            Self::Batches(_) => WindowBindings::BINDINGS,
            Self::Probe { .. } => ProbeBindings::BINDINGS,
        }
    }
}
