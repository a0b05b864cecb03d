//! What a diagnosis depends on and could not check.

use std::collections::HashSet;

use crate::findings::admission_gates::AdmissionGate;
use crate::findings::{Subject, admission_gates};
use crate::model::pod::{Container, Port};
use crate::model::security::SecurityContext;
use crate::model::wire::Kind;
use crate::model::{PodSpec, Symbol};
use crate::rules::admission::{Admission, Assumption};
use crate::rules::kubelet;
use crate::rules::needs::ADMISSION_HOOKS;
use crate::rules::start::{ObjectReference, StartNeeds};
use crate::store::{Cluster, Coverage};

/// Kinds that the admission reports itself as assumptions, EndpointSlices, which are reported with their webhook
/// ([`ADMISSION_HOOKS`]), and kinds that no diagnosis reads.
const TOLD_ELSEWHERE: &[Kind] = &[
    Kind::Pod,
    Kind::Namespace,
    Kind::ServiceAccount,
    Kind::ConfigMap,
    Kind::Secret,
    Kind::LimitRange,
    Kind::ResourceQuota,
    Kind::PriorityClass,
    Kind::ControllerRevision,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::ReplicaSet,
    Kind::Job,
    Kind::Role,
    Kind::ClusterRole,
    Kind::RoleBinding,
    Kind::ClusterRoleBinding,
    Kind::EndpointSlice,
];

/// Something that a diagnosis depends on and that could not be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// Creation depends on it.
    Assumed(Assumption),
    /// A list of a kind was denied, or failed.
    Unread {
        /// The kind.
        kind: Kind,
        /// Why.
        coverage: Coverage,
    },
    /// Which pods of the DaemonSet are outdated.
    OutdatedPods {
        /// The namespace of the DaemonSet.
        namespace: Symbol,
        /// Its name.
        name: Symbol,
        /// Why.
        coverage: Coverage,
    },
    /// Revisions, which are not needed to tell outdated pods.
    Revisions {
        /// The namespace of the DaemonSet.
        namespace: Symbol,
        /// Why.
        coverage: Coverage,
    },
    /// A host port on one address of the node: a snapshot replaces addresses.
    PortOnAddress(Port),
    /// A sysctl that a kubelet allows only if its configuration lists the sysctl.
    UnsafeSysctl(String),
    /// A profile that must be loaded on every node.
    LocalProfile {
        /// What reads it.
        kind: ProfileKind,
        /// Its name.
        name: String,
    },
    /// A ConfigMap or Secret that the template needs.
    ConfigObject {
        /// `ConfigMap` or `Secret`.
        kind: Kind,
        /// Its namespace.
        namespace: Symbol,
        /// Its name.
        name: Symbol,
        /// Why.
        coverage: Coverage,
    },
    /// The keys of a ConfigMap or Secret that exists.
    Keys {
        /// `ConfigMap` or `Secret`.
        kind: Kind,
        /// Its namespace.
        namespace: Symbol,
        /// Its name.
        name: Symbol,
    },
    /// The handler of the RuntimeClass, or a feature of the handler, on nodes that do not list their handlers.
    Handlers {
        /// The RuntimeClass, if the pod names one.
        class: Option<Symbol>,
        /// How many such nodes are eligible.
        nodes: usize,
    },
    /// The CPU, memory and topology managers of kubelets, for a Guaranteed pod that requests whole CPUs.
    ResourceManagers,
    /// Pods of a node that mount one volume with different SELinux labels.
    SeLinuxMount,
    /// DeviceTaintRules, which taint devices.
    DeviceTaintRules,
    /// Something that can deny or change the pods and was not asked.
    AdmissionGate(AdmissionGate),
}

/// What reads a profile of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProfileKind {
    /// AppArmor.
    AppArmor,
    /// Seccomp.
    Seccomp,
}

/// Returns what was assumed about creation, every list that was denied or failed, and what a snapshot hides.
///
/// `needed` are the ConfigMaps and Secrets that decide whether a pod starts.
pub fn gaps(cluster: &Cluster, asked: &Subject, admission: &Admission, needed: &[ObjectReference]) -> Vec<Gap> {
    let written = asked.written.is_some();
    let gates = if written { admission_gates::gates(cluster, asked, admission) } else { Vec::new() };
    let mut all: Vec<Gap> = gates.into_iter().map(Gap::AdmissionGate).collect();
    all.extend(admission.assumptions.iter().cloned().map(Gap::Assumed));
    let matters = |kind: &Kind| *kind != Kind::SecurityContextConstraints || cluster.platform.openshift;
    let is_told_elsewhere = |kind: &Kind| TOLD_ELSEWHERE.contains(kind) || ADMISSION_HOOKS.contains(kind);
    for kind in Kind::all().filter(|kind| !is_told_elsewhere(kind) && matters(kind)) {
        let coverage = cluster.coverage(kind);
        if coverage.is_denied() {
            all.push(Gap::Unread { kind, coverage: coverage.clone() });
        }
    }
    all.extend(older_pods(cluster, asked));
    if cluster.taken_at.is_some() && asked.written.is_some() {
        all.extend(hidden_ports(asked));
    }
    if asked.written.is_some() {
        all.extend(unsafe_sysctls(cluster, asked));
        all.extend(local_profiles(asked));
        all.extend(of_kubelets(cluster, asked, admission));
    }
    all.extend(config_objects(cluster, asked, needed));
    all
}

/// Names the sysctls that a kubelet allows only if its configuration lists them.
fn unsafe_sysctls<'a>(cluster: &Cluster, asked: &'a Subject) -> impl Iterator<Item = Gap> + use<'a> {
    let version = cluster.rules();
    let context = asked.daemon_set.template.security.security_context.iter();
    let names = context.flat_map(|context| context.sysctls.iter()).map(|sysctl| sysctl.name.as_str());
    names.filter(move |name| !kubelet::is_safe_sysctl(name, version)).map(|name| Gap::UnsafeSysctl(name.to_owned()))
}

/// Names what decides on the node and no object shows, or objects that were not collected.
fn of_kubelets(cluster: &Cluster, asked: &Subject, admission: &Admission) -> Vec<Gap> {
    let needs = StartNeeds::of(cluster, &asked.daemon_set, admission);
    let spec = &admission.spec;
    let not_collected = |kind: Kind| *cluster.coverage(kind) == Coverage::NotCollected;
    let mut all = Vec::new();
    let unread = |kind: Kind| Gap::Unread { kind, coverage: Coverage::NotCollected };
    if needs.has_drivers() && not_collected(Kind::CSINode) {
        all.push(unread(Kind::CSINode));
    }
    if needs.has_bound_claims() && not_collected(Kind::CSIDriver) {
        all.push(unread(Kind::CSIDriver));
    }
    if needs.asks_handlers() {
        let silent = cluster.nodes.iter().filter(|node| node.runtime_handlers.is_empty()).count();
        let class = spec.runtime_class;
        all.extend((silent > 0).then_some(Gap::Handlers { class, nodes: silent }));
    }
    if asks_whole_cpus(spec) {
        all.push(Gap::ResourceManagers);
    }
    let has_label = |context: &SecurityContext| context.se_linux_options.is_some();
    let security = &asked.daemon_set.template.security;
    let is_labelled = security.security_context.iter().any(has_label)
        || security.containers.iter().filter_map(|c| c.security_context.as_ref()).any(has_label);
    if is_labelled && needs.has_bound_claims() && cluster.rules().at_least(37) {
        all.push(Gap::SeLinuxMount);
    }
    if !spec.resource_claims.is_empty() && cluster.rules().at_least(37) {
        all.push(Gap::DeviceTaintRules);
    }
    all
}

/// Whether the pod is Guaranteed and a container requests whole CPUs, which the static policies of a kubelet's managers place
/// (`GetPodQOS`, pkg/apis/core/v1/helper/qos/qos.go; `guaranteedCPUs`, pkg/kubelet/cm/cpumanager/policy_static.go, v1.37).
fn asks_whole_cpus(spec: &PodSpec) -> bool {
    let [cpu, memory] = ["cpu", "memory"].map(Symbol::new);
    let is_fixed = |container: &Container, resource: Symbol| {
        let limit = container.resources.limits.get(resource);
        limit.is_some() && container.resources.requests.get(resource) == limit
    };
    let mut containers = spec.containers.iter().chain(&spec.init_containers);
    let is_guaranteed = spec.resources.is_none() && containers.all(|c| is_fixed(c, cpu) && is_fixed(c, memory));
    let is_whole = |container: &Container| {
        container.resources.requests.get(cpu).is_some_and(|cpus| !cpus.is_zero() && cpus.milli_value() % 1000 == 0)
    };
    is_guaranteed && spec.containers.iter().any(is_whole)
}

/// Names the AppArmor and seccomp profiles that must be loaded on every node: no object shows which ones a node has.
fn local_profiles(asked: &Subject) -> Vec<Gap> {
    let security = &asked.daemon_set.template.security;
    let containers = security.init_containers.iter().chain(security.containers.iter());
    let contexts = security.security_context.iter().chain(containers.filter_map(|c| c.security_context.as_ref()));
    let mut found: Vec<(ProfileKind, &str)> = Vec::new();
    for context in contexts {
        let profiles =
            [(ProfileKind::AppArmor, &context.app_armor_profile), (ProfileKind::Seccomp, &context.seccomp_profile)];
        for (kind, profile) in profiles {
            found
                .extend(profile.iter().filter(|p| p.kind == "Localhost").map(|p| (kind, p.localhost_profile.as_str())));
        }
    }
    let app_armor = security.apparmor_annotations.iter().map(|(_, profile)| (ProfileKind::AppArmor, profile.as_str()));
    let seccomp = security.seccomp_annotations.iter().map(|(_, profile)| (ProfileKind::Seccomp, profile.as_str()));
    found.extend(app_armor.chain(seccomp).filter_map(|(kind, text)| Some((kind, text.strip_prefix("localhost/")?))));
    let mut named = HashSet::new();
    found.retain(|profile| named.insert(*profile));
    found.into_iter().map(|(kind, name)| Gap::LocalProfile { kind, name: name.to_owned() }).collect()
}

/// Names the ConfigMaps and Secrets that the template needs and that the source does not show: their kind was not collected
/// or not readable, or the keys of an object are not visible.
fn config_objects(cluster: &Cluster, asked: &Subject, needed: &[ObjectReference]) -> Vec<Gap> {
    let namespace = asked.daemon_set.namespace;
    let mut all: Vec<Gap> = Vec::new();
    for ObjectReference { kind, name, keys, .. } in needed {
        let (kind, name, coverage) = (*kind, *name, cluster.coverage(*kind));
        let gap = match cluster.config_objects.get(&(kind, (namespace, name))) {
            None if !coverage.is_whole() => Gap::ConfigObject { kind, namespace, name, coverage: coverage.clone() },
            Some(object) if object.keys.is_none() && !keys.is_empty() => Gap::Keys { kind, namespace, name },
            _ => continue,
        };
        if !all.contains(&gap) {
            all.push(gap);
        }
    }
    all
}

/// Names what distinguishes outdated pods from current pods, if it is missing: a stuck rollout is then not detected.
fn older_pods(cluster: &Cluster, asked: &Subject) -> Option<Gap> {
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
    let (namespace, coverage) = (asked.daemon_set.namespace, coverage.clone());
    Some(match told {
        true => Gap::Revisions { namespace, coverage },
        false => Gap::OutdatedPods { namespace, name: asked.daemon_set.name, coverage },
    })
}

/// Names the ports of a document on one address of the node: a snapshot replaces addresses, so that only conflicts among
/// its own pods are visible.
fn hidden_ports(asked: &Subject) -> impl Iterator<Item = Gap> {
    let ports = asked.daemon_set.template.spec.containers.iter().flat_map(|c| &c.ports).filter(|p| p.host_port > 0);
    let own = ports.filter(|port| {
        let address = port.host_ip.as_str().parse::<std::net::IpAddr>();
        address.is_ok_and(|ip| !ip.is_unspecified() && !ip.is_loopback())
    });
    own.copied().map(Gap::PortOnAddress)
}
