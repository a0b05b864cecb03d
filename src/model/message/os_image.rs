//! The operating system of a node, by what its kubelet reports (`status.nodeInfo.osImage`, from `/etc/os-release`).

/// A distribution that tells whose cluster it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OsImage {
    /// Talos Linux.
    Talos,
    /// The CoreOS of OpenShift or OKD.
    OpenShift,
    /// Another one.
    Other,
}

impl OsImage {
    /// Reads `osImage`.
    pub fn of(text: &str) -> Self {
        const OPENSHIFT: [&str; 2] = ["Red Hat Enterprise Linux CoreOS", "CentOS Stream CoreOS"];
        if text.starts_with("Talos") {
            OsImage::Talos
        } else if OPENSHIFT.iter().any(|image| text.starts_with(image)) {
            OsImage::OpenShift
        } else {
            OsImage::Other
        }
    }
}
