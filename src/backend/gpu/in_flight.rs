//! The dispatch that the device executes while the host prepares the next one.

use std::time::Instant;

use super::context::Context;
use super::error::Error;

/// At most one dispatch in flight.
pub struct InFlight {
    dispatch: Option<Dispatch>,
    /// An upper bound of the time at which the device began the dispatch.
    start: Instant,
}

struct Dispatch {
    submission: wgpu::SubmissionIndex,
    /// Its updates; `None` if other work ran before it, so that its duration is unknown.
    work: Option<u64>,
}

impl InFlight {
    pub fn new() -> Self {
        Self { dispatch: None, start: Instant::now() }
    }

    /// Waits for the dispatch in flight, records its duration in the budget, and puts another dispatch in its place.
    pub fn replace(&mut self, context: &mut Context, submission: wgpu::SubmissionIndex, work: Option<u64>) -> Result<(), Error> {
        self.wait(context)?;
        self.dispatch = Some(Dispatch { submission, work });
        Ok(())
    }

    /// Waits for the dispatch in flight and records its duration in the budget.
    pub fn wait(&mut self, context: &mut Context) -> Result<(), Error> {
        if let Some(Dispatch { submission, work }) = self.dispatch.take() {
            context.wait_for(submission)?;
            if let Some(work) = work {
                context.update_budget.record(work, self.start.elapsed().as_secs_f64());
            }
        }
        self.start = Instant::now();
        Ok(())
    }
}
