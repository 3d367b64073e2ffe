//! The updates whose means a verdict rests on: the last window of a run, and the window before it. Twin: `shaders/verdict_window.wgsl`.
//!
//! A window is an epoch, or 32 updates if an epoch has fewer, but at most half of the run. So both windows fit into the run, except in a run of
//! one update, whose earlier window is the start.

use std::ops::Range;

/// The smallest window in updates, unless half of the run is shorter.
pub const MIN_WINDOW: u64 = 32;
/// The largest number of points of a window at which J is evaluated from rows. Each evaluation costs as much as a pass over all training rows, and 64
/// of them took more time than the training. The standard error of a mean of 16 points is about a quarter of the fluctuation, which is small
/// compared with the factor of two that the verdict rule tests for. docs/verdicts.md has the effect on verdicts.
pub const MAX_ROW_POINTS: u64 = 16;

/// The two windows of a run. Updates are counted from 1; update 0 is the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerdictWindow {
    /// Updates of the run.
    pub steps: u64,
    /// Updates of a window, at least 1.
    pub len: u64,
    /// Updates between two points at which J is evaluated. The last update of a window is such a point. The number is odd, so that the points of a run
    /// that alternates between two sides are on both of them.
    pub stride: u64,
}

/// One of the two windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowPart {
    /// The window before the last one.
    Previous,
    /// The window at the end of the run.
    Last,
}

impl VerdictWindow {
    /// The windows of a run of `epochs` epochs with `batches` batches each, of which every `accumulation`-th updates the parameters. `from_rows`:
    /// J is evaluated from rows, at no more than [`MAX_ROW_POINTS`] points of a window.
    pub fn new(batches: u64, epochs: u64, accumulation: u64, from_rows: bool) -> Self {
        let steps = batches * epochs;
        let len = batches.max(MIN_WINDOW.saturating_mul(accumulation)).min(steps / 2).max(1);
        Self { steps, len, stride: if from_rows { len.div_ceil(MAX_ROW_POINTS) | 1 } else { 1 } }
    }

    /// The update after which a window begins.
    pub fn start(&self, part: WindowPart) -> u64 {
        match part {
            WindowPart::Previous => self.steps.saturating_sub(2 * self.len),
            WindowPart::Last => self.steps - self.len,
        }
    }

    /// The points of a window at which J is evaluated.
    fn points(&self) -> u64 {
        self.len.div_ceil(self.stride)
    }

    /// How many values each mean over the windows has, in the order of [`WindowMeans`](crate::model::WindowMeans).
    pub fn counts(&self) -> [u64; 4] {
        [self.len, self.len, self.points(), self.points()]
    }

    /// Whether the run has no window before the last one, because it has one update.
    pub fn is_single(&self) -> bool {
        self.steps < 2 * self.len
    }

    /// The part of a window within the updates `first + 1 ..= first + len`, as positions from 0.
    pub fn positions(&self, part: WindowPart, first: u64, len: usize) -> Range<usize> {
        let within = |step: u64| step.saturating_sub(first).min(len as u64) as usize;
        let start = self.start(part);
        let end = if part == WindowPart::Last { self.steps } else { self.steps - self.len };
        within(start)..within(end)
    }

    /// Whether J is evaluated after an update of a window.
    pub fn is_point(&self, step: u64) -> bool {
        let remaining = self.steps - step;
        (if remaining >= self.len { remaining - self.len } else { remaining }).is_multiple_of(self.stride)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use WindowPart::{Last, Previous};

    /// The updates of a window at which J is evaluated, from blocks of seven updates.
    fn points(window: &VerdictWindow, part: WindowPart) -> Vec<u64> {
        let blocks = (0..window.steps).step_by(7).map(|first| (first, 7.min(window.steps - first) as usize));
        let updates = blocks.flat_map(|(first, len)| window.positions(part, first, len).map(move |position| first + position as u64 + 1));
        updates.filter(|&step| window.is_point(step)).collect()
    }

    #[test]
    fn windows_are_an_epoch_or_32_updates_or_half_of_the_run() {
        let len = |batches, epochs| VerdictWindow::new(batches, epochs, 1, false).len;
        assert_eq!(
            [len(1, 1), len(1, 2), len(1, 3), len(1, 100), len(16, 3), len(16, 10), len(50, 1), len(50, 4)],
            [1, 1, 1, 32, 24, 32, 25, 50]
        );
        assert_eq!(VerdictWindow::new(1, 1000, 4, false).len, 128, "32 updates of the parameters");
    }

    #[test]
    fn the_windows_are_adjacent_and_end_with_the_run() {
        for (batches, epochs) in [(1, 2), (1, 100), (16, 10), (50, 4), (50, 1)] {
            let window = VerdictWindow::new(batches, epochs, 1, false);
            let (steps, len) = (batches * epochs, window.len);
            assert_eq!(points(&window, Last), (steps - len + 1..=steps).collect::<Vec<_>>());
            assert_eq!(points(&window, Previous), (steps - 2 * len + 1..=steps - len).collect::<Vec<_>>());
            assert!(!window.is_single());
        }
        let single = VerdictWindow::new(1, 1, 1, false);
        assert_eq!((points(&single, Last), points(&single, Previous), single.is_single()), (vec![1], vec![], true));
    }

    #[test]
    fn at_most_16_evenly_spaced_points_end_a_window() {
        for batches in [33, 64, 65, 1000, 12_345] {
            let window = VerdictWindow::new(batches, 3, 1, true);
            for (part, end) in [(Last, 3 * batches), (Previous, 2 * batches)] {
                let points = points(&window, part);
                assert_eq!(points.len() as u64, window.points());
                assert!((11..=16).contains(&points.len()) && window.stride % 2 == 1, "{batches}: {}", points.len());
                assert_eq!(points.last(), Some(&end));
                assert!(points.windows(2).all(|pair| pair[1] - pair[0] == window.stride));
            }
        }
    }
}
