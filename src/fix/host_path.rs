//! A directory of the node that does not exist: the kubelet creates it, where it is the agent's own.
//!
//! Of the types of a hostPath volume only `DirectoryOrCreate` creates a directory, owned by root with mode 0755; where a
//! directory is there, it changes nothing (`checkTypeInternal` in pkg/volume/hostpath/host_path.go v1.36).

use serde_json::json;

use crate::findings::Subject;
use crate::findings::cause::{ContainerWaiting, SetupFailed};
use crate::fix::crash::verified_field;
use crate::fix::printed::{self, Printed};
use crate::fix::verified::{FieldChange, VerifiedFix};
use crate::model::message::kubelet::SetupFailure;
use crate::model::message::path::paths;
use crate::model::message::volume::MountFailure;
use crate::model::pod_fields::PodFields;
use crate::rules::Verdict;
use crate::store::Cluster;
use crate::yaml::{Style, emit};

/// The widest line of a small map written on one.
const ONE_LINE: usize = 72;

/// Directories under which the kernel, the system or another program makes what is there: an empty directory in its place
/// helps nobody.
const FOREIGN: [&str; 14] = [
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/var/run",
    "/boot",
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/etc/kubernetes",
    "/etc/cni",
    "/var/lib/kubelet",
];

/// Returns the change after a mount whose directory is not there.
pub fn of_setup(cluster: &Cluster, asked: &Subject, failed: &SetupFailed, before: &[Verdict]) -> Option<VerifiedFix> {
    if failed.failure != SetupFailure::Mount(MountFailure::HostPathType) {
        return None;
    }
    let said = paths(&failed.message).last()?.to_owned();
    create(cluster, asked, &said, "Directory", before)
}

/// Returns the change after a container whose volume names a directory that is not there.
pub fn of_waiting(
    cluster: &Cluster,
    asked: &Subject,
    waiting: &ContainerWaiting,
    before: &[Verdict],
) -> Option<VerifiedFix> {
    create(cluster, asked, &waiting.missing_host_path.as_ref()?.path, "", before)
}

/// Lets the kubelet create the path of the volume that has it with a type.
fn create(cluster: &Cluster, asked: &Subject, path: &str, kind: &str, before: &[Verdict]) -> Option<VerifiedFix> {
    let clean = |path: &str| path.trim_end_matches('/').to_owned();
    let path = clean(path);
    let is_foreign =
        FOREIGN.iter().any(|of| path == *of || path.strip_prefix(of).is_some_and(|rest| rest.starts_with('/')));
    // What has an ending is rather a file or a socket.
    let has_ending = || path.rsplit('/').next().is_some_and(|last| last.trim_start_matches('.').contains('.'));
    if path.is_empty() || is_foreign || kind.is_empty() && has_ending() {
        return None;
    }
    if is_of_another(cluster, asked, &path) {
        return None;
    }
    let fields = PodFields::read(asked.daemon_set.template.text.get()?)?;
    let volume = fields.volumes.iter().find(|volume| {
        volume.host_path.as_ref().is_some_and(|of| of.kind.as_str() == kind && clean(&of.path) == path)
    })?;
    let volume = volume.name.clone();
    let patch = json!({"volumes": [{"name": volume, "hostPath": {"type": "DirectoryOrCreate"}}]});
    let text = emit(&json!({"spec": {"template": {"spec": patch}}}), Style::Compact(ONE_LINE));
    let Printed { daemon_set, edits } = printed::read(&text, asked)?;
    let is_created = |fields: PodFields| {
        fields
            .volume(&volume)
            .and_then(|v| v.host_path.as_ref())
            .is_some_and(|of| of.kind.as_str() == "DirectoryOrCreate")
    };
    if !edits.is_empty() || !PodFields::read(daemon_set.template.text.get()?).is_some_and(is_created) {
        return None;
    }
    let changed = Subject { daemon_set, ..asked.clone() };
    verified_field(cluster, &changed, before, FieldChange::CreateDirectory { volume, path }, text, false)
}

/// Whether another DaemonSet mounts the directory, or one above it that is not the root: then its pod creates what is there.
fn is_of_another(cluster: &Cluster, asked: &Subject, path: &str) -> bool {
    let own = &asked.daemon_set;
    let mounts = |text: &str| {
        let fields = PodFields::read(text).unwrap_or_default();
        let host_paths = fields.volumes.iter().filter_map(|volume| volume.host_path.as_ref());
        host_paths.map(|of| of.path.trim_end_matches('/')).any(|of| {
            path == of || of.matches('/').count() > 1 && path.strip_prefix(of).is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let others = cluster.daemon_sets.iter().filter(|of| (of.namespace, of.name) != (own.namespace, own.name));
    others.filter_map(|of| of.template.text.get()).any(mounts)
}
