//! The batches of a group, a window of epochs at a time: moments for the steps, and rows in batch order where each batch's MAE is
//! asked for. Built on the host, shared by every run of the group and by the fast backends.
//!
//! A window bounds the memory: a run of a billion epochs needs no more than one of ten.

use super::Group;
use crate::data::{Centre, Centred, Epochs, Moments, Shuffle};

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
    pub y: Vec<f32>,
    alike: bool,
}

impl Window {
    /// Whether all epochs of the window have the same batches.
    pub fn is_alike(&self) -> bool {
        self.alike
    }

    /// The batches' moments in the window's `epoch`-th epoch.
    pub fn moments_of(&self, epoch: usize) -> &[Moments] {
        let epoch = if self.alike { 0 } else { epoch };
        &self.moments[epoch * self.batches..(epoch + 1) * self.batches]
    }

    /// The rows in batch order in the window's `epoch`-th epoch.
    pub fn rows_of(&self, epoch: usize, rows: usize) -> (&[f32], &[f32]) {
        let first = if self.alike { 0 } else { epoch } * rows;
        if self.x.is_empty() { (&[], &[]) } else { (&self.x[first..first + rows], &self.y[first..first + rows]) }
    }
}

/// Walks through the windows of a group.
#[derive(Debug)]
pub struct Batches<'a> {
    group: &'a Group<'a>,
    centred: Centred,
    order: Epochs,
    next_epoch: u64,
    window: Window,
    window_epochs: u64,
    /// The point about which the moments are taken.
    pub centre: Centre,
    /// The moments of all training rows.
    pub total: Moments,
}

impl<'a> Batches<'a> {
    pub fn new(group: &'a Group<'a>) -> Self {
        Self::within(group, WINDOW_BYTES)
    }

    /// With windows of so many bytes, or of one epoch.
    pub fn within(group: &'a Group<'a>, bytes: usize) -> Self {
        let (rows, quadratic) = (&group.problem.train, &group.problem.quadratic);
        let centre = Centre::about(quadratic.weight, quadratic.bias, quadratic.mean_x, quadratic.var_x);
        let centred = Centred::new(&rows.x, &rows.y, &centre);
        let total = centred.total();
        let batches = group.order.batches();
        let row_bytes = if group.needs_rows() { 8 * group.order.rows } else { 0 };
        let by_bytes = bytes / (batches * size_of::<Moments>() + row_bytes);
        let by_steps = WINDOW_STEPS / batches;
        let alike = group.order.shuffle == Shuffle::None;
        let window_epochs = if alike { by_steps } else { by_steps.min(by_bytes) }.max(1) as u64;
        let window = Window { batches, alike, ..Window::default() };
        Self { group, centred, order: group.order.epochs(), next_epoch: 0, window, window_epochs, centre, total }
    }

    /// The next epochs; `None` after the last.
    pub fn next_window(&mut self) -> Option<&Window> {
        let left = self.group.epochs - self.next_epoch;
        if left == 0 {
            return None;
        }
        let first = self.next_epoch == 0;
        self.window.first_epoch = self.next_epoch;
        self.window.epochs = left.min(self.window_epochs) as usize;
        self.next_epoch += self.window.epochs as u64;
        if first || !self.window.alike {
            self.fill();
        }
        Some(&self.window)
    }

    /// The window that [`Self::next_window`] has filled last.
    pub fn window(&self) -> &Window {
        &self.window
    }

    fn fill(&mut self) {
        let window = &mut self.window;
        window.moments.clear();
        window.x.clear();
        window.y.clear();
        for _ in 0..if window.alike { 1 } else { window.epochs } {
            let order = self.order.advance();
            let batches = order.chunks(self.group.order.batch_size);
            window.moments.extend(batches.map(|batch| self.centred.moments(batch.iter().map(|&row| row as usize))));
            if self.group.needs_rows() {
                let train = &self.group.problem.train;
                window.x.extend(order.iter().map(|&row| train.x[row as usize]));
                window.y.extend(order.iter().map(|&row| train.y[row as usize]));
            }
        }
    }
}
