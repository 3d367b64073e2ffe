//! The batches of a group, built on the host for one window of epochs at a time.
//!
//! A window holds the moments of each batch. It also holds the rows in batch order if gradients or the MAE of an epoch are computed from rows.
//! All runs of the group share it, on the CPU and on a GPU. Windows bound the memory, which does not grow with the number of epochs.

use std::sync::Arc;

use super::Group;
use crate::data::{Centre, Centred, EpochOrders, Moments};
use crate::model::Problem;

/// The target size of a window, so that it stays in a core's L2 cache while all tiles are trained on it.
pub const WINDOW_BYTES: usize = 1 << 20;

/// The largest number of steps of a window of several epochs.
pub const WINDOW_STEPS: usize = 1 << 16;

/// The batches of consecutive epochs.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Index of the first epoch, from 0.
    pub first_epoch: u64,
    /// Number of epochs, at least 1.
    pub epochs: usize,
    /// Batches per epoch.
    pub batches: usize,
    /// Moments of each batch, epoch by epoch; those of one epoch if every epoch has the same batches.
    pub moments: Vec<Moments>,
    /// x of the training rows in batch order, epoch by epoch like `moments`; empty if no step needs rows.
    pub x: Vec<f32>,
    /// y of the same rows.
    pub y: Vec<f32>,
    /// Whether all epochs of the window have the same batches, which are then stored once.
    pub repeats_every_epoch: bool,
}

impl Window {
    /// The batches' moments in the window's `epoch`-th epoch.
    pub fn moments_of(&self, epoch: usize) -> &[Moments] {
        let epoch = if self.repeats_every_epoch { 0 } else { epoch };
        &self.moments[epoch * self.batches..(epoch + 1) * self.batches]
    }

    /// The rows in batch order in the window's `epoch`-th epoch.
    pub fn rows_of(&self, epoch: usize, rows: usize) -> (&[f32], &[f32]) {
        let first = if self.repeats_every_epoch { 0 } else { epoch } * rows;
        if self.x.is_empty() { (&[], &[]) } else { (&self.x[first..first + rows], &self.y[first..first + rows]) }
    }
}

/// Divides the epochs of a group into windows.
#[derive(Clone, Debug)]
pub struct Windows {
    next_epoch: u64,
    epochs: u64,
    window_epochs: u64,
}

impl Windows {
    /// Windows of `window_epochs` epochs, at least 1; the last window may be shorter.
    pub fn of(group: &Group<'_>, window_epochs: usize) -> Self {
        Self { next_epoch: 0, epochs: group.epochs, window_epochs: window_epochs.max(1) as u64 }
    }
}

impl Iterator for Windows {
    type Item = (u64, usize);

    /// First epoch and number of epochs of the next window.
    fn next(&mut self) -> Option<Self::Item> {
        let (first, count) = (self.next_epoch, self.window_epochs.min(self.epochs - self.next_epoch));
        self.next_epoch += count;
        (count > 0).then_some((first, count as usize))
    }
}

/// The least-squares line of a problem and the mean of its feature, about which moments and window sums are taken.
pub fn centre(problem: &Problem) -> Centre {
    let quadratic = &problem.quadratic;
    Centre::about(quadratic.weight, quadratic.bias, quadratic.mean_x, quadratic.var_x)
}

/// The training rows of a problem, relative to a centre.
#[derive(Debug)]
pub struct CentredRows {
    /// The point about which moments are taken.
    pub centre: Centre,
    /// The rows relative to the centre.
    pub centred: Centred,
    /// The moments of all rows.
    pub total: Moments,
}

impl CentredRows {
    /// The training rows of a problem, relative to its least-squares line.
    pub fn of(problem: &Problem) -> Self {
        let (rows, centre) = (&problem.train, centre(problem));
        let centred = Centred::new(&rows.x, &rows.y, &centre);
        let total = centred.total();
        Self { centre, centred, total }
    }
}

/// Builds the batches of a group, window by window.
#[derive(Debug)]
pub struct Batches<'a> {
    group: &'a Group<'a>,
    /// The training rows of the group.
    pub rows: Arc<CentredRows>,
    order: EpochOrders,
    windows: Windows,
    window: Window,
}

impl<'a> Batches<'a> {
    /// Batches in windows that fit a core's cache.
    pub fn new(group: &'a Group<'a>) -> Self {
        let batches = group.order.batches();
        let row_bytes = if group.needs_rows() { 8 * group.order.rows } else { 0 };
        let by_bytes = WINDOW_BYTES / (batches * size_of::<Moments>() + row_bytes);
        let by_steps = WINDOW_STEPS / batches;
        let window_epochs = if group.order.repeats_every_epoch() { by_steps } else { by_steps.min(by_bytes) };
        Self::in_windows(group, window_epochs, Arc::new(CentredRows::of(group.problem)))
    }

    /// Batches in windows of `window_epochs` epochs, at least 1. `rows` are the training rows of the group's problem.
    pub fn in_windows(group: &'a Group<'a>, window_epochs: usize, rows: Arc<CentredRows>) -> Self {
        let window = Window { batches: group.order.batches(), repeats_every_epoch: group.order.repeats_every_epoch(), ..Window::default() };
        Self { group, rows, order: group.order.epochs(), windows: Windows::of(group, window_epochs), window }
    }

    /// Builds the next window; `None` after the last epoch.
    pub fn next_window(&mut self) -> Option<&Window> {
        let (first_epoch, epochs) = self.windows.next()?;
        (self.window.first_epoch, self.window.epochs) = (first_epoch, epochs);
        if first_epoch == 0 || !self.window.repeats_every_epoch {
            self.fill();
        }
        Some(&self.window)
    }

    /// The window that [`Self::next_window`] built last.
    #[cfg(feature = "gpu")]
    pub fn window(&self) -> &Window {
        &self.window
    }

    fn fill(&mut self) {
        let window = &mut self.window;
        window.moments.clear();
        window.x.clear();
        window.y.clear();
        for _ in 0..if window.repeats_every_epoch { 1 } else { window.epochs } {
            let order = self.order.advance();
            let batches = order.chunks(self.group.order.batch_size);
            window.moments.extend(batches.map(|batch| self.rows.centred.moments(batch.iter().map(|&row| row as usize))));
            if self.group.needs_rows() {
                let train = &self.group.problem.train;
                window.x.extend(order.iter().map(|&row| train.x[row as usize]));
                window.y.extend(order.iter().map(|&row| train.y[row as usize]));
            }
        }
    }
}
