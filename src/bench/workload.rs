//! Groups of runs that one backend trains repeatedly, and the time of one training.

use std::time::Instant;

use crate::backend::{Backend, Error, Group, Outcome, RecordOptions};
use crate::sweep::{Plan, Problems};

/// Seconds that one measurement should take. Worker threads that were asleep start a few milliseconds late, and some systems wake all of them
/// on one core, so shorter trainings are repeated within a measurement.
const SECONDS_PER_MEASUREMENT: f64 = 0.03;
const MAX_TRAININGS_PER_MEASUREMENT: f64 = 1000.0;

/// Groups of runs and the memory for their results.
pub struct Workload<'a> {
    backend: &'a dyn Backend,
    groups: &'a [Group<'a>],
    pub outcomes: Vec<Outcome>,
    trainings_per_measurement: u32,
}

/// The groups of a plan; a point is recorded after every `every`-th batch (0: none).
pub fn groups<'a>(plan: &'a Plan, problems: &'a Problems, every: u64) -> Vec<Group<'a>> {
    plan.groups(problems, RecordOptions { every, epochs: false })
}

impl<'a> Workload<'a> {
    pub fn new(backend: &'a dyn Backend, groups: &'a [Group<'a>]) -> Self {
        Self { backend, groups, outcomes: vec![Outcome::default(); groups.len()], trainings_per_measurement: 1 }
    }

    /// Trains all groups once.
    pub fn train(&mut self) -> Result<(), Error> {
        self.backend.train(self.groups, &mut self.outcomes)
    }

    /// Updates of all runs in the last training. A run that diverges counts up to its divergence.
    pub fn steps(&self) -> u64 {
        self.outcomes.iter().flat_map(|outcome| &outcome.steps).sum()
    }

    /// Chooses the number of trainings per measurement from the time of one training.
    pub fn calibrate(&mut self) -> Result<(), Error> {
        self.trainings_per_measurement = 1;
        let once = self.measure()?;
        self.trainings_per_measurement = (SECONDS_PER_MEASUREMENT / once).clamp(1.0, MAX_TRAININGS_PER_MEASUREMENT).ceil() as u32;
        Ok(())
    }

    /// Mean seconds of a training in one measurement.
    pub fn measure(&mut self) -> Result<f64, Error> {
        let begun = Instant::now();
        for _ in 0..self.trainings_per_measurement {
            self.train()?;
        }
        Ok(begun.elapsed().as_secs_f64() / f64::from(self.trainings_per_measurement))
    }

    /// Seconds of a training in each of `repeats` measurements (at least one), in ascending order.
    pub fn measure_repeatedly(&mut self, repeats: u32) -> Result<Vec<f64>, Error> {
        self.calibrate()?;
        let mut seconds = (0..repeats.max(1)).map(|_| self.measure()).collect::<Result<Vec<f64>, Error>>()?;
        seconds.sort_by(f64::total_cmp);
        Ok(seconds)
    }
}

/// The median of an ascending list; for an even length the upper of the two middle values.
pub fn median(ascending: &[f64]) -> f64 {
    ascending[ascending.len() / 2]
}
