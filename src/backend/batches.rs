//! The batches of a group, a window of epochs at a time: moments for the steps, and rows in batch order where gradients or each batch's MAE
//! ask for them. Built on the host, shared by every run of the group and by the fast backends; what a GPU makes of them itself is its own
//! business.
//!
//! A window bounds the memory: a run of a billion epochs needs no more than one of ten.

use std::sync::Arc;

use super::Group;
use crate::data::{Centre, Centred, EpochOrders, Moments};
use crate::model::Problem;

/// The size that a window aims at: it should stay in a core's cache while blocks of lanes pass through it.
pub const WINDOW_BYTES: usize = 1 << 20;

/// The most steps of a window of several epochs, however small its table.
pub const WINDOW_STEPS: usize = 1 << 16;

/// Some consecutive epochs.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Number of the first epoch, from 0.
    pub first_epoch: u64,
    /// How many epochs; at least 1.
    pub epochs: usize,
    /// Batches an epoch.
    pub batches: usize,
    /// Epoch-major; a single epoch's where all are alike.
    pub moments: Vec<Moments>,
    /// Training rows in batch order, epoch-major like `moments`; empty where no step needs them.
    pub x: Vec<f32>,
    /// Targets.
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

/// How the epochs of a group are cut into windows.
#[derive(Clone, Debug)]
pub struct Windows {
    next_epoch: u64,
    epochs: u64,
    each: u64,
}

impl Windows {
    /// So many epochs each, but for the last; at least 1.
    pub fn of(group: &Group<'_>, each: usize) -> Self {
        Self { next_epoch: 0, epochs: group.epochs, each: each.max(1) as u64 }
    }
}

impl Iterator for Windows {
    type Item = (u64, usize);

    /// The next window's first epoch, and how many it has.
    fn next(&mut self) -> Option<Self::Item> {
        let (first, count) = (self.next_epoch, self.each.min(self.epochs - self.next_epoch));
        self.next_epoch += count;
        (count > 0).then_some((first, count as usize))
    }
}

/// The training rows of a problem about a centre.
#[derive(Debug)]
pub struct CentredRows {
    pub centre: Centre,
    pub centred: Centred,
    /// The moments of all of them.
    pub total: Moments,
}

impl CentredRows {
    pub fn of(problem: &Problem) -> Self {
        let (rows, quadratic) = (&problem.train, &problem.quadratic);
        let centre = Centre::about(quadratic.weight, quadratic.bias, quadratic.mean_x, quadratic.var_x);
        let centred = Centred::new(&rows.x, &rows.y, &centre);
        let total = centred.total();
        Self { centre, centred, total }
    }
}

/// Walks through the windows of a group.
#[derive(Debug)]
pub struct Batches<'a> {
    group: &'a Group<'a>,
    pub rows: Arc<CentredRows>,
    order: EpochOrders,
    windows: Windows,
    window: Window,
}

impl<'a> Batches<'a> {
    /// In windows that fit a core's cache.
    pub fn new(group: &'a Group<'a>) -> Self {
        let batches = group.order.batches();
        let row_bytes = if group.needs_rows() { 8 * group.order.rows } else { 0 };
        let by_bytes = WINDOW_BYTES / (batches * size_of::<Moments>() + row_bytes);
        let by_steps = WINDOW_STEPS / batches;
        let each = if group.order.repeats_every_epoch() { by_steps } else { by_steps.min(by_bytes) };
        Self::in_windows(group, each, Arc::new(CentredRows::of(group.problem)))
    }

    /// In windows of so many epochs, at least 1, of the rows of the group's problem.
    pub fn in_windows(group: &'a Group<'a>, each: usize, rows: Arc<CentredRows>) -> Self {
        let window = Window { batches: group.order.batches(), repeats_every_epoch: group.order.repeats_every_epoch(), ..Window::default() };
        Self { group, rows, order: group.order.epochs(), windows: Windows::of(group, each), window }
    }

    /// The next epochs; `None` after the last.
    pub fn next_window(&mut self) -> Option<&Window> {
        let (first_epoch, epochs) = self.windows.next()?;
        (self.window.first_epoch, self.window.epochs) = (first_epoch, epochs);
        if first_epoch == 0 || !self.window.repeats_every_epoch {
            self.fill();
        }
        Some(&self.window)
    }

    /// The window that [`Self::next_window`] has filled last.
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
