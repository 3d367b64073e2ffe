//! The list of GPU adapters on this machine.

use std::fmt;

use serde::Serialize;

use super::driver_hints::{MissingApi, missing_api};

/// Properties of an adapter, as `gradsweep adapters` prints them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdapterInfo {
    /// Name of the device.
    pub name: String,
    /// Vulkan, Metal or Direct3D 12.
    pub api: String,
    /// Name and version of the driver.
    pub driver: String,
    /// `discrete`, `integrated`, `virtual`, `software` or `other`.
    pub kind: &'static str,
    /// Whether a CPU executes the shaders.
    #[serde(rename = "software")]
    pub is_software: bool,
    /// The largest storage buffer binding, in MiB.
    pub binding_mib: u64,
    /// The most threads of a workgroup.
    #[serde(rename = "workgroup")]
    pub max_workgroup_size: u32,
}

/// The adapters of this machine, and the graphics APIs without an adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AdapterList {
    /// Usable adapters, hardware first.
    pub adapters: Vec<AdapterInfo>,
    /// APIs without an adapter.
    pub missing: Vec<MissingApi>,
}

impl AdapterList {
    /// Enumerates the adapters of every API.
    pub fn enumerate() -> Self {
        let adapters: Vec<AdapterInfo> = adapters().into_iter().map(|(_, info)| info).collect();
        let is_missing = |api: &&str| !adapters.iter().any(|adapter| adapter.api == *api);
        let missing = apis().into_iter().map(|(_, api)| api).filter(is_missing).map(missing_api).collect();
        Self { adapters, missing }
    }
}

impl fmt::Display for AdapterList {
    /// The lines that follow "no GPU adapter" in an error: the adapters that exist, and the remedies for each missing API.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for adapter in &self.adapters {
            write!(formatter, "\n  available: {} ({})", adapter.name, adapter.api)?;
        }
        for missing in &self.missing {
            write!(formatter, "\n  {}: {}\n    {}", missing.api, missing.reason, missing.remedies.join("\n    "))?;
        }
        write!(formatter, "\n  --backend cpu runs without a GPU")
    }
}

/// The graphics APIs that the program supports on this operating system.
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

/// Every adapter with its properties: discrete adapters first, software adapters last.
pub fn adapters() -> Vec<(wgpu::Adapter, AdapterInfo)> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = apis().into_iter().fold(wgpu::Backends::empty(), |all, (one, _)| all | one);
    if descriptor.backends.is_empty() {
        return Vec::new();
    }
    let backends = descriptor.backends;
    let instance = wgpu::Instance::new(descriptor);
    let found = pollster::block_on(instance.enumerate_adapters(backends)).into_iter();
    let mut adapters: Vec<_> = found.map(|adapter| (info_of(&adapter), adapter)).map(|(info, adapter)| (adapter, info)).collect();
    let order = ["discrete", "integrated", "virtual", "other", "software"];
    adapters.sort_by_key(|(_, info)| order.iter().position(|kind| *kind == info.kind));
    adapters
}

fn info_of(adapter: &wgpu::Adapter) -> AdapterInfo {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let api = match info.backend {
        wgpu::Backend::Vulkan => "Vulkan".to_owned(),
        wgpu::Backend::Metal => "Metal".to_owned(),
        wgpu::Backend::Dx12 => "Direct3D 12".to_owned(),
        other => format!("{other:?}"),
    };
    let driver = format!("{} {}", info.driver, info.driver_info).trim().to_owned();
    AdapterInfo {
        api,
        driver,
        kind: match info.device_type {
            _ if is_software(&info) => "software",
            wgpu::DeviceType::DiscreteGpu => "discrete",
            wgpu::DeviceType::IntegratedGpu => "integrated",
            wgpu::DeviceType::VirtualGpu => "virtual",
            wgpu::DeviceType::Cpu | wgpu::DeviceType::Other => "other",
        },
        is_software: is_software(&info),
        binding_mib: limits.max_storage_buffer_binding_size >> 20,
        max_workgroup_size: limits.max_compute_invocations_per_workgroup,
        name: info.name,
    }
}

/// Whether a CPU executes the shaders. Some drivers of software adapters report another device type, so names count too.
fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let name = info.name.to_lowercase();
    info.device_type == wgpu::DeviceType::Cpu || ["llvmpipe", "swiftshader", "microsoft basic render"].iter().any(|own| name.contains(own))
}
