//! Training on the device: a group in portions that fit its buffers, each through all windows of epochs in slices of runs and steps.

use std::collections::HashSet;
use std::ops::Range;
use std::time::Instant;

use super::context::{Access, Context, Error, Pipeline};
use super::orders;
use super::results::{Outputs, Results, is_watched, recorded};
use super::shaders::{self, Used};
use super::slices::Stretch;
use super::step_factors::{Tables, has_one_clock, is_timed};
use super::supply::{Stock, Supply, most_orders};
use crate::backend::batches::{WINDOW_STEPS, Window};
use crate::backend::outcome::{BlockLayout, NEVER};
use crate::backend::{Group, Outcome};
use crate::kernel::blocks::{Block, blocks};
use crate::kernel::layout::{FIGURE_COLUMNS, LANE_COLUMNS, MOMENTS, Padded, ROUNDS, STATE_COLUMNS, TICK, TrainParams, padded};
use crate::kernel::options::OPTION_VALUES;

const ACCESSES: [Access; 11] = [
    Access::Uniform,
    Access::Uniform,
    Access::Read,
    Access::Read,
    Access::Read,
    Access::Write,
    Access::Write,
    Access::Write,
    Access::Write,
    Access::Uniform,
    Access::Read,
];

/// Rows that a thread looks at in the time of an update, roughly: weighs epoch series in the size of a slice.
const ROWS_AN_UPDATE: u64 = 8;

/// Rounds of loops of a thread in a dispatch of a software adapter: llvmpipe ends all loops after 65,535.
const MOST_ROUNDS: u64 = 1 << 15;

/// What llvmpipe counts for a step beside its rows, of which it counts up to four each: 24 where it was measured, since it makes loops of
/// branches too.
const ROUNDS_A_STEP: u64 = 32;

/// Trains groups, those together that differ in the order of their batches alone.
pub fn train(context: &mut Context, groups: &[Group<'_>], outcomes: &mut [Outcome]) -> Result<(), Error> {
    let mut joint = Outcome::default();
    for members in orders::together(groups, |group| most_orders(context, group)) {
        if let [only] = members[..] {
            train_group(context, &groups[only], &[], &mut outcomes[only])?;
            continue;
        }
        let lanes = orders::merged(groups, &members);
        let group = Group { inputs: &lanes, ..groups[members[0]] };
        let each: Vec<Group<'_>> = members.iter().map(|&member| groups[member]).collect();
        train_group(context, &group, &each, &mut joint)?;
        orders::scatter(&joint, groups, &members, outcomes);
    }
    Ok(())
}

/// Trains a group; `orders` are the groups that it was joined from, if any.
fn train_group(context: &mut Context, group: &Group<'_>, orders: &[Group<'_>], outcome: &mut Outcome) -> Result<(), Error> {
    outcome.prepare(group);
    let pipelines = Pipelines::new(context, group, !orders.is_empty());
    let steps = group.steps();
    if steps >= u64::from(NEVER) || group.epochs > u64::from(NEVER) {
        return Err(Error::TooLong { steps });
    }
    let runs = group.inputs.len();
    let most = portion(context, group, outcome)?;
    let mut flight = Flight::new();
    // A portion's results come back while the next is trained.
    let mut behind: Option<Results> = None;
    let mut first = 0;
    while first < runs {
        let count = table_bound(context, group, first, most.min(runs - first));
        let results = Portion::new(context, group, orders, outcome, first, count).train(&pipelines, &mut flight, outcome)?;
        if let Some(before) = behind.replace(results) {
            before.take(context, group, outcome)?;
        }
        first += count;
    }
    flight.land(context)?;
    behind.map_or(Ok(()), |last| last.take(context, group, outcome))
}

/// A group's pipelines.
struct Pipelines {
    /// Trains any epochs, and follows the steps of the last.
    last: Pipeline,
    /// Of the epochs before the last alone: faster, where the work is worth compiling another.
    others: Option<Pipeline>,
}

impl Pipelines {
    fn new(context: &mut Context, group: &Group<'_>, ordered: bool) -> Self {
        let last = Self::pipeline(context, group, ordered, true);
        let updates = (group.inputs.len() as u64).saturating_mul(group.steps());
        let worth = group.epochs > 1 && updates >= context.worth_another;
        Self { last, others: worth.then(|| Self::pipeline(context, group, ordered, false)) }
    }

    fn pipeline(context: &mut Context, group: &Group<'_>, ordered: bool, followed: bool) -> Pipeline {
        let (variant, options, neuron, shape) = (group.variant, group.options, &group.problem.neuron, context.shape);
        let flag = |name: &'static str, flag: bool| (name, f64::from(u8::from(flag)));
        let own = [
            flag("MOMENTUM", variant.momentum),
            flag("FLAG", variant.flag),
            flag("RECORDED", group.record.every > 0),
            flag("SERIES", group.record.epochs),
            flag("FOLLOWED", followed),
            flag("WATCHES", is_watched(group)),
            flag("ORDERS", ordered),
            flag("TIMED", is_timed(group)),
            flag("ONE_CLOCK", has_one_clock(group)),
        ];
        let name = format!("{:?} {options:?} {neuron:?} {own:?} {shape}", variant.optimizer);
        let constants = [&own[..], &options.constants()].concat();
        context.pipeline(&name, || shaders::training(variant, neuron, shape), "train_moments", &ACCESSES, &constants)
    }
}

/// Updates between two points from which on histories take less time than updates: there a group is not cut into portions for them, which
/// could leave cores of a device without work.
const SPARSE: u64 = 8;

/// How many runs are trained at once: as many as fit the buffers, or fewer where rows are recorded often; whole blocks of these.
fn portion(context: &Context, group: &Group<'_>, outcome: &Outcome) -> Result<usize, Error> {
    let limit = context.largest();
    let points = outcome.history.as_ref().map_or(0, |history| history.blocks.rows as u64 * 8);
    let epochs = outcome.epochs.as_ref().map_or(0, |series| series.blocks.rows as u64 * 16);
    let widest = points.max(epochs).max(STATE_COLUMNS.max(LANE_COLUMNS) as u64 * 4);
    let block = (BlockLayout::WIDTH as u64).min(group.inputs.len() as u64).max(1);
    let runs = limit / widest / block * block;
    let often = (1..SPARSE).contains(&group.record.every);
    if runs == 0 {
        return Err(Error::TooLarge { what: "recorded points", runs: block, needed: widest * block, limit });
    }
    let parts = (context.recorded_bytes / widest).max(context.recorded_runs);
    let aimed = if often { (parts / block).max(1) * block } else { u64::MAX };
    Ok(runs.min(aimed).min(1 << 22) as usize)
}

/// How many of the `count` runs from `first` on have factors tables that fit one buffer: whole blocks, or all.
fn table_bound(context: &Context, group: &Group<'_>, first: usize, count: usize) -> usize {
    if !is_timed(group) {
        return count;
    }
    let steps = (WINDOW_STEPS.max(group.order.batches()) as u64).min(group.steps());
    let table = steps * TICK as u64 * 4;
    let most = (context.largest() / table).max(1) as usize;
    let mut known = HashSet::new();
    let fitting = group.inputs.factor_inputs.range(first..first + count).position(|run| known.insert(run.key()) && known.len() > most);
    fitting.map_or(count, |runs| (runs / BlockLayout::WIDTH).max(1) * BlockLayout::WIDTH).min(count)
}

/// The dispatch that the device works on while the next one is made ready, so that it never waits for the host.
struct Flight {
    /// With its work, by which slices are measured; without, where the device had something else to do before it.
    next: Option<(wgpu::SubmissionIndex, Option<u64>)>,
    /// When the device became free for it, at the latest.
    since: Instant,
}

impl Flight {
    fn new() -> Self {
        Self { next: None, since: Instant::now() }
    }

    /// Waits for it, and tells the slices how long it took.
    fn land(&mut self, context: &mut Context) -> Result<(), Error> {
        if let Some((submitted, work)) = self.next.take() {
            context.wait_for(submitted)?;
            if let Some(work) = work {
                context.slices.took(work, self.since.elapsed().as_secs_f64());
            }
        }
        self.since = Instant::now();
        Ok(())
    }
}

/// The moments that a dispatch reads: of its batches, of one epoch where all are alike.
fn moments_of(window: &Window, stretch: &Stretch) -> Vec<Padded> {
    let epochs = if window.repeats_every_epoch() { 1 } else { stretch.epochs };
    let epochs = stretch.epoch..stretch.epoch + epochs;
    epochs.flat_map(|epoch| window.moments_of(epoch)[stretch.first_batch..stretch.end_batch].iter().map(padded)).collect()
}

/// The columns that the shader reads of some runs, up to the last that any of them needs. What is not there need not be carried over.
fn lane_columns(group: &Group<'_>, orders: &[Group<'_>], tables: &[u32], runs: Range<usize>) -> Vec<f32> {
    let (lanes, used) = (group.inputs, Used::of(group.variant));
    let valued = group.options.has_values();
    let others = if !orders.is_empty() {
        OPTION_VALUES + 2
    } else if !tables.is_empty() {
        OPTION_VALUES + 1
    } else if valued {
        OPTION_VALUES
    } else {
        0
    };
    let mut all = vec![0.0; (used.coefficients + others) * runs.len()];
    let (coefficients, others) = all.split_at_mut(used.coefficients * runs.len());
    for (column, own) in coefficients.chunks_exact_mut(runs.len()).zip(&lanes.coefficients) {
        column.iter_mut().zip(own.range(runs.clone())).for_each(|(slot, &value)| *slot = value);
    }
    let mut others = others.chunks_exact_mut(runs.len());
    for (slot, column) in others.by_ref().take(OPTION_VALUES).enumerate().filter(|_| valued) {
        column.iter_mut().zip(lanes.values.range(runs.clone())).for_each(|(own, values)| *own = values[slot]);
    }
    if let Some(column) = others.next() {
        column.iter_mut().zip(tables).for_each(|(slot, &number)| *slot = f32::from_bits(number));
    }
    if let Some(column) = others.next() {
        let numbers = orders.iter().zip(0..).flat_map(|(order, number)| std::iter::repeat_n(f32::from_bits(number), order.inputs.len()));
        column.iter_mut().zip(numbers.skip(runs.start)).for_each(|(slot, number)| *slot = number);
    }
    all
}

/// The columns of the state that do not begin with 0.
fn begun_columns(group: &Group<'_>, runs: Range<usize>) -> Vec<f32> {
    let (lanes, used) = (group.inputs, Used::of(group.variant));
    let mut columns: Vec<f32> = lanes.initial_weight.range(runs.clone()).chain(lanes.initial_bias.range(runs.clone())).copied().collect();
    if let Some(initial) = used.initial {
        let states: Vec<_> = runs.map(|run| initial(&lanes.coefficients(run))).collect();
        columns.extend((0..used.state).flat_map(|slot| states.iter().map(move |state| state[slot])));
    }
    columns
}

/// Some runs of a group, in the device's buffers.
struct Portion<'c, 'g> {
    context: &'c mut Context,
    group: &'g Group<'g>,
    orders: &'g [Group<'g>],
    first: usize,
    count: usize,
    width: usize,
    tables: Tables,
    lanes: wgpu::Buffer,
    outputs: Outputs,
}

impl<'c, 'g> Portion<'c, 'g> {
    /// Uploads the runs `first .. first + count` of the group.
    fn new(context: &'c mut Context, group: &'g Group<'g>, orders: &'g [Group<'g>], outcome: &Outcome, first: usize, count: usize) -> Self {
        let own = first..first + count;
        let (tables, numbers) = Tables::new(group, own.clone());
        let columns = lane_columns(group, orders, &numbers, own.clone());
        let begun = begun_columns(group, own);
        let [points, epochs] =
            [outcome.history.as_ref().map(|history| history.blocks), outcome.epochs.as_ref().map(|series| series.blocks)];
        let bytes = |blocks: Option<BlockLayout>, size: usize| blocks.map_or(0, |blocks| (recorded(&blocks, first, count).1 * size) as u64);
        let lanes = context.input("lanes", bytemuck::cast_slice(&columns));
        let state = context.begun("state", bytemuck::cast_slice(&begun), (STATE_COLUMNS * count * 4) as u64);
        let figures = context.begun("figures", &[], (FIGURE_COLUMNS * count * 4) as u64);
        let history = context.storage("history", bytes(points, 8));
        let series = context.storage("series", bytes(epochs, 16));
        let width = points.or(epochs).map_or(1, |blocks| blocks.width);
        let outputs = Outputs { state, figures, history, series };
        Self { context, group, orders, first, count, width, tables, lanes, outputs }
    }

    /// Gives the device all of its work but what may be still in flight, and has the results copied behind it.
    fn train(mut self, pipelines: &Pipelines, flight: &mut Flight, outcome: &Outcome) -> Result<Results, Error> {
        let group = self.group;
        let mut supply = Supply::new(self.context, group, self.orders)?;
        let mut params = self.params(&supply, outcome);
        let blocks = blocks(group.order.batches(), group.epochs);
        while let Some(stock) = supply.next(self.context) {
            self.window(pipelines, flight, &stock, &blocks, &mut params)?;
        }
        Ok(Results::fetch(self.context, self.group, outcome, self.first..self.first + self.count, &self.outputs))
    }

    fn params(&self, supply: &Supply<'_>, outcome: &Outcome) -> TrainParams {
        let (group, total, centre) = (self.group, &supply.rows.total, &supply.rows.centre);
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
            capacity: self.count as u32,
            width: self.width as u32,
            batches: group.order.batches() as u32,
            batch_size: group.order.batch_size as u32,
            rows: group.order.rows as u32,
            test_rows: group.problem.test.len() as u32,
            epochs: group.epochs as u32,
            steps: group.steps() as u32,
            every: group.record.every as u32,
            points: outcome.history.as_ref().map_or(0, |history| history.blocks.rows as u32),
            column: outcome.history.as_ref().map_or(0, |history| recorded(&history.blocks, self.first, self.count).1 as u32),
            rounds: ROUNDS,
            alike: u32::from(group.order.repeats_every_epoch()),
            ..TrainParams::default()
        }
    }

    /// One window, in slices.
    fn window(
        &mut self,
        pipelines: &Pipelines,
        flight: &mut Flight,
        stock: &Stock<'_>,
        blocks: &[Block],
        params: &mut TrainParams,
    ) -> Result<(), Error> {
        let batches = self.group.order.batches();
        let steps = stock.epochs * batches;
        let timed = is_timed(self.group);
        params.factor_steps = if timed { steps as u32 } else { 0 };
        params.order_steps = if stock.alone.is_none() { steps as u32 } else { 0 };
        let factors = if timed { self.tables.next(steps) } else { vec![0.0; TICK] };
        let one_clock = has_one_clock(self.group);
        let bound = self.bind(pipelines, stock, if one_clock { &factors[..TICK] } else { &factors }, params);
        let rows_of_a_step = self.rows_of_a_step(stock);
        let step_work = 1 + rows_of_a_step / ROWS_AN_UPDATE;
        let bounded = if self.context.software { (MOST_ROUNDS / (ROUNDS_A_STEP + 4 * rows_of_a_step)).max(1) } else { u64::MAX };
        let unbounded = (params.alike == 1 && batches <= MOMENTS || stock.alone.is_none()) && !one_clock;
        let longest = if unbounded { bounded } else { bounded.min(MOMENTS as u64) };
        // Where the last epoch is, counted from the window's first; behind its end where it comes later.
        let last = (self.group.epochs - 1 - stock.first_epoch).min(stock.epochs as u64) as usize;
        let cut = if pipelines.others.is_some() { last } else { 0 };
        let (mut first, mut making) = (0, stock.making);
        while first < self.count {
            let threads = self.context.slices.threads(steps as u64 * step_work, self.context.shape.runs_a_workgroup());
            let runs = (threads as usize).min(self.count - first);
            params.first_run = first as u32;
            params.end_run = (first + runs) as u32;
            let mut done = None;
            while let Some(stretch) = {
                let most = (self.context.slices.pieces(runs as u64) / step_work).min(longest);
                Stretch::behind(done, blocks, cut, most).or_else(|| Stretch::behind(done, blocks, stock.epochs, most))
            } {
                params.first_epoch = stock.first_epoch as u32 + stretch.epoch as u32;
                params.taken_epochs = stretch.epochs as u32;
                params.window_epoch = stretch.epoch as u32;
                params.first_batch = stretch.first_batch as u32;
                params.end_batch = stretch.end_batch as u32;
                self.context.uniform("params", bytemuck::bytes_of(params));
                if let Some(window) = stock.alone {
                    self.context.uniform("moments", bytemuck::cast_slice(&moments_of(window, &stretch)));
                }
                if one_clock {
                    let first = (stretch.epoch * batches + stretch.first_batch) * TICK;
                    self.context.uniform("ticks", bytemuck::cast_slice(&factors[first..first + stretch.steps() * TICK]));
                }
                let pipeline = pipelines.others.as_ref().filter(|_| stretch.epoch < last).unwrap_or(&pipelines.last);
                let groups = (runs as u64).div_ceil(self.context.shape.runs_a_workgroup());
                let submitted = self.context.submit(pipeline, &bound, groups);
                let work = runs as u64 * stretch.steps() as u64 * step_work;
                flight.land(self.context)?;
                flight.next = Some((submitted, (!making).then_some(work)));
                making = false;
                done = Some(stretch);
            }
            first += runs;
        }
        Ok(())
    }

    /// What the dispatches of a window read and write. Its moments and ticks are uniforms that each dispatch fills anew.
    fn bind(&mut self, pipelines: &Pipelines, stock: &Stock<'_>, factors: &[f32], params: &TrainParams) -> wgpu::BindGroup {
        let context = &mut *self.context;
        let params = context.uniform("params", bytemuck::bytes_of(params));
        let moments = context.room("moments", (MOMENTS * size_of::<Padded>()) as u64);
        let factors = context.input("factors", bytemuck::cast_slice(factors));
        let ticks = context.room("ticks", (MOMENTS * TICK * 4) as u64);
        let Outputs { state, figures, history, series } = &self.outputs;
        let own = [&self.lanes, state, figures, history, series];
        let buffers = [&[&params, &moments, &factors, &stock.rows], &own[..], &[&ticks, &stock.ordered]].concat();
        context.bind(&pipelines.last, &buffers)
    }

    /// Rows that a step of a window looks at, those at its epoch's end among them.
    fn rows_of_a_step(&self, stock: &Stock<'_>) -> u64 {
        let group = self.group;
        if !group.needs_rows() {
            return 0;
        }
        // The last epoch's steps ask all rows whether they pass the minimum: each once, and once more where a block begins.
        let last = stock.first_epoch + stock.epochs as u64 == group.epochs;
        let direct = !group.problem.neuron.is_quadratic();
        let all = if last && direct { 2 * group.order.rows } else { 0 };
        let series = if group.record.epochs { group.order.batch_size } else { 0 };
        let end = if direct { group.order.rows } else { 0 } + if group.record.epochs { group.problem.test.len() } else { 0 };
        (group.order.batch_size + series + all + end.div_ceil(group.order.batches())) as u64
    }
}
