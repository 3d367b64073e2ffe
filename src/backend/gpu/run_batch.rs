//! A run batch: the runs of a group that are in the device's buffers at one time. Each run batch passes through all windows of epochs in dispatches of
//! some runs and some steps.

use std::ops::Range;

use super::batch_source::{BatchSource, DeviceWindow};
use super::bindings::TrainBindings;
use super::context::{Context, Pipeline};
use super::error::Error;
use super::in_flight::{Dispatch, InFlight};
use super::joined_orders::TrainingGroup;
use super::results::TrainingResults;
use super::run_columns::{Outputs, input_columns, recorded_rows};
use super::step_inputs::{StepTables, has_step_inputs, shares_step_inputs};
use super::step_range::StepRange;
use super::train_pipelines::TrainPipelines;
use crate::backend::batches::Window;
use crate::backend::{Group, Outcome};
use crate::kernel::WindowPart;
use crate::kernel::blocks::{StepBlock, blocks};
use crate::kernel::layout::{LOOP_CHECK_ITERATIONS, MAX_UNIFORM_BATCHES, PaddedMoments, STEP_INPUTS, TrainParams, padded};

/// Rows that a thread evaluates in about the time of one update. Converts rows to updates in the size of a dispatch.
const ROWS_PER_UPDATE: u64 = 8;

/// The most loop iterations of a thread in one dispatch on a software adapter. llvmpipe ends all loops of a thread after 65,535 iterations.
const MAX_LOOP_ITERATIONS: u64 = 1 << 15;

/// Loop iterations that llvmpipe counts per step, without rows: 24 as measured, because it compiles some branches to loops.
const ITERATIONS_PER_STEP: u64 = 32;
/// Loop iterations that llvmpipe counts per row, at most.
const ITERATIONS_PER_ROW: u64 = 4;

/// A run batch in training.
pub struct RunBatch<'c, 'g> {
    context: &'c mut Context,
    training: TrainingGroup<'g>,
    pipelines: &'g TrainPipelines,
    runs: Range<usize>,
    blocks: Vec<StepBlock>,
    tables: StepTables,
    inputs: wgpu::Buffer,
    outputs: Outputs,
}

/// The dispatches of one window.
struct WindowDispatches<'w> {
    window: &'w DeviceWindow<'w>,
    bind_group: wgpu::BindGroup,
    /// Step inputs of the window; `None` unless all runs share them.
    shared_step_inputs: Option<Vec<f32>>,
    /// Updates in which the work of one step is counted.
    work_per_step: u64,
    /// The most steps of one dispatch, because of uniforms and loop counters.
    max_steps: u64,
    /// The epochs of the window before the first epoch with updates in the windows of the verdict.
    earlier_epochs: usize,
    /// Whether the device may still be building the window.
    is_being_built: bool,
}

impl<'c, 'g> RunBatch<'c, 'g> {
    /// Uploads some runs of a group.
    pub fn new(
        context: &'c mut Context,
        training: TrainingGroup<'g>,
        pipelines: &'g TrainPipelines,
        outcome: &Outcome,
        runs: Range<usize>,
    ) -> Self {
        let group = training.group;
        let (tables, table_numbers) = StepTables::new(group, runs.clone());
        let columns = input_columns(training, &table_numbers, runs.clone());
        let inputs = context.filled_storage("inputs", bytemuck::cast_slice(&columns));
        let outputs = Outputs::new(context, group, outcome, runs.clone());
        let blocks = blocks(group.order.batches());
        Self { context, training, pipelines, runs, blocks, tables, inputs, outputs }
    }

    /// Submits all dispatches of the run batch and the readback of its results. The last dispatch may still be in flight afterwards.
    pub fn train(mut self, in_flight: &mut InFlight, outcome: &Outcome) -> Result<TrainingResults, Error> {
        let mut source = BatchSource::new(self.context, self.training)?;
        let mut params = self.params(&source, outcome);
        while let Some(window) = source.next(self.context) {
            self.train_window(in_flight, &window, &mut params)?;
        }
        Ok(TrainingResults::start(self.context, self.training.group, outcome, self.runs, &self.outputs))
    }

    /// The parameters that are constant over all dispatches.
    fn params(&self, source: &BatchSource<'_>, outcome: &Outcome) -> TrainParams {
        let (group, total, centre) = (self.training.group, &source.rows.total, &source.rows.centre);
        let (history, series) = (outcome.history.as_ref(), outcome.epochs.as_ref());
        let recorded_blocks = history.map(|history| history.blocks).or(series.map(|series| series.blocks));
        TrainParams {
            centre_weight: centre.weight,
            centre_bias: centre.bias,
            centre_x: centre.x,
            reached_loss: group.problem.reached_loss().map_or(f32::MIN, |loss| loss as f32),
            total_u: total.u,
            total_uu: total.uu,
            total_r: total.r,
            total_ru: total.ru,
            total_rr: total.rr,
            total_rows: total.rows,
            column_stride: self.runs.len() as u32,
            block_width: recorded_blocks.map_or(1, |blocks| blocks.width) as u32,
            batches_per_epoch: group.order.batches() as u32,
            batch_size: group.order.batch_size as u32,
            training_rows: group.order.rows as u32,
            test_rows: group.problem.test.len() as u32,
            total_epochs: group.epochs as u32,
            total_steps: group.steps() as u32,
            record_interval: group.record.every as u32,
            recorded_points: history.map_or(0, |history| history.blocks.rows as u32),
            bias_offset: history.map_or(0, |history| recorded_rows(&history.blocks, &self.runs).len() as u32),
            loop_check_iterations: LOOP_CHECK_ITERATIONS,
            variance_x: group.problem.quadratic.var_x as f32,
            mean_x: group.problem.quadratic.mean_x as f32,
            loss_offset: group.problem.loss_offset() as f32,
            window_len: group.verdict_window().len as u32,
            window_stride: group.verdict_window().stride as u32,
            repeats_every_epoch: u32::from(group.order.repeats_every_epoch()),
            ..TrainParams::default()
        }
    }

    /// Submits the dispatches of a window: for each slice of the runs all steps in order.
    fn train_window(&mut self, in_flight: &mut InFlight, window: &DeviceWindow<'_>, params: &mut TrainParams) -> Result<(), Error> {
        let mut dispatches = self.prepare_window(window, params);
        let steps = (window.epochs * self.training.group.order.batches()) as u64;
        let mut first = 0;
        while first < self.runs.len() {
            let end = self.runs.len().min(first + self.slice_runs(&dispatches, steps));
            (params.first_run, params.end_run) = (first as u32, end as u32);
            let mut previous = None;
            while let Some(range) = self.next_range(&dispatches, previous, (end - first) as u64) {
                self.submit(in_flight, &mut dispatches, range, params)?;
                previous = Some(range);
            }
            first = end;
        }
        Ok(())
    }

    /// The runs of the next slice through a window of `steps` steps, by the smaller budget of the window's pipelines.
    fn slice_runs(&mut self, dispatches: &WindowDispatches<'_>, steps: u64) -> usize {
        let runs_per_workgroup = self.context.tuning.shape.runs_per_workgroup();
        let first = self.pipeline(dispatches, 0);
        let last = self.pipeline(dispatches, dispatches.window.epochs - 1);
        let runs = [first, last].map(|pipeline| self.context.budget(pipeline).runs(steps * dispatches.work_per_step, runs_per_workgroup));
        runs[0].min(runs[1]) as usize
    }

    /// The pipeline of an epoch of a window.
    fn pipeline(&self, dispatches: &WindowDispatches<'_>, epoch: usize) -> &'g Pipeline {
        let earlier_epochs = self.pipelines.earlier_epochs.as_ref().filter(|_| epoch < dispatches.earlier_epochs);
        earlier_epochs.unwrap_or(&self.pipelines.any_epoch)
    }

    fn prepare_window<'w>(&mut self, window: &'w DeviceWindow<'w>, params: &mut TrainParams) -> WindowDispatches<'w> {
        let group = self.training.group;
        let batches = group.order.batches();
        let steps = window.epochs * batches;
        let has_tables = has_step_inputs(group);
        params.table_steps = if has_tables { steps as u32 } else { 0 };
        params.order_steps = if window.single.is_none() { steps as u32 } else { 0 };
        let tables = if has_tables { self.tables.next(steps) } else { vec![0.0; STEP_INPUTS] };
        let is_shared = shares_step_inputs(group);
        let step_tables = if is_shared { &tables[..STEP_INPUTS] } else { &tables };
        let bind_group = self.bind(window, step_tables, params);
        let rows_per_step = rows_per_step(group, window);
        let max_steps_in_software = (MAX_LOOP_ITERATIONS / (ITERATIONS_PER_STEP + ITERATIONS_PER_ROW * rows_per_step)).max(1);
        let max_steps = if self.context.is_software { max_steps_in_software } else { u64::MAX };
        let repeated_epoch_fits = group.order.repeats_every_epoch() && batches <= MAX_UNIFORM_BATCHES;
        let uniforms_hold_any_steps = (repeated_epoch_fits || window.single.is_none()) && !is_shared;
        WindowDispatches {
            window,
            bind_group,
            shared_step_inputs: is_shared.then_some(tables),
            work_per_step: 1 + rows_per_step / ROWS_PER_UPDATE,
            max_steps: if uniforms_hold_any_steps { max_steps } else { max_steps.min(MAX_UNIFORM_BATCHES as u64) },
            earlier_epochs: epochs_before_windows(group).saturating_sub(window.first_epoch).min(window.epochs as u64) as usize,
            is_being_built: window.is_being_built,
        }
    }

    /// The steps of the next dispatch of `runs` runs. A dispatch of the pipeline for earlier epochs ends before the windows of the verdict.
    fn next_range(&mut self, dispatches: &WindowDispatches<'_>, previous: Option<StepRange>, runs: u64) -> Option<StepRange> {
        let earlier_epochs = if self.pipelines.earlier_epochs.is_some() { dispatches.earlier_epochs } else { 0 };
        for (epochs, epoch) in [(earlier_epochs, 0), (dispatches.window.epochs, earlier_epochs)] {
            let pipeline = self.pipeline(dispatches, epoch);
            let max_steps = (self.context.budget(pipeline).work_per_run(runs) / dispatches.work_per_step).min(dispatches.max_steps);
            let range = StepRange::after(previous, &self.blocks, epochs, max_steps);
            if range.is_some() {
                return range;
            }
        }
        None
    }

    /// Submits one dispatch, and waits for the one before it.
    fn submit(
        &mut self,
        in_flight: &mut InFlight,
        dispatches: &mut WindowDispatches<'_>,
        range: StepRange,
        params: &mut TrainParams,
    ) -> Result<(), Error> {
        let window = dispatches.window;
        params.first_epoch = window.first_epoch as u32 + range.first_epoch as u32;
        params.dispatch_epochs = range.epochs as u32;
        params.epoch_in_window = range.first_epoch as u32;
        params.first_batch = range.first_batch as u32;
        params.end_batch = range.end_batch as u32;
        self.context.filled_uniform("train params", bytemuck::bytes_of(params));
        if let Some(host_window) = window.single {
            self.context.filled_uniform("batch moments", bytemuck::cast_slice(&moments_of(host_window, &range)));
        }
        if let Some(step_inputs) = &dispatches.shared_step_inputs {
            let first_step = range.first_epoch * self.training.group.order.batches() + range.first_batch;
            let steps = first_step * STEP_INPUTS..(first_step + range.steps()) * STEP_INPUTS;
            self.context.filled_uniform("step inputs", bytemuck::cast_slice(&step_inputs[steps]));
        }
        let pipeline = self.pipeline(dispatches, range.first_epoch);
        let runs = u64::from(params.end_run - params.first_run);
        let workgroups = runs.div_ceil(self.context.tuning.shape.runs_per_workgroup());
        let submission = self.context.submit(pipeline, &dispatches.bind_group, workgroups);
        let work = runs * range.steps() as u64 * dispatches.work_per_step;
        let work = (!dispatches.is_being_built).then_some(work);
        in_flight.replace(self.context, Dispatch { pipeline: pipeline.clone(), submission, work })?;
        dispatches.is_being_built = false;
        Ok(())
    }

    /// The bind group of a window. Each dispatch fills the uniforms again.
    fn bind(&mut self, window: &DeviceWindow<'_>, step_tables: &[f32], params: &TrainParams) -> wgpu::BindGroup {
        let context = &mut *self.context;
        let table = TrainBindings {
            params: &context.filled_uniform("train params", bytemuck::bytes_of(params)),
            batch_moments: &context.uniform("batch moments", (MAX_UNIFORM_BATCHES * size_of::<PaddedMoments>()) as u64),
            step_tables: &context.filled_storage("step tables", bytemuck::cast_slice(step_tables)),
            rows: &window.rows,
            inputs: &self.inputs,
            state: &self.outputs.state,
            statistics: &self.outputs.statistics,
            history: &self.outputs.history,
            epoch_series: &self.outputs.epoch_series,
            step_inputs: &context.uniform("step inputs", (MAX_UNIFORM_BATCHES * STEP_INPUTS * 4) as u64),
            joined_moments: &window.joined_moments,
        };
        context.bind(&self.pipelines.any_epoch, &table)
    }
}

/// The moments of a dispatch's batches; those of one epoch if every epoch has the same batches.
fn moments_of(window: &Window, range: &StepRange) -> Vec<PaddedMoments> {
    let epochs = if window.repeats_every_epoch { 1 } else { range.epochs };
    let epochs = range.first_epoch..range.first_epoch + epochs;
    epochs.flat_map(|epoch| window.moments_of(epoch)[range.first_batch..range.end_batch].iter().map(padded)).collect()
}

/// Epochs before the first epoch with updates in the windows of the verdict.
fn epochs_before_windows(group: &Group<'_>) -> u64 {
    group.verdict_window().start(WindowPart::Previous) / group.order.batches() as u64
}

/// Rows that a step of a window evaluates, including its share of the rows at the end of an epoch.
fn rows_per_step(group: &Group<'_>, window: &DeviceWindow<'_>) -> u64 {
    if !group.needs_rows() {
        return 0;
    }
    // All training rows are evaluated at the points of the windows of the verdict.
    let has_points = window.first_epoch + window.epochs as u64 > epochs_before_windows(group);
    let from_rows = !group.problem.neuron.is_quadratic();
    let points = if has_points && from_rows { group.order.rows.div_ceil(group.verdict_window().stride as usize) } else { 0 };
    let batch_errors = if group.record.epochs { group.order.batch_size } else { 0 };
    let epoch_loss = if from_rows { group.order.rows } else { 0 };
    let epoch_test = if group.record.epochs { group.problem.test.len() } else { 0 };
    (group.order.batch_size + batch_errors + points + (epoch_loss + epoch_test).div_ceil(group.order.batches())) as u64
}
