//! Training a tile: the epochs of a window, block by block.

use super::column::Column;
use super::context::{GroupContext, Place};
use super::divergence::{end_diverged, may_have_diverged};
use super::record::Recording;
use super::rows::TilePath;
use super::steps::{BatchFactors, Factors, Steps};
use super::tile::Tile;
use super::vector::TILE;
use super::verdict;
use crate::backend::batches::Window;
use crate::kernel::WindowPart;
use crate::kernel::blocks::StepBlock;
use crate::kernel::options::BatchAction;
use crate::model::Params;

/// The training of a tile on the batches of a window of epochs.
pub struct TileTraining<'a, 'r> {
    pub context: &'a GroupContext<'a>,
    pub window: &'a Window,
    /// The shared step factors of the window.
    pub factors: &'a [BatchFactors<f32>],
    pub tile: &'a mut Tile,
    pub recording: &'a mut Recording<'r>,
    /// The action of each batch of the current block.
    pub actions: Vec<BatchAction>,
}

impl TileTraining<'_, '_> {
    /// Trains the tile on all batches of the window.
    pub fn run(&mut self) {
        let context = self.context;
        if self.window.first_epoch == 0 {
            self.recording.point(self.tile.state.theta(), 0);
        }
        let mut own_factors = Vec::new();
        for epoch in 0..self.window.epochs {
            if context.may_diverge && self.tile.has_ended() {
                return;
            }
            let number = self.window.first_epoch + epoch as u64;
            for block in &context.blocks {
                let in_run = number * self.window.batches as u64 + block.first as u64;
                let place = Place { epoch, block, in_window: epoch * self.window.batches + block.first, in_run };
                self.block(place, &mut own_factors);
            }
            if context.computes_statistics {
                verdict::update_statistics(context, self.tile, number);
            }
            self.recording.test_metrics(context, self.tile, number as usize);
        }
    }

    /// Trains a block, and updates the series and statistics that depend on the parameters after each batch.
    fn block(&mut self, place: Place<'_>, own_factors: &mut Vec<BatchFactors<Column<f32>>>) {
        let Place { epoch, block, in_run: first, .. } = place;
        let (context, end) = (self.context, first + block.len as u64);
        let factors = context.factors(self.factors, self.tile, place, own_factors);
        context.actions(first, block.len, &mut self.actions);
        let number = self.window.first_epoch + epoch as u64;
        let adds_to_windows = context.computes_statistics && end > context.window.start(WindowPart::Previous);
        let (records_history, records_epochs) = (self.recording.has_history(), self.recording.has_epochs());
        let needs_path = adds_to_windows || records_epochs || records_history;
        if context.may_diverge {
            self.tile.saved.copy_from(&self.tile.state, &context.used);
        }
        let start = records_epochs.then_some(self.tile.state.theta);
        let mut scratch = std::mem::take(&mut self.tile.path);
        let mut recording = std::mem::take(self.recording);
        let in_place = recording.rows_in_place(first, block.len, context.group.record.every);
        let is_in_place = in_place.is_some();
        let mut path = match in_place {
            Some(path) => Some(path),
            None if needs_path => {
                scratch.0.iter_mut().for_each(|rows| rows.resize(block.len, [0.0; TILE]));
                let [weights, biases] = &mut scratch.0;
                Some(Params([&mut weights[..], &mut biases[..]]))
            }
            None => None,
        };
        self.steps(place, factors, path.as_mut());
        let mut metrics = None;
        if let Some(Params([weights, biases])) = path {
            let path = Params([&*weights, &*biases]);
            if let Some(Params([weight, bias])) = start {
                let path = TilePath { start: Params([&weight.0, &bias.0]), after: path };
                metrics = Some(context.epoch_metrics(self.window, place, path, self.tile.runs));
            }
            if adds_to_windows {
                verdict::add_to_windows(context, self.tile, first, path);
            }
        }
        if let Some(metrics) = metrics {
            recording.add_metrics(&metrics, number as usize, block.first == 0);
        }
        if records_history && !is_in_place {
            let [weights, biases] = &scratch.0;
            recording.points(context, Params([weights, biases]), first);
        }
        (*self.recording, self.tile.path) = (recording, scratch);
    }

    /// The batches of a block, with the divergence test.
    fn steps(&mut self, place: Place<'_>, factors: Factors<'_>, mut path: Option<&mut Params<&mut [[f32; TILE]]>>) {
        let context = self.context;
        let gradients = context.gradients(self.window, place);
        let mut squared_norms = Column::ZERO;
        context.steps(Steps {
            len: place.block.len,
            runs: self.tile.runs,
            state: &mut self.tile.state,
            coefficients: &self.tile.coefficients,
            gradients,
            factors,
            actions: &self.actions,
            squared_norms: context.may_diverge.then_some(&mut squared_norms),
            path: path.as_mut().map(|Params([weights, biases])| Params([&mut **weights, &mut **biases])),
        });
        if context.may_diverge && may_have_diverged(context.isa, self.tile, &squared_norms) {
            self.repeat(place, factors, path);
        }
    }

    /// Repeats a block from its saved state, batch by batch. After a run diverges, its path repeats its last parameters within the limit.
    fn repeat(&mut self, place: Place<'_>, factors: Factors<'_>, mut path: Option<&mut Params<&mut [[f32; TILE]]>>) {
        let context = self.context;
        self.tile.state.copy_from(&self.tile.saved, &context.used);
        for step in 0..place.block.len {
            let block = StepBlock { first: place.block.first + step, len: 1 };
            let [weight, bias] = self.tile.state.theta.0;
            context.steps(Steps {
                len: 1,
                runs: self.tile.runs,
                state: &mut self.tile.state,
                coefficients: &self.tile.coefficients,
                gradients: context.gradients(self.window, Place { block: &block, ..place }),
                factors: factors.one(step),
                actions: self.actions.get(step..=step).unwrap_or_default(),
                squared_norms: None,
                path: None,
            });
            end_diverged(self.tile, &Params([weight.0, bias.0]), place.in_run + step as u64 + 1);
            let Tile { state, last_in_range, active, .. } = &*self.tile;
            for (rows, (column, last)) in path.iter_mut().flat_map(|path| &mut path.0).zip(state.theta.0.iter().zip(&last_in_range.0)) {
                rows[step] = column.0;
                for run in (0..self.tile.runs).filter(|&run| active.0[run] == 0) {
                    rows[step][run] = last.0[run];
                }
            }
        }
    }
}
