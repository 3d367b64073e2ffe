//! Why an API gave no adapter, as far as files and variables tell, and what helps.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// An API that gave no adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub api: String,
    pub why: String,
    pub helps: Vec<String>,
}

impl Missing {
    fn new(api: &str, why: impl Into<String>, helps: &[&str]) -> Self {
        Self { api: api.to_owned(), why: why.into(), helps: helps.iter().map(|&line| line.to_owned()).collect() }
    }
}

/// What this machine lacks for an API.
pub fn missing(api: &str) -> Missing {
    if api == "Vulkan" && cfg!(not(windows)) {
        return Machine { root: PathBuf::from("/"), variable: &|name| std::env::var_os(name) }.missing_vulkan();
    }
    Missing::new(api, "no adapter answered", &["install or update the graphics driver"])
}

/// Keeps Mesa's drivers from complaining on stderr where `XDG_RUNTIME_DIR` is not set: names the folder for temporary files in
/// its place. No window is opened, so nothing is put there.
///
/// # Safety
///
/// It sets an environment variable. Call it first thing in `main`, while the process has one thread.
#[expect(unsafe_code, reason = "there is no other way to keep the driver quiet")]
pub unsafe fn quiet_environment() {
    const NAME: &str = "XDG_RUNTIME_DIR";
    if cfg!(unix) && std::env::var_os(NAME).is_none() {
        // SAFETY: the caller has seen to it that no other thread reads the environment.
        unsafe { std::env::set_var(NAME, std::env::temp_dir()) };
    }
}

/// Where to look for what is missing.
struct Machine<'a> {
    root: PathBuf,
    variable: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Machine<'_> {
    /// Vulkan on Linux: a loader, then a driver that it finds, then a device.
    fn missing_vulkan(&self) -> Missing {
        let missing = |why: &str, helps: &[&str]| Missing::new("Vulkan", why, helps);
        let software = "on Debian and Ubuntu: apt-get install --no-install-recommends mesa-vulkan-drivers libvulkan1 (a software adapter, and the drivers of AMD and Intel)";
        let nvidia = "in a container: start it with NVIDIA_DRIVER_CAPABILITIES=all (or graphics,compute,utility) and --gpus all, \
                      so that the driver's Vulkan half is mounted too";
        let has_nvidia = self.exists("dev/nvidiactl") || self.exists("proc/driver/nvidia/version");
        if !self.has_loader() {
            return missing("the loader, libvulkan.so.1, is not there", &[software]);
        }
        for name in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
            if let Some(value) = (self.variable)(name).filter(|value| !value.is_empty()) {
                let why = format!("{name} names {}, and no driver there gives a device", Path::new(&value).display());
                return missing(&why, &[&format!("unset {name}, or let it name the driver's JSON file")]);
            }
        }
        let drivers = self.drivers();
        if has_nvidia && !drivers.iter().any(|name| name.contains("nvidia")) {
            return missing("there is an NVIDIA GPU, but no ICD file (nvidia_icd.json) of its driver", &[nvidia]);
        }
        if drivers.is_empty() {
            return missing("no driver: there is no ICD file in vulkan/icd.d", &[software]);
        }
        let why = format!("none of the drivers gives a device ({})", drivers.join(", "));
        missing(&why, &[if has_nvidia { nvidia } else { "is the device file (/dev/dri) there, and may this user open it?" }, software])
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

    /// The names of the drivers' ICD files.
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

    /// What is said of Vulkan on a machine with these files and this variable.
    fn vulkan(files: &[&str], variable: (&str, &str)) -> Missing {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let variable = |name: &str| (name == variable.0).then(|| variable.1.into());
        Machine { root: root.path().to_owned(), variable: &variable }.missing_vulkan()
    }

    const LOADER: &str = "usr/lib/libvulkan.so.1";

    #[test]
    fn each_lack_has_its_own_help() {
        let none = ("", "");
        let cases = [
            (vulkan(&[], none), "libvulkan.so.1", "libvulkan1"),
            (vulkan(&[LOADER], none), "no ICD file", "mesa-vulkan-drivers"),
            (vulkan(&[LOADER, "dev/nvidiactl", "usr/share/vulkan/icd.d/lvp_icd.json"], none), "NVIDIA", "NVIDIA_DRIVER_CAPABILITIES=all"),
            (vulkan(&[LOADER, "etc/vulkan/icd.d/lvp_icd.json"], none), "lvp_icd.json", "/dev/dri"),
            (vulkan(&[LOADER], ("VK_ICD_FILENAMES", "/nowhere.json")), "/nowhere.json", "unset VK_ICD_FILENAMES"),
        ];
        for (missing, why, helps) in cases {
            assert!(missing.why.contains(why) && missing.helps.concat().contains(helps), "{missing:?}");
        }
    }
}
