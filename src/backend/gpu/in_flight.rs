//! The dispatch that the device executes while the host prepares the next one.

use std::time::Instant;

use super::context::{Context, Pipeline};
use super::error::Error;

/// At most one dispatch in flight.
pub struct InFlight {
    dispatch: Option<Dispatch>,
    /// An upper bound of the time at which the device began the dispatch.
    start: Instant,
}

/// A submitted dispatch.
pub struct Dispatch {
    pub pipeline: Pipeline,
    pub submission: wgpu::SubmissionIndex,
    /// Its updates; `None` if other work ran before it, so that its duration is unknown.
    pub work: Option<u64>,
}

impl InFlight {
    pub fn new() -> Self {
        Self { dispatch: None, start: Instant::now() }
    }

    /// Waits for the dispatch in flight, records its duration in the budget of its pipeline, and puts another dispatch in its place.
    pub fn replace(&mut self, context: &mut Context, dispatch: Dispatch) -> Result<(), Error> {
        self.wait(context)?;
        self.dispatch = Some(dispatch);
        Ok(())
    }

    /// Waits for the dispatch in flight and records its duration in the budget of its pipeline.
    pub fn wait(&mut self, context: &mut Context) -> Result<(), Error> {
        if let Some(Dispatch { pipeline, submission, work }) = self.dispatch.take() {
            let begun = Instant::now();
            context.wait_for(submission)?;
            context.times.dispatches_s += begun.elapsed().as_secs_f64();
            if let Some(work) = work {
                let seconds = self.start.elapsed().as_secs_f64();
                if context.budget(&pipeline).record(work, seconds) {
                    context.times.longest_dispatch_s = context.times.longest_dispatch_s.max(seconds);
                }
            }
        }
        self.start = Instant::now();
        Ok(())
    }
}
