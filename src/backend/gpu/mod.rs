//! The GPU backend: a run a thread, state in buffers between dispatches, the next dispatch sized by how long the last one took.
//!
//! It holds no formula: those are `shaders/`, the twins of `kernel`.

mod context;
mod evaluate;
mod shaders;
mod slices;
mod survey;
mod train;

use std::sync::Mutex;

pub use context::Error;
pub use shaders::{ENTRY_POINTS, composed};
pub use slices::Slices;
pub use survey::{Adapter, Missing, Survey, survey};

use self::context::Context;
use super::{Backend, Description, Group, Metrics, Outcome};
use crate::model::Rows;

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

    /// Whether the adapter computes in software.
    pub fn is_software(&self) -> bool {
        self.adapter.software
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

    fn train(&self, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<(), super::Error> {
        self.with(|context| {
            for (group, outcome) in groups.iter().zip(outcomes) {
                train::train(context, group, outcome)?;
            }
            Ok(())
        })
    }

    fn metrics(&self, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, super::Error> {
        self.with(|context| evaluate::metrics(context, rows, weight, bias))
    }

    fn surface(&self, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, super::Error> {
        self.with(|context| evaluate::surface(context, rows, weight, bias))
    }
}
