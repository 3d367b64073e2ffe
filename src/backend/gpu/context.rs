//! A device with its pipelines and buffers, which are kept from one use to the next.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::shape::Shape;
use super::slices::Slices;
use super::survey::{Adapter, Survey, adapters, survey};
use crate::kernel::layout::WORKGROUP;

/// A pipeline takes a tenth of a second or more to compile.
const WORTH_ANOTHER: u64 = 1 << 24;

/// Bytes of recorded rows that come back at once, while more are made, of so many runs at least: each part of a group makes its batches
/// anew, and few runs leave a device's cores without work.
const RECORDED_BYTES: u64 = 8 << 20;
const RECORDED_RUNS: u64 = 1 << 12;

/// See [`Context::ordered_bytes`].
const ORDERED_BYTES: u64 = 1 << 26;
const SHUFFLED_BYTES: usize = 1 << 24;

/// Why the GPU cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no GPU adapter{wanted}{survey}")]
    NoAdapter { wanted: String, survey: Survey },
    #[error("the only adapter, {adapter}, computes in software; --software measures it too")]
    OnlySoftware { adapter: String },
    #[error("{adapter} gives no device: {source}")]
    NoDevice { adapter: String, source: wgpu::RequestDeviceError },
    #[error("the GPU stopped working: {0}; a smaller --chunk needs less of its memory, and --backend cpu none")]
    Lost(String),
    #[error(
        "the GPU took a dispatch of `{what}` and did not run it to its end; an update of its driver may help, or --backend cpu (a software adapter ends loops after 65,535 rounds: many rows are too many for it)"
    )]
    NotRun { what: &'static str },
    #[error(
        "{runs} runs need {needed} bytes of {what}, and this GPU's buffers hold {limit}: record fewer points ([history] every), or use --backend cpu"
    )]
    TooLarge { what: &'static str, runs: u64, needed: u64, limit: u64 },
    #[error("{rows} training rows need {needed} bytes, and this GPU's buffers hold {limit}: use fewer rows, or --backend cpu")]
    TooManyRows { rows: usize, needed: u64, limit: u64 },
    #[error("{steps} steps a run are more than the GPU counts (4294967294): use fewer epochs or larger batches, or --backend cpu")]
    TooLong { steps: u64 },
}

/// See the module.
#[derive(Debug)]
pub struct Context {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub limits: wgpu::Limits,
    /// Whether the adapter computes in software.
    pub software: bool,
    /// Of training and metrics.
    pub shape: Shape,
    /// From so many updates of a group a pipeline more is worth compiling.
    pub worth_another: u64,
    /// What a portion of a group aims at where it is cut into portions for its recorded rows: bytes of them, and at least so many runs.
    pub recorded_bytes: u64,
    pub recorded_runs: u64,
    /// What joined orders take in a window at most, in bytes of their moments and of their rows.
    pub ordered_bytes: u64,
    /// Whether their batches are made on the device, and what the places of the rows take that a dispatch shuffles, in bytes.
    pub makes_batches: bool,
    pub shuffled_bytes: usize,
    /// Of training, in updates.
    pub slices: Slices,
    /// Of metrics, in rows looked at.
    pub row_slices: Slices,
    pipelines: HashMap<String, Pipeline>,
    buffers: HashMap<&'static str, wgpu::Buffer>,
    /// Which of the two staging buffers was used last.
    turn: bool,
    /// The first error since the last look: wgpu reports most of them aside, and panics where nobody listens.
    fault: Arc<Mutex<Option<String>>>,
}

/// A compute pipeline and the layout of its one bind group: a uniform, then storage buffers.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
}

/// What a shader does with a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Uniform,
    Read,
    Write,
}

impl Context {
    pub fn open(wanted: Option<&str>) -> Result<(Self, Adapter), Error> {
        let fits = |facts: &Adapter| wanted.is_none_or(|wanted| facts.name.to_lowercase().contains(&wanted.to_lowercase()));
        let Some((adapter, facts)) = adapters().into_iter().find(|(_, facts)| fits(facts)) else {
            return Err(no_adapter(wanted));
        };
        let limits = adapter.limits();
        let descriptor = wgpu::DeviceDescriptor { label: Some("gradsweep"), required_limits: limits.clone(), ..Default::default() };
        let device = pollster::block_on(adapter.request_device(&descriptor));
        let (device, queue) = device.map_err(|source| Error::NoDevice { adapter: facts.name.clone(), source })?;
        let fault = Arc::new(Mutex::new(None));
        let heard = Arc::clone(&fault);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            heard.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
        }));
        let (slices, row_slices) = (Slices::default(), Slices::default());
        let (pipelines, buffers) = (HashMap::new(), HashMap::new());
        let (software, shape) = (facts.software, Shape::PLAIN);
        Ok((
            Self {
                device,
                queue,
                limits,
                software,
                shape,
                worth_another: WORTH_ANOTHER,
                recorded_bytes: RECORDED_BYTES,
                recorded_runs: RECORDED_RUNS,
                ordered_bytes: ORDERED_BYTES,
                makes_batches: !software,
                shuffled_bytes: SHUFFLED_BYTES,
                slices,
                row_slices,
                pipelines,
                buffers,
                turn: false,
                fault,
            },
            facts,
        ))
    }

    /// The first error that was reported aside. After one, no buffer is trusted any more.
    fn check(&mut self) -> Result<(), Error> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        fault.map_or(Ok(()), |fault| {
            self.buffers.clear();
            self.pipelines.clear();
            Err(Error::Lost(fault))
        })
    }

    /// The largest buffer that a shader can see whole.
    pub fn largest(&self) -> u64 {
        self.limits.max_storage_buffer_binding_size.min(self.limits.max_buffer_size)
    }

    /// A pipeline by name, built where it is new. `constants` are the module's overrides.
    pub fn pipeline(
        &mut self,
        name: &str,
        source: impl FnOnce() -> String,
        entry: &str,
        accesses: &[Access],
        constants: &[(&str, f64)],
    ) -> Pipeline {
        if let Some(pipeline) = self.pipelines.get(name) {
            return pipeline.clone();
        }
        let module = wgpu::ShaderModuleDescriptor { label: Some(entry), source: wgpu::ShaderSource::Wgsl(source().into()) };
        let module = self.device.create_shader_module(module);
        let entries: Vec<wgpu::BindGroupLayoutEntry> =
            accesses.iter().enumerate().map(|(binding, access)| layout_entry(binding as u32, *access)).collect();
        let layout = self.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(entry), entries: &entries });
        let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(entry),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions { constants, ..Default::default() },
            cache: None,
        });
        let pipeline = Pipeline { pipeline, layout };
        self.pipelines.insert(name.to_owned(), pipeline.clone());
        pipeline
    }

    /// A buffer by name of at least `size` bytes: kept, or made anew where it is too small.
    pub fn buffer(&mut self, name: &'static str, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let size = size.max(64).next_multiple_of(16);
        if let Some(buffer) = self.buffers.get(name)
            && buffer.size() >= size
        {
            return buffer.clone();
        }
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor { label: Some(name), size, usage, mapped_at_creation: false });
        self.buffers.insert(name, buffer.clone());
        buffer
    }

    /// A buffer that shaders read and write, and that is copied to and from.
    pub fn storage(&mut self, name: &'static str, size: u64) -> wgpu::Buffer {
        self.buffer(name, size, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC)
    }

    /// A buffer that shaders read, filled.
    pub fn input(&mut self, name: &'static str, bytes: &[u8]) -> wgpu::Buffer {
        let buffer = self.storage(name, bytes.len() as u64);
        self.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    /// A buffer of so many bytes that shaders go on with: these, and zeros behind them.
    pub fn begun(&mut self, name: &'static str, bytes: &[u8], size: u64) -> wgpu::Buffer {
        let buffer = self.storage(name, size);
        self.clear(&buffer, size);
        self.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    /// Sets the first `bytes` of a buffer to 0.
    fn clear(&mut self, buffer: &wgpu::Buffer, bytes: u64) {
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.clear_buffer(buffer, 0, Some(bytes));
        self.queue.submit([encoder.finish()]);
    }

    /// A uniform buffer that is filled later.
    pub fn room(&mut self, name: &'static str, size: u64) -> wgpu::Buffer {
        self.buffer(name, size, wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST)
    }

    /// A uniform buffer, filled.
    pub fn uniform(&mut self, name: &'static str, bytes: &[u8]) -> wgpu::Buffer {
        let buffer = self.room(name, bytes.len() as u64);
        self.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    pub fn bind(&self, pipeline: &Pipeline, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let bound = buffers.iter().enumerate();
        let entries: Vec<_> =
            bound.map(|(binding, buffer)| wgpu::BindGroupEntry { binding: binding as u32, resource: buffer.as_entire_binding() }).collect();
        self.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &pipeline.layout, entries: &entries })
    }

    /// Runs a thread for each of `threads` items and waits for the end.
    pub fn dispatch(&mut self, pipeline: &Pipeline, group: &wgpu::BindGroup, threads: u64) -> Result<(), Error> {
        let submitted = self.submit(pipeline, group, threads.div_ceil(u64::from(WORKGROUP)));
        self.wait_for(submitted)
    }

    /// Has the device run so many workgroups, behind what it was given before.
    pub fn submit(&mut self, pipeline: &Pipeline, group: &wgpu::BindGroup, workgroups: u64) -> wgpu::SubmissionIndex {
        let workgroups = workgroups.max(1);
        let most = u64::from(self.limits.max_compute_workgroups_per_dimension);
        let (x, y) = (workgroups.min(most), workgroups.div_ceil(most));
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&pipeline.pipeline);
            pass.set_bind_group(0, group, &[]);
            pass.dispatch_workgroups(x as u32, y as u32, 1);
        }
        self.queue.submit([encoder.finish()])
    }

    /// Waits until the device is done with something that was submitted.
    pub fn wait_for(&mut self, submitted: wgpu::SubmissionIndex) -> Result<(), Error> {
        self.poll(wgpu::PollType::Wait { submission_index: Some(submitted), timeout: None })
    }

    fn poll(&mut self, until: wgpu::PollType) -> Result<(), Error> {
        let polled = self.device.poll(until);
        self.check()?;
        polled.map(|_| ()).map_err(|error| Error::Lost(error.to_string()))
    }

    /// Reads the first `bytes` of a buffer back and hands them over.
    pub fn read<T>(&mut self, buffer: &wgpu::Buffer, bytes: u64, take: impl FnOnce(&[u8]) -> T) -> Result<T, Error> {
        let arriving = self.fetch(&[Span { buffer, first: 0, bytes }]);
        self.arrived(&arriving, |spans| take(spans[0]))
    }

    /// Has the device copy some spans for the host, behind what it was given before: it may be given more meanwhile. Two such copies at most
    /// are on their way at a time.
    pub fn fetch(&mut self, spans: &[Span<'_>]) -> Arriving {
        let mut places = Vec::with_capacity(spans.len());
        let mut bytes = 0;
        for span in spans {
            places.push(bytes as usize..(bytes + span.bytes) as usize);
            bytes += span.bytes.next_multiple_of(8);
        }
        self.turn = !self.turn;
        let name = if self.turn { "staging" } else { "other staging" };
        let staging = self.buffer(name, bytes, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for (span, place) in spans.iter().zip(&places).filter(|(span, _)| span.bytes > 0) {
            encoder.copy_buffer_to_buffer(span.buffer, span.first, &staging, place.start as u64, span.bytes);
        }
        let submitted = self.queue.submit([encoder.finish()]);
        staging.map_async(wgpu::MapMode::Read, 0..bytes, |_| {});
        Arriving { staging, submitted, places, bytes }
    }

    /// Waits for copies, and hands over the bytes of each span.
    pub fn arrived<T>(&mut self, arriving: &Arriving, take: impl FnOnce(&[&[u8]]) -> T) -> Result<T, Error> {
        self.wait_for(arriving.submitted.clone())?;
        let view = arriving.staging.get_mapped_range(0..arriving.bytes).map_err(|error| Error::Lost(error.to_string()))?;
        let spans: Vec<&[u8]> = arriving.places.iter().map(|place| &view[place.clone()]).collect();
        Ok(take(&spans))
    }
}

/// Some bytes of a buffer, of which `first` and `bytes` are multiples of 4.
#[derive(Clone, Copy, Debug)]
pub struct Span<'b> {
    pub buffer: &'b wgpu::Buffer,
    pub first: u64,
    pub bytes: u64,
}

/// Copies of spans on their way to the host.
#[derive(Debug)]
pub struct Arriving {
    staging: wgpu::Buffer,
    submitted: wgpu::SubmissionIndex,
    /// Of each span in the staging buffer.
    places: Vec<Range<usize>>,
    bytes: u64,
}

impl Drop for Arriving {
    /// The next copy needs the buffer, whether these were looked at or not.
    fn drop(&mut self) {
        self.staging.unmap();
    }
}

fn layout_entry(binding: u32, access: Access) -> wgpu::BindGroupLayoutEntry {
    let ty = match access {
        Access::Uniform => wgpu::BufferBindingType::Uniform,
        Access::Read => wgpu::BufferBindingType::Storage { read_only: true },
        Access::Write => wgpu::BufferBindingType::Storage { read_only: false },
    };
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    }
}

fn no_adapter(wanted: Option<&str>) -> Error {
    let wanted = wanted.map_or(String::new(), |wanted| format!(" whose name contains \"{wanted}\""));
    Error::NoAdapter { wanted, survey: survey() }
}

#[cfg(test)]
pub mod tests {
    use std::io::Write;

    use super::*;

    /// Says that a test had no adapter, where none is required; past the harness, which keeps what passing tests print.
    pub fn skipped(test: &str) {
        assert!(std::env::var_os("GRADSWEEP_REQUIRE_GPU").is_none_or(|value| value != "1"), "{test} needs a GPU");
        let _ = writeln!(std::io::stderr(), "skipped: {test}: no adapter");
    }

    #[test]
    fn a_buffer_beyond_the_memory_is_an_error_and_the_context_goes_on() {
        let Ok((mut context, _)) = Context::open(None) else {
            return skipped("a_buffer_beyond_the_memory_is_an_error");
        };
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        let buffer = context.buffer("too large", 1 << 60, usage);
        assert!(matches!(context.read(&buffer, 64, <[u8]>::len), Err(Error::Lost(_))));
        let buffer = context.input("small", &[7; 64]);
        assert_eq!(context.read(&buffer, 64, <[u8]>::to_vec).unwrap(), [7; 64]);
    }
}
