//! Probes: dispatches that call one function of the shaders on given inputs, for `verify`.

use super::bindings::ProbeBindings;
use super::context::Context;
use super::error::Error;
use super::pipelines::{PipelineKey, ProbeConstants};
use super::sentinel;

/// A module with an entry point `probe` over one input and one output buffer.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'p> {
    pub module: &'p str,
    pub constants: ProbeConstants,
    pub threads: usize,
    pub input: &'p [f32],
    /// Numbers in the output.
    pub outputs: usize,
}

/// Runs a probe and returns its output.
pub fn probe(context: &mut Context, probe: &Probe<'_>) -> Result<Vec<f32>, Error> {
    let pipeline = context.pipeline(PipelineKey::Probe { module: probe.module.to_owned(), constants: probe.constants });
    let input = context.filled_storage("probe input", bytemuck::cast_slice(probe.input));
    let bytes = probe.outputs as u64 * 4;
    let output = context.storage("probe output", bytes);
    sentinel::write(context, &output, bytes);
    let group = context.bind(&pipeline, &ProbeBindings { probe_input: &input, probe_output: &output });
    context.dispatch(&pipeline, &group, probe.threads as u64)?;
    let values = context.read(&output, bytes, |view| sentinel::is_overwritten(view).then(|| bytemuck::cast_slice(view).to_vec()))?;
    values.ok_or(Error::StoppedEarly { shader: "probe" })
}
