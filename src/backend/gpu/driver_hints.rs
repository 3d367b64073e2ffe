//! Reasons and remedies for a graphics API without an adapter, from the machine's files and environment variables.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// The name of Microsoft's API.
pub const DIRECT3D: &str = "Direct3D 12";

/// A graphics API without an adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MissingApi {
    /// Name of the API.
    pub api: String,
    /// Why it has no adapter.
    #[serde(rename = "why")]
    pub reason: String,
    /// Commands and settings that may help, one per line.
    #[serde(rename = "helps")]
    pub remedies: Vec<String>,
}

impl MissingApi {
    fn new(api: &str, reason: impl Into<String>, remedies: &[&str]) -> Self {
        Self { api: api.to_owned(), reason: reason.into(), remedies: remedies.iter().map(|&line| line.to_owned()).collect() }
    }
}

/// The reason why an API has no adapter on this machine, with remedies.
pub fn missing_api(api: &str) -> MissingApi {
    if api == "Vulkan" && cfg!(not(windows)) {
        return Machine { root: PathBuf::from("/"), variable: &|name| std::env::var_os(name) }.missing_vulkan();
    }
    MissingApi::new(api, "no adapter was found", &["install or update the graphics driver"])
}

/// A warning about the shader compiler of an API, with its remedy.
///
/// Without `dxcompiler.dll` wgpu uses FXC, the compiler that is part of Windows. The feature `static-dxc` of wgpu would download a compiled library in each
/// build, so the program does not use it.
pub fn slow_compiler(api: &str) -> Option<String> {
    let machine = Machine { root: PathBuf::from("/"), variable: &|name| std::env::var_os(name) };
    let program = std::env::current_exe().ok()?;
    (api == DIRECT3D && !machine.has_dxc(program.parent()?)).then(|| {
        "dxcompiler.dll was not found, so Direct3D compiles each shader for 5 to 12 s: put the file from \
         https://github.com/microsoft/DirectXShaderCompiler/releases into the folder of the program, or use --adapter vulkan"
            .to_owned()
    })
}

/// Sets `XDG_RUNTIME_DIR` to the folder for temporary files if it is not set, because Mesa's drivers print a warning to stderr without it. The program
/// opens no window, so nothing is written there.
///
/// # Safety
///
/// Sets an environment variable. Call it at the start of `main`, while the process has one thread.
#[expect(unsafe_code, reason = "the driver's warning can only be turned off by an environment variable")]
pub unsafe fn quiet_environment() {
    const NAME: &str = "XDG_RUNTIME_DIR";
    if cfg!(unix) && std::env::var_os(NAME).is_none() {
        // SAFETY: the caller guarantees that no other thread reads the environment.
        unsafe { std::env::set_var(NAME, std::env::temp_dir()) };
    }
}

/// Files and environment variables of a machine; tests replace them.
struct Machine<'a> {
    root: PathBuf,
    variable: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Machine<'_> {
    /// The first missing part of Vulkan on Linux: the loader, a driver, or a device.
    fn missing_vulkan(&self) -> MissingApi {
        let missing = |reason: &str, remedies: &[&str]| MissingApi::new("Vulkan", reason, remedies);
        let software = "on Debian and Ubuntu: apt-get install --no-install-recommends mesa-vulkan-drivers libvulkan1 (a software adapter and the drivers for AMD and Intel)";
        let nvidia = "in a container: start it with NVIDIA_DRIVER_CAPABILITIES=all (or graphics,compute,utility) and --gpus all, \
                      which mounts the driver's Vulkan files";
        let has_nvidia = self.exists("dev/nvidiactl") || self.exists("proc/driver/nvidia/version");
        if !self.has_loader() {
            return missing("the loader libvulkan.so.1 was not found", &[software]);
        }
        for name in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
            if let Some(value) = (self.variable)(name).filter(|value| !value.is_empty()) {
                let reason = format!("{name} is {}, and no driver there offers a device", Path::new(&value).display());
                return missing(&reason, &[&format!("unset {name}, or set it to the driver's JSON file")]);
            }
        }
        let drivers = self.drivers();
        if has_nvidia && !drivers.iter().any(|name| name.contains("nvidia")) {
            return missing("an NVIDIA GPU was found, but not the ICD file of its driver (nvidia_icd.json)", &[nvidia]);
        }
        if drivers.is_empty() {
            return missing("no driver was found: vulkan/icd.d contains no ICD file", &[software]);
        }
        let reason = format!("no driver offers a device ({})", drivers.join(", "));
        missing(
            &reason,
            &[if has_nvidia { nvidia } else { "check that the device file /dev/dri exists and that this user may open it" }, software],
        )
    }

    /// Whether the compiler DXC is in the folder of the program or in a folder of PATH.
    fn has_dxc(&self, program: &Path) -> bool {
        let path = (self.variable)("PATH").unwrap_or_default();
        let mut folders = std::env::split_paths(&path).chain([program.to_owned()]);
        folders.any(|folder| folder.join("dxcompiler.dll").exists())
    }

    fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    fn has_loader(&self) -> bool {
        let path = (self.variable)("LD_LIBRARY_PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).filter(|folder| !folder.as_os_str().is_empty()).collect();
        let arch = std::env::consts::ARCH;
        for folder in ["usr/lib", "usr/lib64", "lib", "lib64", "usr/local/lib", "opt/lib"] {
            folders.push(self.root.join(folder));
            folders.push(self.root.join(folder).join(format!("{arch}-linux-gnu")));
        }
        folders.iter().any(|folder| folder.join("libvulkan.so.1").exists())
    }

    /// Names of the drivers' ICD files.
    fn drivers(&self) -> Vec<String> {
        let mut folders: Vec<PathBuf> =
            ["etc", "usr/share", "usr/local/share", "usr/local/etc"].map(|base| self.root.join(base).join("vulkan/icd.d")).into();
        if let Some(home) = (self.variable)("HOME") {
            folders.push(Path::new(&home).join(".local/share/vulkan/icd.d"));
        }
        let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        let mut names: Vec<String> = files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")));
        names.sort();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result for Vulkan on a machine with these files and this environment variable.
    fn vulkan(files: &[&str], variable: (&str, &str)) -> MissingApi {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let variable = |name: &str| (name == variable.0).then(|| variable.1.into());
        Machine { root: root.path().to_owned(), variable: &variable }.missing_vulkan()
    }

    #[test]
    fn the_compiler_of_direct3d_is_found_beside_the_program_and_in_the_path() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let variable = |name: &str| (name == "PATH").then(|| folders[0].path().into());
        let machine = Machine { root: PathBuf::from("/"), variable: &variable };
        assert!(!machine.has_dxc(folders[1].path()));
        for folder in &folders {
            let file = folder.path().join("dxcompiler.dll");
            std::fs::write(&file, "").unwrap();
            assert!(machine.has_dxc(folders[1].path()));
            std::fs::remove_file(file).unwrap();
        }
    }

    const LOADER: &str = "usr/lib/libvulkan.so.1";

    #[test]
    fn each_missing_part_has_its_remedy() {
        let none = ("", "");
        let cases = [
            (vulkan(&[], none), "libvulkan.so.1", "libvulkan1"),
            (vulkan(&[LOADER], none), "contains no ICD file", "mesa-vulkan-drivers"),
            (vulkan(&[LOADER, "dev/nvidiactl", "usr/share/vulkan/icd.d/lvp_icd.json"], none), "NVIDIA", "NVIDIA_DRIVER_CAPABILITIES=all"),
            (vulkan(&[LOADER, "etc/vulkan/icd.d/lvp_icd.json"], none), "lvp_icd.json", "/dev/dri"),
            (vulkan(&[LOADER], ("VK_ICD_FILENAMES", "/nowhere.json")), "/nowhere.json", "unset VK_ICD_FILENAMES"),
        ];
        for (missing, reason, remedy) in cases {
            assert!(missing.reason.contains(reason) && missing.remedies.concat().contains(remedy), "{missing:?}");
        }
    }
}
