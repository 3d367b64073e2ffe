//! The list of GPU adapters on this machine.

use std::fmt;

use serde::Serialize;

use super::driver_hints::{DIRECT3D, MissingApi, missing_api, slow_compiler};

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
    /// A warning with its remedy, for example about a slow shader compiler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
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

impl AdapterInfo {
    /// Whether each word of `wanted` occurs in the adapter's name or in the name of its API, ignoring case: `nvidia vulkan`, `dx12`.
    pub fn matches(&self, wanted: &str) -> bool {
        let names = format!("{} {} {}", self.name, self.api, if self.api == DIRECT3D { "dx12" } else { "" }).to_lowercase();
        wanted.to_lowercase().split_whitespace().all(|word| names.contains(word))
    }

    /// Whether the driver states that the adapter is a discrete or an integrated GPU.
    pub fn is_hardware(&self) -> bool {
        ["discrete", "integrated"].contains(&self.kind)
    }
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
        apis.push((wgpu::Backends::DX12, DIRECT3D));
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
        wgpu::Backend::Dx12 => DIRECT3D.to_owned(),
        other => format!("{other:?}"),
    };
    let driver = format!("{} {}", info.driver, info.driver_info).trim().to_owned();
    AdapterInfo {
        warning: slow_compiler(&api),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_matches_words_of_its_name_and_its_api() {
        let adapter = |name: &str, api: &str| AdapterInfo {
            name: name.to_owned(),
            api: api.to_owned(),
            driver: String::new(),
            kind: "discrete",
            is_software: false,
            binding_mib: 0,
            warning: None,
            max_workgroup_size: 0,
        };
        let vulkan = adapter("NVIDIA H200", "Vulkan");
        let direct3d = adapter("AMD Radeon RX 7900", DIRECT3D);
        for wanted in ["nvidia", "H200", "vulkan", "h200 Vulkan", "vulkan nvidia", ""] {
            assert!(vulkan.matches(wanted), "{wanted}");
        }
        for wanted in ["dx12", "Direct3D", "radeon dx12"] {
            assert!(direct3d.matches(wanted) && !vulkan.matches(wanted), "{wanted}");
        }
        assert!(!direct3d.matches("radeon vulkan"));
    }
}
