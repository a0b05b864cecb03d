//! Changes of the field that the log of a crashed container leads to: laid over the template as they are printed, and
//! held against the log and the rules again.

use std::cell::OnceCell;

use serde_json::{Value, json};

use crate::findings::Subject;
use crate::findings::cause::{ContainerEnded, CrashField, DnsPolicy, LikelyCause, MountPoint};
use crate::findings::crash::container::CrashedContainer;
use crate::fix::printed::{self, Printed};
use crate::fix::verified::{FieldChange, VerifiedFix};
use crate::model::pod_fields::PodFields;
use crate::rules::{Evaluation, Placement, Verdict};
use crate::store::{Cluster, NodeIndex};
use crate::yaml::{Style, emit};

/// The widest line of a small map written on one.
const ONE_LINE: usize = 72;

/// The sysctl below which ports are privileged. It is safe, so that every kubelet allows it
/// (pkg/kubelet/sysctl/safe_sysctls.go v1.36), and belongs to the pod's own network.
const FIRST_PORT: &str = "net.ipv4.ip_unprivileged_port_start";

/// A change of the template.
struct Change {
    field: FieldChange,
    /// A strategic merge patch of the pod's spec.
    patch: Value,
    weakens_security: bool,
}

/// Returns a change of the template after which the field no longer stands in the way, no node loses its pod, and the
/// API server still admits the pods. `None` if no field of the template does it.
pub fn find(
    cluster: &Cluster,
    asked: &Subject,
    ended: &ContainerEnded,
    nodes: &[NodeIndex],
    before: &[Verdict],
) -> Option<VerifiedFix> {
    let likely = ended.likely_cause.as_deref()?;
    let fields = PodFields::read(asked.daemon_set.template.text.get()?)?;
    let Change { field, patch, weakens_security } = change(&fields, ended, likely)?;
    let text = emit(&json!({"spec": {"template": {"spec": patch}}}), Style::Compact(ONE_LINE));
    let Printed { daemon_set, edits } = printed::read(&text, asked)?;
    let changed = PodFields::read(daemon_set.template.text.get()?)?;
    if !edits.is_empty() || is_still_denied(cluster, asked, ended, likely, &changed, nodes) {
        return None;
    }
    verified_field(cluster, &Subject { daemon_set, ..asked.clone() }, before, field, text, weakens_security)
}

/// Judges the nodes with a changed template: `None` if a node then loses its pod.
pub fn verified_field(
    cluster: &Cluster,
    changed: &Subject,
    before: &[Verdict],
    field: FieldChange,
    text: String,
    weakens_security: bool,
) -> Option<VerifiedFix> {
    let own = changed.own_pods();
    let admission = Evaluation::admit(cluster, &changed.daemon_set, own);
    let after = Evaluation::new(cluster, &changed.daemon_set, &admission, own).all();
    let gets_a_pod = |verdict: &Verdict| matches!(verdict.placement, Placement::Placed | Placement::Preempting { .. });
    if before.iter().zip(&after).any(|(before, after)| gets_a_pod(before) && !gets_a_pod(after)) {
        return None;
    }
    Some(VerifiedFix {
        edits: Vec::new(),
        field: Some(field),
        still_blocks: None,
        target: "daemonset",
        language: "apps/v1",
        patch: text,
        risk: if weakens_security { "weakens-security" } else { "rolls-pods" },
        // Every node has its pod already: that the pod then runs is likely, and not counted.
        nodes_fixed: 0,
        nodes_broken: 0,
        victims: Vec::new(),
        has_unnamed_victims: false,
    })
}

/// Whether the log still leads to the field with the changed template.
fn is_still_denied(
    cluster: &Cluster,
    asked: &Subject,
    ended: &ContainerEnded,
    likely: &LikelyCause,
    changed: &PodFields,
    nodes: &[NodeIndex],
) -> bool {
    let Some(node) = nodes.first().map(|node| &cluster.nodes[*node as usize]) else { return true };
    let pods = asked.owner().map_or(&[][..], |owner| cluster.owned_by(owner));
    let pod = pods.iter().map(|pod| cluster.pod(*pod)).find(|pod| pod.node == Some(node.name));
    let (Some(pod), Some(container)) = (pod, changed.container(&ended.container)) else { return true };
    let others = OnceCell::new();
    let daemon_set = &asked.daemon_set;
    let crashed = CrashedContainer { cluster, daemon_set, pod, node, fields: changed, container, others: &others };
    crashed.field(&likely.error).is_some_and(|still| still.name() == likely.field.name())
}

fn change(fields: &PodFields, ended: &ContainerEnded, likely: &LikelyCause) -> Option<Change> {
    let name = &ended.container;
    let container = fields.container(name)?;
    let list = if ended.init { "initContainers" } else { "containers" };
    let of_container = |field: &str, value: Value| json!({list: [{"name": name, field: value}]});
    let grant = |capabilities: &[&str]| {
        let added = container.security_context.capabilities.iter().flat_map(|all| all.add.iter().map(String::as_str));
        let all: Vec<&str> = added.chain(capabilities.iter().copied()).collect();
        Change {
            field: FieldChange::AddCapabilities {
                container: name.clone(),
                capabilities: capabilities.iter().map(|name| (*name).to_owned()).collect(),
            },
            patch: of_container("securityContext", json!({"capabilities": {"add": all}})),
            weakens_security: true,
        }
    };
    match &likely.field {
        CrashField::ReadOnlyMount { mount, .. } => {
            let MountPoint { volume, mount_path } = mount;
            let mounts = json!([{"mountPath": mount_path, "readOnly": false}]);
            Some(Change {
                field: FieldChange::WritableMount { container: name.clone(), volume: volume.clone() },
                patch: of_container("volumeMounts", mounts),
                weakens_security: fields.volume(volume).is_some_and(|volume| volume.host_path.is_some()),
            })
        }
        CrashField::ReadOnlyRoot { directory: Some(directory), .. } => {
            let volume = volume_name(fields, directory);
            Some(Change {
                field: FieldChange::EmptyDir { container: name.clone(), directory: directory.clone() },
                patch: json!({
                    list: [{"name": name, "volumeMounts": [{"name": volume, "mountPath": directory}]}],
                    "volumes": [{"name": volume, "emptyDir": {}}],
                }),
                weakens_security: false,
            })
        }
        CrashField::Capabilities { capabilities, user: None, .. } => Some(grant(capabilities)),
        CrashField::PrivilegedPort { user: None, is_dropped: true, .. } => Some(grant(&["NET_BIND_SERVICE"])),
        CrashField::PrivilegedPort { user: Some(_), host_network: false, .. } => {
            let sysctls = fields.security_context.sysctls.iter().map(|sysctl| &sysctl.name);
            // The list is replaced, and the values of others are not known here.
            let alone = sysctls.count() == 0;
            alone.then(|| Change {
                field: FieldChange::UnprivilegedPorts { sysctl: FIRST_PORT },
                patch: json!({"securityContext": {"sysctls": [{"name": FIRST_PORT, "value": "0"}]}}),
                weakens_security: false,
            })
        }
        CrashField::ClaimOwner { user: Some(user), .. } => Some(Change {
            field: FieldChange::FsGroup { group: *user },
            patch: json!({"securityContext": {"fsGroup": user}}),
            weakens_security: false,
        }),
        CrashField::NotExecutable { mount, key, .. } => {
            let field = if key.object_kind == "Secret" { "secret" } else { "configMap" };
            let is_plain = fields.volume(&mount.volume).is_some_and(|volume| volume.projected.is_none());
            is_plain.then(|| Change {
                field: FieldChange::Executable { volume: mount.volume.clone() },
                patch: json!({"volumes": [{"name": mount.volume, field: {"defaultMode": 0o755}}]}),
                weakens_security: false,
            })
        }
        CrashField::DnsPolicy { policy, .. } => {
            let policy = match policy {
                DnsPolicy::ClusterFirst => "ClusterFirstWithHostNet",
                DnsPolicy::Default | DnsPolicy::None => "ClusterFirst",
            };
            let policy = if fields.host_network.0 { "ClusterFirstWithHostNet" } else { policy };
            Some(Change {
                field: FieldChange::DnsPolicy { policy },
                patch: json!({ "dnsPolicy": policy }),
                weakens_security: false,
            })
        }
        CrashField::NoToken { .. } => Some(Change {
            field: FieldChange::MountToken,
            patch: json!({"automountServiceAccountToken": true}),
            weakens_security: false,
        }),
        _ => None,
    }
}

/// A name for a new volume: the last part of its path, unless another volume has it.
fn volume_name(fields: &PodFields, directory: &str) -> String {
    let last = directory.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let name: String = last.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    let name = if name.is_empty() { "scratch" } else { &name[..name.len().min(40)] };
    let mut names = (0..).map(|number| if number == 0 { name.to_owned() } else { format!("{name}-{number}") });
    names.find(|name| fields.volume(name).is_none()).unwrap_or_default()
}
