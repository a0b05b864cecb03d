//! Which logs of failed containers to read.

use crate::model::LogKey;

/// The log of the container that a finding is about, on the first of its nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedLog {
    /// The finding's place in the report.
    pub finding: usize,
    /// The node.
    pub node: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Whether the log is of the previous run of the container.
    pub previous: bool,
    /// Whether the field that causes the failure is known without the log.
    pub explained: bool,
}

impl WantedLog {
    /// Which log it is.
    pub fn key(&self) -> LogKey {
        LogKey {
            namespace: self.namespace.as_str().into(),
            pod: self.pod.as_str().into(),
            container: self.container.as_str().into(),
            previous: self.previous,
        }
    }
}
