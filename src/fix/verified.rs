//! A fix as data: what is changed, and what came of the trial.

use crate::findings::codes::Code;
use crate::fix::edit::Edit;

/// A change that was applied to the facts, after which the nodes were judged again.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedFix {
    /// The changes; none if it is a change of a field.
    pub edits: Vec<Edit>,
    /// The change of the field that the log of a crashed container leads to.
    pub field: Option<FieldChange>,
    /// The cause that then still blocks the most nodes, with their number.
    pub still_blocks: Option<(Code, usize)>,
    /// What is changed: `daemonset`, or the kind that is created or changed.
    pub target: &'static str,
    /// How the patch is written: `spec` or `apps/v1`; `v1` and such for other objects.
    pub language: &'static str,
    /// The change as YAML.
    pub patch: String,
    /// The side effect: `rolls-pods`, `evicts-pods`, `weakens-security` or `none`.
    pub risk: &'static str,
    /// How many nodes then get a pod that had none.
    pub nodes_fixed: usize,
    /// How many nodes then lose their pod.
    pub nodes_broken: usize,
    /// The pods that the scheduler then evicts on these nodes, as `namespace/name`.
    pub victims: Vec<String>,
    /// Whether it evicts others as well whose names were not read.
    pub has_unnamed_victims: bool,
}

/// A change of a field that the log of a crashed container leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldChange {
    /// The container gets capabilities.
    AddCapabilities {
        /// The container.
        container: String,
        /// The capabilities.
        capabilities: Vec<String>,
    },
    /// A mount is no longer read-only.
    WritableMount {
        /// The container.
        container: String,
        /// The volume that is mounted.
        volume: String,
    },
    /// An emptyDir volume is mounted.
    EmptyDir {
        /// The container.
        container: String,
        /// Where.
        directory: String,
    },
    /// Every user may bind ports below 1024 of the pod's own network.
    UnprivilegedPorts {
        /// The sysctl that is set.
        sysctl: &'static str,
    },
    /// The kubelet creates the directory of a hostPath volume.
    CreateDirectory {
        /// The volume.
        volume: String,
        /// Its path.
        path: String,
    },
    /// The kubelet gives the volumes of the pod to a group.
    FsGroup {
        /// The group's number.
        group: i64,
    },
    /// The files of a volume are executable.
    Executable {
        /// The volume.
        volume: String,
    },
    /// The pod uses another DNS policy.
    DnsPolicy {
        /// The policy.
        policy: &'static str,
    },
    /// The token of the ServiceAccount is mounted.
    MountToken,
}
