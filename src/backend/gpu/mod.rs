//! The GPU backend: one thread trains one or a few runs, state stays in buffers between dispatches, and the measured duration of a dispatch sets the
//! size of the next one. docs/gpu.md explains the dispatch.
//!
//! It contains no formula: those are in `shaders/`, the twins of `kernel`.

mod adapters;
mod batch_source;
#[expect(missing_docs, reason = "not public")]
pub(crate) mod bindings;
#[expect(missing_docs, reason = "not public")]
pub(crate) mod catalogue;
mod context;
mod device_batches;
mod dispatch_budget;
mod driver_hints;
mod error;
mod in_flight;
mod joined_orders;
mod limits;
mod metrics;
#[expect(missing_docs, reason = "not public")]
pub(crate) mod pipelines;
#[expect(missing_docs, reason = "not public")]
pub(crate) mod probe;
mod readback;
mod results;
mod run_batch;
mod run_columns;
mod sentinel;
pub(crate) mod shaders;
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
pub use driver_hints::{MissingApi, quiet_environment};
pub use error::Error;
pub(crate) use pipelines::ProbeConstants;
pub(crate) use probe::Probe;
pub(crate) use shaders::{batch_functions, cycle_functions, elementary_functions, training_functions};
pub use tuning::Tuning;
pub use workgroup_shape::WorkgroupShape;

use self::context::Context;
use super::{Backend, ChunkLimits, Description, DeviceTimes, Group, Limits, Metrics, Outcome};
use crate::model::{Neuron, Rows};

/// The backend of an open GPU.
#[derive(Debug)]
pub struct Gpu {
    context: Mutex<Context>,
    adapter: AdapterInfo,
}

impl Gpu {
    /// Opens the first adapter that [`AdapterInfo::matches`] `wanted`; hardware adapters come before software adapters.
    ///
    /// # Errors
    ///
    /// If there is no such adapter, or its driver returns no device.
    pub fn open(wanted: Option<&str>) -> Result<Self, Error> {
        let (context, adapter) = Context::open(wanted)?;
        Ok(Self { context: Mutex::new(context), adapter })
    }

    /// The backend with another workgroup shape.
    pub fn with_shape(self, shape: WorkgroupShape) -> Self {
        self.tune(|tuning| tuning.shape = shape);
        self
    }

    /// Changes sizes and thresholds. Results do not depend on them, which tests check with extreme values.
    pub fn tune(&self, change: impl FnOnce(&mut Tuning)) {
        self.context.lock().unwrap_or_else(PoisonError::into_inner).tune(change);
    }

    /// Whether a CPU executes the shaders.
    pub fn is_software(&self) -> bool {
        self.adapter.is_software
    }

    /// Properties of the adapter.
    pub fn adapter(&self) -> &AdapterInfo {
        &self.adapter
    }

    /// Loses the device, as a reset of the driver does. For tests.
    #[doc(hidden)]
    pub fn lose_device(&self) {
        self.context.lock().unwrap_or_else(PoisonError::into_inner).device.destroy();
    }

    /// Runs a probe and returns its output.
    ///
    /// # Errors
    ///
    /// If the device fails.
    #[doc(hidden)]
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

    fn chunk_limits(&self) -> ChunkLimits {
        if self.adapter.is_software { ChunkLimits::HOST } else { tuning::HARDWARE_CHUNKS }
    }

    fn take_times(&self) -> Option<DeviceTimes> {
        let mut context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        Some(std::mem::take(&mut context.times))
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

    fn surface(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, super::Error> {
        let mut cells = Vec::new();
        self.with_context(|context| surface::surface(context, neuron, rows, surface::Grid { weight, bias }, &mut cells))?;
        Ok(cells)
    }
}
