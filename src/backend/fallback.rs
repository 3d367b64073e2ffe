//! A backend that continues on another one after its device was lost or ran out of memory.

use std::cell::Cell;

use super::interface::{Backend, ChunkLimits, Description, DeviceTimes, Metrics};
use super::{Error, Group, Limits, Outcome};
use crate::model::{Neuron, Rows};

/// Works on a device, and after its first failure on another backend. The work that failed is repeated there; earlier results stay.
pub struct Fallback<'a> {
    device: Box<dyn Backend + 'a>,
    spare: Box<dyn Backend + 'a>,
    has_failed: Cell<bool>,
    /// Is called once, with the error of the device.
    on_failure: Box<dyn Fn(&Error) + 'a>,
}

impl<'a> Fallback<'a> {
    /// A backend that works on `device`, and on `spare` after `device` has failed.
    pub fn new(device: Box<dyn Backend + 'a>, spare: Box<dyn Backend + 'a>, on_failure: impl Fn(&Error) + 'a) -> Self {
        Self { device, spare, has_failed: Cell::new(false), on_failure: Box::new(on_failure) }
    }

    fn current(&self) -> &dyn Backend {
        if self.has_failed.get() { self.spare.as_ref() } else { self.device.as_ref() }
    }

    fn work<T>(&self, mut work: impl FnMut(&dyn Backend) -> Result<T, Error>) -> Result<T, Error> {
        match work(self.current()) {
            Err(error) if error.is_device_failure() && !self.has_failed.get() => {
                self.has_failed.set(true);
                (self.on_failure)(&error);
                work(self.current())
            }
            result => result,
        }
    }
}

impl Backend for Fallback<'_> {
    fn describe(&self) -> Description {
        self.current().describe()
    }

    fn chunk_limits(&self) -> ChunkLimits {
        self.device.chunk_limits()
    }

    fn take_times(&self) -> Option<DeviceTimes> {
        self.current().take_times()
    }

    fn limits(&self) -> Result<Option<Limits>, Error> {
        self.work(|backend| backend.limits())
    }

    fn train(&self, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<(), Error> {
        self.work(|backend| backend.train(groups, outcomes))
    }

    fn metrics(&self, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, Error> {
        self.work(|backend| backend.metrics(neuron, rows, weight, bias))
    }

    fn surface(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, Error> {
        self.work(|backend| backend.surface(neuron, rows, weight, bias))
    }
}

#[cfg(all(test, feature = "gpu"))]
mod tests {
    use super::*;
    use crate::backend::gpu;
    use crate::backend::reference::Reference;

    /// A backend whose trainings fail.
    struct Failing(fn(String) -> gpu::Error);

    impl Backend for Failing {
        fn describe(&self) -> Description {
            Description { backend: "gpu", device: "failing".into(), detail: String::new(), software: false }
        }

        fn train(&self, _: &[Group<'_>], _: &mut [Outcome]) -> Result<(), Error> {
            Err((self.0)("reason".into()).into())
        }

        fn metrics(&self, neuron: &Neuron, rows: &Rows, weight: &[f32], bias: &[f32]) -> Result<Metrics, Error> {
            Reference.metrics(neuron, rows, weight, bias)
        }

        fn surface(&self, neuron: &Neuron, rows: &Rows, weight: &[f64], bias: &[f64]) -> Result<Vec<f32>, Error> {
            Reference.surface(neuron, rows, weight, bias)
        }
    }

    #[test]
    fn the_substitute_works_after_a_loss_and_not_after_other_errors() {
        let failures = Cell::new(0);
        let fallback = |error: fn(String) -> gpu::Error| {
            Fallback::new(Box::new(Failing(error)), Box::new(Reference), |_| failures.set(failures.get() + 1))
        };
        for error in [gpu::Error::Lost, gpu::Error::OutOfMemory] {
            let backend = fallback(error);
            assert_eq!(backend.describe().backend, "gpu");
            assert!(backend.train(&[], &mut []).is_ok() && backend.train(&[], &mut []).is_ok());
            assert_eq!((backend.describe().backend, failures.replace(0)), ("reference", 1));
        }
        assert!(fallback(gpu::Error::Reported).train(&[], &mut []).is_err());
        assert_eq!(failures.get(), 0);
    }
}
