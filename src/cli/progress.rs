//! The progress bar of a sweep: runs, updates a second, time left. It is hidden if stderr is not a terminal.

use std::io::IsTerminal;
use std::time::Instant;

use gradsweep::store::Counts;
use gradsweep::sweep::Observer;
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::interrupt::Interrupt;

/// A sweep's observer that draws the bar and stops the sweep on Ctrl-C.
pub struct Progress<'a> {
    bar: ProgressBar,
    begun: Instant,
    /// The updates of runs that an earlier process has stored.
    stored_steps: Option<u64>,
    interrupt: &'a Interrupt,
}

impl<'a> Progress<'a> {
    /// A bar for a sweep of `runs` runs, of which a resumed one has some already.
    pub fn new(runs: u64, is_resumed: bool, interrupt: &'a Interrupt) -> Self {
        let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(runs), target);
        let style = ProgressStyle::with_template("{bar:32} {human_pos} of {human_len} runs, {msg}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, begun: Instant::now(), stored_steps: (!is_resumed).then_some(0), interrupt }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress<'_> {
    fn stored(&mut self, counts: &Counts) {
        // The first call of a resumed sweep reports the runs that it has found.
        let stored = *self.stored_steps.get_or_insert(counts.steps_done);
        let rate = counts.steps_done.saturating_sub(stored) as f64 / self.begun.elapsed().as_secs_f64().max(1e-9);
        self.bar.set_message(format!("{} updates/s", HumanCount(rate as u64)));
        self.bar.set_position(counts.runs_done);
    }

    fn continues(&self) -> bool {
        !self.interrupt.is_requested()
    }
}
