//! Modules of the kernel and libraries of a driver, which the node has or lacks.

use crate::model::message::log::logged::LoggedError;

/// Libraries of the NVIDIA driver: its container runtime mounts them, and no image has them.
const NVIDIA: &[&str] = &["libnvidia-ml.so", "libcuda.so"];

/// Reads a module that `modprobe` does not find (kmod tools/modprobe.c, busybox modutils/modprobe.c), or a library of the NVIDIA
/// driver that the linker does not find.
pub fn missing(line: &str, lower: &str) -> Option<LoggedError> {
    let module = |rest: &str| {
        let name = rest.split_whitespace().next()?.trim_matches(['\'', '"']);
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        is_name.then(|| LoggedError::NoModule { module: name.to_owned() })
    };
    if lower.contains("modprobe")
        && (lower.contains("not found in directory") || lower.contains("not found in modules.dep"))
    {
        let at = lower.find("module ")?;
        return module(&line[at + "module ".len()..]);
    }
    let library = NVIDIA.iter().find(|library| lower.contains(*library)).copied();
    let is_nvml = || {
        lower.contains("nvml") && ["error_library_not_found", "could not load nvml"].iter().any(|w| lower.contains(w))
    };
    match library {
        Some(library) if lower.contains("cannot open shared object file") || lower.contains("not found") => {
            Some(LoggedError::NoDriverLibrary { library })
        }
        _ => is_nvml().then_some(LoggedError::NoDriverLibrary { library: NVIDIA[0] }),
    }
}
