//! What a diagnosis depends on and could not check.

use crate::findings::Subject;
use crate::model::wire::Kind;
use crate::report::NotChecked;
use crate::rules::admission::Admission;
use crate::rules::kubelet;
use crate::store::{Cluster, Coverage};

/// Kinds that the admission reports itself as assumptions, and kinds that no diagnosis reads.
const TOLD_ELSEWHERE: &[Kind] = &[
    Kind::Pod,
    Kind::Namespace,
    Kind::ServiceAccount,
    Kind::LimitRange,
    Kind::ResourceQuota,
    Kind::PriorityClass,
    Kind::ControllerRevision,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::ReplicaSet,
    Kind::Job,
];

/// Returns what was assumed about creation, every list that was denied or failed, and what a snapshot hides.
pub fn not_checked(cluster: &Cluster, asked: &Subject, admission: &Admission) -> Vec<NotChecked> {
    let mut all: Vec<NotChecked> =
        admission.assumptions.iter().map(|a| NotChecked { what: a.what(), why: a.why(), may_refuse: true }).collect();
    for kind in Kind::all().filter(|kind| !TOLD_ELSEWHERE.contains(kind)) {
        let coverage = cluster.coverage(kind);
        if matches!(coverage, Coverage::Forbidden { .. } | Coverage::Failed { .. }) {
            all.push(NotChecked { what: kind.resource().to_owned(), why: coverage.to_string(), may_refuse: true });
        }
    }
    all.extend(older_pods(cluster, asked));
    if cluster.taken_at.is_some() && asked.written.is_some() {
        all.extend(hidden_ports(asked));
    }
    if asked.written.is_some() {
        all.extend(unsafe_sysctls(cluster, asked));
    }
    all
}

/// Names the sysctls that a kubelet allows only if its configuration lists them.
fn unsafe_sysctls<'a>(cluster: &Cluster, asked: &'a Subject) -> impl Iterator<Item = NotChecked> + use<'a> {
    let version = cluster.rules();
    let context = asked.daemon_set.template.security.security_context.iter();
    let names = context.flat_map(|context| context.sysctls.iter()).map(|sysctl| sysctl.name.as_str());
    names.filter(move |name| !kubelet::is_safe_sysctl(name, version)).map(|name| NotChecked {
        what: format!("sysctl {name}"),
        why: "the sysctl is unsafe: allowedUnsafeSysctls of each kubelet decides whether the kubelet admits the pod"
            .to_owned(),
        may_refuse: true,
    })
}

/// Names what distinguishes outdated pods from current pods, if it is missing: a stuck rollout is then not detected.
fn older_pods(cluster: &Cluster, asked: &Subject) -> Option<NotChecked> {
    let uid = asked.deployed.filter(|_| asked.written.is_none())?;
    let coverage = cluster.coverage(Kind::ControllerRevision);
    if coverage.is_whole() || cluster.revisions.contains_key(&uid) {
        return None;
    }
    let own = cluster.owned_by(uid);
    let has_generation = |pod: &u32| cluster.pod(*pod).template_generation().is_some();
    let told = own.is_empty() || asked.daemon_set.template_generation.is_some() && own.iter().all(has_generation);
    if told && *coverage == Coverage::NotCollected {
        return None;
    }
    let resource = Kind::ControllerRevision.resource();
    let namespace = asked.daemon_set.namespace;
    let what = match told {
        true => format!("{resource} in namespace {namespace}"),
        false => format!("which pods of {namespace}/{} are outdated ({resource})", asked.daemon_set.name),
    };
    Some(NotChecked { what, why: coverage.to_string(), may_refuse: false })
}

/// Names the ports of a document on one address of the node: a snapshot replaces addresses, so that only conflicts among
/// its own pods are visible.
fn hidden_ports(asked: &Subject) -> impl Iterator<Item = NotChecked> {
    let ports = asked.daemon_set.template.spec.containers.iter().flat_map(|c| &c.ports).filter(|p| p.host_port > 0);
    let own = ports.filter(|port| {
        let address = port.host_ip.as_str().parse::<std::net::IpAddr>();
        address.is_ok_and(|ip| !ip.is_unspecified() && !ip.is_loopback())
    });
    own.map(|port| NotChecked {
        what: format!("host port {}/{} of {}", port.host_port, port.protocol, port.host_ip),
        why: "a snapshot replaces addresses, so that a conflict on this address is not visible".to_owned(),
        may_refuse: true,
    })
}
