//! Which pods the kubelet refuses although the scheduler bound them to its node, as far as the node's object shows it.
//!
//! `pkg/kubelet/lifecycle/predicate.go` and `pkg/kubelet/eviction/eviction_manager.go` (`Admit`), the same from v1.34 to
//! v1.37. What it cannot know of here: static pods, devices, sysctls that the kubelet's flags allow, and most of what the
//! runtime supports.

use crate::model::daemonset::PodTemplate;
use crate::model::resources::is_extended_resource;
use crate::model::security::PodSecurity;
use crate::model::{Node, Symbol, Version};
use crate::rules::verdict::{KubeletRefusal, Plugin, Rejection};

/// Pods of this priority and more are let in under pressure (`IsCriticalPodBasedOnPriority`).
pub const CRITICAL: i32 = 2_000_000_000;

/// The label that every kubelet gives its node.
pub const OS_LABEL: &str = "kubernetes.io/os";

/// What a kubelet looks at in a pod, beside what the scheduler looked at already.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asks {
    /// The operating system that the pod is for (`os.name`).
    pub os: Option<Symbol>,
    /// The operating system that a label of the pod names: the kubelet takes it for one that the node must have.
    pub os_label: Option<Symbol>,
    /// Whether the image's groups are kept out (`supplementalGroupsPolicy: Strict`).
    pub strict_groups: bool,
    /// Whether the pod as a whole has requests or limits.
    pub pod_resources: bool,
}

impl Asks {
    /// What a pod asks.
    pub fn of(template: &PodTemplate) -> Self {
        let pod: &PodSecurity = &template.security;
        let policy = pod.security_context.as_ref().and_then(|context| context.supplemental_groups_policy.as_deref());
        Asks {
            os: pod.os.as_ref().map(|os| Symbol::new(&os.name)),
            os_label: template.labels.get(Symbol::new(OS_LABEL)),
            strict_groups: policy == Some("Strict"),
            pod_resources: template.spec.resources.is_some(),
        }
    }

    /// Whether a node must be looked at for it, also where nothing is wrong there.
    pub fn anything(self) -> bool {
        self.os.is_some() || self.os_label.is_some() || self.strict_groups || self.pod_resources
    }
}

/// Everything for which the node's kubelet refuses a pod that asks this, of this priority.
///
/// Under memory pressure alone a pod is let in that tolerates the taint, as all pods of DaemonSets do.
pub fn refusals(node: &Node, asks: Asks, priority: i32) -> impl Iterator<Item = KubeletRefusal> + '_ {
    let other = asks.os.and_then(|wanted| {
        let actual = node.labels.get(Symbol::new(OS_LABEL)).filter(|actual| *actual != wanted)?;
        Some(KubeletRefusal::OperatingSystem { wanted, actual })
    });
    let node_os = node.labels.get(Symbol::new(OS_LABEL));
    let label = asks.os_label.and_then(|wanted| {
        let actual = node_os.filter(|actual| *actual != wanted)?;
        Some(KubeletRefusal::OperatingSystemLabel { wanted, actual })
    });
    let version = node.kubelet_version.and_then(|version| Version::parse(version.as_str()));
    let cannot = match (node.strict_groups, version) {
        (Some(true), _) => false,
        // Of a runtime that has never heard of it the kubelet says nothing, and refuses the pod. Before v1.33 it did not look.
        (_, Some(version)) => version.minor >= 33,
        (says, None) => says == Some(false),
    };
    let groups = (asks.strict_groups && cannot).then_some(KubeletRefusal::StrictGroups);
    // `isPodLevelResourcesSupported`, pkg/kubelet/lifecycle/features_windows.go, the same in v1.36 and v1.37.
    let is_windows = node_os.is_some_and(|os| os == *"windows") && version.is_some_and(|version| version.minor >= 36);
    let whole = (asks.pod_resources && is_windows).then_some(KubeletRefusal::PodLevelResources);
    // What a node said that does not answer any more is not what it says now.
    let heard = priority < CRITICAL && !node.is_unreachable();
    let pressure = node.conditions.troubles.iter().filter(move |_| heard);
    let pressure = pressure.filter(|kind| matches!(kind.as_str(), "DiskPressure" | "PIDPressure"));
    let first = label.into_iter().chain(other).chain(groups).chain(whole);
    first.chain(pressure.map(|condition| KubeletRefusal::Pressure { condition: *condition }))
}

/// Whether the kubelet, too, refuses a pod for what the scheduler refuses the node for (`AdmissionCheck`,
/// `pkg/scheduler/eventhandlers.go`): room, host ports and selectors. An extended resource that the node does not have at
/// all is no matter to it, and for a critical pod it ends others to make room.
pub fn looks_at(node: &Node, rejection: &Rejection, critical: bool) -> bool {
    match rejection {
        Rejection::Insufficient { resource, .. } if is_extended_resource(resource.as_str()) => {
            !critical && node.allocatable.names_scalar(*resource)
        }
        other => match other.plugin() {
            Plugin::NodeResourcesFit => !critical,
            Plugin::NodePorts | Plugin::NodeAffinity => true,
            _ => false,
        },
    }
}

/// Whether a kubelet lets pods set this kernel setting without being told to (`pkg/kubelet/sysctl/safe_sysctls.go`,
/// v1.37; on kernels that are too old it does not).
pub fn is_safe_sysctl(name: &str, version: Version) -> bool {
    const SAFE: [&str; 12] = [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_wmem",
    ];
    const SINCE_37: [&str; 2] = ["net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"];
    // Both separators are known; one that comes first as a slash stands for all dots.
    let slashes = name.find('/').is_some_and(|slash| name.find('.').is_none_or(|dot| slash < dot));
    let dotted = if slashes { name.replace('/', ".") } else { name.to_owned() };
    SAFE.contains(&dotted.as_str()) || version.at_least(37) && SINCE_37.contains(&dotted.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::node::{ConditionStatus, NodeConditions};

    #[test]
    fn which_kernel_settings_are_safe() {
        for (name, before, since_37) in [
            ("net.ipv4.tcp_syncookies", true, true),
            ("net/ipv4/tcp_syncookies", true, true),
            ("net.ipv4.tcp_notsent_lowat", false, true),
            ("kernel.msgmax", false, false),
            ("net.core.somaxconn", false, false),
        ] {
            let safe = [36, 37].map(|minor| is_safe_sysctl(name, Version { major: 1, minor, patch: 0 }));
            assert_eq!(safe, [before, since_37], "{name}");
        }
    }

    #[test]
    fn groups_are_kept_out_where_the_runtime_can() {
        let asks = Asks { strict_groups: true, ..Asks::default() };
        for (version, says, refused) in [
            ("v1.36.3", Some(false), true),
            ("v1.36.3", Some(true), false),
            ("v1.36.3", None, true),
            ("v1.32.0", Some(false), false),
            ("", Some(false), true),
            ("", None, false),
        ] {
            let kubelet_version = Some(Symbol::new(version)).filter(|_| !version.is_empty());
            let node = Node { kubelet_version, strict_groups: says, ..Node::default() };
            let found: Vec<_> = refusals(&node, asks, CRITICAL).collect();
            let expected = if refused { vec![KubeletRefusal::StrictGroups] } else { Vec::new() };
            assert_eq!(found, expected, "{version} {says:?}");
            assert!(refusals(&node, Asks::default(), 0).next().is_none());
        }
    }

    #[test]
    fn which_pods_are_refused() {
        let node = |os: &str, ready: ConditionStatus, troubles: &[&str]| Node {
            labels: [(OS_LABEL, os)].into_iter().filter(|(_, os)| !os.is_empty()).collect(),
            conditions: NodeConditions {
                ready: Some(ready),
                troubles: troubles.iter().map(|kind| Symbol::new(kind)).collect(),
                ..NodeConditions::default()
            },
            ..Node::default()
        };
        let (ready, unknown) = (ConditionStatus::True, ConditionStatus::Unknown);
        let disk = KubeletRefusal::Pressure { condition: "DiskPressure".into() };
        let pid = KubeletRefusal::Pressure { condition: "PIDPressure".into() };
        let other = KubeletRefusal::OperatingSystem { wanted: "linux".into(), actual: "windows".into() };
        for (node, os, priority, expected) in [
            (node("linux", ready, &[]), Some("linux"), 0, vec![]),
            (node("windows", ready, &[]), Some("linux"), CRITICAL, vec![other]),
            (node("windows", ready, &[]), None, 0, vec![]),
            (node("", ready, &[]), Some("linux"), 0, vec![]),
            (node("linux", ready, &["MemoryPressure"]), None, 0, vec![]),
            (node("linux", ready, &["MemoryPressure", "DiskPressure"]), None, CRITICAL - 1, vec![disk]),
            (node("linux", ConditionStatus::False, &["PIDPressure"]), None, 0, vec![pid]),
            (node("linux", ready, &["DiskPressure", "PIDPressure"]), None, CRITICAL, vec![]),
            (node("linux", unknown, &["DiskPressure"]), None, 0, vec![]),
            (node("linux", ready, &["NetworkUnavailable"]), None, 0, vec![]),
        ] {
            let asks = Asks { os: os.map(Symbol::new), ..Asks::default() };
            let found: Vec<_> = refusals(&node, asks, priority).collect();
            assert_eq!(found, expected, "{node:?} {os:?} {priority}");
        }
    }
}
