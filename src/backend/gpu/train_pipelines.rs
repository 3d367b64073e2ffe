//! The pipelines that train a group.

use super::context::{Context, Pipeline};
use super::joined_orders::TrainingGroup;
use super::pipelines::{PipelineKey, TrainKey};
use super::results::detects_cycles;
use super::step_inputs::{has_step_inputs, shares_step_inputs};

/// The pipelines of a group.
pub struct TrainPipelines {
    /// Trains any epoch.
    pub any_epoch: Pipeline,
    /// Trains epochs before the windows of the verdict, without sums over them and therefore faster; only for groups with enough updates to pay for its
    /// compilation.
    pub earlier_epochs: Option<Pipeline>,
}

impl TrainPipelines {
    pub fn new(context: &mut Context, training: TrainingGroup<'_>) -> Self {
        let group = training.group;
        let key = TrainKey {
            variant: group.variant,
            options: group.options,
            neuron: group.problem.neuron,
            shape: context.tuning.shape,
            steps_per_turn: context.tuning.steps_per_turn,
            records_points: group.record.every > 0,
            records_epochs: group.record.epochs,
            has_windows: true,
            detects_cycles: detects_cycles(group),
            joined_orders: training.is_joined(),
            has_step_inputs: has_step_inputs(group),
            shared_step_inputs: shares_step_inputs(group),
        };
        let updates = (group.inputs.len() as u64).saturating_mul(group.steps());
        let pays_off = group.epochs > 1 && updates >= context.tuning.second_pipeline_updates;
        let any_epoch = context.pipeline(PipelineKey::Train(key));
        let earlier_key = PipelineKey::Train(TrainKey { has_windows: false, ..key });
        Self { any_epoch, earlier_epochs: pays_off.then(|| context.pipeline(earlier_key)) }
    }
}
