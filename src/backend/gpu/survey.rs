//! Which adapters there are, and why an API gave nothing.

use serde::Serialize;

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

/// An API that gave no adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub api: String,
    pub why: String,
    pub helps: Vec<String>,
}

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Survey {
    pub adapters: Vec<Adapter>,
    pub missing: Vec<Missing>,
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
    quiet();
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
        name: info.name,
        api,
        driver,
        kind: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete",
            wgpu::DeviceType::IntegratedGpu => "integrated",
            wgpu::DeviceType::VirtualGpu => "virtual",
            wgpu::DeviceType::Cpu => "software",
            wgpu::DeviceType::Other => "other",
        },
        software: info.device_type == wgpu::DeviceType::Cpu,
        binding_mib: limits.max_storage_buffer_binding_size >> 20,
        workgroup: limits.max_compute_invocations_per_workgroup,
    }
}

/// Why an API gave nothing, as far as files tell, and what helps.
fn missing(api: &'static str) -> Missing {
    let helps = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    if api != "Vulkan" || !cfg!(target_os = "linux") {
        return Missing {
            api: api.to_owned(),
            why: "no adapter answered".to_owned(),
            helps: helps(&["install or update the graphics driver"]),
        };
    }
    let drivers = icd_files();
    let container = std::path::Path::new("/.dockerenv").exists() || std::env::var_os("NVIDIA_VISIBLE_DEVICES").is_some();
    let mut lines = Vec::new();
    let why = if drivers.is_empty() {
        lines.push("a GPU: install its driver with Vulkan (an ICD file in /usr/share/vulkan/icd.d or /etc/vulkan/icd.d)");
        "no driver is registered (no ICD file), or the loader libvulkan.so.1 is missing".to_owned()
    } else {
        format!("{} registered, but none gave an adapter (is libvulkan.so.1 there, and the device open to this user?)", drivers.join(", "))
    };
    if container {
        lines.push("in a container: start it with the graphics capability (NVIDIA_DRIVER_CAPABILITIES=all), not compute alone");
    }
    lines
        .push("a software adapter for tests, on Debian and Ubuntu: apt-get install --no-install-recommends mesa-vulkan-drivers libvulkan1");
    Missing { api: api.to_owned(), why, helps: helps(&lines) }
}

/// The names of the registered Vulkan drivers.
fn icd_files() -> Vec<String> {
    let folders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().filter_map(Result::ok);
    let mut names: Vec<String> = files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Mesa's loader complains on stderr about an unset XDG_RUNTIME_DIR, which no computation needs.
fn quiet() {
    #[cfg(target_os = "linux")]
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: the variable is set once, before any driver is loaded, to a folder that exists; this program reads the environment
        // through std only, which locks it. The lane threads of other backends never touch it.
        static ONCE: std::sync::Once = std::sync::Once::new();
        #[expect(unsafe_code, reason = "see above; there is no other way to keep the driver quiet")]
        ONCE.call_once(|| unsafe { std::env::set_var("XDG_RUNTIME_DIR", std::env::temp_dir()) });
    }
}
