//! Recorded rows: histories of weight and bias, and the metrics of each epoch.

use super::context::GroupContext;
use super::rows::PathRows;
use super::tile::Tile;
use super::vector::TILE;
use crate::backend::outcome::point_of;
use crate::model::Params;

/// The part of the outcome's recorded columns that belongs to a tile: rows of `width` runs. Empty columns are not recorded.
#[derive(Debug, Default)]
pub struct Recording<'a> {
    pub width: usize,
    pub weight: &'a mut [f32],
    pub bias: &'a mut [f32],
    pub loss: &'a mut [f32],
    pub mae: &'a mut [f32],
    pub val_loss: &'a mut [f32],
    pub val_mae: &'a mut [f32],
}

impl Recording<'_> {
    /// Whether the metrics of epochs are recorded.
    pub fn has_epochs(&self) -> bool {
        !self.loss.is_empty()
    }

    /// Whether points are recorded.
    pub fn has_history(&self) -> bool {
        !self.weight.is_empty()
    }

    /// The rows of the history after the batches `first + 1 ..= first + count`, which the step loop writes in place. `None` unless every batch is
    /// a recorded point and the tile is full.
    pub fn rows_in_place(&mut self, first: u64, count: usize, every: u64) -> Option<Params<&mut [[f32; TILE]]>> {
        if every != 1 || self.width != TILE {
            return None;
        }
        let rows = first as usize + 1..first as usize + 1 + count;
        Some(Params([&mut self.weight.as_chunks_mut().0[rows.clone()], &mut self.bias.as_chunks_mut().0[rows]]))
    }

    /// Records a point of all runs of a tile.
    pub fn point(&mut self, theta: Params<&[f32; TILE]>, point: usize) {
        if self.has_history() {
            let row = point * self.width..(point + 1) * self.width;
            self.weight[row.clone()].copy_from_slice(&theta.0[0][..self.width]);
            self.bias[row].copy_from_slice(&theta.0[1][..self.width]);
        }
    }

    /// Records the points of the history among the parameters after the batches `first + 1 ..`.
    pub fn points(&mut self, context: &GroupContext<'_>, path: Params<&[[f32; TILE]]>, first: u64) {
        let (every, steps) = (context.group.record.every, context.group.steps());
        for (step, (weight, bias)) in (first + 1..).zip(path.0[0].iter().zip(path.0[1])) {
            if let Some(point) = point_of(step, steps, every) {
                self.point(Params([weight, bias]), point);
            }
        }
    }

    /// Adds the metrics of a block of an epoch to the training metrics of the epoch, which are Keras' running means over its batches.
    pub fn add_metrics(&mut self, metrics: &[[f32; TILE]; 2], epoch: usize, is_first_block: bool) {
        let row = epoch * self.width..(epoch + 1) * self.width;
        for (series, metric) in [&mut self.loss, &mut self.mae].into_iter().zip(metrics) {
            for (sum, value) in series[row.clone()].iter_mut().zip(metric) {
                *sum = if is_first_block { *value } else { *sum + value };
            }
        }
    }

    /// Records the metrics on the test rows at the end of an epoch.
    pub fn test_metrics(&mut self, context: &GroupContext<'_>, tile: &Tile, epoch: usize) {
        if !self.val_loss.is_empty() {
            let row = epoch * self.width..(epoch + 1) * self.width;
            let rows = PathRows::one(tile.state.theta(), tile.runs, context.group.problem.test.columns());
            let [loss, _, mae] = context.functions.metrics(rows);
            self.val_loss[row.clone()].copy_from_slice(&loss[..self.width]);
            self.val_mae[row].copy_from_slice(&mae[..self.width]);
        }
    }
}
