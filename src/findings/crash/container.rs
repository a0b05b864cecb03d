//! A container that crashed, and as whom it runs.

use std::cell::OnceCell;

use crate::model::pod_fields::{ContainerFields, PodFields};
use crate::model::{DaemonSet, Node, Pod};
use crate::store::Cluster;

/// A container that crashed, with what surrounds it.
pub struct CrashedContainer<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The DaemonSet.
    pub daemon_set: &'a DaemonSet,
    /// The pod.
    pub pod: &'a Pod,
    /// Its node.
    pub node: &'a Node,
    /// The fields of the template.
    pub fields: &'a PodFields,
    /// Those of the container.
    pub container: &'a ContainerFields,
    /// The fields of every DaemonSet of the cluster, read once they are needed.
    pub others: &'a OnceCell<Vec<PodFields>>,
}

/// As whom a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsAs {
    /// As root.
    Root,
    /// As this user.
    User(i64),
    /// As another user than root, whom the image names.
    NonRoot,
    /// As the user that the image names.
    Image,
}

impl RunsAs {
    /// The user's number, if it is known to be another than 0.
    pub fn user(self) -> Option<i64> {
        match self {
            RunsAs::User(user) => Some(user),
            _ => None,
        }
    }

    /// Whether the user is known to be another than root.
    pub fn is_other(self) -> bool {
        matches!(self, RunsAs::User(_) | RunsAs::NonRoot)
    }
}

impl CrashedContainer<'_> {
    /// As whom the container runs: its own field counts before the pod's (`DetermineEffectiveSecurityContext`,
    /// pkg/securitycontext/util.go v1.36).
    pub fn runs_as(&self) -> RunsAs {
        let (own, of_pod) = (&self.container.security_context, &self.fields.security_context);
        match own.run_as_user.or(of_pod.run_as_user) {
            Some(0) => RunsAs::Root,
            Some(user) => RunsAs::User(user),
            None if own.run_as_non_root.or(of_pod.run_as_non_root) == Some(true) => RunsAs::NonRoot,
            None => RunsAs::Image,
        }
    }

    /// The fields of every DaemonSet of the cluster, in the order of the cluster's DaemonSets.
    pub fn all_fields(&self) -> &[PodFields] {
        let read =
            |daemon_set: &DaemonSet| daemon_set.template.text.get().and_then(PodFields::read).unwrap_or_default();
        self.others.get_or_init(|| self.cluster.daemon_sets.iter().map(read).collect())
    }

    /// Whether the container is privileged.
    pub fn is_privileged(&self) -> bool {
        self.container.security_context.privileged == Some(true)
    }

    /// Whether the container has its root file system read-only.
    pub fn has_read_only_root(&self) -> bool {
        self.container.security_context.read_only_root_filesystem == Some(true)
    }
}
