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

/// Returns whether a system enforces SELinux unless its administrator changed that: Red Hat and its relatives, and
/// Bottlerocket. Others have it permissive or not at all.
pub fn enforces_se_linux(text: &str) -> bool {
    const ENFORCING: [&str; 7] =
        ["Red Hat Enterprise Linux", "CentOS", "Fedora", "Rocky Linux", "AlmaLinux", "Oracle Linux", "Bottlerocket"];
    ENFORCING.iter().any(|system| text.starts_with(system))
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
