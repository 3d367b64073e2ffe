//! A device with its queue, and the pipelines and buffers that are kept for later use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::adapters::{AdapterInfo, AdapterList, adapters};
use super::bindings::{Access, Binding, BindingTable};
use super::dispatch_budget::DispatchBudget;
use super::error::Error;
use super::pipelines::PipelineKey;
use super::tuning::Tuning;
use crate::backend::DeviceTimes;
use crate::kernel::layout::WORKGROUP_SIZE;

/// An open device.
#[derive(Debug)]
pub struct Context {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub limits: wgpu::Limits,
    /// Whether a CPU executes the shaders.
    pub is_software: bool,
    pub tuning: Tuning,
    /// Whether the next readback uses the second of the two staging buffers.
    pub uses_second_staging: bool,
    pipelines: HashMap<PipelineKey, Pipeline>,
    /// The dispatch budget of each pipeline by its number: in updates for training, in rows for metrics.
    budgets: Vec<DispatchBudget>,
    buffers: HashMap<&'static str, wgpu::Buffer>,
    /// The most serious error that wgpu reported since the last check. wgpu reports most errors through a callback, and panics without one.
    device_error: Arc<Mutex<Option<Error>>>,
    /// Where the time went since the last call of `Gpu::take_times`.
    pub times: DeviceTimes,
}

/// A compute pipeline and the layout of its bind group.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Index of its dispatch budget.
    number: usize,
    compiled: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

impl Context {
    /// Opens the first adapter that [`AdapterInfo::matches`] `wanted`.
    pub fn open(wanted: Option<&str>) -> Result<(Self, AdapterInfo), Error> {
        let matches = |info: &AdapterInfo| wanted.is_none_or(|wanted| info.matches(wanted));
        let Some((adapter, info)) = adapters().into_iter().find(|(_, info)| matches(info)) else {
            return Err(no_adapter(wanted));
        };
        let limits = adapter.limits();
        let descriptor = wgpu::DeviceDescriptor { label: Some("gradsweep"), required_limits: limits.clone(), ..Default::default() };
        let device = pollster::block_on(adapter.request_device(&descriptor));
        let (device, queue) = device.map_err(|source| Error::NoDevice { adapter: info.name.clone(), source })?;
        let device_error = Arc::new(Mutex::new(None));
        let reported = Arc::clone(&device_error);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            let error = match error {
                wgpu::Error::OutOfMemory { .. } => Error::OutOfMemory(error.to_string()),
                _ => Error::Reported(error.to_string()),
            };
            report(&reported, error);
        }));
        let reported = Arc::clone(&device_error);
        device.set_device_lost_callback(move |_, reason| report(&reported, Error::Lost(reason)));
        let tuning = Tuning::new(&info);
        let context = Self {
            device,
            queue,
            limits,
            is_software: info.is_software,
            tuning,
            uses_second_staging: false,
            pipelines: HashMap::new(),
            budgets: Vec::new(),
            times: DeviceTimes::default(),
            buffers: HashMap::new(),
            device_error,
        };
        Ok((context, info))
    }

    /// Changes sizes and thresholds, and resets the dispatch budgets.
    pub fn tune(&mut self, change: impl FnOnce(&mut Tuning)) {
        let had_runtime_checks = self.tuning.has_runtime_checks;
        change(&mut self.tuning);
        if self.tuning.has_runtime_checks != had_runtime_checks {
            self.pipelines.clear();
        }
        self.budgets.fill(DispatchBudget::new(self.tuning.first_dispatch_work));
    }

    /// The dispatch budget of a pipeline.
    pub fn budget(&mut self, pipeline: &Pipeline) -> &mut DispatchBudget {
        &mut self.budgets[pipeline.number]
    }

    /// Returns the error that wgpu reported since the last check. After an error all buffers and pipelines are dropped.
    fn check(&mut self) -> Result<(), Error> {
        let error = self.device_error.lock().unwrap_or_else(PoisonError::into_inner).take();
        error.map_or(Ok(()), |error| {
            self.buffers.clear();
            self.pipelines.clear();
            Err(error)
        })
    }

    /// The size of the largest buffer that one binding can cover, in bytes.
    pub fn max_binding_size(&self) -> u64 {
        self.limits.max_storage_buffer_binding_size.min(self.limits.max_buffer_size)
    }

    /// The pipeline of a key; compiled at its first use.
    pub fn pipeline(&mut self, key: PipelineKey) -> Pipeline {
        if let Some(pipeline) = self.pipelines.get(&key) {
            return pipeline.clone();
        }
        let begun = Instant::now();
        let (device, entry_point) = (&self.device, key.entry_point());
        let module = self.module(&key);
        let entries: Vec<_> = (0..).zip(key.bindings()).map(|(number, binding)| layout_entry(number, binding)).collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(entry_point), entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(entry_point),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let compiled = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry_point),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some(entry_point),
            compilation_options: wgpu::PipelineCompilationOptions { constants: &key.constants(), ..Default::default() },
            cache: None,
        });
        let pipeline = Pipeline { number: self.budgets.len(), compiled, layout };
        self.budgets.push(DispatchBudget::new(self.tuning.first_dispatch_work));
        self.pipelines.insert(key, pipeline.clone());
        self.times.compilation_s += begun.elapsed().as_secs_f64();
        self.times.pipelines += 1;
        pipeline
    }

    /// The compiled module of a pipeline.
    fn module(&self, key: &PipelineKey) -> wgpu::ShaderModule {
        let source = wgpu::ShaderSource::Wgsl(key.module().into());
        let descriptor = wgpu::ShaderModuleDescriptor { label: Some(key.entry_point()), source };
        if self.tuning.has_runtime_checks || matches!(key, PipelineKey::Probe { .. }) {
            return self.device.create_shader_module(descriptor);
        }
        // SAFETY: before its first access each module tests that the largest index of each buffer is within the buffer; other arrays are indexed by
        // constants and by loops with constant bounds. Every loop ends, because its counter grows up to a bound (or, in `up_to`, because a generator of
        // period 2^32 returns a small word). No divisor is 0. The checked modules run the same tests on software adapters.
        #[expect(unsafe_code, reason = "wgpu's checks take up to half of the instructions")]
        unsafe {
            self.device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked())
        }
    }

    /// A bind group of a pipeline.
    pub fn bind(&self, pipeline: &Pipeline, table: &impl BindingTable) -> wgpu::BindGroup {
        let buffers = (0..).zip(table.buffers());
        let entries: Vec<_> =
            buffers.map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() }).collect();
        self.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &pipeline.layout, entries: &entries })
    }

    /// A buffer with this label of at least `size` bytes: the kept one, or a new one if that is too small.
    pub fn buffer(&mut self, label: &'static str, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let size = size.max(64).next_multiple_of(16);
        if let Some(buffer) = self.buffers.get(label)
            && buffer.size() >= size
        {
            return buffer.clone();
        }
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false });
        self.buffers.insert(label, buffer.clone());
        buffer
    }

    /// A storage buffer that can be copied from and to.
    pub fn storage(&mut self, label: &'static str, size: u64) -> wgpu::Buffer {
        self.buffer(label, size, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC)
    }

    /// A storage buffer that begins with these bytes.
    pub fn filled_storage(&mut self, label: &'static str, bytes: &[u8]) -> wgpu::Buffer {
        let buffer = self.storage(label, bytes.len() as u64);
        self.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    /// A storage buffer of `size` bytes: these bytes, then zeros.
    pub fn zero_padded_storage(&mut self, label: &'static str, bytes: &[u8], size: u64) -> wgpu::Buffer {
        let buffer = self.storage(label, size);
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.clear_buffer(&buffer, 0, Some(size));
        self.queue.submit([encoder.finish()]);
        self.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    /// A uniform buffer of `size` bytes.
    pub fn uniform(&mut self, label: &'static str, size: u64) -> wgpu::Buffer {
        self.buffer(label, size, wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST)
    }

    /// A uniform buffer that begins with these bytes.
    pub fn filled_uniform(&mut self, label: &'static str, bytes: &[u8]) -> wgpu::Buffer {
        let buffer = self.uniform(label, bytes.len() as u64);
        self.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    /// Runs at least `threads` threads in workgroups of [`WORKGROUP_SIZE`] and waits for them.
    pub fn dispatch(&mut self, pipeline: &Pipeline, group: &wgpu::BindGroup, threads: u64) -> Result<(), Error> {
        let submission = self.submit(pipeline, group, threads.div_ceil(u64::from(WORKGROUP_SIZE)));
        self.wait_for(submission)
    }

    /// Submits a dispatch of workgroups. It runs after all earlier submissions.
    pub fn submit(&mut self, pipeline: &Pipeline, group: &wgpu::BindGroup, workgroups: u64) -> wgpu::SubmissionIndex {
        let workgroups = workgroups.max(1);
        let max = u64::from(self.limits.max_compute_workgroups_per_dimension);
        let (x, y) = (workgroups.min(max), workgroups.div_ceil(max));
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&pipeline.compiled);
            pass.set_bind_group(0, group, &[]);
            pass.dispatch_workgroups(x as u32, y as u32, 1);
        }
        let begun = Instant::now();
        let submission = self.queue.submit([encoder.finish()]);
        // Software adapters execute earlier dispatches in this call.
        self.times.dispatches_s += begun.elapsed().as_secs_f64();
        submission
    }

    /// Waits until the device has finished a submission.
    pub fn wait_for(&mut self, submission: wgpu::SubmissionIndex) -> Result<(), Error> {
        let polled = self.device.poll(wgpu::PollType::Wait { submission_index: Some(submission), timeout: None });
        if polled.is_err() {
            // A lost device refuses submissions. wgpu reports the loss in the next poll.
            let _ = self.device.poll(wgpu::PollType::Poll);
        }
        self.check()?;
        polled.map(|_| ()).map_err(|error| Error::Lost(error.to_string()))
    }
}

/// Keeps the most serious error. The loss of a device makes wgpu report others, which have no meaning.
fn report(slot: &Mutex<Option<Error>>, error: Error) {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if slot.as_ref().is_none_or(|earlier| error.is_device_failure() && !matches!(earlier, Error::Lost(_))) {
        *slot = Some(error);
    }
}

fn layout_entry(number: u32, binding: &Binding) -> wgpu::BindGroupLayoutEntry {
    let ty = match binding.access {
        Access::Uniform => wgpu::BufferBindingType::Uniform,
        Access::Read => wgpu::BufferBindingType::Storage { read_only: true },
        Access::ReadWrite => wgpu::BufferBindingType::Storage { read_only: false },
    };
    wgpu::BindGroupLayoutEntry {
        binding: number,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    }
}

fn no_adapter(wanted: Option<&str>) -> Error {
    let wanted = wanted.map_or(String::new(), |wanted| format!(" matches \"{wanted}\""));
    Error::NoAdapter { wanted, adapters: AdapterList::enumerate() }
}
