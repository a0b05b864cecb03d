//! Words what a diagnosis depends on and could not check.

use crate::explain::admission_gates;
use crate::explain::units::count;
use crate::findings::coverage_gaps::{Gap, ProfileKind};
use crate::model::Symbol;
use crate::model::wire::Kind;
use crate::report::NotChecked;
use crate::rules::admission::Assumption;
use crate::store::Coverage;

/// Words one gap.
pub fn tell(gap: &Gap) -> NotChecked {
    let (what, why) = match gap {
        Gap::Assumed(assumed) => assumption(assumed),
        Gap::Unread { kind, coverage } => (kind.resource().to_owned(), coverage.to_string()),
        Gap::Revisions { namespace, coverage } => {
            (format!("{} in namespace {namespace}", Kind::ControllerRevision.resource()), coverage.to_string())
        }
        Gap::OutdatedPods { namespace, name, coverage } => {
            let resource = Kind::ControllerRevision.resource();
            (format!("which pods of {namespace}/{name} are outdated ({resource})"), coverage.to_string())
        }
        Gap::PortOnAddress(port) => (
            format!("host port {}/{} of {}", port.host_port, port.protocol, port.host_ip),
            "a snapshot replaces addresses, so that a conflict on this address is not visible".to_owned(),
        ),
        Gap::UnsafeSysctl(name) => (
            format!("sysctl {name}"),
            "the sysctl is unsafe: allowedUnsafeSysctls of each kubelet decides whether the kubelet admits the pod"
                .to_owned(),
        ),
        Gap::LocalProfile { kind, name } => {
            let kind = match kind {
                ProfileKind::AppArmor => "AppArmor",
                ProfileKind::Seccomp => "seccomp",
            };
            let why = "no object shows which profiles a node has; without the profile the pod does not start";
            (format!("{kind} profile {name}"), why.to_owned())
        }
        Gap::ConfigObject { kind, namespace, name, coverage } => {
            (format!("{} {name} in namespace {namespace}", singular(*kind)), coverage.to_string())
        }
        Gap::Keys { kind, namespace, name } => {
            (format!("keys of {} {name} in namespace {namespace}", singular(*kind)), "not in the source".to_owned())
        }
        Gap::Handlers { class, nodes } => {
            let what = match class {
                Some(class) => format!("the handler of RuntimeClass {class}"),
                None => "features of the container runtime (user namespaces, recursive read-only mounts)".to_owned(),
            };
            let has = if *nodes == 1 { "lists" } else { "list" };
            (what, format!("{} {has} no runtime handlers (status.runtimeHandlers)", count(*nodes, "node")))
        }
        Gap::ResourceManagers => (
            "CPU, memory and topology managers of the kubelets".to_owned(),
            "no object shows them; with a static policy a kubelet rejects a Guaranteed pod with whole CPUs that it cannot \
             align (TopologyAffinityError)"
                .to_owned(),
        ),
        Gap::SeLinuxMount => (
            "SELinux labels of other pods that mount the same volume".to_owned(),
            "two pods of a node with different labels cannot mount one volume (SELinuxMount)".to_owned(),
        ),
        Gap::DeviceTaintRules => (
            "devicetaintrules".to_owned(),
            "not read; a rule can taint devices that the ResourceSlices show without taints".to_owned(),
        ),
        Gap::AdmissionGate(gate) => admission_gates::tell(gate),
    };
    let may_refuse = !matches!(gap, Gap::Revisions { .. } | Gap::OutdatedPods { .. });
    NotChecked { what, why, may_refuse }
}

/// Every object of a kind.
pub fn kind(kind: Kind, coverage: &Coverage) -> NotChecked {
    NotChecked { what: kind.resource().to_owned(), why: coverage.to_string(), may_refuse: true }
}

/// Pods that cannot change the answer because a pod of the DaemonSet runs beside them.
pub fn pods_beside_own(nodes: usize) -> NotChecked {
    other_pods(nodes, "not needed: the running pod proves that the node has capacity")
}

/// Pods that cannot change the answer because something else decides on their nodes.
pub fn pods_that_decide_nothing(nodes: usize) -> NotChecked {
    other_pods(nodes, "not needed for the verdict; `--all-pods` reads them")
}

fn other_pods(nodes: usize, why: &str) -> NotChecked {
    NotChecked { what: format!("other pods on {}", count(nodes, "node")), why: why.to_owned(), may_refuse: false }
}

/// Findings of a DaemonSet for which no fix was looked for, because `most` others come first.
pub fn untried_fixes(findings: usize, daemon_set: Symbol, most: usize) -> NotChecked {
    NotChecked {
        what: format!("fixes for {} of {daemon_set}", count(findings, "more finding")),
        why: format!("fixes are computed for the worst {most} findings of a DaemonSet"),
        may_refuse: false,
    }
}

/// The kind as kubectl takes it for one object.
fn singular(kind: Kind) -> String {
    kind.as_str().to_lowercase()
}

/// Words what creation depends on and could not be checked, and why not.
pub fn assumption(assumed: &Assumption) -> (String, String) {
    match assumed {
        Assumption::Kind { kind, namespace, coverage } => {
            let place = namespace.map_or_else(String::new, |namespace| format!(" in namespace {namespace}"));
            (format!("{}{place}", kind.resource()), coverage.to_string())
        }
        Assumption::QuotaBehind { quota, namespace } => (
            format!("the current spec of quota {quota} in namespace {namespace}"),
            "the quota controller has not copied the spec to the status yet; only the status is enforced".to_owned(),
        ),
        Assumption::QuotaRoom { quota } => (
            format!("how many pods quota {quota} still admits"),
            "the quota counts pods of this DaemonSet, which could not be listed".to_owned(),
        ),
    }
}
