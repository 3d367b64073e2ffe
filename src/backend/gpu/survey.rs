//! Which adapters there are.

use std::fmt;

use serde::Serialize;

use super::missing::{Missing, missing};

/// An adapter, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Adapter {
    pub name: String,
    pub api: String,
    pub driver: String,
    /// `discrete`, `integrated`, `virtual`, `software` or `other`.
    pub kind: &'static str,
    /// Whether it computes in software.
    pub software: bool,
    /// The largest buffer that a shader sees, in MiB.
    pub binding_mib: u64,
    /// The most invocations of a workgroup.
    pub workgroup: u32,
}

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Survey {
    pub adapters: Vec<Adapter>,
    pub missing: Vec<Missing>,
}

impl fmt::Display for Survey {
    /// The lines behind "no GPU adapter": what there is, and what each API lacks.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for adapter in &self.adapters {
            write!(formatter, "\n  there is {} ({})", adapter.name, adapter.api)?;
        }
        for missing in &self.missing {
            write!(formatter, "\n  {}: {}\n    {}", missing.api, missing.why, missing.helps.join("\n    "))?;
        }
        write!(formatter, "\n  --backend cpu needs none of this")
    }
}

/// The APIs that this program is built for, on this operating system.
fn apis() -> Vec<(wgpu::Backends, &'static str)> {
    let mut apis = Vec::new();
    if cfg!(any(target_os = "linux", target_os = "windows", target_os = "android", target_os = "freebsd")) {
        apis.push((wgpu::Backends::VULKAN, "Vulkan"));
    }
    if cfg!(target_os = "windows") {
        apis.push((wgpu::Backends::DX12, "Direct3D 12"));
    }
    if cfg!(target_vendor = "apple") {
        apis.push((wgpu::Backends::METAL, "Metal"));
    }
    apis
}

/// Asks every API.
pub fn survey() -> Survey {
    let mut survey = Survey::default();
    for (adapter, facts) in adapters() {
        drop(adapter);
        survey.adapters.push(facts);
    }
    for (_, api) in apis() {
        if !survey.adapters.iter().any(|adapter| adapter.api == api) {
            survey.missing.push(missing(api));
        }
    }
    survey
}

/// Every adapter with its facts: discrete ones first, software last.
pub fn adapters() -> Vec<(wgpu::Adapter, Adapter)> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = apis().into_iter().fold(wgpu::Backends::empty(), |all, (one, _)| all | one);
    if descriptor.backends.is_empty() {
        return Vec::new();
    }
    let backends = descriptor.backends;
    let instance = wgpu::Instance::new(descriptor);
    let found = pollster::block_on(instance.enumerate_adapters(backends));
    let mut adapters: Vec<_> =
        found.into_iter().map(|adapter| (facts(&adapter), adapter)).map(|(facts, adapter)| (adapter, facts)).collect();
    adapters
        .sort_by_key(|(_, facts)| ["discrete", "integrated", "virtual", "other", "software"].iter().position(|kind| *kind == facts.kind));
    adapters
}

fn facts(adapter: &wgpu::Adapter) -> Adapter {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let api = match info.backend {
        wgpu::Backend::Vulkan => "Vulkan".to_owned(),
        wgpu::Backend::Metal => "Metal".to_owned(),
        wgpu::Backend::Dx12 => "Direct3D 12".to_owned(),
        other => format!("{other:?}"),
    };
    let driver = format!("{} {}", info.driver, info.driver_info).trim().to_owned();
    Adapter {
        api,
        driver,
        kind: match info.device_type {
            _ if is_software(&info) => "software",
            wgpu::DeviceType::DiscreteGpu => "discrete",
            wgpu::DeviceType::IntegratedGpu => "integrated",
            wgpu::DeviceType::VirtualGpu => "virtual",
            wgpu::DeviceType::Cpu | wgpu::DeviceType::Other => "other",
        },
        software: is_software(&info),
        binding_mib: limits.max_storage_buffer_binding_size >> 20,
        workgroup: limits.max_compute_invocations_per_workgroup,
        name: info.name,
    }
}

/// Whether an adapter computes on the CPU. Not every driver says so by its type.
fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let name = info.name.to_lowercase();
    info.device_type == wgpu::DeviceType::Cpu || ["llvmpipe", "swiftshader", "microsoft basic render"].iter().any(|own| name.contains(own))
}
