//! Recorded rows: histories of weight and bias, and the metrics of each epoch.

use super::column::Column;
use super::context::GroupContext;
use super::gradient::RowBatches;
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

    /// Records the metrics of an epoch: Keras' running means over its batches, and the test rows after it.
    pub fn epoch(&mut self, context: &GroupContext<'_>, tile: &Tile, sums: &EpochSums, epoch: u64) {
        let first = epoch as usize * self.width;
        let row = first..first + self.width;
        let rows = context.group.order.rows as f32;
        for run in 0..self.width {
            self.loss[first + run] = sums.loss.0[run] / rows;
            self.mae[first + run] = sums.absolute.0[run] / rows;
        }
        if !self.val_loss.is_empty() {
            let mut metrics = [[0.0; TILE]; 3];
            context.functions.metrics(tile.state.theta(), tile.runs, context.group.problem.test.columns(), &mut metrics);
            self.val_loss[row.clone()].copy_from_slice(&metrics[0][..self.width]);
            self.val_mae[row].copy_from_slice(&metrics[2][..self.width]);
        }
    }
}

/// Sums over the batches of an epoch, each batch before its update: of the rows' losses, and of |ŷ − y|.
#[derive(Clone, Debug)]
pub struct EpochSums {
    loss: Column<f32>,
    absolute: Column<f32>,
}

impl EpochSums {
    /// Before the first batch.
    pub const ZERO: Self = Self { loss: Column::ZERO, absolute: Column::ZERO };

    /// Adds the batches of a block of a tile of `runs` runs. `start` are the parameters before its first update, `path` those after each.
    pub fn add(&mut self, runs: usize, batches: RowBatches<'_>, start: Params<&[f32; TILE]>, path: Params<&[[f32; TILE]]>) {
        let (mut block, mut metrics) = (Self::ZERO, [[0.0; TILE]; 3]);
        for batch in 0..path.0[0].len() {
            let theta = if batch == 0 { start } else { Params([&path.0[0][batch - 1], &path.0[1][batch - 1]]) };
            let rows = batches.batch(batch);
            let count = rows.0.len() as f32;
            batches.functions.metrics(theta, runs, rows, &mut metrics);
            for run in 0..TILE {
                block.loss.0[run] += count * metrics[0][run];
                block.absolute.0[run] += count * metrics[2][run];
            }
        }
        for run in 0..TILE {
            self.loss.0[run] += block.loss.0[run];
            self.absolute.0[run] += block.absolute.0[run];
        }
    }
}
